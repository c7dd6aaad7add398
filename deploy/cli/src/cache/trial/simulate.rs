//! A gateway's cache in small: one isolate, one record of evidence for each tool, groups that nobody else writes.

use super::summary::{Counts, Summary};
use postern::mcp::Raw;
use postern::stage::cache::canonical::canonical;
use postern::stage::cache::question::{Shape, items};
use postern_semantic::agreement::Band;
use postern_semantic::evidence::{Evidence, Terms};
use postern_semantic::group::{BODY_BYTES, Body, Digest, Fresh, Group};
use postern_semantic::model::{Embedding, Weights};
use postern_semantic::policy::{Asked, Begin, Guess, Look, Mode, Rules, Tool, begin, judge, witness};
use postern_semantic::text::{Options, Question};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// Nobody has to be kept from making fingerprints meet: the calls are on record.
pub const KEY: [u8; 16] = *b"postern/cache/1\0";
/// What an answer of a tool is taken to last, in us; what embeddings take is the caller's.
const UPSTREAM_US: u64 = 500_000;
/// Between calls that do not say when they came.
const STEP_MS: u64 = 1_000;
/// No entry expires.
const FOREVER_MS: u64 = u64::MAX / 2;

/// A recorded call.
pub struct Call<'a> {
    /// The tool's name.
    pub tool: &'a str,
    /// What else makes it this tool.
    pub description: Option<&'a str>,
    pub schema: Option<Raw<'a>>,
    pub args: Option<Raw<'a>>,
    pub answer: Raw<'a>,
    pub ms: Option<u64>,
}

/// What makes vectors of texts.
pub trait Embeds {
    /// None for a text that has no vector.
    fn embed(&mut self, text: &str) -> Option<Embedding>;
    fn weights(&self) -> Weights;
    /// What one embedding takes, in us: an estimate, as runs have to be the same everywhere.
    fn takes_us(&self) -> u32;
}

/// How a call came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Exact,
    Semantic,
    Shadow,
    Miss,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Semantic => "semantic",
            Self::Shadow => "shadow",
            Self::Miss => "miss",
        }
    }
}

/// What came of a call.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub kind: Kind,
    /// What was or would have been served, and whether it was right.
    pub predicted: Option<(Rc<str>, bool)>,
    /// Of a guess: how sure it was, and its band.
    pub score: Option<(f64, Option<Band>)>,
}

/// What is known of one tool.
#[derive(Default)]
struct Known {
    tool: Tool,
    evidence: Evidence,
    counts: Counts,
}

/// The cache, and everything around it.
pub struct Simulation {
    terms: Terms,
    groups: HashMap<(Digest, u64), Group>,
    known: BTreeMap<String, Known>,
    answers: HashMap<Digest, Rc<str>>,
    coins: u64,
    now_ms: u64,
    total: Counts,
    /// Whether each call was served by meaning, for the last third.
    served: Vec<bool>,
}

impl Simulation {
    /// An empty cache.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub fn new(max_error: f64, seed: u64) -> Self {
        Self {
            terms: Terms { max_error: (max_error * 1e6).round() as u32, basis: 1 },
            groups: HashMap::new(),
            known: BTreeMap::new(),
            answers: HashMap::new(),
            coins: seed,
            now_ms: 0,
            total: Counts::default(),
            served: Vec::new(),
        }
    }

    /// One call, as the gateway would handle it.
    pub fn call(&mut self, call: &Call<'_>, model: &mut dyn Embeds) -> Outcome {
        self.now_ms = call.ms.map_or(self.now_ms + STEP_MS, |ms| ms.max(self.now_ms));
        let day = (self.now_ms / 86_400_000).to_string();
        let items = items(call.args, &Shape::of(call.schema), &[]);
        let arguments: Vec<_> = items.iter().map(|item| item.argument()).collect();
        let question = Question::read(&arguments, &Options { fold: true, names: true, day: &day });
        let text = Digest::of(question.exact().as_bytes());
        let key = (definition(call), question.fingerprint(&KEY));
        let fresh = canonical(call.answer, []);
        let answer = Digest::of(fresh.as_bytes());
        self.answers.entry(answer).or_insert_with(|| fresh.as_str().into());

        let coins = [self.coin(), self.coin()];
        let known = self.known.entry(call.tool.to_owned()).or_default();
        let group = self.groups.get(&key);
        let rules = Rules::of(Mode::Serve);
        let (kind, served, guess, vector) =
            match begin(group, &text, &rules, &known.tool, self.now_ms, coins[0]) {
                Begin::Exact(found) => (Kind::Exact, Some(found.answer.digest), None, None),
                Begin::Miss => (Kind::Miss, None, None, None),
                Begin::Embed => match question.text().and_then(|text| model.embed(text)) {
                    None => (Kind::Miss, None, None, None),
                    Some(vector) => {
                        known.tool.embedded(model.takes_us());
                        let weights = model.weights();
                        let asked = Asked { text: &text, vector: &vector, weights: &weights };
                        let look = judge(group, &asked, &rules, &mut known.tool, self.now_ms, coins[1]);
                        let (kind, guess) = taken(look);
                        (kind, guess.as_ref().map(|guess| guess.answer), guess, Some(vector))
                    }
                },
            };
        if matches!(kind, Kind::Shadow | Kind::Miss) {
            known.tool.answered(UPSTREAM_US);
            if let Some(guess) = &guess {
                witness(guess, Some(&answer), &mut known.tool, self.now_ms);
            }
            let body =
                if fresh.len() > BODY_BYTES { Body::Elsewhere } else { Body::Here(fresh.into_bytes()) };
            let new = Fresh {
                text,
                vector,
                answer,
                body,
                created_ms: self.now_ms,
                expires_ms: FOREVER_MS,
                kept_ms: FOREVER_MS,
            };
            self.groups.entry(key).or_default().insert(new, self.now_ms);
        }
        // Behind the answer.
        if known.tool.wants(self.now_ms, false) {
            let witnesses = known.tool.take();
            known.tool.refresh(known.evidence.apply(&self.terms, &witnesses), self.now_ms);
        }
        let right = served.map(|served| served == answer);
        for counts in [&mut self.total, &mut known.counts] {
            counts.count(kind, right);
        }
        self.served.push(kind == Kind::Semantic);
        let body = |digest| self.answers.get(&digest).cloned();
        Outcome {
            kind,
            predicted: served.and_then(body).zip(right),
            score: guess.map(|guess| (guess.score(), guess.band)),
        }
    }

    /// What came of all calls so far.
    pub fn summary(&self) -> Summary {
        let tools =
            self.known.iter().map(|(name, known)| (name.as_str(), known.counts, known.evidence.standing()));
        Summary::new(self.total, &self.served, f64::from(self.terms.max_error) / 1e6, tools)
    }

    /// A number from 0..1 (splitmix64).
    #[allow(clippy::cast_precision_loss)]
    fn coin(&mut self) -> f64 {
        self.coins = self.coins.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.coins;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

fn taken(look: Look<'_>) -> (Kind, Option<Guess>) {
    match look {
        Look::Semantic(_, guess) => (Kind::Semantic, Some(guess)),
        Look::Shadow(guess) => (Kind::Shadow, Some(guess)),
        Look::Miss(guess) => (Kind::Miss, guess),
    }
}

/// What tells tools apart. Lengths come first, so that no two tools give the same.
fn definition(call: &Call<'_>) -> Digest {
    let schema = call.schema.map(|schema| canonical(schema, []));
    let parts = [Some(call.tool), call.description, schema.as_deref()];
    let parts =
        parts.map(|part| part.map_or_else(|| "-".to_owned(), |part| format!("{} {part}", part.len())));
    Digest::of(parts.concat().as_bytes())
}
