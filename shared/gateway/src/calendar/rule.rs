//! A rule for clocks, as POSIX writes it (`CET-1CEST,M3.5.0,M10.5.0/3`), and the calendar's arithmetic.

/// Seconds of a day of 24 hours.
pub(super) const DAY: i64 = 86_400;
/// By how much clocks may be moved at most, in seconds. No zone does it by more than two hours.
const LARGEST_CHANGE: i64 = 3 * 3600;

/// What clocks show: an offset from UTC, and perhaps another for a part of each year. Seconds, east is positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) standard: i64,
    summer: Option<Summer>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Summer {
    offset: i64,
    from: Turn,
    until: Turn,
}

/// An instant of each year by the clock before it: the `week`th `weekday` of a month (5 is the last; 0 is Sunday), and
/// seconds from that midnight on, which may lead to another date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Turn {
    month: i64,
    week: i64,
    weekday: i64,
    seconds: i64,
}

/// The time around an instant in which clocks do not change.
pub(super) struct Stretch {
    /// The first instant.
    pub(super) from: i64,
    /// The first instant after it.
    pub(super) until: i64,
    /// The offset inside.
    pub(super) offset: i64,
    /// The offset before it.
    pub(super) before: i64,
    /// The offset after it.
    pub(super) after: i64,
}

impl Rule {
    /// Clocks that never change.
    pub(super) const fn fixed(offset: i64) -> Self {
        Self { standard: offset, summer: None }
    }

    /// Reads a rule. Only the form `Mm.w.d` is taken for the days of change: no zone uses another.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut text = Text(text);
        text.name()?;
        let standard = -text.time(24)?;
        if text.0.is_empty() {
            return Some(Self::fixed(standard));
        }
        text.name()?;
        let offset = if text.0.starts_with(',') { standard + 3600 } else { -text.time(24)? };
        let (from, until) = (text.turn()?, text.turn()?);
        let moved = (offset - standard).abs();
        (text.0.is_empty() && moved > 0 && moved <= LARGEST_CHANGE)
            .then_some(Self { standard, summer: Some(Summer { offset, from, until }) })
    }

    /// The stretch that holds an instant.
    pub(super) fn stretch(&self, instant: i64) -> Stretch {
        let Some(summer) = self.summer else {
            let offset = self.standard;
            return Stretch { from: i64::MIN, until: i64::MAX, offset, before: offset, after: offset };
        };
        let (first, changes) = self.changes(summer, instant);
        let mut stretch =
            Stretch { from: i64::MIN, until: i64::MAX, offset: first, before: first, after: first };
        for (at, offset) in changes {
            if at > instant {
                return Stretch { until: at, after: offset, ..stretch };
            }
            stretch = Stretch { from: at, offset, before: stretch.offset, ..stretch };
        }
        stretch
    }

    /// The first instant at which clocks show `local` (as if it were UTC) or later.
    pub(super) fn first(&self, local: i64) -> i64 {
        let Some(summer) = self.summer else { return local - self.standard };
        let (mut offset, changes) = self.changes(summer, local);
        let mut from = i64::MIN;
        for (at, next) in changes {
            let shown = (local - offset).max(from);
            if shown < at {
                return shown;
            }
            (from, offset) = (at, next);
        }
        (local - offset).max(from)
    }

    /// The offset at first, and the changes of three years around an instant: when, and to which offset.
    fn changes(&self, summer: Summer, around: i64) -> (i64, [(i64, i64); 6]) {
        let (year, _, _) = civil(around.div_euclid(DAY));
        let mut changes = [(0, 0); 6];
        for (pair, year) in changes.chunks_exact_mut(2).zip(year - 1..) {
            let begin = (summer.from.of(year) - self.standard, summer.offset);
            let end = (summer.until.of(year) - summer.offset, self.standard);
            pair.copy_from_slice(&if begin < end { [begin, end] } else { [end, begin] });
        }
        let summer_first = changes.first().is_some_and(|(_, offset)| *offset == self.standard);
        (if summer_first { summer.offset } else { self.standard }, changes)
    }
}

impl Turn {
    /// The instant in a year, as local seconds.
    fn of(self, year: i64) -> i64 {
        let first = days(year, self.month, 1);
        // 1970-01-01 was a Thursday, 4.
        let mut day = first + (self.weekday - (first + 4)).rem_euclid(7) + (self.week - 1) * 7;
        if day >= days(year, self.month + 1, 1) {
            day -= 7;
        }
        day * DAY + self.seconds
    }
}

/// What is left of a rule's text.
struct Text<'a>(&'a str);

impl Text<'_> {
    fn take(&mut self, mark: char) -> Option<()> {
        self.0 = self.0.strip_prefix(mark)?;
        Some(())
    }

    /// Letters that name an offset, or letters, digits and signs in angle brackets.
    fn name(&mut self) -> Option<()> {
        let quoted = self.take('<').is_some();
        let fits =
            |c: char| c.is_ascii_alphabetic() || quoted && (c.is_ascii_digit() || c == '+' || c == '-');
        let rest = self.0.trim_start_matches(fits);
        let long = self.0.len() - rest.len() >= 3;
        self.0 = rest;
        if quoted {
            self.take('>')?;
        }
        long.then_some(())
    }

    /// A number of at most three digits within bounds.
    fn number(&mut self, least: i64, most: i64) -> Option<i64> {
        let rest = self.0.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = self.0.get(..self.0.len() - rest.len()).filter(|digits| digits.len() <= 3)?;
        self.0 = rest;
        digits.parse().ok().filter(|number| (least..=most).contains(number))
    }

    /// `[+-]h[:m[:s]]` in seconds.
    fn time(&mut self, most_hours: i64) -> Option<i64> {
        let negative = self.take('-').is_some();
        if !negative {
            self.take('+');
        }
        let mut seconds = self.number(0, most_hours)? * 3600;
        for unit in [60, 1] {
            if self.take(':').is_none() {
                break;
            }
            seconds += self.number(0, 59)? * unit;
        }
        Some(if negative { -seconds } else { seconds })
    }

    /// `,Mm.w.d[/time]`; the time is 02:00 without one.
    fn turn(&mut self) -> Option<Turn> {
        self.take(',')?;
        self.take('M')?;
        let month = self.number(1, 12)?;
        self.take('.')?;
        let week = self.number(1, 5)?;
        self.take('.')?;
        let weekday = self.number(0, 6)?;
        let seconds = if self.take('/').is_some() { self.time(167)? } else { 7200 };
        Some(Turn { month, week, weekday, seconds })
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar; month 13 is the next year's January.
pub(super) fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years from March on, so that the leap day is the last; eras of 400 years have 146,097 days.
    let months = year * 12 + month - 3;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12));
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of a number of days from 1970-01-01.
pub fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let months = (era * 400 + year) * 12 + month + 2;
    (months.div_euclid(12), months.rem_euclid(12) + 1, day)
}
