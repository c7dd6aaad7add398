//! Recorded calls, a line of JSON each.

use super::simulate::{Call, Embeds, Outcome, Simulation};
use crate::input::{Lines, MOST_BYTES};
use anyhow::{Context as _, Result};
use postern::limits::RESPONSE;
use postern::mcp::{Json, Kind, Raw};
use postern_semantic::model::{Embedding, Model, Weights};
use serde_json::json;
use std::io::{BufRead, Write};

impl Embeds for Model {
    fn embed(&mut self, text: &str) -> Option<Embedding> {
        Self::embed(self, text).ok()
    }

    fn weights(&self) -> Weights {
        Self::weights(self).clone()
    }

    fn takes_us(&self) -> u32 {
        Self::takes_us(self)
    }
}

/// Answers all lines; returns how many could not be read.
///
/// # Errors
/// When the input cannot be read or a line is too long.
pub fn run(
    simulation: &mut Simulation,
    model: &mut dyn Embeds,
    input: &mut dyn BufRead,
    output: &mut dyn Write,
) -> Result<usize> {
    let mut lines = Lines::of(input, MOST_BYTES);
    let mut wrong = 0;
    while let Some(line) = lines.next()? {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let answer = match one(simulation, model, &line) {
            Ok(outcome) => text(&outcome),
            Err(error) => {
                wrong += 1;
                json!({ "line": lines.number, "error": error }).to_string()
            }
        };
        writeln!(output, "{answer}").context("cannot write")?;
    }
    Ok(wrong)
}

fn one(simulation: &mut Simulation, model: &mut dyn Embeds, line: &[u8]) -> Result<Outcome, String> {
    let json = Json::parse(line.trim_ascii(), &RESPONSE).map_err(|error| error.to_string())?;
    let root = json.value(json.root());
    if root.kind() != Kind::Object {
        return Err("it is no JSON object".to_owned());
    }
    let tool = root.get("tool").and_then(Raw::string).ok_or("`tool` is no string, or missing")?;
    let given = |name: &str| root.get(name).filter(|value| value.kind() != Kind::Null);
    let object = |name: &str| match given(name) {
        Some(value) if value.kind() != Kind::Object => Err(format!("`{name}` is no object")),
        value => Ok(value),
    };
    let description = given("description").and_then(Raw::string);
    let call = Call {
        tool: &tool,
        description: description.as_deref(),
        schema: object("schema")?,
        args: object("args")?,
        answer: root.get("answer").ok_or("`answer` is missing")?,
        ms: given("ms").map(time).transpose()?,
    };
    Ok(simulation.call(&call, model))
}

/// A point in time, in ms. Fractions are dropped, and what lies before zero is zero.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn time(ms: Raw<'_>) -> Result<u64, String> {
    let number = ms.text().parse::<f64>().ok().filter(|_| ms.kind() == Kind::Number);
    number.map(|ms| ms as u64).ok_or_else(|| "`ms` is no number".to_owned())
}

fn text(outcome: &Outcome) -> String {
    let mut text = format!(r#"{{"kind":"{}""#, outcome.kind.name());
    if let Some((predicted, right)) = &outcome.predicted {
        text += &format!(r#","predicted":{predicted},"right":{right}"#);
    }
    if let Some((score, band)) = outcome.score {
        text += &format!(r#","score":{score:.4}"#);
        if let Some(band) = band {
            text += &format!(r#","band":{}"#, band.most());
        }
    }
    text + "}"
}
