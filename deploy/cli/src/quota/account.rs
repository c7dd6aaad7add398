//! `postern quota show`, `reset` and `set`: what a running gateway has counted.

use crate::WrongUse;
use crate::remote::{Answer, Failure, Gateway, Kind, Options};
use anyhow::{Result, anyhow, bail};
use lexopt::{Arg, Parser, ValueExt};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::process::ExitCode;

/// What the help says of these commands.
pub const USAGE: &str = "  postern quota show ACCOUNT --gateway URL --tenant NAME [options]
      Shows what an account has used of each limit, and when all of it is there again. ACCOUNT is an agent's name, or
      tool:NAME, upstream:ALIAS or tenant for what agents share (agent:NAME is an agent, whatever it is called).
      Money is shown in units, as in the settings. Of a rate it is the burst that is used, and that is left.

  postern quota reset ACCOUNT RULE... --gateway URL --tenant NAME [options]
      Forgets what was used of these limits, and shows the account.
      --all                everything instead, what the loop breaker remembers too; also heals an account that
                           cannot be read

  postern quota set ACCOUNT RULE USED --gateway URL --tenant NAME [options]
      Says how much was used of a limit, and shows the account: calls, tokens, or money in units such as 12.50.

";

/// Micro-units in a unit of money.
const UNIT: u64 = 1_000_000;

/// What was written behind a command.
#[derive(Default)]
struct Asked {
    options: Options,
    words: Vec<String>,
    all: bool,
    help: bool,
}

impl Asked {
    fn read(command: &str, arguments: &mut Parser) -> Result<Self> {
        let mut asked = Self::default();
        while let Some(argument) = arguments.next()? {
            match argument {
                Arg::Long("help") | Arg::Short('h') => asked.help = true,
                Arg::Long("all") if command == "reset" => asked.all = true,
                Arg::Long(name) if Options::know(name) => {
                    let name = name.to_owned();
                    asked.options.take(&name, arguments)?;
                }
                Arg::Value(word) => asked.words.push(word.string()?),
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(asked)
    }
}

fn wrong(message: &str) -> anyhow::Error {
    anyhow!(WrongUse(message.to_owned()))
}

/// Runs `postern quota COMMAND`. `None`: it was asked for help.
///
/// # Errors
/// Wrong use, and [`Failure`].
pub fn run(command: &str, arguments: &mut Parser) -> Result<Option<ExitCode>> {
    let asked = Asked::read(command, arguments)?;
    if asked.help {
        return Ok(None);
    }
    let (account, words) =
        asked.words.split_first().ok_or_else(|| wrong(&format!("quota {command}: name an ACCOUNT")))?;
    let page = page(account);
    let answer = match (command, words) {
        ("show", []) => asked.options.connect()?.get(&page)?,
        ("show", _) => bail!(wrong("quota show: name one ACCOUNT")),
        ("reset", rules) => {
            let body = match (asked.all, rules) {
                (true, []) => json!({ "reset": true }),
                (false, [_, ..]) => json!({ "reset": rules }),
                _ => bail!(wrong("quota reset: name each RULE, or write --all for everything")),
            };
            asked.options.connect()?.post(&page, &body)?
        }
        (_, [rule, used]) => set(&asked.options.connect()?, &page, rule, used)?,
        _ => bail!(wrong("quota set: write ACCOUNT RULE USED")),
    };
    if asked.options.json {
        println!("{}", answer.body);
    }
    let body = answer.done()?;
    if !asked.options.json {
        print!("{}", table(&body));
    }
    Ok(Some(ExitCode::SUCCESS))
}

/// In what a rule counts, only the gateway knows: it is asked first.
fn set(gateway: &Gateway, page: &str, rule: &str, used: &str) -> Result<Answer> {
    let text = |amount: &Value, key: &str| amount[key].as_str().unwrap_or_default().to_owned();
    let body = gateway.get(page)?.done()?;
    let Some(found) = rules(&body).iter().find(|found| found["name"] == rule) else {
        let known: Vec<String> = rules(&body).iter().map(|found| text(found, "name")).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        let message = format!("this account has no rule {rule:?}; it has {known}");
        bail!(Failure { kind: Kind::Request, message });
    };
    let unit = text(found, "unit");
    let amount = if unit == "micro-units" { micro(used) } else { used.parse().ok() };
    let amount = amount.ok_or_else(|| match unit.as_str() {
        "micro-units" => wrong(&format!("USED {used}: write an amount of money such as 12.50")),
        unit => wrong(&format!("USED {used}: write a whole number of {unit}")),
    })?;
    gateway.post(page, &json!({ "set": { rule: amount } }))
}

fn rules(body: &Value) -> &[Value] {
    body["rules"].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The page of an account, below `admin/v1`.
fn page(account: &str) -> String {
    if account == "tenant" {
        return "accounts/tenant".to_owned();
    }
    let kinds = ["agent", "tool", "upstream"];
    let named = account.split_once(':').filter(|(kind, _)| kinds.contains(kind));
    let (kind, name) = named.unwrap_or(("agent", account));
    let mut page = format!("accounts/{kind}/");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            page.push(char::from(byte));
        } else {
            let _ = write!(page, "%{byte:02X}");
        }
    }
    page
}

/// An amount of money in micro-units.
fn micro(text: &str) -> Option<u64> {
    let (units, rest) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if units.is_empty() || rest.len() > 6 || !digits(units) || !digits(rest) || text.ends_with('.') {
        return None;
    }
    let rest: u64 = format!("{rest:0<6}").parse().ok()?;
    units.parse::<u64>().ok()?.checked_mul(UNIT)?.checked_add(rest)
}

/// An amount as a person reads it: of money at least two decimals.
fn amount(value: u64, unit: &str) -> String {
    if unit != "micro-units" {
        return value.to_string();
    }
    let mut text = format!("{}.{:06}", value / UNIT, value % UNIT);
    let cents = text.len() - 4;
    let kept = text.trim_end_matches('0').len().max(cents);
    text.truncate(kept);
    text
}

/// How long until something, in the two largest units of it.
fn span(ms: u64) -> String {
    let seconds = ms.div_ceil(1000);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let (large, small) = match seconds {
        0 => return "-".to_owned(),
        1..60 => return format!("{seconds} s"),
        60..3_600 => ((minutes, "min"), (seconds % 60, "s")),
        3_600..86_400 => ((hours, "h"), (minutes, "min")),
        _ => ((days, "d"), (hours, "h")),
    };
    if small.0 == 0 {
        format!("{} {}", large.0, large.1)
    } else {
        format!("{} {} {} {}", large.0, large.1, small.0, small.1)
    }
}

/// What is printed of an account.
fn table(body: &Value) -> String {
    let mut out = format!("{}\n", body["account"].as_str().unwrap_or_default());
    if rules(body).is_empty() {
        out += "no limit keeps a count here\n";
        return out;
    }
    let head = ["rule", "kind", "used", "limit", "left", "resets in"].map(str::to_owned);
    let rows: Vec<[String; 6]> = std::iter::once(head).chain(rules(body).iter().map(row)).collect();
    let width = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max();
    for row in &rows {
        let mut line = String::new();
        for (at, cell) in row.iter().enumerate() {
            let width = width(at).unwrap_or_default();
            // Names to the left, numbers to the right.
            let _ = if at < 2 { write!(line, "{cell:<width$}  ") } else { write!(line, "{cell:>width$}  ") };
        }
        out += line.trim_end();
        out.push('\n');
    }
    out
}

fn row(rule: &Value) -> [String; 6] {
    let text = |key: &str| rule[key].as_str().unwrap_or_default();
    let number = |key: &str| rule[key].as_u64().unwrap_or_default();
    let of = |key: &str| amount(number(key), text("unit"));
    let limit = match (rule["per_s"].as_u64(), rule["burst"].as_u64()) {
        (Some(per_s), Some(burst)) if burst == number("limit") => format!("{} in {per_s} s", of("limit")),
        (Some(per_s), Some(burst)) => format!("{} in {per_s} s, burst {burst}", of("limit")),
        _ => of("limit"),
    };
    [
        text("name").to_owned(),
        text("kind").to_owned(),
        of("used"),
        limit,
        of("left"),
        span(number("reset_ms")),
    ]
}

#[cfg(test)]
mod tests;
