//! `postern quota loops --batch`: recorded calls, judged by the loop breaker.

use anyhow::{Context, Result};
use postern::ledger::loops::{Bounds, Chains, Digests, Sighting, Verdict};
use postern::limits::RESPONSE;
use postern::mcp::{Json, Kind, Raw};
use std::collections::HashMap;
use std::io::{BufRead, Write};

/// Nobody has to be kept from making digests meet: the calls are on record.
const KEY: [u8; 16] = *b"postern/loops/1\0";

/// One chain as far as it was read.
struct Chain {
    /// The chain's name as it stood in its first line.
    name: String,
    /// Its calls so far.
    calls: u64,
    /// The latest time, in ms.
    ms: u64,
    /// None once a call was stopped: what comes later would not have been called.
    chains: Option<Chains>,
    /// The call that was stopped, and the rule.
    stopped: Option<(u64, &'static str)>,
}

/// A call on record.
struct Call<'a> {
    tool: String,
    args: Option<Raw<'a>>,
    result: Option<Raw<'a>>,
    ms: Option<u64>,
}

/// Reads calls, one JSON object a line, and writes one line for each chain. Lines that cannot be judged are named in
/// `problems` with their numbers; the answer is whether there was none.
///
/// # Errors
/// When reading or writing fails.
pub fn batch(input: &mut impl BufRead, output: &mut impl Write, problems: &mut impl Write) -> Result<bool> {
    let digests = Digests::new(KEY);
    let mut places = HashMap::new();
    let mut chains: Vec<Chain> = Vec::new();
    let (mut number, mut clean) = (0u64, true);
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line).with_context(|| format!("line {}", number + 1))? > 0 {
        number += 1;
        if !line.trim_ascii().is_empty()
            && let Err(problem) = read(&line, &digests, &mut places, &mut chains)
        {
            clean = false;
            writeln!(problems, "line {number}: {problem}")?;
        }
        line.clear();
    }
    for chain in &chains {
        let (at, rule) = match chain.stopped {
            Some((at, rule)) => (at.to_string(), format!("\"{rule}\"")),
            None => ("null".to_owned(), "null".to_owned()),
        };
        writeln!(output, r#"{{"chain":{},"stopped_at":{at},"rule":{rule}}}"#, chain.name)?;
    }
    output.flush()?;
    Ok(clean)
}

/// Judges the call of one line.
fn read(
    line: &[u8],
    digests: &Digests,
    places: &mut HashMap<String, usize>,
    chains: &mut Vec<Chain>,
) -> Result<(), String> {
    let json = Json::parse(line.trim_ascii(), &RESPONSE).map_err(|error| error.to_string())?;
    let root = json.value(json.root());
    if root.kind() != Kind::Object {
        return Err("it is no JSON object".to_owned());
    }
    let name = root.get("chain").ok_or("`chain` is missing")?;
    if !matches!(name.kind(), Kind::String | Kind::Number) {
        return Err("`chain` is neither a string nor a number".to_owned());
    }
    let call = Call {
        tool: root
            .get("tool")
            .ok_or("`tool` is missing")?
            .string()
            .ok_or("`tool` is no string")?
            .into_owned(),
        args: root.get("args"),
        result: root.get("result"),
        ms: time(root.get("ms"))?,
    };
    // Names are the same if they mean the same, however they are escaped; 1 and "1" are not.
    let meaning = name.string().map_or_else(|| name.text().to_owned(), |string| format!("\"{string}"));
    let at = *places.entry(meaning).or_insert_with(|| {
        chains.push(Chain {
            name: name.text().to_owned(),
            calls: 0,
            ms: call.ms.unwrap_or(0),
            chains: Some(Chains::default()),
            stopped: None,
        });
        chains.len() - 1
    });
    if let Some(chain) = chains.get_mut(at) {
        chain.judge(digests, &call);
    }
    Ok(())
}

/// A point in time, in ms. Fractions are dropped, and what lies before zero is zero.
fn time(ms: Option<Raw<'_>>) -> Result<Option<u64>, String> {
    let Some(ms) = ms.filter(|ms| ms.kind() != Kind::Null) else { return Ok(None) };
    if let Some(whole) = ms.integer() {
        return Ok(Some(u64::try_from(whole).unwrap_or(0)));
    }
    let number = ms.text().parse::<f64>().ok().filter(|_| ms.kind() == Kind::Number);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    number.map(|ms| Some(ms as u64)).ok_or_else(|| "`ms` is no number".to_owned())
}

impl Chain {
    fn judge(&mut self, digests: &Digests, call: &Call<'_>) {
        self.calls += 1;
        self.ms = self.ms.max(call.ms.unwrap_or(0));
        let Some(chains) = &mut self.chains else { return };
        let sighting = Sighting {
            principal: 0,
            trace: Some(0),
            fingerprint: digests.call(&call.tool, call.args),
            cost: 0,
            exempt: false,
        };
        match chains.arrive(&Bounds::default(), self.calls, &sighting, self.ms) {
            Verdict::Go => {
                if let Some(result) = call.result {
                    chains.learn(self.calls, &digests.answer(result), self.ms);
                }
            }
            Verdict::Stop { rule, .. } | Verdict::Refuse { rule, .. } => {
                self.stopped = Some((self.calls, rule.name()));
                self.chains = None;
            }
        }
    }
}
