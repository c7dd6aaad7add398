//! How two calls are read.

use super::simulate::KEY;
use crate::WrongUse;
use crate::input::{Lines, MOST_BYTES};
use anyhow::{Context as _, Result, anyhow, bail};
use postern::limits::RESPONSE;
use postern::mcp::json::quote;
use postern::mcp::{Json, Kind, Raw};
use postern::stage::cache::question::{Shape, items};
use postern_semantic::group::Digest;
use postern_semantic::model::Model;
use postern_semantic::text::{Options, Question};
use serde_json::json;
use std::fmt::Write as _;
use std::io::{BufRead, Write};

/// The argument that a text is taken for.
const QUERY: &str = "query";

/// Two calls of one tool, `texts` being their arguments, in lines to be read.
///
/// # Errors
/// [`WrongUse`] for a schema that is none.
pub fn pair(
    mut model: Option<&mut Model>,
    tool: Option<&str>,
    schema: Option<&str>,
    texts: [&str; 2],
) -> Result<String> {
    let schema = schema.map(|text| Json::parse(text.as_bytes(), &RESPONSE)).transpose();
    let schema = schema.map_err(|error| anyhow!(WrongUse(format!("cache explain: --schema: {error}"))))?;
    let mut out = tool.map_or_else(String::new, |tool| format!("tool: {tool}\n"));
    let mut questions = Vec::new();
    for (name, text) in ["a", "b"].into_iter().zip(texts) {
        let json = arguments(text)
            .map_err(|error| anyhow!(WrongUse(format!("cache explain: --{name}: {error}"))))?;
        let question = question(json.value(json.root()), schema.as_ref().map(|json| json.value(json.root())));
        write!(out, "{}", described(name, &question, model.as_deref_mut()))?;
        questions.push(question);
    }
    let [a, b] = questions.as_slice() else { bail!("two calls are needed") };
    let Verdict { equal, exact, similarity, .. } = verdict(model, a, b);
    let same = |same| if same { "the same" } else { "different" };
    writeln!(out, "exact text:  {}", same(exact))?;
    writeln!(out, "fingerprint: {}", same(equal))?;
    let similarity = similarity.map_or_else(|| "none".to_owned(), |similarity| format!("{similarity:.4}"));
    writeln!(out, "similarity:  {similarity}")?;
    Ok(out)
}

/// Answers all lines; returns how many could not be read.
///
/// # Errors
/// When the input cannot be read or a line is too long.
pub fn batch(
    mut model: Option<&mut Model>,
    input: &mut dyn BufRead,
    output: &mut dyn Write,
) -> Result<usize> {
    let mut lines = Lines::of(input, MOST_BYTES);
    let mut wrong = 0;
    while let Some(line) = lines.next()? {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let answer = one(model.as_deref_mut(), &line).unwrap_or_else(|error| {
            wrong += 1;
            json!({ "line": lines.number, "error": error })
        });
        writeln!(output, "{answer}").context("cannot write")?;
    }
    Ok(wrong)
}

fn one(model: Option<&mut Model>, line: &[u8]) -> Result<serde_json::Value, String> {
    let json = Json::parse(line.trim_ascii(), &RESPONSE).map_err(|error| error.to_string())?;
    let root = json.value(json.root());
    let read = |name: &str| -> Result<Question, String> {
        let value = root.get(name).ok_or_else(|| format!("`{name}` is missing"))?;
        let schema = root.get("schema");
        match value.kind() {
            Kind::Object => Ok(question(value, schema)),
            Kind::String => {
                let json =
                    as_query(&value.string().unwrap_or_default()).map_err(|error| error.to_string())?;
                Ok(question(json.value(json.root()), schema))
            }
            _ => Err(format!("`{name}` is neither an object nor a string")),
        }
    };
    let Verdict { fingerprints: [a, b], equal, exact, similarity } = verdict(model, &read("a")?, &read("b")?);
    let similarity = similarity.map(|similarity| (f64::from(similarity) * 1e4).round() / 1e4);
    Ok(json!({
        "a": format!("{a:016x}"), "b": format!("{b:016x}"), "equal": equal, "exact": exact, "similarity": similarity
    }))
}

/// What two questions have in common.
struct Verdict {
    fingerprints: [u64; 2],
    equal: bool,
    exact: bool,
    similarity: Option<f32>,
}

fn verdict(model: Option<&mut Model>, a: &Question, b: &Question) -> Verdict {
    let fingerprints = [a.fingerprint(&KEY), b.fingerprint(&KEY)];
    let similarity = model.and_then(|model| {
        let mut embed = |question: &Question| question.text().and_then(|text| model.embed(text).ok());
        Some(embed(a)?.cosine(&embed(b)?))
    });
    Verdict {
        fingerprints,
        equal: fingerprints[0] == fingerprints[1],
        exact: Digest::of(a.exact().as_bytes()) == Digest::of(b.exact().as_bytes()),
        similarity,
    }
}

fn described(name: &str, question: &Question, model: Option<&mut Model>) -> String {
    let mut out = format!("{name}\n  exact text:  {}\n", question.exact().escape_debug());
    let text =
        question.text().map_or_else(|| "none: exact only".to_owned(), |text| text.escape_debug().to_string());
    out += &format!("  embedded:    {text}\n");
    if let Some(Err(unfit)) = question.text().zip(model).map(|(text, model)| model.embed(text)) {
        out += &format!("  no vector:   {unfit}\n");
    }
    for fact in question.facts() {
        out += &format!("  fact:        {fact}\n");
    }
    out + &format!("  fingerprint: {:016x}\n", question.fingerprint(&KEY))
}

fn question(arguments: Raw<'_>, schema: Option<Raw<'_>>) -> Question {
    let items = items(Some(arguments), &Shape::of(schema), &[]);
    let arguments: Vec<_> = items.iter().map(|item| item.argument()).collect();
    Question::read(&arguments, &Options { fold: true, names: true, day: "today" })
}

/// Arguments as JSON: an object as it is, anything else as a text.
fn arguments(text: &str) -> Result<Json<'_>> {
    match Json::parse(text.as_bytes(), &RESPONSE) {
        Ok(json) if json.kind(json.root()) == Kind::Object => Ok(json),
        _ => as_query(text),
    }
}

fn as_query(text: &str) -> Result<Json<'static>> {
    let mut object = format!(r#"{{"{QUERY}":"#);
    quote(&mut object, text);
    object.push('}');
    Ok(Json::parse_owned(object.into_bytes(), &RESPONSE)?)
}
