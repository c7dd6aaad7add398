//! Google Sensitive Data Protection (v2, `content:inspect`).
//!
//! `content:inspect` and not `content:deidentify`: the first says where each finding is, in bytes and in code points;
//! the second returns a changed text, from which it could only be guessed what belongs to which string of a message.

use super::{Adapter, Asked, Reading, parse};
use crate::dlp::Why;
use crate::dlp::cut::Size;
use crate::dlp::span::{Found, Unit};
use crate::dlp::wire::Question;
use serde::Deserialize;
use serde_json::{Value, json};

/// Largest text of one request, in bytes: the service takes 0.5 MB, escapes and all.
const TEXT_BYTES: usize = 256 * 1024;

pub(super) struct Google<'a> {
    pub parent: &'a str,
    pub likelihood: &'static str,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    result: Outcome,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    #[serde(default)]
    findings: Vec<Finding>,
    #[serde(default)]
    findings_truncated: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    info_type: InfoType,
    #[serde(default)]
    likelihood: String,
    location: Location,
}

#[derive(Deserialize)]
struct InfoType {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    codepoint_range: Range,
}

/// 64-bit numbers are texts in JSON, and zero is left out (ProtoJSON).
#[derive(Deserialize)]
struct Range {
    #[serde(default)]
    start: Value,
    end: Value,
}

impl Adapter for Google<'_> {
    fn size(&self) -> Size {
        Size::Bytes(TEXT_BYTES)
    }

    fn question(&self, asked: &Asked<'_>, texts: &[&str]) -> Question {
        let types: Vec<Value> = asked.dlp.types.iter().map(|name| json!({ "name": name })).collect();
        let body = json!({
            "item": { "value": texts.first().copied().unwrap_or_default() },
            "inspectConfig": { "infoTypes": types, "minLikelihood": self.likelihood, "includeQuote": false },
        });
        let url = format!("{}/v2/{}/content:inspect", asked.dlp.url, self.parent);
        Question { url, headers: Vec::new(), body: body.to_string() }
    }

    fn read(&self, body: &[u8], _texts: &[&str]) -> Result<(Reading, Unit), Why> {
        let outcome = parse::<Answer>(body)?.result;
        if outcome.findings_truncated {
            return Err(Why::Incomplete);
        }
        let found: Result<_, Why> = outcome.findings.into_iter().map(found).collect();
        Ok((Reading::Found(vec![found?]), Unit::Point))
    }
}

fn found(finding: Finding) -> Result<Found, Why> {
    let range = finding.location.codepoint_range;
    let start = if range.start.is_null() { Some(0) } else { number(&range.start) };
    let (Some(start), Some(end)) = (start, number(&range.end)) else { return Err(Why::Malformed) };
    let score = match finding.likelihood.as_str() {
        "VERY_UNLIKELY" => 10,
        "UNLIKELY" => 30,
        "POSSIBLE" => 50,
        "LIKELY" => 75,
        _ => 95,
    };
    Ok(Found { start, end, kind: finding.info_type.name, score })
}

fn number(value: &Value) -> Option<usize> {
    match value {
        Value::String(text) => text.parse().ok(),
        other => usize::try_from(other.as_u64()?).ok(),
    }
}
