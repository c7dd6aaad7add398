//! What the wire costs per byte, natively: `cargo bench -p postern --bench wire`.
//!
//! The yardstick is serde_json skipping the same text into `IgnoredAny`, which checks syntax but neither duplicate
//! names nor surrogates and keeps nothing.

use postern::limits::RESPONSE;
use postern::mcp::json::{Edits, Json};
use postern::mcp::seal::{Binding, Purpose, Sealer};
use postern::mcp::{Message, sse};
use serde::de::IgnoredAny;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// The best of several rounds: others share the machine.
fn time(mut act: impl FnMut()) -> Duration {
    let rounds = (0..15).map(|_| {
        let (start, mut times) = (Instant::now(), 0);
        while start.elapsed() < Duration::from_millis(20) {
            act();
            times += 1;
        }
        start.elapsed() / times
    });
    rounds.min().unwrap_or_default()
}

fn report(what: &str, bytes: usize, took: Duration) {
    let nanos = took.as_nanos() as f64;
    println!("{what:<44} {nanos:>10.0} ns {:>8.2} ns/byte", nanos / bytes as f64);
}

/// A tools/call result with a text of about `text` bytes and `rows` rows of structured content.
fn result(text: usize, rows: usize) -> String {
    let line = r#"The invoice of 2026-11-01 was paid \u2013 see \"ledger\".\n"#;
    let rows: Vec<String> = (0..rows)
        .map(|i| {
            format!(r#"{{"id":{i},"name":"customer {i}","open":true,"balance":{i}.25,"tags":["a","b"]}}"#)
        })
        .collect();
    format!(
        r#"{{"jsonrpc":"2.0","id":"7","result":{{"content":[{{"type":"text","text":"{}"}}],"structuredContent":{{"rows":[{}]}},"isError":false}}}}"#,
        line.repeat(text / line.len()),
        rows.join(",")
    )
}

fn main() {
    for (what, text) in [
        ("400 B result", result(250, 1)),
        ("60 KB result, text", result(60_000, 1)),
        ("60 KB result, half rows", result(30_000, 400)),
        ("60 KB result, rows", result(100, 800)),
    ] {
        let bytes = text.as_bytes();
        println!("{what}: {} bytes", bytes.len());
        report("  scan", bytes.len(), time(|| drop(black_box(Json::parse(black_box(bytes), &RESPONSE)))));
        let yardstick = time(|| drop(black_box(serde_json::from_slice::<IgnoredAny>(black_box(bytes)))));
        report("  serde_json, IgnoredAny", bytes.len(), yardstick);
        let relay = time(|| {
            let Ok(json) = Json::parse(black_box(bytes), &RESPONSE) else { return };
            let Ok(Message::Response(response)) = Message::read(&json, json.root()) else { return };
            let Some(id) = response.id else { return };
            let mut edits = Edits::new();
            edits.replace(json.span(id), "0");
            drop(black_box(edits.apply(json.text())));
        });
        report("  scan, read, replace the id", bytes.len(), relay);
        let mut stream = Vec::new();
        sse::encode(&mut stream, &text);
        let decode = time(|| {
            let mut decoder = sse::Decoder::new(1 << 20);
            decoder.push(black_box(&stream));
            drop(black_box(decoder.next()));
        });
        report("  event decoded", stream.len(), decode);
    }
    let Ok(sealer) = Sealer::from_keys("k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=") else { return };
    let binding = Binding { tenant: "acme", endpoint: "/mcp", principal: [7; 32], alias: "billing" };
    let seal = || sealer.seal(Purpose::Session, &binding, 0, 1000, [1; 24], &[5; 200]);
    let Ok(token) = seal() else { return };
    report("seal 200 B", 200, time(|| drop(black_box(seal()))));
    report(
        "open 200 B",
        200,
        time(|| drop(black_box(sealer.open(Purpose::Session, "acme", "/mcp", &[7; 32], 1, &token)))),
    );
}
