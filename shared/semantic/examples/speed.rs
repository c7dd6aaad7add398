//! How long it takes to read a question and make its fingerprint. Texts, one a line, on stdin.
use postern_semantic::text::{Argument, Free, Options, Question, Value};
use std::io::BufRead;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let lines: Vec<String> = std::io::stdin().lock().lines().collect::<Result<_, _>>()?;
    let options = Options { fold: true, names: true, day: "2026-11-29" };
    let mut sum = 0_u64;
    let mut best = f64::MAX;
    for _ in 0..30 {
        let start = std::time::Instant::now();
        for line in &lines {
            let argument = Argument { name: "query", value: Value::Text(line), free: Free::Perhaps };
            sum ^= Question::read(&[argument], &options).fingerprint(b"sixteen bytes ok");
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    let bytes: usize = lines.iter().map(String::len).sum();
    println!("{:.2} us a text of {} bytes ({sum:x})", best * 1e6 / lines.len() as f64, bytes / lines.len());
    Ok(())
}
