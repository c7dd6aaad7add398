//! The command line of `cargo xtask dev`.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use lexopt::{Arg, Parser, ValueExt};

use crate::host::Host;

pub(crate) const USAGE: &str = "\
usage: cargo xtask dev [OPTIONS]

  --host HOST           what the gateway runs on: workerd (default) or spin
  --port N              where the gateway listens on 127.0.0.1 (default 8787)
  --config FILE         your settings instead of generated ones
  --upstream ALIAS=URL  an MCP server instead of the demo ones; repeatable; `=URL` is one without an alias
  --anonymous           no token needed: every caller is the agent `anonymous`
  --json                print one line, {\"ready\":true,\"endpoint\":...,\"token\":...}, when it serves
  --once                let a scripted agent try it, and end with its status
";

/// What `dev` was asked for.
#[derive(Debug, Default)]
pub(crate) struct Options {
    pub(crate) host: Host,
    pub(crate) port: u16,
    pub(crate) config: Option<PathBuf>,
    /// Alias and URL, in the order given.
    pub(crate) upstreams: Vec<(String, String)>,
    pub(crate) anonymous: bool,
    pub(crate) json: bool,
    pub(crate) once: bool,
    pub(crate) help: bool,
}

impl Options {
    /// Reads what follows `dev`.
    pub(crate) fn parse(mut parser: Parser) -> Result<Self> {
        let mut options = Self { port: 8787, ..Self::default() };
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("host") => options.host = parser.value()?.string()?.parse()?,
                Arg::Long("port") => {
                    let value = parser.value()?.string()?;
                    let port = value.parse().ok().filter(|port| *port > 0);
                    options.port =
                        port.with_context(|| format!("--port {value}: give a number from 1 to 65535"))?;
                }
                Arg::Long("config") => options.config = Some(PathBuf::from(parser.value()?)),
                Arg::Long("upstream") => options.upstreams.push(upstream(&parser.value()?.string()?)?),
                Arg::Long("anonymous") => options.anonymous = true,
                Arg::Long("json") => options.json = true,
                Arg::Long("once") => options.once = true,
                Arg::Long("help") | Arg::Short('h') => options.help = true,
                other => return Err(other.unexpected().into()),
            }
        }
        if options.config.is_some() && (options.anonymous || !options.upstreams.is_empty()) {
            bail!("--config brings its own upstreams and callers: leave --upstream and --anonymous away");
        }
        Ok(options)
    }
}

/// `ALIAS=URL`, as parts.
fn upstream(text: &str) -> Result<(String, String)> {
    let (alias, url) = text
        .split_once('=')
        .with_context(|| format!("--upstream {text}: write ALIAS=URL, as in crm=http://..."))?;
    if !alias.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        bail!("--upstream {text}: an alias has letters, digits and '-' only");
    }
    if !url.starts_with("http://") && !url.starts_with("https://") {
        bail!("--upstream {text}: the URL must begin with http:// or https://");
    }
    Ok((alias.to_owned(), url.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{Options, upstream};

    fn parse(arguments: &[&str]) -> anyhow::Result<Options> {
        Options::parse(lexopt::Parser::from_args(arguments))
    }

    #[test]
    fn upstreams_are_repeatable_and_split_at_the_first_sign() {
        let options = parse(&["--upstream", "a=http://h/?x=1", "--upstream", "=https://one/mcp"]).unwrap();
        let expected = [("a", "http://h/?x=1"), ("", "https://one/mcp")];
        assert_eq!(options.upstreams, expected.map(|(alias, url)| (alias.to_owned(), url.to_owned())));
    }

    #[test]
    fn wrong_options_are_refused() {
        assert!(parse(&["--port", "0"]).is_err());
        assert!(parse(&["--port", "70000"]).is_err());
        assert!(parse(&["--host", "lambda"]).is_err());
        assert!(parse(&["--config", "a.toml", "--anonymous"]).is_err());
        assert!(upstream("http://h/mcp").is_err());
        assert!(upstream("a b=http://h").is_err());
        assert!(upstream("a=ftp://h").is_err());
    }
}
