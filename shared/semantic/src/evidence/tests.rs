use super::*;

const BASIS: u64 = 7;

fn terms(max_error: u32) -> Terms {
    Terms { max_error, basis: BASIS }
}

fn sure(pair: u32, wrong: bool) -> Witness {
    Witness { band: Band::Sure, pair, wrong }
}

/// Numbers that look random and are the same every time (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn happens(&mut self, probability: f64) -> bool {
        ((self.next() >> 11) as f64) < probability * (1u64 << 53) as f64
    }
}

#[test]
fn opens_after_as_many_clean_pairs_as_the_bound_asks_for() {
    for (max_error, clean) in [(50_000, 76), (20_000, 193), (10_000, 387), (2_000, 1_941)] {
        let mut evidence = Evidence::default();
        let opened =
            (1..3_000).find(|pair| evidence.apply(&terms(max_error), &[sure(*pair, false)]).bands[0].open);
        assert_eq!(opened, Some(clean), "{max_error}");
        let standing = evidence.standing();
        assert_eq!(standing.of(Band::Sure), Seen { open: true, pairs: clean, wrong: 0 });
        assert!(standing.serves(Band::Sure) && !standing.serves(Band::Likely));
        assert!(upper(0, clean, ALPHA) < f64::from(max_error) / 1e6);
    }
}

#[test]
fn errors_close_it_and_at_a_small_bound_one_does() {
    for (max_error, errors) in [(50_000, 2), (20_000, 2), (10_000, 1), (2_000, 1)] {
        let mut evidence = Evidence::default();
        for pair in 0..2_000 {
            evidence.apply(&terms(max_error), &[sure(pair, false)]);
        }
        let closed =
            (1..10).find(|pair| !evidence.apply(&terms(max_error), &[sure(*pair, true)]).bands[0].open);
        assert_eq!(closed, Some(errors), "{max_error}");
        let again = (5_000..9_000)
            .position(|pair| evidence.apply(&terms(max_error), &[sure(pair, false)]).bands[0].open);
        assert!(again.is_some_and(|pairs| pairs >= 70), "{max_error} {again:?}");
    }
}

/// Of 2,000 tools whose error rate is just the bound, at most alpha may ever open, up to what chance does to a count (three
/// standard deviations). A tenth of the bound opens nearly always.
#[test]
fn a_band_that_errs_as_often_as_the_bound_opens_seldom() {
    let mut random = Random(1);
    for (max_error, rate, calls, least, most) in [
        (50_000, 0.05, 1_000, 0.005, ALPHA),
        (50_000, 0.08, 1_000, 0.0, ALPHA),
        (20_000, 0.02, 2_000, 0.005, ALPHA),
        (50_000, 0.005, 1_000, 0.9, 1.0),
    ] {
        let tools = 2_000;
        let mut opened = 0;
        for _ in 0..tools {
            let mut record = Record::default();
            let open = (0..calls).any(|_| {
                record.count(f64::from(max_error) / WHOLE, random.happens(rate), true);
                record.open
            });
            opened += u32::from(open);
        }
        let share = f64::from(opened) / f64::from(tools);
        let chance = 3.0 * (most * (1.0 - most) / f64::from(tools)).sqrt();
        assert!((least..=most + chance).contains(&share), "{max_error} {rate}: {share} opened");
    }
}

#[test]
fn a_pair_counts_once_as_right_and_always_as_wrong() {
    let (a, b) = (Digest::of(b"a"), Digest::of(b"b"));
    assert_eq!(pair(&a, &b), pair(&b, &a));
    assert_ne!(pair(&a, &b), pair(&a, &a));
    let mut evidence = Evidence::default();
    let clean = |numbers: std::ops::Range<u32>| numbers.map(|pair| sure(pair, false)).collect::<Vec<_>>();
    for _ in 0..100 {
        evidence.apply(&terms(50_000), &clean(0..50));
    }
    assert_eq!(evidence.standing().bands[0], Seen { open: false, pairs: 50, wrong: 0 });
    evidence.apply(&terms(50_000), &[sure(3, true), sure(3, true)]);
    assert_eq!(evidence.standing().bands[0], Seen { open: false, pairs: 52, wrong: 2 });
    // Memory is bounded: what was long ago counts anew.
    evidence.apply(&terms(50_000), &clean(1_000..1_000 + PAIRS as u32));
    assert_eq!(evidence.seen.len(), PAIRS);
    let before = evidence.standing().bands[0].pairs;
    evidence.apply(&terms(50_000), &clean(0..1));
    evidence.apply(&terms(50_000), &clean(1_001..1_100));
    assert_eq!(evidence.standing().bands[0].pairs, before + 1);
}

/// So many pairs of a band, told one by one; the first `wrong` ones spread among them are wrong.
fn tell(evidence: &mut Evidence, band: Band, pairs: u32, wrong: u32) -> Standing {
    for at in 0..pairs {
        let is_wrong = at * wrong / pairs != (at + 1) * wrong / pairs;
        let pair = evidence.records.iter().map(|record| record.pairs).sum();
        evidence.apply(&terms(50_000), &[Witness { band, pair, wrong: is_wrong }]);
    }
    evidence.standing()
}

#[test]
fn bands_serve_one_after_another_and_surer_ones_pay_for_one_that_is_a_little_less_sure() {
    // Pairs and wrong ones of each band, told band by band; which bands serve then.
    for (told, serves) in [
        ([(76, 0), (0, 0), (0, 0)], [true, false, false]),
        // Without a surer one that is open it does not serve.
        ([(0, 0), (100, 0), (0, 0)], [false; 3]),
        ([(30, 0), (100, 0), (0, 0)], [false; 3]),
        // Nothing is known of a band itself.
        ([(5_000, 0), (0, 0), (0, 0)], [true, false, false]),
        ([(5_000, 0), (30, 0), (0, 0)], [true, false, false]),
        // Together with the surer one less than 76 pairs of its own are enough.
        ([(100, 0), (40, 0), (0, 0)], [true, true, false]),
        ([(100, 0), (40, 0), (40, 0)], [true, true, true]),
        // By themselves these would not suffice: up to 0.069 of them may be wrong.
        ([(400, 0), (150, 5), (0, 0)], [true, true, false]),
        // More than twice as often: no surer band pays for that, be it as clean as it may.
        ([(5_000, 0), (400, 44), (0, 0)], [true, false, false]),
        // Together they are over the bound.
        ([(100, 0), (400, 28), (0, 0)], [true, false, false]),
    ] {
        let mut evidence = Evidence::default();
        for (band, (pairs, wrong)) in Band::ALL.into_iter().zip(told) {
            tell(&mut evidence, band, pairs, wrong);
        }
        let standing = evidence.standing();
        assert_eq!(Band::ALL.map(|band| standing.serves(band)), serves, "{told:?}");
        let counted = standing.bands.map(|seen| (seen.pairs, seen.wrong));
        assert_eq!(counted, told, "each pair is counted in its own band");
    }
}

/// What serves is witnessed seldom, what does not always, so that pairs have too little of the surer bands in them. Of 1,000 tools
/// whose bands err as often together as the bound, or whose last band does twice as often by itself, that band may
/// still open in alpha of them at most, up to chance.
#[test]
fn a_band_opens_seldom_that_must_not_however_seldom_surer_ones_are_witnessed() {
    let mut random = Random(2);
    for (shares, rates, most) in [
        // Together 0.05.
        ([0.7, 0.2, 0.1], [0.04, 0.06, 0.1], ALPHA),
        ([0.5, 0.4, 0.1], [0.04, 0.06, 0.06], ALPHA),
        // By itself 0.0975, though together far less.
        ([0.8, 0.1, 0.1], [0.002, 0.002, 0.0975], ALPHA),
        // Nothing speaks against this one.
        ([0.4, 0.3, 0.3], [0.001, 0.006, 0.02], 1.0),
    ] {
        let tools = 1_000;
        let mut opened = 0;
        for _ in 0..tools {
            let mut records = [Record::default(); BANDS];
            let open = (0..3_000).any(|_| {
                let band = (0..BANDS)
                    .find(|band| random.happens(shares[*band] / shares[*band..].iter().sum::<f64>()));
                let band = band.unwrap_or(BANDS - 1);
                let serves =
                    |band: usize, records: &[Record; BANDS]| records[..=band].iter().all(|one| one.open);
                if !serves(band, &records) || random.happens(0.05) {
                    let wrong = random.happens(rates[band]);
                    for (at, record) in records.iter_mut().enumerate().skip(band) {
                        record.count(0.05, wrong, at == band);
                    }
                }
                serves(BANDS - 1, &records)
            });
            opened += u32::from(open);
        }
        let share = f64::from(opened) / f64::from(tools);
        let chance = 3.0 * (most * (1.0 - most) / f64::from(tools)).sqrt();
        assert!(share <= most + chance, "{shares:?} {rates:?}: {share} opened");
        assert!(most < 1.0 || share > 0.9, "{rates:?}: {share} opened");
    }
}

#[test]
fn evidence_under_other_terms_is_dropped_and_asking_drops_nothing() {
    let clean: Vec<_> = (0..100).map(|pair| sure(pair, false)).collect();
    for other in [Terms { max_error: 40_000, basis: BASIS }, Terms { max_error: 50_000, basis: 8 }] {
        let mut evidence = Evidence::default();
        assert!(evidence.apply(&terms(50_000), &clean).serves(Band::Sure));
        assert_eq!(evidence.apply(&other, &[]), Standing::default());
        assert!(evidence.apply(&terms(50_000), &[]).serves(Band::Sure));
        let standing = evidence.apply(&other, &clean[..1]);
        assert_eq!(standing.bands[0], Seen { open: false, pairs: 1, wrong: 0 });
    }
    for max_error in [0, 1_000_000, u32::MAX] {
        let standing = Evidence::default().apply(&terms(max_error), &clean);
        assert_eq!(standing, Standing::default(), "{max_error} is no bound");
    }
}

/// Expected are values of the binomial distribution summed by log-gamma functions.
#[test]
fn the_upper_bound_is_that_of_clopper_and_pearson() {
    for (wrong, pairs, expected) in [
        (0, 76, 0.038651),
        (1, 100, 0.046560),
        (5, 200, 0.051843),
        (30, 1_000, 0.040472),
        (0, 0, 1.0),
        (9, 9, 1.0),
    ] {
        let bound = upper(wrong, pairs, ALPHA);
        assert!((bound - expected).abs() < 1e-6, "{wrong} of {pairs}: {bound}");
    }
    let (all, half) = (upper(400_000, 4_000_000, ALPHA), upper(4_000, 40_000, ALPHA));
    assert!(all > 0.1 && half > 0.1 && all < 0.12 && half < 0.12, "{all} {half}");
}

#[test]
fn as_many_right_pairs_open_a_band_and_no_fewer() {
    for (max_error, known) in
        [(50_000, Some(76)), (10_000, Some(387)), (2_000, Some(1_941)), (0, None), (1_000_000, None)]
    {
        assert_eq!(least(max_error), known, "{max_error}");
    }
    for max_error in [300_000, 80_000, 20_000] {
        let mut record = Record::default();
        let needed = (1..).find(|_| {
            record.count(f64::from(max_error) / WHOLE, false, true);
            record.open
        });
        assert_eq!(least(max_error), needed, "{max_error}");
    }
}
