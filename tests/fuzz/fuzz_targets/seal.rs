//! Any token: never a panic, and nothing opens that was not sealed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postern::mcp::seal::{Binding, Purpose, Sealer};
use std::sync::LazyLock;

const KEYS: &str = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=,k2:ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";
static SEALER: LazyLock<Sealer> = LazyLock::new(|| Sealer::from_keys(KEYS).expect("keys"));

fuzz_target!(|input: (String, Vec<u8>, u16, u8)| {
    let (text, payload, at, flip) = input;
    let _ = Sealer::from_keys(&text);
    let open = |token: &str| SEALER.open(Purpose::State, "acme", "/mcp", &[7; 32], 5, token);
    open(&text).expect_err("opened a token that nobody sealed");
    let binding = Binding { tenant: "acme", endpoint: "/mcp", principal: [7; 32], alias: &text };
    let Ok(token) = SEALER.seal(Purpose::State, &binding, 5, 1000, [flip; 24], &payload) else { return };
    let opened = open(&token).expect("own token");
    assert_eq!((opened.alias, opened.payload), (text, payload));
    let mut changed = token.clone().into_bytes();
    let at = usize::from(at) % changed.len();
    changed[at] ^= flip;
    if let Ok(changed) = String::from_utf8(changed) {
        assert!(changed == token || open(&changed).is_err(), "a changed token opened");
    }
});
