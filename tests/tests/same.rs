//! Redaction in wasm against redaction in native code. Words are measured with SIMD there and without here; both have to see
//! the same words in any bytes, and to find the same values in texts. The module is that of the benchmark, in Node.

#[path = "../bench/redact/src/same.rs"]
mod same;

#[path = "../../shared/redact/tests/corpus/digits.rs"]
mod digits;
#[allow(dead_code, reason = "the labels are for scores")]
#[path = "../../shared/redact/tests/corpus/documents.rs"]
mod documents;
#[path = "../../shared/redact/tests/corpus/noise.rs"]
mod noise;
#[allow(dead_code, reason = "a test of redaction alone has other uses")]
#[path = "../../shared/redact/tests/properties/random.rs"]
mod random;
#[path = "../../shared/redact/tests/corpus/rng.rs"]
mod rng;
#[path = "../../shared/redact/tests/corpus/styles.rs"]
mod styles;
#[allow(dead_code, reason = "what is accepted is for scores")]
#[path = "../../shared/redact/tests/corpus/values/mod.rs"]
mod values;

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, Result, ensure};
use postern_tests::process::{tool, top};
use random::Random;

/// As `cargo xtask bench --redact` builds it.
const MODULE: &str = "target/wasm32-unknown-unknown/edge/postern_bench_redact.wasm";
/// What must have been compared at least: bytes, and values in them.
const BYTES: usize = 5 << 20;
const VALUES: usize = 40_000;

/// A kind of text, and one of it.
type Input = (&'static str, Vec<u8>);

/// Every byte at every offset of a block, among bytes of each class.
fn every_byte(inputs: &mut Vec<Input>) {
    for around in *b"aZ0_-\xC3" {
        for byte in 0..=u8::MAX {
            let mut text = [around; 2 * same::LONGEST];
            text[same::LONGEST] = byte;
            inputs.push(("every byte", text.to_vec()));
        }
    }
}

/// A hundred thousand blocks: half of any bytes, half of bytes at the ends of what is part of a word, with and without the
/// highest bit.
fn any_bytes(random: &mut Random, inputs: &mut Vec<Input>) {
    const ENDS: &[u8] = b"/09:@AZ[^_`az{";
    for _ in 0..100 {
        inputs.push(("any bytes", (0..8_000).map(|_| random.below(256) as u8).collect()));
        let mut end = |_| {
            let byte = match random.below(8) {
                0 => ENDS[random.below(ENDS.len())],
                _ => b"09AZ_az"[random.below(7)],
            };
            if random.below(64) == 0 { byte ^ 0x80 } else { byte }
        };
        inputs.push(("ends of ranges", (0..8_000).map(&mut end).collect()));
    }
}

/// The corpus of redaction, each document alone and many in one text, and texts made of pieces that hide values.
fn texts(random: &mut Random, inputs: &mut Vec<Input>) {
    let documents = documents::corpus(7, 100, &values::kinds());
    for many in documents.chunks(100) {
        let text: Vec<&str> = many.iter().map(|document| document.text.as_str()).collect();
        inputs.push(("many documents", text.join("\n\n").into_bytes()));
    }
    inputs.extend(documents.into_iter().map(|document| ("document", document.text.into_bytes())));
    for _ in 0..3000 {
        inputs.push(("pieces", random.text(40).into_bytes()));
        inputs.push(("characters", random.characters(200).into_bytes()));
        inputs.push(("JSON", random.value(4).to_string().into_bytes()));
    }
}

/// What `same.mjs` reads.
fn framed(inputs: &[Input]) -> Vec<u8> {
    let frame = |(_, text): &Input| [&(text.len() as u32).to_le_bytes(), text.as_slice()].concat();
    inputs.iter().flat_map(frame).collect()
}

#[test]
fn wasm_finds_what_native_code_finds() -> Result<()> {
    let (mut random, mut inputs) = (Random(11), Vec::new());
    every_byte(&mut inputs);
    any_bytes(&mut random, &mut inputs);
    texts(&mut random, &mut inputs);
    let mut node = Command::new(tool("POSTERN_NODE", &[top().join("deploy/node_modules/node/bin/node")])?)
        .arg(top().join("tests/bench/redact/same.mjs"))
        .arg(tool("POSTERN_REDACT_MODULE", &[top().join(MODULE)])?)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("start Node")?;
    // It reads all of it before it prints anything.
    node.stdin.take().context("Node has no input")?.write_all(&framed(&inputs))?;
    let wasm = thread::spawn(move || node.wait_with_output());
    let (mut here, mut found) = (Vec::new(), 0);
    for (kind, text) in &inputs {
        let words = same::words(text).with_context(|| format!("{kind}: words differ in {text:?}"))?;
        let (findings, count) = same::findings(text);
        here.push(format!("{words:x} {findings:x}"));
        found += count;
    }
    let wasm = wasm.join().expect("a thread that waits")?;
    ensure!(wasm.status.success(), "Node ended with {}", wasm.status);
    let wasm = String::from_utf8(wasm.stdout)?;
    let (block, there) = wasm.split_once('\n').context("Node printed nothing")?;
    ensure!(
        (same::BLOCK, block) == (8, "16"),
        "blocks of {} and {block} bytes: is one with SIMD?",
        same::BLOCK
    );
    let there: Vec<&str> = there.lines().collect();
    ensure!(there.len() == here.len(), "{} texts, {} answers", here.len(), there.len());
    let bytes: usize = inputs.iter().map(|(_, text)| text.len()).sum();
    println!("{} texts, {bytes} bytes, {found} values", inputs.len());
    ensure!(bytes >= BYTES && found >= VALUES, "only {bytes} bytes with {found} values");
    for ((kind, text), (here, there)) in inputs.iter().zip(here.iter().zip(there)) {
        ensure!(here == there, "{kind}: {here} here, {there} in wasm: {:?}", String::from_utf8_lossy(text));
    }
    Ok(())
}
