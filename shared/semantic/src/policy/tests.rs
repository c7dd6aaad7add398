use super::*;
use crate::evidence::{Evidence, Standing, Terms};
use crate::group::{Body, Fresh};

const TERMS: Terms = Terms { max_error: 50_000, basis: 1 };
const NOW: u64 = 1_000_000;

fn weights() -> Weights {
    Weights::read("4.833 -7.707 -7.695 3.473 -4.694 -11.536 -2.221 8.109 10.456 2.012 1.955").unwrap()
}

/// A direction near that of `topic`; `wording` moves it a little.
fn vector(topic: usize, wording: usize) -> Embedding {
    let mut values = [0f32; 32];
    // All topics have something in common, as texts do.
    (values[15], values[topic]) = (0.8, 1.0);
    values[16 + wording % 16] = 0.3;
    Embedding::new(&values).unwrap()
}

fn text(topic: usize, wording: usize) -> Digest {
    Digest::of(format!("{topic} {wording}").as_bytes())
}

/// Seven wordings of each of two topics.
fn group() -> Group {
    let mut group = Group::default();
    for topic in 0..2 {
        for wording in 0..7 {
            group.insert(
                Fresh {
                    text: text(topic, wording),
                    vector: Some(vector(topic, wording)),
                    answer: Digest::of(&[topic as u8]),
                    body: Body::Here(vec![topic as u8]),
                    created_ms: NOW,
                    expires_ms: NOW + 60_000,
                    kept_ms: NOW + 600_000,
                },
                NOW,
            );
        }
    }
    group
}

fn look<'g>(group: &'g Group, rules: &Rules, tool: &mut Tool, now_ms: u64, coin: f64) -> Look<'g> {
    let (text, vector, weights) = (text(0, 99), vector(0, 12), weights());
    judge(Some(group), &Asked { text: &text, vector: &vector, weights: &weights }, rules, tool, now_ms, coin)
}

/// What is known after so many clean pairs in each band.
fn standing(pairs: u32) -> Standing {
    let mut evidence = Evidence::default();
    for (at, band) in Band::ALL.into_iter().enumerate() {
        let first = 10_000 * at as u32;
        let clean = (first..first + pairs).map(|pair| Witness { band, pair, wrong: false });
        evidence.apply(&TERMS, &clean.collect::<Vec<_>>());
    }
    evidence.standing()
}

fn open(pairs: u32) -> Tool {
    let mut tool = Tool::default();
    tool.refresh(standing(pairs), NOW);
    tool
}

fn name(look: &Look<'_>) -> &'static str {
    match look {
        Look::Semantic(..) => "semantic",
        Look::Shadow(_) => "shadow",
        Look::Miss(Some(_)) => "guess",
        Look::Miss(None) => "miss",
    }
}

#[test]
fn what_may_be_served_is_served() {
    let group = group();
    let serve = Rules::of(Mode::Serve);
    for (pairs, expected) in [(0, "guess"), (75, "guess"), (76, "semantic"), (300, "semantic")] {
        let look = look(&group, &serve, &mut open(pairs), NOW, 0.9);
        assert_eq!(name(&look), expected, "{pairs}");
        if let Look::Semantic(found, guess) = look {
            assert_eq!(found.answer.digest, Digest::of(&[0]));
            assert_eq!((guess.answer, guess.band), (found.answer.digest, Some(Band::Sure)));
            assert_eq!(guess.pair, evidence::pair(&text(0, 99), &guess.nearest));
        }
    }
}

#[test]
fn shadow_calls_are_spread_and_as_many_as_they_should_be() {
    for (pairs, share, longest) in [(76, 0.05, 38), (299, 0.05, 38), (300, 0.03, 66)] {
        let (mut tool, mut coin, mut since, mut first) = (open(pairs), 0.0f64, 0, [0; 20]);
        let calls = 200_000;
        let mut shadows = 0;
        for call in 0..calls {
            // The golden ratio fills 0..1 evenly.
            coin = (coin + 0.618_033_988_75).fract();
            if tool.shadows(coin) {
                assert!(since <= longest, "{since} hits without one");
                (shadows, since) = (shadows + 1, 0);
                first[call % 20] += 1;
            } else {
                since += 1;
            }
        }
        let found = f64::from(shadows) / calls as f64;
        assert!((found - share).abs() < 0.0005, "{pairs}: {found}");
        // No place of a stretch is spared.
        assert!(first.iter().all(|count| *count > shadows / 40), "{first:?}");
    }
}

#[test]
fn modes_switches_and_wishes() {
    let group = group();
    type Alter = fn(&mut Rules);
    let cases: &[(Mode, Alter, &str, &str, &str)] = &[
        (Mode::Serve, |_| {}, "exact", "embed", "semantic"),
        (Mode::Shadow, |_| {}, "exact", "embed", "guess"),
        (Mode::Exact, |_| {}, "exact", "miss", "guess"),
        (Mode::Off, |_| {}, "miss", "miss", "guess"),
        (Mode::Serve, |rules| rules.enabled = false, "miss", "miss", "guess"),
        (Mode::Serve, |rules| rules.no_cache = true, "embed", "embed", "guess"),
        (Mode::Serve, |rules| rules.no_semantic = true, "exact", "embed", "guess"),
    ];
    for (mode, alter, same, other, meaning) in cases {
        let mut rules = Rules::of(*mode);
        alter(&mut rules);
        let first = |text: &Digest| match begin(Some(&group), text, &rules, &open(76), NOW, 0.9) {
            Begin::Exact(found) => {
                assert_eq!(found.answer.digest, Digest::of(&[0]));
                "exact"
            }
            Begin::Embed => "embed",
            Begin::Miss => "miss",
        };
        assert_eq!((first(&text(0, 1)), first(&text(0, 99))), (*same, *other), "{rules:?}");
        assert_eq!(name(&look(&group, &rules, &mut open(76), NOW, 0.9)), *meaning, "{rules:?}");
    }
    assert!(matches!(
        begin(None, &text(0, 1), &Rules::of(Mode::Serve), &Tool::default(), NOW, 0.9),
        Begin::Embed
    ));
}

#[test]
fn a_copy_is_good_for_a_while_and_for_few_hits() {
    let group = group();
    let serve = Rules::of(Mode::Serve);
    let mut tool = Tool::default();
    assert!(tool.wants(NOW, false) && !tool.serves(Band::Sure, NOW), "nothing is known yet");
    tool.refresh(standing(300), NOW);
    for (now_ms, serves, wants) in [
        (NOW, true, false),
        (NOW + 14_999, true, false),
        (NOW + 15_000, true, true),
        (NOW + 29_999, true, true),
        (NOW + 30_000, false, true),
        (NOW - 40_000, false, true),
    ] {
        assert_eq!((tool.serves(Band::Fair, now_ms), tool.wants(now_ms, false)), (serves, wants), "{now_ms}");
    }
    for hit in 0..COPY_HITS {
        assert_eq!(tool.wants(NOW, false), hit >= 10, "{hit}");
        assert_eq!(name(&look(&group, &serve, &mut tool, NOW, 0.9)), "semantic", "{hit}");
    }
    assert_eq!(name(&look(&group, &serve, &mut tool, NOW, 0.9)), "guess", "it could not be refreshed");
    tool.refresh(standing(300), NOW + 1);
    assert_eq!(name(&look(&group, &serve, &mut tool, NOW + 1, 0.9)), "semantic");
}

#[test]
fn a_wrong_guess_closes_its_band_at_once() {
    let group = group();
    let serve = Rules::of(Mode::Serve);
    let mut tool = open(300);
    let Look::Shadow(guess) = look(&group, &serve, &mut tool, NOW, 0.0) else { panic!("no shadow") };
    assert_eq!(guess.band, Some(Band::Sure));
    let same = Digest::of(&[0]);
    let seen = Witness { band: Band::Sure, pair: guess.pair, wrong: false };
    witness(&guess, Some(&same), &mut tool, NOW);
    assert!(tool.serves(Band::Fair, NOW) && !tool.wants(NOW, false));
    assert_eq!(tool.take(), [seen]);
    for fresh in [Some(Digest::of(&[1])), None] {
        let mut tool = tool.clone();
        witness(&guess, fresh.as_ref(), &mut tool, NOW);
        assert!(tool.wants(NOW, false), "at once");
        assert_eq!(tool.take(), [Witness { wrong: true, ..seen }]);
        // What the record says does not matter for now: it may not know yet.
        tool.refresh(standing(300), NOW + 10);
        assert_eq!(name(&look(&group, &serve, &mut tool, NOW + 10, 0.9)), "guess");
        tool.refresh(standing(300), NOW + 30_000);
        assert_eq!(name(&look(&group, &serve, &mut tool, NOW + 30_000, 0.9)), "semantic");
    }
    // One that was not to be served says little of surer ones; one that was says that the tool may have changed.
    let likely = Guess { band: Some(Band::Likely), ..guess.clone() };
    let mut bands = standing(300);
    bands.bands[1].open = false;
    for (standing, serves) in [(bands, [true, false, false]), (standing(300), [false; 3])] {
        let mut tool = tool.clone();
        tool.refresh(standing, NOW);
        witness(&likely, None, &mut tool, NOW);
        assert_eq!(Band::ALL.map(|band| tool.serves(band, NOW)), serves);
    }
    witness(&Guess { band: None, ..guess }, None, &mut tool, NOW);
    assert_eq!(tool.take(), []);
}

#[test]
fn what_the_record_could_not_be_told_is_kept_and_wrong_ones_longest() {
    let right = |pair| Witness { band: Band::Sure, pair, wrong: false };
    let mut tool = open(300);
    tool.keep((0..7).map(right).collect());
    assert!(!tool.wants(NOW, false) && tool.wants(NOW, true));
    tool.keep(vec![right(7)]);
    assert!(tool.wants(NOW, false));
    let taken = tool.take();
    assert!(!tool.wants(NOW, false) && !tool.wants(NOW, true));
    tool.keep(taken);
    tool.keep(vec![Witness { wrong: true, ..right(8) }]);
    tool.keep((9..100).map(right).collect());
    let left = tool.take();
    assert_eq!(left.len(), 64);
    assert!(left[0].wrong);
    assert_eq!(left[63], right(99));
}

#[test]
fn when_the_upstream_is_down_expired_entries_count() {
    let group = group();
    let serve = Rules::of(Mode::Serve);
    let later = NOW + 100_000;
    let (other, vector, weights) = (text(0, 99), vector(0, 12), weights());
    let asked = Asked { text: &other, vector: &vector, weights: &weights };
    let mut tool = open(300);
    tool.refresh(standing(300), later);
    assert!(matches!(begin(Some(&group), &text(0, 1), &serve, &tool, later, 0.9), Begin::Embed));
    assert!(
        stale(&group, &text(0, 1), None, &serve, &mut tool, later).is_some_and(|(_, guess)| guess.is_none())
    );
    assert!(stale(&group, &other, None, &serve, &mut tool, later).is_none());
    let (found, guess) = stale(&group, &other, Some(&asked), &serve, &mut tool, later).unwrap();
    assert_eq!((found.answer.digest, guess.unwrap().answer), (Digest::of(&[0]), Digest::of(&[0])));
    for rules in [Rules::of(Mode::Shadow), Rules { no_semantic: true, ..serve }] {
        assert!(stale(&group, &other, Some(&asked), &rules, &mut tool, later).is_none(), "{rules:?}");
    }
    let off = Rules { enabled: false, ..serve };
    assert!(stale(&group, &text(0, 1), None, &off, &mut tool, later).is_none());
    assert!(stale(&group, &other, Some(&asked), &serve, &mut tool, later + 30_000).is_none(), "an old copy");
    assert!(stale(&group, &text(0, 1), None, &serve, &mut tool, NOW + 600_000).is_none(), "no longer kept");
}

#[test]
fn what_does_not_pay_is_only_sampled() {
    let serve = Rules::of(Mode::Serve);
    let embeds =
        |tool: &Tool, coin| matches!(begin(None, &text(0, 0), &serve, tool, NOW, coin), Begin::Embed);
    let mut tool = Tool::default();
    tool.answered(20_000);
    for _ in 0..256 {
        assert!(embeds(&tool, 0.9), "it is tried first");
        tool.embedded(10_000);
    }
    assert!(!embeds(&tool, 0.9) && !embeds(&tool, 0.05) && embeds(&tool, 0.049));
    // What would have been saved counts while a band cannot serve yet, and only then.
    let guess = Guess {
        answer: Digest([0; 16]),
        nearest: Digest([1; 16]),
        similarity: 0.9,
        error: 0.001,
        band: Some(Band::Sure),
        pair: 1,
    };
    let mut known = tool.clone();
    known.refresh(standing(2_000), NOW);
    for _ in 0..128 {
        witness(&guess, Some(&guess.answer), &mut tool, NOW);
        witness(&guess, Some(&guess.answer), &mut known, NOW);
    }
    assert!(embeds(&tool, 0.9) && !embeds(&known, 0.9));
    // A change of the upstream's is followed, and what was long ago fades.
    for _ in 0..100 {
        known.answered(1_000_000);
    }
    known.hit();
    known.hit();
    known.hit();
    assert!(embeds(&known, 0.9));
    for _ in 0..5_000 {
        known.embedded(10_000);
    }
    assert!(!embeds(&known, 0.9));
}

#[test]
fn a_band_that_is_shut_opens_again_however_many_calls_there_are() {
    let (group, serve, mut tool) = (group(), Rules::of(Mode::Serve), open(300));
    let Look::Shadow(guess) = look(&group, &serve, &mut tool, NOW, 0.0) else { panic!("no shadow") };
    for at in (0..30_000).step_by(1_000) {
        witness(&guess, None, &mut tool, NOW + at);
    }
    tool.refresh(standing(300), NOW + 29_000);
    for (at, expected) in [(29_999, "guess"), (30_000, "semantic")] {
        assert_eq!(name(&look(&group, &serve, &mut tool, NOW + at, 0.9)), expected, "{at}");
    }
}

#[test]
fn a_band_that_is_shut_serves_again_when_guesses_are_right_again() {
    let (group, serve, mut tool) = (group(), Rules::of(Mode::Serve), open(300));
    let Look::Shadow(guess) = look(&group, &serve, &mut tool, NOW, 0.0) else { panic!("no shadow") };
    let right = guess.answer;
    witness(&guess, None, &mut tool, NOW);
    for (many, expected) in [(15, "guess"), (1, "semantic")] {
        for _ in 0..many {
            witness(&guess, Some(&right), &mut tool, NOW + 1);
        }
        assert_eq!(name(&look(&group, &serve, &mut tool, NOW + 2, 0.9)), expected, "{many}");
    }
    // One that is wrong in between begins anew.
    witness(&guess, None, &mut tool, NOW + 3);
    for _ in 0..15 {
        witness(&guess, Some(&right), &mut tool, NOW + 4);
    }
    witness(&guess, None, &mut tool, NOW + 5);
    witness(&guess, Some(&right), &mut tool, NOW + 6);
    assert_eq!(name(&look(&group, &serve, &mut tool, NOW + 7, 0.9)), "guess");
}
