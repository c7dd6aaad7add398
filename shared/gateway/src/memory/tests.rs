use super::{Memory, Step};
use crate::platform::{
    Body, Clock, Fetch, FetchError, HttpMethod, Journal, Outgoing, OutgoingHeaders, Random, Store,
};
use crate::within::within;
use std::pin::pin;
use std::task::Poll;

fn get(url: &str) -> Outgoing {
    Outgoing {
        method: HttpMethod::Get,
        url: url.to_owned(),
        headers: OutgoingHeaders::default(),
        body: Vec::new(),
    }
}

#[test]
fn time_moves_only_when_nothing_else_can() {
    let memory = Memory::new();
    let start_ms = memory.now_ms();
    let mut hour = pin!(memory.sleep(3_600_000));
    assert_eq!(memory.step(hour.as_mut()), Poll::Pending);
    memory.advance(3_599_999);
    assert_eq!(memory.step(hour.as_mut()), Poll::Pending);
    memory.advance(1);
    assert_eq!(memory.step(hour), Poll::Ready(()));
    memory.run(memory.sleep(1_000));
    assert_eq!(memory.now_ms() - start_ms, 3_601_000);
}

#[test]
fn a_deadline_wins_over_silence_and_loses_to_an_answer() {
    let memory = Memory::new();
    assert_eq!(memory.run(within(&memory, 50, memory.sleep(49))), Some(()));
    assert_eq!(memory.run(within(&memory, 50, memory.sleep(51))), None);
    assert_eq!(memory.run(within(&memory, 50, async { 7 })), Some(7));
}

#[test]
fn bodies_follow_their_script_and_are_counted() {
    let memory = Memory::new();
    let network = memory.clone();
    memory.on_fetch(move |request| {
        let memory = network.clone();
        async move {
            let steps = match request.url.as_str() {
                "parts" => {
                    vec![Step::Bytes(b"ab".to_vec()), Step::Wait(5), Step::Repeat(b"c".to_vec(), 3)]
                }
                "breaks" => vec![Step::Bytes(b"ab".to_vec()), Step::Break],
                _ => return Err(FetchError::Unreachable),
            };
            Ok(memory.answer_in_steps(200, "text/plain", steps))
        }
    });
    let whole = |url: &'static str, limit| {
        let memory = memory.clone();
        async move { memory.fetch(get(url)).await?.body.whole(limit).await }
    };
    assert_eq!(memory.run(whole("parts", 5)), Ok(b"abccc".to_vec()));
    assert_eq!(memory.run(whole("parts", 4)), Err(FetchError::TooLarge));
    assert_eq!(memory.run(whole("breaks", 9)), Err(FetchError::Unreachable));
    assert_eq!(memory.run(whole("nowhere", 9)), Err(FetchError::Unreachable));
    assert_eq!(memory.open_bodies(), 0);
    let open = memory.run(memory.fetch(get("parts")));
    assert_eq!(memory.open_bodies(), 1);
    drop(open);
    assert_eq!(memory.open_bodies(), 0);
    assert_eq!(memory.sent().len(), 5);
}

#[test]
fn the_store_forgets_and_effects_wait() {
    let memory = Memory::new();
    memory.run(memory.remember("key", b"value".to_vec(), 60));
    memory.advance(59_999);
    assert_eq!(memory.run(memory.recall("key")), Some(b"value".to_vec()));
    memory.advance(1);
    assert_eq!(memory.run(memory.recall("key")), None);
    let later = memory.clone();
    memory.defer(Box::pin(async move { later.append("done") }));
    assert!(memory.records().is_empty());
    memory.run(memory.run_effects());
    assert_eq!(memory.records(), ["done"]);
}

#[test]
fn random_numbers_repeat_with_the_seed() {
    let draw = |seed| {
        let memory = Memory::new();
        memory.seed(seed);
        let mut bytes = [0; 16];
        memory.fill(&mut bytes);
        bytes
    };
    assert_eq!(draw(7), draw(7));
    assert_ne!(draw(7), draw(8));
}
