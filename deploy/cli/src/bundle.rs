//! `postern push`, `rollback` and `bundle`: the settings of a running gateway.

use crate::check::{self, findings};
use crate::remote::{Answer, Options};
use crate::{WrongUse, read};
use anyhow::{Result, anyhow, bail};
use lexopt::{Arg, Parser, ValueExt};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What the help says of these commands.
pub const USAGE: &str = "  postern push FILE --gateway URL --tenant NAME [options]
      Checks the settings here, has the gateway check them with its secrets, and makes them the active bundle.
      They are those of all tenants. FILE may be - for standard input.
      --expect VERSION     only if this version is the active one
      --dry-run            everything but the change
      --force              also if you could not undo it by this token

  postern rollback --gateway URL --tenant NAME [options]
      Makes the bundle before the active one the active one again, as a new version.
      --to VERSION         this one instead, of the last ten
      --expect VERSION, --dry-run, --force
                           as above

  postern bundle --gateway URL --tenant NAME
      Shows the active bundle, those before it, and what the gateway serves.

";

/// What a change is asked for with.
#[derive(Default)]
struct Asked {
    options: Options,
    expect: Option<u64>,
    dry_run: bool,
    force: bool,
}

impl Asked {
    /// Whether the option `--NAME` was one of those that every change takes.
    fn take(&mut self, name: &str, arguments: &mut Parser) -> Result<bool> {
        match name {
            "expect" => self.expect = Some(version(arguments)?),
            "dry-run" => self.dry_run = true,
            "force" => self.force = true,
            name if Options::know(name) => self.options.take(name, arguments)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The members of the request.
    fn body(&self, key: &str, value: Value) -> Value {
        let mut body = json!({ "dry_run": self.dry_run, "force": self.force });
        if let Some(members) = body.as_object_mut() {
            members.insert(key.to_owned(), value);
            if let Some(expect) = self.expect {
                members.insert("expect".to_owned(), expect.into());
            }
            members.retain(|_, value| !value.is_null());
        }
        body
    }
}

fn version(arguments: &mut Parser) -> Result<u64> {
    let text = arguments.value()?.string()?;
    text.parse().map_err(|_| anyhow!(WrongUse(format!("{text} is no version: write a number"))))
}

/// `postern push`.
///
/// # Errors
/// Wrong use, a file that cannot be read, and [`crate::remote::Failure`].
pub fn push(arguments: &mut Parser) -> Result<ExitCode> {
    let (mut asked, mut file) = (Asked::default(), None::<PathBuf>);
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long(name) => {
                let name = name.to_owned();
                if !asked.take(&name, arguments)? {
                    return Err(Arg::Long(&name).unexpected().into());
                }
            }
            Arg::Value(path) if file.is_none() => file = Some(path.into()),
            other => return Err(other.unexpected().into()),
        }
    }
    let file = file.ok_or_else(|| WrongUse("push: name a FILE".to_owned()))?;
    let gateway = asked.options.connect()?;
    let text = read(&file)?;
    let found = findings(&text, false);
    if !found.problems.is_empty() {
        if asked.options.json {
            let error = json!({ "kind": "problems", "message": "the settings do not compile" });
            println!("{}", json!({ "error": error, "problems": found.problems }));
        } else {
            check::print_problems(&file, &found.problems);
        }
        return Ok(ExitCode::FAILURE);
    }
    let answer = gateway.post("bundle", &asked.body("text", text.into()))?;
    if answer.kind() == "problems" {
        return Ok(unfit(&file, &answer, asked.options.json));
    }
    report(&asked, answer)
}

/// `postern rollback`.
///
/// # Errors
/// As [`push`].
pub fn roll_back(arguments: &mut Parser) -> Result<ExitCode> {
    let (mut asked, mut to) = (Asked::default(), Value::Null);
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("to") => to = version(arguments)?.into(),
            Arg::Long(name) => {
                let name = name.to_owned();
                if !asked.take(&name, arguments)? {
                    return Err(Arg::Long(&name).unexpected().into());
                }
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let answer = asked.options.connect()?.post("bundle/rollback", &asked.body("to", to))?;
    if answer.kind() == "problems" {
        return Ok(unfit(Path::new("the earlier bundle"), &answer, asked.options.json));
    }
    report(&asked, answer)
}

/// `postern bundle`.
///
/// # Errors
/// As [`push`].
pub fn show(arguments: &mut Parser) -> Result<ExitCode> {
    let mut options = Options::default();
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long(name) if Options::know(name) => {
                let name = name.to_owned();
                options.take(&name, arguments)?;
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let body = options.connect()?.get("bundle")?;
    if options.json {
        println!("{}", body.body);
    }
    let body = body.done()?;
    if !options.json {
        print!("{}", shown(&body));
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the problems that the gateway found.
fn unfit(file: &Path, answer: &Answer, json: bool) -> ExitCode {
    if json {
        println!("{}", answer.body);
        return ExitCode::FAILURE;
    }
    let list = answer.body["problems"].as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |problem: &Value, key: &str| problem[key].as_str().unwrap_or_default().to_owned();
    let lines: Vec<String> = list
        .iter()
        .map(|problem| {
            let line = problem["line"].as_u64().map(|line| format!("line {line}: ")).unwrap_or_default();
            let path = Some(text(problem, "path")).filter(|path| !path.is_empty());
            let path = path.map(|path| format!("{path}: ")).unwrap_or_default();
            format!("{line}{path}{}; {}", text(problem, "message"), text(problem, "remedy"))
        })
        .collect();
    check::print_problems(file, &lines);
    ExitCode::FAILURE
}

/// Prints what was changed.
fn report(asked: &Asked, answer: Answer) -> Result<ExitCode> {
    if asked.options.json {
        println!("{}", answer.body);
    }
    let body = answer.done()?;
    if asked.options.json {
        return Ok(ExitCode::SUCCESS);
    }
    for warning in body["warnings"].as_array().map(Vec::as_slice).unwrap_or_default() {
        eprintln!("warning: {}: {}", text(warning, "path"), text(warning, "message"));
    }
    let (Some(version), Some(sha256)) = (body["version"].as_u64(), body["sha256"].as_str()) else {
        bail!("the gateway's answer names no version: {body}");
    };
    let before = body["before"].as_u64().map(|before| format!(" (before: {before})")).unwrap_or_default();
    let restored = body["restores"].as_u64().map(|from| format!(", which brings back {from}"));
    let restored = restored.unwrap_or_default();
    match (body["changed"] == true, body["dry_run"] == true) {
        (true, _) => println!("version {version} is active{restored}{before}, sha256 {sha256}"),
        (false, true) => println!("ok: it would be version {version}{restored}{before}, sha256 {sha256}"),
        (false, false) => println!("unchanged: this is version {version}, sha256 {sha256}"),
    }
    Ok(ExitCode::SUCCESS)
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

/// What `postern bundle` prints.
fn shown(body: &Value) -> String {
    let mut out = String::new();
    let mut line = |name: &str, record: &Value| {
        let version = record["version"].as_u64().unwrap_or_default();
        let by = match text(record, "by") {
            "" => "by hand".to_owned(),
            by => format!("{}  by {by}", time(record["at_ms"].as_u64().unwrap_or_default())),
        };
        let restores = record["restores"].as_u64().map(|from| format!("  brings back {from}"));
        let sha256 = text(record, "sha256").get(..12).unwrap_or_default();
        out += &format!("{name:9}{version:>4}  {sha256}  {by}{}\n", restores.unwrap_or_default());
    };
    if body["active"].is_object() {
        line("active", &body["active"]);
    }
    for record in body["previous"].as_array().map(Vec::as_slice).unwrap_or_default() {
        line("before", record);
    }
    let serving = &body["serving"];
    let sha256 = text(serving, "sha256").get(..12).unwrap_or_default();
    out += &format!("{:9}{:>4}  {sha256}\n", "serving", serving["version"].as_u64().unwrap_or_default());
    if body["stored"].is_null() {
        out += "the settings are in no store: they change with the deployment\n";
    }
    if let Some(problem) = body["problem"].as_str() {
        out += &format!("problem: {problem}\n");
    }
    out
}

/// A time in ms since the epoch, as UTC. The civil date is Howard Hinnant's (days_from_civil, the other way).
fn time(at_ms: u64) -> String {
    let seconds = at_ms / 1000;
    let (days, rest) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

#[cfg(test)]
mod tests {
    use super::{shown, time};
    use serde_json::json;

    #[test]
    fn times_are_utc() {
        for (at_ms, expected) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_399_999, "2000-02-28 23:59:59 UTC"),
            (951_782_400_000, "2000-02-29 00:00:00 UTC"),
            (1_795_392_000_000, "2026-11-23 00:00:00 UTC"),
            (4_107_542_399_000, "2100-02-28 23:59:59 UTC"),
            (4_107_542_400_000, "2100-03-01 00:00:00 UTC"),
        ] {
            assert_eq!(time(at_ms), expected);
        }
    }

    #[test]
    fn bundles_are_a_line_each() {
        let record = |version: u64, by: &str| json!({ "version": version, "sha256": "ab".repeat(32), "by": by, "at_ms": 1_795_392_000_000_u64 });
        let body = json!({
            "stored": "kv:bundle/active", "active": record(12, "ops/alice"), "previous": [record(0, "")],
            "serving": { "version": 11, "sha256": "cd".repeat(32) }, "problem": "version 12 does not compile: x",
        });
        let expected = "\
            active     12  abababababab  2026-11-23 00:00:00 UTC  by ops/alice\n\
            before      0  abababababab  by hand\n\
            serving    11  cdcdcdcdcdcd\n\
            problem: version 12 does not compile: x\n";
        assert_eq!(shown(&body), expected);
        let body = json!({ "stored": null, "active": null, "previous": [], "problem": null,
            "serving": { "version": 0, "sha256": "cd".repeat(32) } });
        assert!(shown(&body).ends_with("in no store: they change with the deployment\n"));
    }
}
