//! From a step of a case to the request that is sent.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use crate::case::{Case, Step};
use crate::client::Call;
use crate::token::Issuer;

/// The host name by which the tests reach the gateway: on no wire but theirs.
pub const HOST: &str = "gateway.test";

/// The modern revision.
pub const MODERN: &str = "2026-07-28";

/// Makes the request of `step`. `known` holds what earlier steps captured; the token of the request is kept there
/// as `token ...`.
///
/// # Errors
/// A placeholder that nothing was captured for, or digits that are not hexadecimal.
pub fn call(case: &Case, step: &Step, known: &mut BTreeMap<String, String>) -> Result<Call> {
    let era = step.era.as_deref().unwrap_or(&case.era);
    let mut headers = vec![("host".to_owned(), HOST.to_owned())];
    let body = body(step, era, known)?;
    if step.method == "POST" && era != "none" {
        set(&mut headers, "content-type", "application/json");
        set(&mut headers, "accept", "application/json, text/event-stream");
    }
    if era == MODERN {
        set(&mut headers, "mcp-protocol-version", era);
        if let Some(method) = &step.rpc {
            set(&mut headers, "mcp-method", method);
        }
        if let Some(name) = name(step, known)? {
            set(&mut headers, "mcp-name", &name);
        }
    } else if era != "none" && era != "2025-03-26" && step.rpc.as_deref() != Some("initialize") {
        set(&mut headers, "mcp-protocol-version", era);
    }
    if step.who != "nobody" {
        let token = token(case, step, known)?;
        set(&mut headers, "authorization", &format!("Bearer {token}"));
    }
    for (name, value) in &step.headers {
        set(&mut headers, name, &fill(value, known)?);
    }
    headers.retain(|(name, _)| !step.without.contains(name));
    headers.extend(step.also.iter().map(|(name, value)| (name.clone(), value.clone())));
    let path = step.path.clone().unwrap_or_else(|| format!("/t/{}/mcp", case.name));
    let path = fill(&path.replace("${case}", &case.name), known)?;
    Ok(Call { method: step.method.clone(), path, headers, body })
}

fn set(headers: &mut Vec<(String, String)>, name: &str, value: &str) {
    headers.retain(|(found, _)| found != name);
    headers.push((name.to_owned(), value.to_owned()));
}

/// One token for each agent, person and flaw of a case, made when it is first asked for.
fn token(case: &Case, step: &Step, known: &mut BTreeMap<String, String>) -> Result<String> {
    let key = format!("token {} {} {} {:?}", step.issuer, step.who, step.subject, step.flaw);
    if let Some(token) = known.get(&key) {
        return Ok(token.clone());
    }
    let names = ["dev", "other", "scoped"];
    let name = names.into_iter().find(|name| *name == step.issuer).context("no such issuer")?;
    let issuer = Issuer::new(name);
    let token = issuer.mint(&step.who, &step.subject, &case.name, step.flaw);
    known.insert(key, token.clone());
    Ok(token)
}

/// The value of `Mcp-Name`, as a client of the revision 2026-07-28 would send it for plain names.
fn name(step: &Step, known: &BTreeMap<String, String>) -> Result<Option<String>> {
    let member = match step.rpc.as_deref() {
        Some("tools/call" | "prompts/get") => "name",
        Some("resources/read") => "uri",
        Some("tasks/get" | "tasks/update" | "tasks/cancel") => "taskId",
        _ => return Ok(None),
    };
    let params = fill(step.params.as_deref().unwrap_or("{}"), known)?;
    let params: serde_json::Value = serde_json::from_str(&params).unwrap_or_default();
    Ok(params.get(member).and_then(|name| name.as_str()).map(str::to_owned))
}

fn body(step: &Step, era: &str, known: &BTreeMap<String, String>) -> Result<Vec<u8>> {
    if let Some(digits) = &step.body_hex {
        return hex(digits);
    }
    if let Some(body) = &step.body {
        return Ok(fill(body, known)?.into_bytes());
    }
    let Some(method) = &step.rpc else { return Ok(Vec::new()) };
    let mut meta = Vec::new();
    if era == MODERN {
        meta.push(format!(r#""io.modelcontextprotocol/protocolVersion":"{era}""#));
        meta.push(format!(r#""io.modelcontextprotocol/clientCapabilities":{}"#, step.capabilities));
    }
    meta.extend(step.meta.clone());
    let params = step.params.as_deref().unwrap_or("{}").trim();
    let inner =
        params.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).context("params is no object")?;
    let mut params = Vec::new();
    if !meta.is_empty() {
        params.push(format!(r#""_meta":{{{}}}"#, meta.join(",")));
    }
    if !inner.trim().is_empty() {
        params.push(inner.to_owned());
    }
    let id = if step.id.is_empty() { String::new() } else { format!(r#""id":{},"#, step.id) };
    let text = format!(r#"{{"jsonrpc":"2.0",{id}"method":"{method}","params":{{{}}}}}"#, params.join(","));
    Ok(fill(&text, known)?.into_bytes())
}

/// The bodies that a step posts beside its stream, but for the ids of what they answer.
///
/// # Errors
/// As [`fill`].
pub fn beside(step: &Step, known: &BTreeMap<String, String>) -> Result<(Vec<String>, Vec<String>)> {
    let mut known = known.clone();
    known.insert("ask".to_owned(), "${ask}".to_owned());
    let filled = |bodies: &[String]| bodies.iter().map(|body| fill(body, &known)).collect::<Result<Vec<_>>>();
    Ok((filled(&step.meanwhile)?, filled(&step.answers)?))
}

/// Replaces `${NAME}` and `${repeat N TEXT}`.
///
/// # Errors
/// A name that nothing was captured for.
pub fn fill(text: &str, known: &BTreeMap<String, String>) -> Result<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = placeholder(after).context("a placeholder without its end")?;
        out.push_str(before);
        match name.strip_prefix("repeat ").and_then(|what| what.split_once(' ')) {
            Some((count, what)) => out.push_str(&what.repeat(count.parse()?)),
            None => out.push_str(known.get(name).with_context(|| format!("nothing was captured as {name}"))?),
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// What stands before the brace that closes the placeholder, and what stands after it.
fn placeholder(text: &str) -> Option<(&str, &str)> {
    let mut open = 0_usize;
    let end = text.char_indices().find(|(_, c)| match c {
        '{' => {
            open += 1;
            false
        }
        '}' if open == 0 => true,
        '}' => {
            open -= 1;
            false
        }
        _ => false,
    })?;
    Some((text.get(..end.0)?, text.get(end.0 + 1..)?))
}

fn hex(digits: &str) -> Result<Vec<u8>> {
    let digits: Vec<char> = digits.chars().filter(|digit| !digit.is_whitespace()).collect();
    digits.chunks(2).map(|two| Ok(u8::from_str_radix(&two.iter().collect::<String>(), 16)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_replaced() {
        let known = BTreeMap::from([("session".to_owned(), "S".to_owned())]);
        assert_eq!(fill("a${session}b${repeat 3 [}", &known).unwrap(), "aSb[[[");
        assert_eq!(fill("${repeat 2 {\"a\":{}},}", &known).unwrap(), "{\"a\":{}},{\"a\":{}},");
        assert!(fill("${other}", &known).is_err());
        assert_eq!(hex("7b 7D").unwrap(), b"{}");
    }
}
