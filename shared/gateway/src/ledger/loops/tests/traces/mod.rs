//! Seeded traces of tool calls: agents that are stuck, and agents at work. The same seed gives the same traces, on
//! every machine. The expectations stand in the trace: where its pattern begins and how many of the pattern's calls
//! may be carried out at most. They were written down before there was a detector.

mod looping;
mod retries;
mod searching;
mod waiting;
mod working;

use serde_json::{Value, json};

/// One call and what it would answer if it is carried out.
#[derive(Debug, Clone)]
pub struct Step {
    pub tool: String,
    /// A JSON object.
    pub args: String,
    /// A result of `tools/call`, a JSON-RPC error, or any JSON.
    pub result: String,
    /// When the call begins, in ms.
    pub ms: u64,
    /// Part of the pattern; false for what lies before it or in between.
    pub pattern: bool,
}

/// Calls of one agent in order.
#[derive(Debug, Clone)]
pub struct Trace {
    /// Kind and seed.
    pub name: String,
    pub steps: Vec<Step>,
    /// How many of the pattern's calls may be carried out; `None` for work, where every call may.
    pub bearable: Option<usize>,
}

impl Trace {
    /// The call that must be stopped at the latest, counted from 0.
    pub fn deadline(&self) -> Option<usize> {
        let bearable = self.bearable?;
        let mut pattern = self.steps.iter().enumerate().filter(|(_, step)| step.pattern);
        pattern.nth(bearable).map(|(at, _)| at)
    }

    /// Where the pattern begins, counted from 0.
    pub fn begins(&self) -> Option<usize> {
        self.steps.iter().position(|step| step.pattern)
    }
}

/// `count` traces of stuck agents, every kind in turn.
pub fn stuck(seed: u64, count: usize) -> Vec<Trace> {
    made(looping::KINDS, seed, count)
}

/// `count` traces of agents at work, every kind in turn.
pub fn work(seed: u64, count: usize) -> Vec<Trace> {
    let kinds: Vec<(&str, Make)> =
        [waiting::KINDS, retries::KINDS, searching::KINDS, working::KINDS].concat();
    made(&kinds, seed, count)
}

type Make = fn(&mut Tape);

fn made(kinds: &[(&str, Make)], seed: u64, count: usize) -> Vec<Trace> {
    (0..count)
        .map(|at| {
            let (kind, make) = kinds[at % kinds.len()];
            let mut tape = Tape::new(seed.wrapping_add(at as u64));
            make(&mut tape);
            Trace { name: format!("{kind} {at}"), steps: tape.steps, bearable: tape.bearable }
        })
        .collect()
}

/// A trace in the making.
pub struct Tape {
    pub rng: Rng,
    steps: Vec<Step>,
    bearable: Option<usize>,
    ms: u64,
    /// Least and longest pause before a call, in ms.
    pause: (u64, u64),
    pattern: bool,
}

impl Tape {
    fn new(seed: u64) -> Self {
        let mut rng = Rng(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5EED);
        let ms = 1_700_000_000_000 + rng.below(1_000_000_000);
        Self { rng, steps: Vec::new(), bearable: None, ms, pause: (200, 4_000), pattern: false }
    }

    /// From here on a call comes this many ms after the one before.
    fn pace(&mut self, least: u64, longest: u64) {
        self.pause = (least, longest);
    }

    /// From here on calls belong to the pattern, of which `bearable` may be carried out.
    fn begin(&mut self, bearable: usize) {
        self.bearable = Some(bearable);
        self.pattern = true;
    }

    #[allow(clippy::needless_pass_by_value)]
    fn call(&mut self, tool: &str, args: Value, result: Value) {
        let (least, longest) = self.pause;
        self.ms += least + self.rng.below(longest - least + 1);
        self.steps.push(Step {
            tool: tool.to_owned(),
            args: args.to_string(),
            result: result.to_string(),
            ms: self.ms,
            pattern: self.pattern,
        });
    }

    /// Some calls that have nothing to do with anything else.
    fn noise(&mut self, most: u64) {
        let pattern = std::mem::replace(&mut self.pattern, false);
        for _ in 0..self.rng.below(most + 1) {
            let id = self.rng.id();
            let text = self.rng.words(6);
            match self.rng.below(3) {
                0 => self.call("crm__get_customer", json!({ "customerId": id }), said(&text)),
                1 => self.call("files__read", json!({ "path": format!("src/{id}.rs") }), said(&text)),
                _ => self.call("orders__ship", json!({ "order": id }), data(&json!({ "ok": true }))),
            }
        }
        self.pattern = pattern;
    }
}

/// Splitmix64.
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// 0 to `n - 1`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }

    pub fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize].clone()
    }

    fn id(&mut self) -> String {
        format!("C-{}", 1_000 + self.below(9_000_000))
    }

    fn uuid(&mut self) -> String {
        let (a, b) = (self.next(), self.next());
        let (a, b) = (format!("{a:016x}"), format!("{b:016x}"));
        format!("{}-{}-{}-{}-{}", &a[..8], &a[8..12], &a[12..], &b[..4], &b[4..])
    }

    /// `n` plain words.
    fn words(&mut self, n: usize) -> String {
        (0..n).map(|_| self.pick(WORDS)).collect::<Vec<_>>().join(" ")
    }
}

/// Words without an id, number or date.
const WORDS: &[&str] = &[
    "refund",
    "policy",
    "contractor",
    "invoice",
    "late",
    "shipping",
    "address",
    "change",
    "window",
    "access",
    "laptop",
    "broken",
    "screen",
    "holiday",
    "request",
    "manager",
    "approval",
    "travel",
    "expense",
    "limit",
    "how",
    "to",
    "the",
    "for",
    "a",
    "customer",
    "warranty",
    "return",
    "process",
    "steps",
    "guide",
    "about",
    "find",
    "all",
    "documents",
    "mentioning",
    "cancelled",
    "delivery",
    "damaged",
    "parcel",
    "support",
];

/// A result of `tools/call` with a text.
fn said(text: &str) -> Value {
    json!({ "content": [{ "type": "text", "text": text }] })
}

/// A result of `tools/call` with structured content and, as servers do, the same as text.
fn data(value: &Value) -> Value {
    json!({ "content": [{ "type": "text", "text": value.to_string() }], "structuredContent": value })
}

/// A result of `tools/call` that is an error.
fn failed(text: &str) -> Value {
    json!({ "content": [{ "type": "text", "text": text }], "isError": true })
}
