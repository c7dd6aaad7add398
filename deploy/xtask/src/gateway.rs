//! The gateway on workerd, as wrangler runs it from `wrangler.toml`.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::build::BUILD_VARIABLE;
use crate::paths::Paths;
use crate::process::{self, Group};
use crate::servers::{any_port, is_free, until};
use crate::tools::node::Node;

/// wrangler and workerd need 3 s on a quiet machine.
const START_LIMIT: Duration = Duration::from_secs(90);
/// How long a gateway that answers, but not with 200, may go on doing so: a first answer may come before KV is up.
const UNHEALTHY_LIMIT: Duration = Duration::from_secs(5);
/// Time for one answer of `/healthz`.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// How to run a gateway.
pub(crate) struct Plan<'a> {
    /// Names its folder of state, its secrets and its log, so that several can run at once.
    pub(crate) name: &'a str,
    /// On 127.0.0.1.
    pub(crate) port: u16,
    /// The settings, as TOML text.
    pub(crate) settings: &'a str,
    /// For the `cargo xtask build` that wrangler starts: `dev` follows changes of the source, `skip` does not.
    pub(crate) rebuild: &'a str,
}

/// A running gateway.
pub(crate) struct Gateway {
    group: Group,
    log: PathBuf,
}

impl Gateway {
    /// Starts wrangler and waits until `/healthz` answers 200.
    pub(crate) fn start(paths: &Paths, node: &Node, plan: &Plan<'_>) -> Result<Self> {
        check_port(plan.port)?;
        let folder = paths.dev.join(plan.name);
        fs::create_dir_all(&folder)?;
        let secrets = folder.join("secrets.env");
        write_private(&secrets, &secrets_for(paths, plan.settings)?)?;
        let log = paths.log(plan.name)?;
        let output = File::create(&log)?;
        let mut wrangler = node.wrangler(&paths.root);
        wrangler
            .args(["dev", "--local", "--ip", "127.0.0.1", "--show-interactive-dev-session=false"])
            .args(["--port", &plan.port.to_string()])
            .args(["--inspector-port", &any_port()?.to_string()])
            .arg("--persist-to")
            .arg(folder.join("state"))
            .arg("--env-file")
            .arg(&secrets)
            .arg("--var")
            .arg(format!("POSTERN_CONFIG:{}", plan.settings))
            .env(BUILD_VARIABLE, plan.rebuild)
            // wrangler would ask the network where this machine is, and wait for it.
            .env("CLOUDFLARE_CF_FETCH_ENABLED", "false")
            .stdout(output.try_clone()?)
            .stderr(output);
        let mut gateway = Self { group: Group::start(&mut wrangler)?, log };
        gateway.wait_until_healthy(plan.port)?;
        Ok(gateway)
    }

    /// Fails once wrangler has ended.
    pub(crate) fn check(&mut self) -> Result<()> {
        match self.group.ended() {
            None => Ok(()),
            Some(status) => {
                bail!("wrangler ended ({status}); the end of {}:\n{}", self.log.display(), self.tail())
            }
        }
    }

    /// The last lines of wrangler's output, which holds the Worker's log too.
    pub(crate) fn tail(&self) -> String {
        process::tail(&self.log)
    }

    fn wait_until_healthy(&mut self, port: u16) -> Result<()> {
        let mut unhealthy: Option<Instant> = None;
        let ready = until(START_LIMIT, "the gateway", || {
            self.check()?;
            match get(port, "/healthz") {
                Ok(answer) if answer.starts_with("HTTP/1.1 200") => Ok(Some(())),
                Ok(answer) if unhealthy.get_or_insert_with(Instant::now).elapsed() > UNHEALTHY_LIMIT => {
                    bail!("the gateway is not healthy: {answer}")
                }
                _ => Ok(None),
            }
        });
        ready.with_context(|| format!("the end of {}:\n{}\n", self.log.display(), self.tail()))
    }
}

/// Fails when `port` is taken, and says what to do.
pub(crate) fn check_port(port: u16) -> Result<()> {
    if !is_free(port) {
        bail!(
            "port {port} of 127.0.0.1 is taken; choose another with --port N (`ss -ltnp` shows who holds it)"
        );
    }
    Ok(())
}

/// One plain HTTP/1.1 request; the whole answer as text.
fn get(port: u16, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(ANSWER_LIMIT))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(64 * 1024).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// The text of an env file: the key that seals sessions, made once and kept, and each secret that the settings name.
fn secrets_for(paths: &Paths, settings: &str) -> Result<String> {
    let mut text = format!("POSTERN_SEAL_KEYS=\"dev:{}\"\n", seal_key(paths)?);
    let kept = fs::read_to_string(paths.root.join(".dev.vars")).unwrap_or_default();
    for name in secret_names(settings) {
        let line = kept.lines().find(|line| line.split('=').next().is_some_and(|key| key.trim() == name));
        match (std::env::var(&name), line) {
            (Ok(value), _) => writeln!(text, "{name}={}", quoted(&name, &value)?)?,
            (Err(_), Some(line)) => writeln!(text, "{line}")?,
            (Err(_), None) => bail!(
                "the settings name the secret {name}, which is not set: set the environment variable {name}, or \
                 write {name}=... into .dev.vars in the top folder (never committed)"
            ),
        }
    }
    Ok(text)
}

/// The names after `secret:` in the settings, each once.
fn secret_names(settings: &str) -> Vec<String> {
    let mut names: Vec<String> = settings
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .flat_map(|line| line.split("secret:").skip(1))
        .map(|rest| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect())
        .filter(|name: &String| !name.is_empty() && name != "POSTERN_SEAL_KEYS")
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// A value between the quotes that it does not contain; an env file knows no escapes.
fn quoted(name: &str, value: &str) -> Result<String> {
    let quote = ['\'', '"', '`'].into_iter().find(|quote| !value.contains(*quote));
    let quote = quote.with_context(|| format!("the secret {name} contains all three kinds of quotes"))?;
    Ok(format!("{quote}{value}{quote}"))
}

/// 32 random bytes in Base64, from `target/dev/seal-key`.
fn seal_key(paths: &Paths) -> Result<String> {
    let file = paths.dev.join("seal-key");
    if let Ok(key) = fs::read_to_string(&file) {
        return Ok(key);
    }
    let mut bytes = [0u8; 32];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    let key = STANDARD.encode(bytes);
    write_private(&file, &key)?;
    Ok(key)
}

/// Writes a file that only its owner can read.
fn write_private(path: &Path, text: &str) -> Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::{quoted, secret_names};

    #[test]
    fn secrets_are_found_once_and_not_in_comments() {
        let settings = r#"
            credential = { bearer = "secret:BILLING_TOKEN" }
            # credential = { bearer = "secret:OLD" }
            credential = { header = "x-api-key", value = 'secret:API_KEY' }
            credential = { bearer = "secret:BILLING_TOKEN" }
        "#;
        assert_eq!(secret_names(settings), ["API_KEY", "BILLING_TOKEN"]);
    }

    #[test]
    fn values_keep_their_quotes() {
        assert_eq!(quoted("A", "it's").unwrap(), "\"it's\"");
        assert!(quoted("A", "'\"`").is_err());
    }
}
