use super::rule::{DAY, Rule, civil, days};
use super::*;

fn calendar(every: &str, zone: &str) -> Calendar {
    let zone = Zone::named(zone).unwrap_or_else(|why| panic!("{why}"));
    Calendar { every: Every::from_name(every).unwrap(), zone }
}

/// The Unix milliseconds of `2027-03-28T00:00` in UTC.
fn utc(text: &str) -> u64 {
    let number = |from: usize, to: usize| text[from..to].parse::<i64>().unwrap();
    let day = days(number(0, 4), number(5, 7), number(8, 10));
    u64::try_from(day * DAY + number(11, 13) * 3600 + number(14, 16) * 60).unwrap() * 1000
}

fn shown(ms: u64) -> String {
    assert_eq!(ms % 60_000, 0);
    let minutes = i64::try_from(ms / 60_000).unwrap();
    let ((year, month, day), minute) = (civil(minutes.div_euclid(1440)), minutes.rem_euclid(1440));
    format!("{year}-{month:02}-{day:02}T{:02}:{:02}", minute / 60, minute % 60)
}

#[test]
fn windows() {
    // Every, zone, now, the window, the end of the next one; all instants in UTC.
    for row in [
        "minute UTC              2027-01-01T12:34 2027-01-01T12:34 2027-01-01T12:35 2027-01-01T12:36",
        "hour   UTC              2026-12-31T23:59 2026-12-31T23:00 2027-01-01T00:00 2027-01-01T01:00",
        "day    UTC              2026-12-31T23:59 2026-12-31T00:00 2027-01-01T00:00 2027-01-02T00:00",
        "day    UTC              2028-02-28T05:00 2028-02-28T00:00 2028-02-29T00:00 2028-03-01T00:00",
        "month  UTC              2027-01-31T23:59 2027-01-01T00:00 2027-02-01T00:00 2027-03-01T00:00",
        "month  UTC              2028-02-29T23:59 2028-02-01T00:00 2028-03-01T00:00 2028-04-01T00:00",
        "month  UTC              2100-02-28T23:59 2100-02-01T00:00 2100-03-01T00:00 2100-04-01T00:00",
        "month  UTC              2027-11-30T00:00 2027-11-01T00:00 2027-12-01T00:00 2028-01-01T00:00",
        "month  UTC              2027-12-31T00:00 2027-12-01T00:00 2028-01-01T00:00 2028-02-01T00:00",
        "week   UTC              2027-01-03T23:59 2026-12-28T00:00 2027-01-04T00:00 2027-01-11T00:00",
        "week   UTC              2027-01-04T00:00 2027-01-04T00:00 2027-01-11T00:00 2027-01-18T00:00",
        "day    +05:30           2027-06-01T18:30 2027-06-01T18:30 2027-06-02T18:30 2027-06-03T18:30",
        "hour   +05:30           2027-06-01T18:29 2027-06-01T17:30 2027-06-01T18:30 2027-06-01T19:30",
        "day    -03:00           2027-06-01T02:59 2027-05-31T03:00 2027-06-01T03:00 2027-06-02T03:00",
        "month  +14:00           2026-12-31T10:00 2026-12-31T10:00 2027-01-31T10:00 2027-02-28T10:00",
        // 23 hours, 25 hours.
        "day    Europe/Berlin    2027-03-28T12:00 2027-03-27T23:00 2027-03-28T22:00 2027-03-29T22:00",
        "day    Europe/Berlin    2027-10-31T12:00 2027-10-30T22:00 2027-10-31T23:00 2027-11-01T23:00",
        "week   Europe/Berlin    2027-03-28T21:59 2027-03-21T23:00 2027-03-28T22:00 2027-04-04T22:00",
        "month  Europe/Berlin    2027-10-31T22:59 2027-09-30T22:00 2027-10-31T23:00 2027-11-30T23:00",
        // The hour from 02:00 is skipped; the other day it is two windows.
        "hour   Europe/Berlin    2027-03-28T00:30 2027-03-28T00:00 2027-03-28T01:00 2027-03-28T02:00",
        "hour   Europe/Berlin    2027-10-31T00:30 2027-10-31T00:00 2027-10-31T01:00 2027-10-31T02:00",
        "day    America/New_York 2027-03-14T12:00 2027-03-14T05:00 2027-03-15T04:00 2027-03-16T04:00",
        "day    America/New_York 2027-11-07T12:00 2027-11-07T04:00 2027-11-08T05:00 2027-11-09T05:00",
        // Negative summer time: Ireland's standard time is that of summer.
        "day    Europe/Dublin    2027-03-28T12:00 2027-03-28T00:00 2027-03-28T23:00 2027-03-29T23:00",
        "day    Asia/Kolkata     2027-03-28T12:00 2027-03-27T18:30 2027-03-28T18:30 2027-03-29T18:30",
        "hour   Asia/Kathmandu   2027-03-28T12:20 2027-03-28T12:15 2027-03-28T13:15 2027-03-28T14:15",
        // 24 h 30 min, 23 h 30 min; 02:00 becomes 01:30 and 02:30.
        "day    Australia/Lord_Howe 2027-04-03T20:00 2027-04-03T13:00 2027-04-04T13:30 2027-04-05T13:30",
        "day    Australia/Lord_Howe 2027-10-02T20:00 2027-10-02T13:30 2027-10-03T13:00 2027-10-04T13:00",
        "hour   Australia/Lord_Howe 2027-04-03T14:30 2027-04-03T14:00 2027-04-03T15:00 2027-04-03T15:30",
        "hour   Australia/Lord_Howe 2027-04-03T15:29 2027-04-03T15:00 2027-04-03T15:30 2027-04-03T16:30",
        "hour   Australia/Lord_Howe 2027-10-02T15:29 2027-10-02T14:30 2027-10-02T15:30 2027-10-02T16:00",
        "hour   Australia/Lord_Howe 2027-10-02T15:30 2027-10-02T15:30 2027-10-02T16:00 2027-10-02T17:00",
        // Clocks change at 02:45 and 03:45, inside an hour that is shown in two parts.
        "hour   Pacific/Chatham  2027-09-25T14:10 2027-09-25T13:15 2027-09-25T14:15 2027-09-25T15:15",
        "day    Pacific/Chatham  2027-09-25T14:10 2027-09-25T11:15 2027-09-26T10:15 2027-09-27T10:15",
        // Midnight does not exist: the day begins at 01:00.
        "day    America/Santiago 2027-09-05T12:00 2027-09-05T04:00 2027-09-06T03:00 2027-09-07T03:00",
        "day    America/Santiago 2027-09-05T03:59 2027-09-04T04:00 2027-09-05T04:00 2027-09-06T03:00",
        "day    Asia/Beirut      2027-03-28T12:00 2027-03-27T22:00 2027-03-28T21:00 2027-03-29T21:00",
        "day    Africa/Cairo     2027-04-30T12:00 2027-04-29T22:00 2027-04-30T21:00 2027-05-01T21:00",
        // 24:00 becomes 23:00: the day is longer, and midnight comes once.
        "day    America/Santiago 2027-04-04T03:30 2027-04-03T03:00 2027-04-04T04:00 2027-04-05T04:00",
        "day    Asia/Beirut      2027-10-30T21:30 2027-10-29T21:00 2027-10-30T22:00 2027-10-31T22:00",
        "day    Africa/Cairo     2027-10-28T21:30 2027-10-27T21:00 2027-10-28T22:00 2027-10-29T22:00",
        // 01:00 becomes 00:00: midnight exists twice, and the first one counts.
        "day    Atlantic/Azores  2027-10-31T01:30 2027-10-31T00:00 2027-11-01T01:00 2027-11-02T01:00",
    ] {
        let words: Vec<&str> = row.split_whitespace().collect();
        let [every, zone, now, start, end, next] = words.as_slice() else { panic!("{row}") };
        let span = calendar(every, zone).span(utc(now));
        let found = [shown(span.start_ms), shown(span.end_ms), shown(span.next_end_ms)];
        assert_eq!(found, [*start, *end, *next], "{row}");
    }
}

#[test]
fn a_date_that_is_left_again_is_the_new_window() {
    // 00:30 becomes 23:30: the new date is shown at 04:00 UTC, the old one again from 04:30 to 05:00.
    let rule = Rule::parse("AAA5BBB,M3.2.0,M11.1.0/0:30").unwrap();
    let calendar = Calendar { every: Every::Day, zone: Zone::of(rule) };
    let change = utc("2027-11-07T04:30");
    for (now, start, end) in [
        (change - 1_800_001, "2027-11-06T04:00", "2027-11-07T04:00"),
        (change - 1_800_000, "2027-11-07T04:00", "2027-11-08T05:00"),
        (change + 60_000, "2027-11-07T04:00", "2027-11-08T05:00"),
        (utc("2027-11-07T05:00"), "2027-11-07T04:00", "2027-11-08T05:00"),
    ] {
        let span = calendar.span(now);
        assert_eq!((shown(span.start_ms).as_str(), shown(span.end_ms).as_str()), (start, end), "{now}");
    }
}

#[test]
fn the_ends_of_time() {
    for every in Every::ALL {
        for zone in ["UTC", "+14:00", "-12:00", "Pacific/Chatham", "America/Santiago"] {
            let calendar = calendar(every.name(), zone);
            let first = calendar.span(0);
            assert_eq!(first.start_ms, 0, "{every:?} {zone}");
            assert!(first.end_ms > 0 && first.next_end_ms > first.end_ms, "{every:?} {zone}");
            let last = calendar.span(u64::MAX);
            assert_eq!(last, calendar.span(253_402_300_799_999), "{every:?} {zone}");
            assert!(last.start_ms < last.end_ms && last.end_ms < last.next_end_ms, "{every:?} {zone}");
        }
    }
}

#[test]
fn days_are_counted_right() {
    assert_eq!((days(1970, 1, 1), days(2000, 3, 1), days(2026, 13, 1)), (0, 11_017, days(2027, 1, 1)));
    let mut date = (1967, 1, 1);
    for day in days(1967, 1, 1)..days(2405, 1, 1) {
        assert_eq!((civil(day), days(date.0, date.1, date.2)), (date, day));
        let leap = date.0 % 4 == 0 && date.0 % 100 != 0 || date.0 % 400 == 0;
        let last = match date.1 {
            2 => 28 + i64::from(leap),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        date = match date {
            (year, 12, 31) => (year + 1, 1, 1),
            (year, month, day) if day == last => (year, month + 1, 1),
            (year, month, day) => (year, month, day + 1),
        };
    }
}

/// The names of the table that are zones here.
fn usable() -> Vec<(&'static str, Zone)> {
    zone::names().filter_map(|name| Some((name, Zone::named(name).ok()?))).collect()
}

#[test]
fn windows_partition_time() {
    let (zones, mut state) = (usable(), 0x9e37_79b9_7f4a_7c15_u64);
    let mut random = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let (begin, end) = (utc("2026-01-01T00:00"), utc("2047-01-01T00:00"));
    let check = |every: Every, name: &str, zone: Zone, now: u64| {
        let calendar = Calendar { every, zone };
        let span = calendar.span(now);
        let at = format!("{every:?} {name} {now} {span:?}");
        assert!(span.start_ms <= now && now < span.end_ms && span.end_ms < span.next_end_ms, "{at}");
        let before = calendar.span(span.start_ms - 1);
        let after = calendar.span(span.end_ms);
        assert_eq!((before.end_ms, before.next_end_ms), (span.start_ms, span.end_ms), "{at}");
        assert_eq!((after.start_ms, after.end_ms), (span.end_ms, span.next_end_ms), "{at}");
        for inside in [span.start_ms, (span.start_ms + span.end_ms) / 2, span.end_ms - 1] {
            assert_eq!(calendar.span(inside), span, "{at}");
        }
    };
    for turn in 0..40_000 {
        let (name, zone) = zones[usize::try_from(random(zones.len() as u64)).unwrap()];
        let now = begin + random(end - begin);
        // Every other instant is within four hours of a change of clocks, where there is one.
        let stretch = zone.rule().stretch(i64::try_from(now / 1000).unwrap());
        let change = u64::try_from(stretch.until).ok().filter(|until| turn % 2 == 0 && *until < end / 1000);
        let now = change.map_or(now, |change| change * 1000 - 4 * 3_600_000 + random(8 * 3_600_000));
        for every in Every::ALL {
            check(every, name, zone, now);
        }
    }
}

/// `VALUE*COUNT` of `expected.txt`, spelled out.
fn spelled<'a>(runs: impl Iterator<Item = &'a str>) -> Vec<i64> {
    runs.flat_map(|run| {
        let (value, count) = run.split_once('*').unwrap();
        std::iter::repeat_n(value.parse().unwrap(), count.parse().unwrap())
    })
    .collect()
}

/// The starts of windows that a line of `expected.txt` lists, in Unix seconds.
fn listed(every: Every, first: i64, values: &[i64]) -> Vec<i64> {
    let mut at = first;
    let next = |value: &i64| {
        let start = at;
        at += match every {
            Every::Day => 1,
            Every::Week => 7,
            Every::Month => (28..32).find(|more| civil(at + more).2 == 1).unwrap(),
            Every::Hour | Every::Minute => *value,
        };
        if every == Every::Hour { start } else { start * DAY + value }
    };
    values.iter().map(next).collect()
}

#[test]
fn windows_begin_where_zoneinfo_says() {
    let mut seen = 0;
    for line in include_str!("expected.txt").lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        let (name, every, first) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
        let calendar = calendar(every, name);
        let starts = listed(calendar.every, first.parse().unwrap(), &spelled(words));
        for (at, window) in starts.windows(3).enumerate() {
            // Of the hours, some, and those that are no hour.
            let plain = window[1] - window[0] == 3600 && window[2] - window[1] == 3600;
            if calendar.every == Every::Hour && plain && at % 37 != 0 {
                continue;
            }
            seen += 1;
            let [start_ms, end_ms, next_end_ms] =
                [window[0], window[1], window[2]].map(|second| u64::try_from(second).unwrap() * 1000);
            for now in [start_ms, (start_ms + end_ms) / 2, end_ms - 1] {
                assert_eq!(calendar.span(now), Span { start_ms, end_ms, next_end_ms }, "{name} {every}");
            }
        }
    }
    assert!(seen > 400_000, "{seen}");
}

#[test]
fn every_rule_of_the_table_is_read() {
    let names: Vec<&str> = zone::names().collect();
    assert!(names.len() > 500, "{}", names.len());
    let refused: Vec<String> = names.iter().filter_map(|name| Zone::named(name).err()).collect();
    assert!(refused.len() < 10, "{refused:?}");
    for why in refused {
        assert!(why.contains("follow no single rule") && why.contains("a fixed offset, such as"), "{why}");
    }
    let mut once = names.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), names.len(), "a name stands twice in the table");
}

#[test]
fn rules_are_read_strictly() {
    for (text, fits) in [
        ("UTC0", true),
        ("<+0530>-5:30", true),
        ("CET-1CEST,M3.5.0,M10.5.0/3", true),
        ("EET-2EEST,M3.4.4/50,M10.4.4/-50", true),
        ("IST-1GMT0,M10.5.0,M3.5.0/1", true),
        ("", false),
        ("UT0", false),
        ("UTC", false),
        ("UTC0 ", false),
        ("<UTC0", false),
        ("UTC25", false),
        ("UTC0:60", false),
        ("UTC0000", false),
        ("CET-1CEST", false),
        ("CET-1CEST,M3.5.0", false),
        ("CET-1CEST,M3.5.0,M10.5.0/3,", false),
        ("CET-1CEST,M0.5.0,M10.5.0", false),
        ("CET-1CEST,M3.6.0,M10.5.0", false),
        ("CET-1CEST,M3.5.7,M10.5.0", false),
        ("CET-1CEST,M3.5.0/168,M10.5.0", false),
        ("CET-1CEST,J60,J300", false),
        ("CET-1CEST-1,M3.5.0,M10.5.0", false),
        ("CET-1CEST-6,M3.5.0,M10.5.0", false),
        ("!CET-1", false),
    ] {
        assert_eq!(Rule::parse(text).is_some(), fits, "{text}");
    }
}

#[test]
fn unknown_names_are_told_near_ones() {
    let offsets = "write one from -12:00 to +14:00, such as +05:30";
    for (name, remedy) in [
        ("Europe/berlin", "did you mean `Europe/Berlin`?"),
        ("america/new york", "did you mean `America/New_York`?"),
        ("utc", "did you mean `UTC`?"),
        ("Berlin", "did you mean `Europe/Berlin`?"),
        ("Asia/Sydney", "did you mean `Australia/Sydney`?"),
        ("Louisville", "did you mean `America/Kentucky/Louisville` or `America/Louisville`?"),
        ("Europe/Berln", "did you mean `Europe/Berlin`?"),
        ("Asia/Kolkatta", "did you mean `Asia/Kolkata`?"),
        ("Europe/Lodnon", "did you mean `Europe/London`?"),
        ("CEST", "write UTC, an offset such as +01:00, or an IANA name such as Europe/Berlin"),
        ("", "write UTC, an offset such as +01:00, or an IANA name such as Europe/Berlin"),
        ("Zürich", "write UTC, an offset such as +01:00, or an IANA name such as Europe/Berlin"),
        ("#", "write UTC, an offset such as +01:00, or an IANA name such as Europe/Berlin"),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "write UTC, an offset"),
        ("+5:30", offsets),
        ("+0530", offsets),
        ("+05:60", offsets),
        ("+14:01", offsets),
        ("-12:01", offsets),
        ("+05:30 ", offsets),
        ("++5:30", offsets),
        ("+", offsets),
        ("+é:00", offsets),
    ] {
        let why = Zone::named(name).unwrap_err();
        assert!(why.contains(remedy), "{name}: {why}");
    }
    let long = Zone::named(&"x".repeat(10_000)).unwrap_err();
    assert!(long.len() < 200, "{long}");
}

#[test]
fn names_of_lengths() {
    for every in Every::ALL {
        assert_eq!(Every::from_name(every.name()), Some(every));
    }
    assert_eq!(Every::from_name("Day"), None);
}
