//! Streams of questions with their answers, what came of them, and how that is compared.

use std::fmt::{Display, Formatter};
use std::process::Command;

use postern_tests::process::top;
use serde_json::{Value, json};

/// The bound on errors that everything here runs under.
pub const MAX_ERROR: f64 = 0.05;
/// Questions of `desk.txt`, some of them again in another form.
const DESK: &str = include_str!("desk.txt");
/// Each so many questions one is asked again.
const AGAIN: usize = 10;
/// What a host may differ by besides: the record is told behind answers, and groups are read again when they are 30 s old.
pub const MORE: f64 = 0.02;
/// Simulations that a run is compared with, each with other coins.
const COINS: u64 = 4;
/// How long the stream is with `POSTERN_FULL=1`.
const FULL: usize = 20_000;

/// A question, and what the tool answers it.
#[derive(Debug, Clone)]
pub struct Call {
    pub query: String,
    pub answer: String,
}

impl Call {
    pub fn result(&self) -> Value {
        json!({"resultType": "complete", "content": [{"type": "text", "text": self.answer}]})
    }
}

/// What came of a call: the kind, what was served where that was not fetched, and when, in Unix ms.
#[derive(Debug, Clone, PartialEq)]
pub struct Came {
    pub kind: String,
    pub right: bool,
    pub ms: u64,
}

impl Came {
    /// Whether its band was open: served by meaning, or could have been.
    fn could(&self) -> bool {
        matches!(self.kind.as_str(), "semantic" | "shadow")
    }
}

/// The stream; with `POSTERN_FULL=1` a long one, fresh from the generator where Python is there.
pub fn calls() -> Vec<Call> {
    let desk = || DESK.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'));
    let one = |(query, answer): (&str, &str)| Call { query: query.to_owned(), answer: answer.to_owned() };
    let first: Vec<Call> = match std::env::var("POSTERN_FULL").is_ok_and(|value| value == "1") {
        false => desk().map(one).collect(),
        true => generated().unwrap_or_else(|| {
            let endings = ["", " now", " asap", " today please", " for a friend", " again", " quickly"];
            let mut all: Vec<Call> = endings
                .iter()
                .flat_map(|ending| {
                    desk().map(move |(query, answer)| one((&format!("{query}{ending}"), answer)))
                })
                .collect();
            all.truncate(FULL);
            all
        }),
    };
    let mut all = Vec::new();
    for (at, call) in first.iter().enumerate() {
        all.push(call.clone());
        if at % AGAIN == AGAIN - 1 {
            // In another form: it is the same question.
            let earlier = &first[at - AGAIN / 2];
            let query = format!("{}.", earlier.query.replace(' ', "  "));
            all.push(Call { query, answer: earlier.answer.clone() });
        }
    }
    all
}

fn generated() -> Option<Vec<Call>> {
    let script = top().join("deploy/model/streams.py");
    let mut command = Command::new("python3");
    command.arg(script).args(["topics", "--seed", "11", "--topics", "75", "--calls", &FULL.to_string()]);
    let output = command.output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    let call = |line: &str| {
        let line: Value = serde_json::from_str(line).ok()?;
        let query = line["args"]["query"].as_str()?.to_owned();
        Some(Call { query, answer: line["answer"].as_str()?.to_owned() })
    };
    text.lines().map(call).collect()
}

/// What the simulation makes of the calls, if they come when those came.
fn simulated(calls: &[Call], came: &[Came], seed: u64) -> Vec<Came> {
    let line = |(call, came): (&Call, &Came)| {
        json!({"tool": "a__echo", "args": {"query": call.query}, "answer": call.result(), "ms": came.ms})
            .to_string()
    };
    let lines: Vec<String> = calls.iter().zip(came).map(line).collect();
    let told = postern_cli::cache::trial::replay(&lines.join("\n"), "static", MAX_ERROR, seed).unwrap();
    let one = |(line, came): (&str, &Came)| {
        let line: Value = serde_json::from_str(line).unwrap();
        let served = line["kind"] == "semantic" || line["kind"] == "exact";
        let right = !served || line["right"] == true;
        Came { kind: line["kind"].as_str().unwrap().to_owned(), right, ms: came.ms }
    };
    told.lines().zip(came).map(one).collect()
}

/// The figures of one run.
#[derive(Debug, Clone, Copy)]
pub struct Figures {
    pub calls: usize,
    pub exact: usize,
    pub semantic: usize,
    pub shadow: usize,
    pub wrong: usize,
    /// The first call whose band was open.
    pub first: usize,
}

impl Figures {
    pub fn of(came: &[Came]) -> Self {
        let count = |kind: &str| came.iter().filter(|came| came.kind == kind).count();
        Self {
            calls: came.len(),
            exact: count("exact"),
            semantic: count("semantic"),
            shadow: count("shadow"),
            wrong: came.iter().filter(|came| came.kind == "semantic" && !came.right).count(),
            first: came.iter().position(Came::could).unwrap_or(came.len()),
        }
    }

    /// Share of what was served by meaning that was wrong.
    #[allow(clippy::cast_precision_loss)]
    pub fn error(&self) -> f64 {
        self.wrong as f64 / self.semantic.max(1) as f64
    }

    #[allow(clippy::cast_precision_loss)]
    pub fn share(&self) -> f64 {
        self.semantic as f64 / self.calls as f64
    }
}

impl Display for Figures {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Self { calls, exact, semantic, shadow, wrong, first } = self;
        let share = self.share();
        write!(
            f,
            "{calls} calls: {exact} exact, {semantic} semantic ({share:.3}, {wrong} wrong), {shadow} shadow, from call {first} on"
        )
    }
}

/// Share of the calls that are of other kinds, `semantic` and `shadow` being one: which of the two it is a coin says.
#[allow(clippy::cast_precision_loss)]
fn apart(one: &[Came], other: &[Came]) -> f64 {
    let same = |(one, other): &(&Came, &Came)| one.kind == other.kind || one.could() && other.could();
    one.iter().zip(other).filter(|pair| !same(pair)).count() as f64 / one.len() as f64
}

/// A run is as its simulation says, call by call. What it says depends on coins, and so does the run: they have to differ as
/// simulations with other coins differ from each other, and by `more` at most of what only hosts have.
#[allow(clippy::cast_precision_loss)]
pub fn agrees(name: &str, stream: &[Call], came: &[Came], more: f64) {
    let told: Vec<Vec<Came>> = (1..=COINS).map(|seed| simulated(stream, came, seed)).collect();
    for (told, seed) in told.iter().zip(1..) {
        holds(&format!("{name} simulated, seed {seed}"), told);
    }
    let pairs =
        told.iter().enumerate().flat_map(|(at, one)| told[..at].iter().map(move |other| (one, other)));
    let among = pairs.map(|(one, other)| apart(one, other)).fold(0.0, f64::max);
    let apart = told.iter().map(|told| apart(came, told)).fold(0.0, f64::max);
    let figures = told.iter().map(|told| Figures::of(told));
    let shares: Vec<f64> = figures.clone().map(|figures| figures.share()).collect();
    let (least, most) =
        shares.iter().fold((1.0, 0.0), |(least, most), share| (share.min(least), share.max(most)));
    let own = Figures::of(came);
    println!(
        "{name}: apart {apart:.4}, simulations {among:.4}; share {:.4} of {least:.4} to {most:.4}",
        own.share()
    );
    assert!(apart <= among + more, "{name}: apart {apart}, simulations {among}");
    assert!((least - more..=most + more).contains(&own.share()), "{name}: {} in {shares:?}", own.share());
    // Both draw from the same calls: by chance the numbers of errors differ by some roots of what is expected.
    let expected = figures.map(|figures| figures.error()).sum::<f64>() / COINS as f64 * own.semantic as f64;
    let off = (own.wrong as f64 - expected).abs();
    println!("{name}: {} wrong, {expected:.1} expected", own.wrong);
    assert!(off <= 4.0 * expected.max(1.0).sqrt(), "{name}: {} wrong, {expected} expected", own.wrong);
}

/// Everything that has to hold of a run, whatever its coins: no more errors than the operator allows, exact answers always
/// right, and nothing by meaning before 76 clean pairs can be.
#[allow(clippy::cast_precision_loss)]
pub fn holds(name: &str, came: &[Came]) {
    let figures = Figures::of(came);
    println!("{name}: {figures}");
    assert!(figures.semantic > 0, "{name}: nothing was served by meaning");
    assert!(figures.wrong as f64 <= MAX_ERROR * figures.semantic as f64, "{name}: {figures}");
    assert!(figures.first > 76, "{name}: {figures}");
    assert!(came.iter().all(|came| came.kind != "exact" || came.right), "{name}: a wrong exact answer");
}
