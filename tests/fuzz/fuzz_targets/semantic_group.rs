//! Any bytes as a group of answers: an error, or a group that is whole, within its bounds, and the same when it is written
//! and read again. And a group of one's own with one place altered.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postern_semantic::group::{Body, Digest, Fresh, Group, Life, MOST_BYTES, TEXTS, VECTORS};
use postern_semantic::model::Embedding;

fuzz_target!(|input: (Vec<u8>, Vec<(u8, u8, [i8; 4], u16)>, u16, u8, u64)| {
    let (bytes, entries, at, change, now_ms) = input;
    check(&bytes, now_ms);
    let mut group = Group::default();
    for (text, answer, values, ms) in entries {
        let vector = Embedding::new(&values.map(f32::from)).filter(|_| text % 3 != 0);
        let body = if answer % 5 == 0 { Body::Elsewhere } else { Body::Here(vec![answer; usize::from(answer)]) };
        let created_ms = u64::from(ms);
        let (expires_ms, kept_ms) = (created_ms + u64::from(answer) * 100, created_ms + 30_000);
        let (text, answer) = (Digest::of(&[text]), Digest::of(&[answer]));
        group.insert(Fresh { text, vector, answer, body, created_ms, expires_ms, kept_ms }, created_ms);
    }
    let mut bytes = group.encode().expect("bounded");
    assert_eq!(Group::decode(&bytes).as_ref(), Ok(&group));
    if let Some(byte) = bytes.get_mut(usize::from(at)) {
        *byte ^= change;
    }
    check(&bytes, now_ms);
});

fn check(bytes: &[u8], now_ms: u64) {
    let Ok(mut group) = Group::decode(bytes) else { return };
    let all = group.iter().count();
    let vectors = group.iter().filter(|found| found.entry.vector.is_some()).count();
    assert!(vectors <= VECTORS && all - vectors <= TEXTS);
    let written = group.encode().expect("bounded");
    assert!(written.len() <= MOST_BYTES);
    assert_eq!(Group::decode(&written).as_ref(), Ok(&group));
    let query = group.iter().find_map(|found| found.entry.vector.clone());
    if let Some(query) = query {
        let _ = group.nearest(&Digest([0; 16]), &query, Life::Kept, now_ms);
    }
    let copy = group.clone();
    group.merge(copy, now_ms);
    group.prune(now_ms);
    assert!(group.iter().all(|found| found.entry.kept_ms > now_ms));
}
