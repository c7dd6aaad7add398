//! The command line.

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use lexopt::{Arg, Parser, ValueExt};
use wasmtime::error::Context;
use wasmtime::{Result, bail};

/// What `--help` prints.
pub const USAGE: &str = "\
usage: postern-spin-host --manifest spin.toml --listen 127.0.0.1:PORT [OPTIONS]

  --variable NAME=VALUE        value of an application variable; may be repeated
  --variable NAME=@FILE        the same, read from a file
  --key-value KEY=VALUE        an entry of the store `default`; may be repeated
  --key-value KEY=@FILE        the same, read from a file
  --cache DIR                  keep compiled components there; private to the user
  --state-dir DIR              keep the SQLite database there, not in memory; private to the user
  --instance-reuse N           requests that one instance serves in its life (default: 128)
  --instance-concurrency N     requests that one instance serves at once (default: 16)
  --idle-ms N                  an instance without requests ends after this time (default: 1000)
  --trap-on-key TEXT           an instance that reads a key with TEXT in it from a store traps
";

/// How long an instance lives. The defaults are Spin's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reuse {
    /// Requests in its life.
    pub requests: NonZeroUsize,
    /// Requests at once.
    pub concurrent: NonZeroUsize,
    /// Time without requests after which it is dropped.
    pub idle: Duration,
}

impl Default for Reuse {
    fn default() -> Self {
        Self {
            requests: NonZeroUsize::new(128).unwrap_or(NonZeroUsize::MIN),
            concurrent: NonZeroUsize::new(16).unwrap_or(NonZeroUsize::MIN),
            idle: Duration::from_secs(1),
        }
    }
}

/// What the command line asks for.
#[derive(Debug)]
pub struct Options {
    /// The application's manifest.
    pub manifest: PathBuf,
    /// Address and port to listen on; port 0 takes a free one.
    pub listen: String,
    /// Values of the application's variables.
    pub variables: BTreeMap<String, String>,
    /// What the store `default` holds at the start.
    pub entries: BTreeMap<String, String>,
    /// How long an instance lives.
    pub reuse: Reuse,
    /// Where compiled components are kept.
    pub cache: Option<PathBuf>,
    /// Where the SQLite database is kept; in memory without it.
    pub state: Option<PathBuf>,
    /// An instance that reads a key with this in it traps.
    pub trap_on_key: Option<String>,
}

impl Options {
    /// Reads the command line. `None` when it asks for help.
    pub fn parse(mut parser: Parser) -> Result<Option<Self>> {
        let (mut manifest, mut listen, mut cache, mut state) = (None, None, None, None);
        let mut trap_on_key = None;
        let (mut variables, mut entries) = (BTreeMap::new(), BTreeMap::new());
        let mut reuse = Reuse::default();
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("manifest") => manifest = Some(PathBuf::from(parser.value()?)),
                Arg::Long("listen") => listen = Some(parser.value()?.string()?),
                Arg::Long("cache") => cache = Some(PathBuf::from(parser.value()?)),
                Arg::Long("state-dir") => state = Some(PathBuf::from(parser.value()?)),
                Arg::Long("trap-on-key") => trap_on_key = Some(parser.value()?.string()?),
                Arg::Long("instance-reuse") => reuse.requests = parser.value()?.parse()?,
                Arg::Long("instance-concurrency") => reuse.concurrent = parser.value()?.parse()?,
                Arg::Long("idle-ms") => reuse.idle = Duration::from_millis(parser.value()?.parse()?),
                Arg::Long("variable") => {
                    let (name, value) = pair("--variable", &parser.value()?.string()?)?;
                    variables.insert(name, value);
                }
                Arg::Long("key-value") => {
                    let (key, value) = pair("--key-value", &parser.value()?.string()?)?;
                    entries.insert(key, value);
                }
                Arg::Long("help") | Arg::Short('h') => return Ok(None),
                other => return Err(other.unexpected().into()),
            }
        }
        let manifest = manifest.context("--manifest is missing; --help shows the options")?;
        let listen = listen.context("--listen is missing; --help shows the options")?;
        Ok(Some(Self { manifest, listen, variables, entries, reuse, cache, state, trap_on_key }))
    }
}

fn pair(option: &str, text: &str) -> Result<(String, String)> {
    // The text is not repeated in the message: it may be a secret.
    let Some((name, value)) = text.split_once('=') else {
        bail!("{option} wants NAME=VALUE or NAME=@FILE");
    };
    let value = match value.strip_prefix('@') {
        Some(file) => {
            fs::read_to_string(file).with_context(|| format!("{option} {name}: cannot read {file}"))?
        }
        None => value.to_owned(),
    };
    Ok((name.to_owned(), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Option<Options>> {
        Options::parse(Parser::from_args(arguments))
    }

    #[test]
    fn reads_every_option() {
        let options = parse(&[
            "--manifest=a/spin.toml",
            "--listen",
            "127.0.0.1:0",
            "--variable",
            "a=b=c",
            "--variable=empty=",
            "--cache=/c",
            "--state-dir=/s",
            "--instance-reuse=1",
            "--instance-concurrency=2",
            "--idle-ms=3",
            "--trap-on-key=k",
            "--key-value=a/b=c=d",
        ])
        .unwrap()
        .unwrap();
        assert_eq!(options.manifest, PathBuf::from("a/spin.toml"));
        assert_eq!(options.listen, "127.0.0.1:0");
        assert_eq!(options.cache, Some(PathBuf::from("/c")));
        assert_eq!(options.state, Some(PathBuf::from("/s")));
        assert_eq!(options.trap_on_key.as_deref(), Some("k"));
        assert_eq!(options.entries["a/b"], "c=d");
        assert_eq!(options.variables["a"], "b=c");
        assert_eq!(options.variables["empty"], "");
        let (requests, concurrent) = (NonZeroUsize::MIN, NonZeroUsize::new(2).unwrap());
        assert_eq!(options.reuse, Reuse { requests, concurrent, idle: Duration::from_millis(3) });
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        let rows: [(&[&str], &str); 6] = [
            (&[], "--manifest"),
            (&["--manifest=a"], "--listen"),
            (&["--manifest=a", "--listen=b", "--quiet"], "--quiet"),
            (&["--manifest=a", "--listen=b", "--instance-reuse=0"], "\"0\""),
            (&["--variable", "a"], "NAME=VALUE"),
            (&["--variable", "a=@/no/such/file"], "/no/such/file"),
        ];
        for (arguments, part) in rows {
            let error = format!("{:#}", parse(arguments).unwrap_err());
            assert!(error.contains(part), "{arguments:?}: {error}");
        }
        assert!(parse(&["--help"]).unwrap().is_none());
    }
}
