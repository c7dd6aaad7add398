//! The command `postern`.

use anyhow::{Context, Result, bail};
use lexopt::{Arg, Parser, ValueExt};
use postern_cli::check::{findings, print_problems};
use postern_cli::token::{Grant, Key, jwks, mint, new_key, parse_ttl};
use postern_cli::{WrongUse, read};
use postern_cli::{cache, quota, redact};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

const USAGE: &str = "\
postern: checks settings, makes development tokens, looks for loops, and operates Postern MCP gateways

  postern check FILE [--secrets-from-env]
      Prints every problem of the settings with line, path and remedy. FILE may be - for standard input.
      --secrets-from-env   every secret must be an environment variable of its name;
                           without it the secrets that the settings name are listed
      exit status: 0 the gateway would start, 1 it would not, 2 wrong use

  postern token --new-key FILE
      Makes an Ed25519 key, writes it to FILE (mode 0600; an existing file is kept) and prints its JWK set:
      the value of `jwks` of an issuer with `development = true`.

  postern token --key FILE --jwks
      Prints that JWK set again.

  postern token --key FILE --issuer URL --audience AUDIENCE --client CLIENT [options]
      Prints an access token.
      --ttl TIME           how long it lives, such as 90s, 15m, 8h (default 8h, at most 24h)
      --subject SUBJECT    `sub` (default: CLIENT)
      --scope 'A B'        `scope` (default: none)
      --role ROLE          an item of `roles`, such as postern.operator; repeatable (default: none)
      --agent-claim NAME   the claim that holds CLIENT (default client_id)
      --typ TYP            `typ` of the header (default at+jwt)

  postern quota loops --batch [FILE]
      Says for recorded calls which the loop breaker would have stopped.

  postern quota show ACCOUNT | reset ACCOUNT RULE... | set ACCOUNT RULE USED
      Reads and changes what a running gateway has counted. `postern quota --help` says more of all four.

  postern cache stats | purge TOOL... | purge --all
      What a running gateway has answered from its cache, and an end to what is kept. `postern cache --help` says more.

  postern redact [FILE] [--profile P] [--level N] [--explain] | --batch [FILE] | --types
      Finds sensitive values in text, JSON and JSON Lines, and puts tags in their places. `postern redact --help` says more.

  postern cache simulate [FILE] | explain --a ARGS --b ARGS | explain --batch [FILE]
      Says for recorded calls what the cache would serve and how often it would be wrong. `postern cache --help` says more.

";

/// What the commands have in common that ask a gateway.
const STATUS: &str = "
      exit status: 0 done, 1 the settings have problems (or something else is wrong here), 2 wrong use,
                   3 the gateway cannot be reached or failed, 4 the token may not do that,
                   5 the gateway is not in the expected state (version, lock-out, no store)

  postern --help | --version
";

fn main() -> ExitCode {
    let mut arguments = Parser::from_env();
    match run(&mut arguments) {
        Ok(code) => code,
        // Who reads what is printed has enough of it.
        Err(error) if is_closed(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("postern: {error:#}");
            if let Some(status) = remote_status(&error) {
                return ExitCode::from(status);
            }
            let wrong_use = error.chain().any(|cause| cause.is::<lexopt::Error>() || cause.is::<WrongUse>());
            if wrong_use {
                eprintln!("try `postern --help`");
            }
            ExitCode::from(if wrong_use { 2 } else { 1 })
        }
    }
}

fn is_closed(error: &anyhow::Error) -> bool {
    let broken = |cause: &std::io::Error| cause.kind() == std::io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| cause.downcast_ref().is_some_and(broken))
}

fn run(arguments: &mut Parser) -> Result<ExitCode> {
    match arguments.next()? {
        Some(Arg::Value(command)) if command == "check" => check(arguments),
        Some(Arg::Value(command)) if command == "token" => token(arguments),
        Some(Arg::Value(command)) if command == "quota" => quota::run(arguments),
        Some(Arg::Value(command)) if command == "redact" => redact::run(arguments),
        Some(Arg::Value(command)) if command == "cache" => cache::run(arguments),
        Some(Arg::Value(command)) if REMOTE.iter().any(|name| command == *name) => {
            remote(&command.string()?, arguments)
        }
        Some(Arg::Long("help") | Arg::Short('h')) => {
            help();
            Ok(ExitCode::SUCCESS)
        }
        Some(Arg::Long("version") | Arg::Short('V')) => {
            println!("postern {}", env!("CARGO_PKG_VERSION"));
            Ok(ExitCode::SUCCESS)
        }
        Some(other) => Err(other.unexpected().into()),
        None => bail!(WrongUse("no command given".to_owned())),
    }
}

/// The commands that ask a gateway.
const REMOTE: [&str; 3] = ["push", "rollback", "bundle"];

#[cfg(feature = "remote")]
fn remote(command: &str, arguments: &mut Parser) -> Result<ExitCode> {
    use postern_cli::bundle;
    match command {
        "push" => bundle::push(arguments),
        "rollback" => bundle::roll_back(arguments),
        _ => bundle::show(arguments),
    }
}

#[cfg(not(feature = "remote"))]
fn remote(command: &str, _: &mut Parser) -> Result<ExitCode> {
    bail!("{command}: this build asks no gateway; one with the feature `remote` does")
}

/// The exit status that an error of a gateway has.
#[cfg(feature = "remote")]
fn remote_status(error: &anyhow::Error) -> Option<u8> {
    error.downcast_ref::<postern_cli::remote::Failure>().map(|failure| failure.kind.status())
}

#[cfg(not(feature = "remote"))]
fn remote_status(_: &anyhow::Error) -> Option<u8> {
    None
}

fn help() {
    print!("{USAGE}");
    #[cfg(feature = "remote")]
    print!("{}  all three take:\n{}", postern_cli::bundle::USAGE, postern_cli::remote::USAGE);
    print!("{STATUS}");
}

fn check(arguments: &mut Parser) -> Result<ExitCode> {
    let mut file: Option<PathBuf> = None;
    let mut secrets_from_env = false;
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("secrets-from-env") => secrets_from_env = true,
            Arg::Value(path) if file.is_none() => file = Some(path.into()),
            other => return Err(other.unexpected().into()),
        }
    }
    let file = file.ok_or_else(|| WrongUse("check: name a FILE".to_owned()))?;
    let findings = findings(&read(&file)?, secrets_from_env);
    for warning in &findings.warnings {
        eprintln!("warning: {warning}");
    }
    if !findings.problems.is_empty() {
        print_problems(&file, &findings.problems);
        return Ok(ExitCode::FAILURE);
    }
    if !findings.secrets.is_empty() {
        eprintln!(
            "note: these secrets have to exist where the gateway runs: {}",
            findings.secrets.join(", ")
        );
    }
    println!("ok");
    Ok(ExitCode::SUCCESS)
}

fn token(arguments: &mut Parser) -> Result<ExitCode> {
    let mut grant = Grant::new("", "", "");
    let (mut key, mut created, mut print_jwks) = (None::<PathBuf>, None::<PathBuf>, false);
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("key") => key = Some(arguments.value()?.into()),
            Arg::Long("new-key") => created = Some(arguments.value()?.into()),
            Arg::Long("jwks") => print_jwks = true,
            Arg::Long("issuer") => grant.issuer = arguments.value()?.string()?,
            Arg::Long("audience") => grant.audience = arguments.value()?.string()?,
            Arg::Long("client") => grant.client = arguments.value()?.string()?,
            Arg::Long("subject") => grant.subject = Some(arguments.value()?.string()?),
            Arg::Long("scope") => grant.scope = Some(arguments.value()?.string()?),
            Arg::Long("role") => grant.roles.push(arguments.value()?.string()?),
            Arg::Long("agent-claim") => grant.agent_claim = arguments.value()?.string()?,
            Arg::Long("typ") => grant.typ = arguments.value()?.string()?,
            Arg::Long("ttl") => grant.ttl_s = parse_ttl(&arguments.value()?.string()?)?,
            other => return Err(other.unexpected().into()),
        }
    }
    match (key, created) {
        (None, Some(file)) => {
            let key = new_key();
            key.write_new(&file)?;
            println!("{}", jwks(&key));
        }
        (Some(file), None) if print_jwks => println!("{}", jwks(&Key::read(&file)?)),
        (Some(file), None) => {
            let needed =
                [("--issuer", &grant.issuer), ("--audience", &grant.audience), ("--client", &grant.client)];
            if let Some((option, _)) = needed.iter().find(|(_, value)| value.is_empty()) {
                bail!(WrongUse(format!("token: {option} is missing")));
            }
            let now_s =
                SystemTime::now().duration_since(UNIX_EPOCH).context("the clock is before 1970")?.as_secs();
            println!("{}", mint(&Key::read(&file)?, &grant, now_s));
        }
        _ => bail!(WrongUse("token: give one of --key FILE and --new-key FILE".to_owned())),
    }
    Ok(ExitCode::SUCCESS)
}
