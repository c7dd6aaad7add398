//! Estimates of tokens against the real tokenizer (`tests/tokens/oracle.mjs`), on texts of every kind in
//! `tests/tokens`. Prices were chosen by those of `tuned`, and by many others, but not by those of `held-out`.
//!
//! `cargo test -p postern-tests --test tokens -- --nocapture` shows the table.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use postern::tokens::estimate;
use postern_tests::process::{tool, top};

/// How far the sum over a corpus may be from the truth.
const CORPUS: f64 = 0.15;
/// The same for corpora of what gateways carry most.
const COMMON_CORPUS: f64 = 0.08;
const COMMON: [&str; 4] = ["english", "json", "code", OWN];
/// For one document, and for a part of about [`PART`] bytes of one.
const DOCUMENT: f64 = 0.20;
const PART: usize = 400;
/// The corpus of the gateway's own source and pages.
const OWN: &str = "repository";
const HALVES: [&str; 2] = ["tuned", "held-out"];

struct Document {
    half: &'static str,
    corpus: String,
    name: String,
    text: String,
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() { found.extend(files(&path)?) } else { found.push(path) }
    }
    found.sort();
    Ok(found)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn documents() -> Result<Vec<Document>> {
    let mut documents = Vec::new();
    for half in HALVES {
        for path in files(&top().join("tests/tokens").join(half))? {
            let corpus = path.parent().map(name).unwrap_or_default();
            documents.push(Document { half, corpus, name: name(&path), text: fs::read_to_string(&path)? });
        }
    }
    // The gateway's own source and its pages: they change, so nothing can be tuned to them.
    let mut own = files(&top().join("shared/gateway/src"))?;
    // Its tables of letters are no text.
    own.retain(|path| !path.ends_with("tokens/prices.rs") && path.extension().is_none_or(|end| end != "txt"));
    own.extend(["README.md", "ARCHITECTURE.md", "tests/README.md"].map(|page| top().join(page)));
    for path in own {
        let (corpus, name) = (OWN.to_owned(), path.strip_prefix(top())?.display().to_string());
        documents.push(Document { half: "held-out", corpus, name, text: fs::read_to_string(&path)? });
    }
    Ok(documents)
}

/// The text in parts of about [`PART`] bytes, a short rest left out.
fn parts(text: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    for c in text.chars() {
        part.push(c);
        if part.len() >= PART {
            parts.push(std::mem::take(&mut part));
        }
    }
    parts
}

/// What the real tokenizer counts.
fn count(texts: &[String]) -> Result<Vec<u32>> {
    ensure!(
        top().join("tests/node_modules/js-tiktoken").is_dir(),
        "tests/node_modules lacks js-tiktoken: run `cargo xtask test`, which installs it"
    );
    let node = tool("POSTERN_NODE", &[top().join("deploy/node_modules/node/bin/node")])?;
    let mut oracle = Command::new(node)
        .arg(top().join("tests/tokens/oracle.mjs"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("start the tokenizer")?;
    let mut input = oracle.stdin.take().context("the tokenizer has no input")?;
    input.write_all(&serde_json::to_vec(texts)?)?;
    drop(input);
    let output = oracle.wait_with_output()?;
    ensure!(output.status.success(), "the tokenizer ended with {}", output.status);
    let counts: Vec<u32> = serde_json::from_slice(&output.stdout)?;
    ensure!(counts.len() == texts.len(), "{} texts, {} counts", texts.len(), counts.len());
    Ok(counts)
}

/// Tokens counted and estimated, of one text or of many.
#[derive(Default, Clone, Copy)]
struct Sum {
    tokens: u32,
    estimate: u32,
}

impl Sum {
    fn error(self) -> f64 {
        f64::from(self.estimate) / f64::from(self.tokens) - 1.0
    }

    fn check(self, what: &str, bound: f64, problems: &mut Vec<String>) {
        if self.error().abs() > bound {
            problems.push(format!("{what}: {} tokens, estimated {}", self.tokens, self.estimate));
        }
    }
}

/// The documents of one corpus and half.
#[derive(Default)]
struct Group {
    sum: Sum,
    /// The largest errors of a document and of a part.
    document: f64,
    part: f64,
}

#[test]
fn estimates_are_near_the_truth() -> Result<()> {
    let documents = documents()?;
    let mut texts = Vec::new();
    let mut whose = Vec::new();
    for document in &documents {
        let parts = parts(&document.text);
        whose.extend(std::iter::repeat_n(document, parts.len() + 1));
        texts.push(document.text.clone());
        texts.extend(parts);
    }
    let counts = count(&texts)?;

    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    let mut problems = Vec::new();
    for ((document, text), tokens) in whose.iter().zip(&texts).zip(counts) {
        let sum = Sum { tokens, estimate: estimate(text) };
        let what = format!("{}/{}/{}, {} bytes", document.half, document.corpus, document.name, text.len());
        // The gateway's own source changes with every commit: any of its parts may be a list of odd words.
        if document.corpus != OWN || *text == document.text {
            sum.check(&what, DOCUMENT, &mut problems);
        }
        let group = groups.entry(format!("{:<11} {:<9}", document.corpus, document.half)).or_default();
        let error = sum.error().abs();
        if *text == document.text {
            group.sum.tokens += sum.tokens;
            group.sum.estimate += sum.estimate;
            group.document = group.document.max(error);
        } else {
            group.part = group.part.max(error);
        }
    }

    println!(
        "{:<21} {:>8} {:>9} {:>7}   largest of a document, a part",
        "corpus", "tokens", "estimate", "error"
    );
    for (name, Group { sum, document, part }) in groups {
        let [error, document, part] = [sum.error(), document, part].map(|share| share * 100.0);
        println!("{name} {:>8} {:>9} {error:>+6.1}%   {document:.1}%, {part:.1}%", sum.tokens, sum.estimate);
        let common = COMMON.iter().any(|common| name.starts_with(common));
        sum.check(&name, if common { COMMON_CORPUS } else { CORPUS }, &mut problems);
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
    Ok(())
}
