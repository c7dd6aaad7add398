//! What an estimate of tokens costs, natively: `cargo bench -p postern --bench tokens`.

use postern::tokens::estimate;
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

fn main() {
    let rows: Vec<String> = (0..400)
        .map(|i| {
            format!(r#"{{"id":{i},"name":"customer {i}","open":true,"balance":{i}.25,"tags":["a","b"]}}"#)
        })
        .collect();
    for (what, text) in [
        ("prose", "The invoice of 2026-11-01 was paid; see \"ledger\", and don't reply.\n".repeat(500)),
        ("JSON", format!("[{}]", rows.join(","))),
        (
            "code",
            "    if let Some(item) = self.items.get(&key) {\n        total += item.price;\n    }\n"
                .repeat(500),
        ),
        ("Chinese", "新流程试运行期间如果遇到问题，可以拨打服务电话。".repeat(500)),
        ("base64", "aGVsbG8gd29ybGQhIFRoaXMgaXMgbm90aGluZy4K".repeat(500)),
    ] {
        let nanos = time(|| {
            black_box(estimate(black_box(&text)));
        })
        .as_nanos() as f64;
        let bytes = text.len() as f64;
        println!("{what:<10} {:>8.0} ns/KB {:>6.2} ns/byte", nanos / bytes * 1000.0, nanos / bytes);
    }
}
