//! Any calls, results and times: never a panic, the same digests for the same call, and a state that stays small and
//! goes on where it was stored.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postern::codec::{decode, encode};
use postern::ledger::loops::{Bounds, Chains, Digests, STATE_BYTES, Sighting, Verdict};
use postern::limits::REQUEST;
use postern::mcp::Json;
use postern::mcp::json::quote;

fuzz_target!(|calls: Vec<(String, String, String, u32, u8)>| {
    let digests = Digests::new([7; 16]);
    let (mut chains, mut now_ms) = (Chains::default(), 0u64);
    for (at, (tool, args, result, ms, who)) in calls.iter().enumerate() {
        let args = json(args);
        let args = args.as_ref().map(|json| json.value(json.root()));
        let fingerprint = digests.call(tool, args);
        assert_eq!(fingerprint, digests.call(tool, args));
        // Now and then the clock jumps back.
        now_ms = if who % 7 == 0 { now_ms / 2 } else { now_ms + u64::from(*ms) };
        let sighting = Sighting {
            principal: u32::from(*who) % 11,
            trace: (who % 3 != 0).then_some(u32::from(*who)),
            fingerprint,
            cost: u64::from(*ms),
            exempt: *who == 255,
        };
        let verdict = chains.arrive(&Bounds::default(), at as u64, &sighting, now_ms);
        if let (Verdict::Go, Some(result)) = (verdict, json(result)) {
            chains.learn(at as u64, &digests.answer(result.value(result.root())), now_ms + 5);
        }
        let bytes = encode(&chains, STATE_BYTES).expect("bounded");
        assert_eq!(decode::<Chains>(&bytes, STATE_BYTES).expect("own bytes"), chains);
    }
});

/// A text as JSON, or else as a JSON string.
fn json(text: &str) -> Option<Json<'static>> {
    Json::parse_owned(text.as_bytes().to_vec(), &REQUEST).ok().or_else(|| {
        let mut quoted = String::new();
        quote(&mut quoted, text);
        Json::parse_owned(quoted.into_bytes(), &REQUEST).ok()
    })
}
