//! The stream through isolates in memory, and what they ask of the store.

use postern::platform::Clock as _;
use postern_tests::process::top;
use serde_json::{Value, json};

use crate::stream::{MORE, agrees, calls, holds};
use crate::world::World;

const CACHE: &str = "scope = 'tenant', ttl_s = 86400";

#[test]
fn in_memory_it_is_as_simulated() {
    let (world, stream) = (World::start(), calls());
    let isolate = world.isolate(CACHE);
    let (mut came, mut most) = (Vec::new(), [(0, 0, 0); 2]);
    let start = world.memory.now_ms();
    for (at, call) in stream.iter().enumerate() {
        // A call a second, unless what is done behind them takes longer.
        let due = start + 1_000 * at as u64;
        world.memory.set_now_ms(due.max(world.memory.now_ms()));
        let (one, answer) = isolate.call(&call.query, &call.result());
        let hit = usize::from(matches!(one.kind.as_str(), "exact" | "semantic"));
        let (before, behind, epochs) = answer.reads;
        most[hit] = (most[hit].0.max(before), most[hit].1.max(behind), most[hit].2.max(epochs));
        came.push(one);
    }
    holds("in memory", &came);
    agrees("in memory", &stream, &came, MORE);
    println!("most reads of groups before an answer and behind it, and of epochs: miss, hit {most:?}");
    // A miss reads its group, and behind the answer again to write it; a group that is known is read again behind any
    // call when it is 30 s old.
    let [(miss, behind_miss, _), (hit, behind_hit, _)] = most;
    assert!(miss <= 1 && behind_miss <= 2 && hit <= 1 && behind_hit <= 1, "{most:?}");
    from_another_isolate(&world, &stream);
}

/// What is known in the store is found by an isolate that knows nothing, with one read; from then on memory has it.
fn from_another_isolate(world: &World, stream: &[crate::stream::Call]) {
    let other = world.isolate(CACHE);
    let (mut hits, mut from_memory) = (0, 0);
    for call in stream.iter().take(200) {
        world.memory.advance(1_000);
        let (came, answer) = other.call(&call.query, &call.result());
        if matches!(came.kind.as_str(), "exact" | "semantic") {
            hits += 1;
            assert!(answer.reads.0 <= 2, "{:?}", answer.reads);
            from_memory += usize::from(answer.reads.0 == 0);
        }
    }
    println!("another isolate: {hits} hits of 200, {from_memory} of them without a read");
    assert!(hits > 150 && from_memory > 100, "{hits} {from_memory}");
}

/// Whatever is in the place of the model: the upstream answers, the record says why, and equal questions are still equal.
#[test]
fn a_model_that_is_cut_is_none() {
    let world = World::start();
    let model = std::fs::read(top().join("deploy/model/static.onnx")).unwrap();
    let flipped: Vec<u8> = model.iter().map(|byte| !byte).collect();
    let cuts = [0, 1, 1_000, model.len() / 2, model.len() - 1].map(|length| model[..length].to_vec());
    for file in cuts.into_iter().chain([flipped]) {
        let length = file.len();
        world.memory.set_asset("static.onnx", file);
        let isolate = world.isolate(CACHE);
        let query = format!("what about a model of {length} bytes");
        let result = json!({"resultType": "complete", "content": []});
        let (came, answer) = isolate.call(&query, &result);
        assert_eq!(came.kind, "miss", "{length}");
        let why = answer.record["cache_model"].as_str().unwrap_or_default();
        assert!(why.starts_with("static.onnx: "), "{length}: {}", answer.record);
        let (came, answer) = isolate.call(&query, &result);
        assert_eq!((came.kind.as_str(), &answer.record["cache_model"]), ("exact", &Value::Null), "{length}");
        // It is not asked for again at once.
        let (came, answer) = isolate.call(&format!("{query} and of another one"), &result);
        assert_eq!((came.kind.as_str(), &answer.record["cache_model"]), ("miss", &Value::Null), "{length}");
        world.memory.advance(1_000);
    }
}
