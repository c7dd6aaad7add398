//! Reads a text a line; writes its vector a line as a JSON array, or `null` where it has none. For comparisons with
//! another runtime.
//!
//! ```sh
//! cargo run --release -p postern-semantic --example embed -- MODEL.onnx < texts.txt
//! ```

use std::io::{BufRead, BufWriter, Write};
use std::time::Instant;

use postern_semantic::model::Model;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: embed MODEL.onnx < TEXTS")?;
    let file = std::fs::read(path)?;
    let started = Instant::now();
    let mut model = Model::load(file)?;
    eprintln!("{}: {} dimensions, loaded in {:.1?}", model.name(), model.dimensions(), started.elapsed());
    let mut out = BufWriter::new(std::io::stdout().lock());
    let (mut texts, started) = (0u32, Instant::now());
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        match model.vector(&line) {
            Ok(vector) => {
                let numbers: Vec<String> = vector.iter().map(ToString::to_string).collect();
                writeln!(out, "[{}]", numbers.join(","))?;
            }
            Err(unfit) => {
                eprintln!("{line}: {unfit}");
                writeln!(out, "null")?;
            }
        }
        texts += 1;
    }
    out.flush()?;
    eprintln!("{texts} texts, {:.1?} each", started.elapsed() / texts.max(1));
    Ok(())
}
