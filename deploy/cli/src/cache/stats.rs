//! `postern cache stats`: what the cache has done.

use crate::WrongUse;
use crate::remote::Options;
use anyhow::{Result, bail};
use lexopt::{Arg, Parser};
use serde_json::Value;
use std::process::ExitCode;

/// What the help says of this command.
pub const USAGE: &str = "  postern cache stats --gateway URL --tenant NAME [options]
      Shows for each tool how its calls came out, and what was saved. Counted is what the isolate or instance that
      answers has seen since it began: the audit records have all of it. Of a tool in mode `shadow` or `serve` it also
      shows whether it answers by meaning there, why or why not, and its bands: how many pairs of questions were
      compared, of all isolates, how many of them were wrong, and what the error rate is at most (95 % confidence).

";

/// Runs `postern cache stats`. `None`: it was asked for help.
///
/// # Errors
/// Wrong use, and [`crate::remote::Failure`].
pub fn run(arguments: &mut Parser) -> Result<Option<ExitCode>> {
    let mut options = Options::default();
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("help") | Arg::Short('h') => return Ok(None),
            Arg::Long(name) if Options::know(name) => {
                let name = name.to_owned();
                options.take(&name, arguments)?;
            }
            Arg::Value(_) => bail!(WrongUse("cache stats: it takes no names".to_owned())),
            other => return Err(other.unexpected().into()),
        }
    }
    let answer = options.connect()?.get("cache")?;
    if options.json {
        println!("{}", answer.body);
    }
    let body = answer.done()?;
    if !options.json {
        print!("{}", table(&body));
    }
    Ok(Some(ExitCode::SUCCESS))
}

/// What is counted, as the gateway calls it and as a person reads it.
const COLUMNS: [(&str, &str); 9] = [
    ("exact", "exact"),
    ("semantic", "semantic"),
    ("stale", "stale"),
    ("shadow", "shadow"),
    ("misses", "asked"),
    ("refreshes", "refreshed"),
    ("saved_calls", "calls saved"),
    ("saved_ms", "ms saved"),
    ("tokens", "tokens"),
];

/// What is printed.
#[must_use]
pub fn table(body: &Value) -> String {
    let tools: Vec<(&String, &Value)> = body["tools"].as_object().into_iter().flatten().collect();
    if tools.is_empty() {
        return "no call yet that could be answered from the cache\n".to_owned();
    }
    let mut rows =
        vec![std::iter::once("tool").chain(COLUMNS.map(|(_, name)| name)).map(str::to_owned).collect()];
    for (tool, counts) in &tools {
        let figures = COLUMNS.map(|(key, _)| counts[key].as_u64().unwrap_or_default().to_string());
        rows.push(std::iter::once((*tool).clone()).chain(figures).collect());
    }
    let mut out = aligned(&rows, "");
    for (tool, counts) in tools {
        if let Some(meaning) = counts.get("meaning") {
            out += &of_meaning(tool, meaning);
        }
    }
    out
}

/// What a tool has earned.
fn of_meaning(tool: &str, meaning: &Value) -> String {
    let text = |key: &str| meaning[key].as_str().unwrap_or("?");
    let out = format!(
        "\n{tool}: {} (mode {}, model {}, max_error {})\n  {}\n",
        text("state"),
        text("mode"),
        text("model"),
        meaning["max_error"],
        text("says")
    );
    let mut rows = vec![["band", "", "wrong", "of pairs", "at most"].map(str::to_owned).to_vec()];
    for band in meaning["bands"].as_array().into_iter().flatten() {
        let is = |key: &str| band[key] == Value::Bool(true);
        let state = if is("serves") {
            "serves"
        } else if is("open") {
            "open"
        } else {
            "closed"
        };
        let [most, wrong, pairs, upper] =
            ["band", "wrong", "pairs", "upper"].map(|key| band[key].to_string());
        rows.push(vec![most, state.to_owned(), wrong, pairs, upper]);
    }
    out + &aligned(&rows, "  ")
}

/// Names to the left, figures to the right.
fn aligned(rows: &[Vec<String>], indent: &str) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|at| width(at).unwrap_or_default()).collect();
    let mut out = String::new();
    for row in rows {
        let mut line = indent.to_owned();
        for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
            line += &if at == 0 { format!("{cell:<width$}") } else { format!("  {cell:>width$}") };
        }
        out += line.trim_end();
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::table;
    use serde_json::json;

    #[test]
    fn figures_stand_below_their_names() {
        let body = json!({ "tools": {
            "kb__search": {
                "exact": 1200, "semantic": 310, "stale": 3, "shadow": 16, "misses": 40, "refreshes": 2,
                "saved_calls": 1511, "saved_ms": 88000, "tokens": 5,
                "meaning": {
                    "state": "serves", "says": "each band that serves had it", "mode": "serve", "model": "static.onnx",
                    "max_error": 0.05,
                    "bands": [
                        { "band": 0.01, "serves": true, "open": true, "pairs": 412, "wrong": 1, "upper": 0.0115 },
                        { "band": 0.03, "serves": false, "open": true, "pairs": 80, "wrong": 0, "upper": 0.0368 },
                        { "band": 0.08, "serves": false, "open": false, "pairs": 0, "wrong": 0, "upper": 1.0 },
                    ],
                },
            },
            "x": {},
        } });
        let expected = "\
tool        exact  semantic  stale  shadow  asked  refreshed  calls saved  ms saved  tokens
kb__search   1200       310      3      16     40          2         1511     88000       5
x               0         0      0       0      0          0            0         0       0

kb__search: serves (mode serve, model static.onnx, max_error 0.05)
  each band that serves had it
  band          wrong  of pairs  at most
  0.01  serves      1       412   0.0115
  0.03    open      0        80   0.0368
  0.08  closed      0         0      1.0
";
        assert_eq!(table(&body), expected);
        assert_eq!(table(&json!({ "tools": {} })), "no call yet that could be answered from the cache\n");
    }
}
