use super::*;

/// Numbers that look random and are the same every time (xorshift).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn vector(&mut self, dimensions: usize) -> Embedding {
        let values: Vec<f32> = (0..dimensions).map(|_| (self.next() % 2_001) as f32 - 1_000.0).collect();
        Embedding::new(&values).unwrap()
    }
}

fn text(number: u64) -> Digest {
    Digest::of(&number.to_le_bytes())
}

/// An answer to `question`, made at `at`, expired at `at + 100`, kept until `at + 300`.
fn fresh(question: u64, vector: Option<Embedding>, answer: &str, at: u64) -> Fresh {
    Fresh {
        text: text(question),
        vector,
        answer: Digest::of(answer.as_bytes()),
        body: Body::Here(answer.as_bytes().to_vec()),
        created_ms: at,
        expires_ms: at + 100,
        kept_ms: at + 300,
    }
}

fn vectors(group: &Group) -> usize {
    group.iter().filter(|found| found.entry.vector.is_some()).count()
}

fn body(found: Option<Found<'_>>) -> Option<Vec<u8>> {
    match &found?.answer.body {
        Body::Here(bytes) => Some(bytes.clone()),
        Body::Elsewhere => None,
    }
}

#[test]
fn the_same_text_is_found_while_it_lives() {
    let mut group = Group::default();
    group.insert(fresh(1, None, "one", 1_000), 1_000);
    group.insert(fresh(2, None, "two", 1_000), 1_000);
    for (question, life, now_ms, expected) in [
        (1, Life::Fresh, 1_000, Some("one")),
        (2, Life::Fresh, 1_099, Some("two")),
        (2, Life::Fresh, 1_100, None),
        (2, Life::Kept, 1_299, Some("two")),
        (2, Life::Kept, 1_300, None),
        (3, Life::Kept, 1_000, None),
    ] {
        let found = body(group.exact(&text(question), life, now_ms));
        assert_eq!(found.as_deref(), expected.map(str::as_bytes), "{question} {life:?} {now_ms}");
    }
    group.insert(fresh(1, None, "uno", 1_050), 1_050);
    assert_eq!(body(group.exact(&text(1), Life::Fresh, 1_050)).unwrap(), b"uno");
    assert_eq!(group.answers.len(), 2, "`one` is nobody's answer any more");
    assert_eq!(group.kept_ms(), 1_350);
    group.prune(1_300);
    assert_eq!(group.iter().count(), 1);
    group.prune(1_350);
    assert!(group.is_empty() && group.answers.is_empty());
}

#[test]
fn the_nearest_come_first_and_expired_ones_only_when_asked_for() {
    let mut random = Random(7);
    let mut group = Group::default();
    for question in 0..200 {
        let at = if question % 2 == 0 { 1_000 } else { 900 };
        group.insert(fresh(question, Some(random.vector(64)), &format!("{question}"), at), 1_000);
    }
    let query = random.vector(64);
    for (life, expected) in [(Life::Fresh, 100), (Life::Kept, 200)] {
        let mut all: Vec<f32> = group
            .entries
            .iter()
            .filter(|entry| entry.is(life, 1_000))
            .map(|entry| query.cosine(entry.vector.as_ref().unwrap()))
            .collect();
        assert_eq!(all.len(), expected);
        all.sort_by(|a, b| b.total_cmp(a));
        all.truncate(NEIGHBOURS);
        let nearest = group.nearest(&text(1_000), &query, life, 1_000);
        assert_eq!(nearest.iter().map(|one| one.similarity).collect::<Vec<_>>(), all);
    }
    let own = group.nearest(&text(4), &query, Life::Fresh, 1_000);
    assert!(own.iter().all(|one| one.found.entry.text != text(4)));
    assert!(
        group
            .nearest(&text(4), &random.vector(32), Life::Fresh, 1_000)
            .iter()
            .all(|one| one.similarity == 0.0)
    );
}

#[test]
fn an_answer_has_few_vectors_that_differ() {
    let mut random = Random(3);
    let mut group = Group::default();
    let first = random.vector(64);
    group.insert(fresh(0, Some(first.clone()), "a", 1_000), 1_000);
    group.insert(fresh(1, Some(first.clone()), "a", 1_001), 1_001);
    assert_eq!((group.iter().count(), vectors(&group)), (2, 1), "the same vector again");
    group.insert(fresh(2, Some(first.clone()), "b", 1_001), 1_001);
    assert_eq!(vectors(&group), 2, "with another answer it says something");
    group.insert(fresh(3, Some(first), "a", 1_100), 1_100);
    assert_eq!(vectors(&group), 3, "the first has expired");
    for question in 10..60 {
        group.insert(fresh(question, Some(random.vector(64)), "c", 1_000 + question), 1_000 + question);
    }
    let left: Vec<u64> = (10..60)
        .filter(|question| {
            group.entries.iter().any(|entry| entry.text == text(*question) && entry.vector.is_some())
        })
        .collect();
    assert_eq!(left, (36..60).collect::<Vec<_>>());
    assert!(
        group.exact(&text(10), Life::Fresh, 1_060).is_some(),
        "without its vector it answers its own text"
    );
    group.insert(fresh(99, Some(random.vector(32)), "d", 1_060), 1_060);
    assert!(group.exact(&text(99), Life::Fresh, 1_060).unwrap().entry.vector.is_none(), "of another model");
}

#[test]
fn a_full_group_drops_what_expired_then_the_oldest() {
    let mut random = Random(5);
    let mut group = Group::default();
    // Every third has expired at 2,000 already.
    for question in 0..1_400 {
        let at = if question % 3 == 0 { 1_850 } else { 1_950 + question / 100 };
        group.insert(fresh(question, Some(random.vector(8)), &format!("{}", question % 700), at), 2_000);
    }
    assert_eq!(vectors(&group), VECTORS);
    assert!(group.answers.len() <= 700);
    let expired = group.iter().filter(|found| !found.entry.is(Life::Fresh, 2_000)).count();
    assert_eq!(expired, VECTORS - 933, "933 of 1,400 are fresh");
    for question in 2_000..3_100 {
        group.insert(fresh(question, None, "x", 1_000 + question), 2_000);
    }
    assert_eq!(group.iter().count() - vectors(&group), TEXTS);
    assert!(group.exact(&text(2_099), Life::Kept, 2_000).is_none());
    assert!(group.exact(&text(2_100), Life::Kept, 2_000).is_some());
    assert!(group.encode().unwrap().len() < MOST_BYTES);
}

#[test]
fn bodies_are_bounded_one_by_one_and_all_together() {
    let mut group = Group::default();
    let mut long = fresh(1, None, "long", 1_000);
    long.body = Body::Here(vec![b'x'; BODY_BYTES + 1]);
    group.insert(long, 1_000);
    assert_eq!(group.exact(&text(1), Life::Fresh, 1_000).unwrap().answer.body, Body::Elsewhere);
    for question in 2..200 {
        let mut large = fresh(question, None, &format!("{question}"), 1_000 + question);
        large.body = Body::Here(vec![b'x'; BODY_BYTES]);
        group.insert(large, 1_000);
    }
    assert_eq!(group.body_bytes(), BODIES_BYTES);
    assert!(group.exact(&text(2), Life::Fresh, 1_000).is_none());
    assert!(group.exact(&text(199), Life::Fresh, 1_000).is_some());
    assert!(group.bytes() > BODIES_BYTES);
}

#[test]
fn merging_loses_nothing_and_later_answers_win() {
    let mut random = Random(9);
    let mut base = Group::default();
    for question in 0..50 {
        base.insert(fresh(question, Some(random.vector(16)), &format!("{question}"), 1_000), 1_000);
    }
    let (mut ours, mut theirs) = (base.clone(), base);
    ours.insert(fresh(1, None, "new", 1_010), 1_010);
    ours.insert(fresh(2, None, "older", 1_010), 1_010);
    ours.insert(fresh(100, Some(random.vector(16)), "ours", 1_010), 1_010);
    theirs.insert(fresh(2, None, "newer", 1_020), 1_020);
    theirs.insert(fresh(200, Some(random.vector(16)), "1", 1_020), 1_020);
    let mut merged = theirs.clone();
    merged.merge(ours.clone(), 1_020);
    assert_eq!(merged.iter().count(), 52);
    for (question, expected) in [(0, "0"), (1, "new"), (2, "newer"), (100, "ours"), (200, "1")] {
        let found = body(merged.exact(&text(question), Life::Fresh, 1_020));
        assert_eq!(found.as_deref(), Some(expected.as_bytes()), "{question}");
    }
    // Which copy is read and which is written makes no difference.
    let mut other = ours.clone();
    other.merge(theirs, 1_020);
    let sorted = |group: &Group| {
        let mut all: Vec<_> = group.iter().map(|one| (one.entry.text, one.answer.digest)).collect();
        all.sort();
        all
    };
    assert_eq!(sorted(&merged), sorted(&other));
    assert!(merged.covers(&ours) && merged.covers(&other) && merged.covers(&Group::default()));
    assert!(!ours.covers(&merged) && !Group::default().covers(&ours));
    let again = merged.clone();
    merged.merge(again.clone(), 1_020);
    assert_eq!(merged, again);
}

/// A group with every kind of entry and answer.
fn sample() -> Group {
    let mut random = Random(11);
    let mut group = Group::default();
    for question in 0..6 {
        group.insert(fresh(question, Some(random.vector(4)), &format!("{}", question % 3), 1_000), 1_000);
    }
    group.insert(fresh(7, None, "seven", u64::MAX - 1_000), 1_000);
    let mut long = fresh(8, None, "long", 1_000);
    long.body = Body::Elsewhere;
    group.insert(long, 1_000);
    group
}

#[test]
fn reads_what_it_wrote() {
    for group in [Group::default(), sample()] {
        let bytes = group.encode().unwrap();
        assert_eq!(bytes[0], 1);
        assert_eq!(Group::decode(&bytes).unwrap(), group);
    }
}

#[test]
fn refuses_what_it_did_not_write() {
    let group = sample();
    let bytes = group.encode().unwrap();
    for cut in 1..bytes.len() {
        assert_eq!(Group::decode(&bytes[..cut]), Err(GroupError::Malformed), "{cut}");
    }
    assert_eq!(Group::decode(&[]), Err(GroupError::Malformed));
    assert_eq!(Group::decode(&[&bytes[..], &[0]].concat()), Err(GroupError::Malformed));
    assert_eq!(Group::decode(&[&[2], &bytes[1..]].concat()), Err(GroupError::Version));
    assert_eq!(Group::decode(&vec![1; MOST_BYTES + 1]), Err(GroupError::TooLarge));
    // A length of 2^64 - 1 is not believed.
    assert_eq!(Group::decode(&[&[1, 0, 253][..], &[0xFF; 8]].concat()), Err(GroupError::Malformed));
    // Any one bit: refused, or a group that is whole and differs.
    for at in 1..bytes.len() {
        for bit in 0..8 {
            let mut altered = bytes.clone();
            altered[at] ^= 1 << bit;
            if let Ok(read) = Group::decode(&altered) {
                assert_ne!(read, group, "byte {at}, bit {bit}");
                assert_eq!(read.iter().count(), read.entries.len());
                assert_eq!(Group::decode(&read.encode().unwrap()).as_ref(), Ok(&read));
            }
        }
    }
}

#[test]
fn refuses_a_group_that_is_not_whole() {
    type Alter = fn(&mut Group);
    let cases: &[(&str, Alter)] = &[
        ("an answer that is not there", |group| group.entries[0].answer = 9),
        ("an answer of nobody", |group| {
            group.answers.push(Answer { digest: Digest([9; 16]), body: Body::Elsewhere });
        }),
        ("a text twice", |group| group.entries[1].text = group.entries[0].text),
        ("an answer twice", |group| group.answers[1].digest = group.answers[0].digest),
        ("a long body", |group| group.answers[0].body = Body::Here(vec![0; BODY_BYTES + 1])),
        ("no scale", |group| group.entries[0].vector.as_mut().unwrap().scale = f32::NAN),
        ("a negative scale", |group| group.entries[0].vector.as_mut().unwrap().scale = -1.0),
        ("a short vector", |group| group.entries[0].vector.as_mut().unwrap().values.truncate(3)),
        ("too many vectors", |group| {
            let vector = group.entries[0].vector.clone();
            for number in 0..VECTORS as u64 {
                group.entries.push(Entry {
                    text: text(500 + number),
                    vector: vector.clone(),
                    ..group.entries[0].clone()
                });
            }
        }),
    ];
    for (name, alter) in cases {
        let mut group = sample();
        alter(&mut group);
        assert_eq!(Group::decode(&group.encode().unwrap()), Err(GroupError::Malformed), "{name}");
    }
}
