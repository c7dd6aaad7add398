//! The gateway on this machine: on workerd from `wrangler.toml`, or on Spin from `spin.toml`.

mod secrets;
mod spin;
mod workerd;

pub(crate) use secrets::{Secret, random_key};

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::host::Host;
use crate::paths::Paths;
use crate::process::{self, Group};
use crate::servers::{is_free, until};
use crate::tools::node::Node;
use crate::tools::spin::{self as spin_tool, Spin};

/// wrangler and workerd need 3 s on a quiet machine.
const START_LIMIT: Duration = Duration::from_secs(90);
/// How long a gateway that answers, but not with 200, may go on doing so: a first answer may come before KV is up.
const UNHEALTHY_LIMIT: Duration = Duration::from_secs(5);
/// Time for one answer of `/healthz`.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// What runs gateways.
pub(crate) enum Runner<'a> {
    /// wrangler. The `cargo xtask build` that it starts is told `rebuild`: `dev` follows changes of the source, `skip`
    /// does not.
    Wrangler { node: &'a Node, rebuild: &'a str },
    /// Spin, which keeps to the component that it has read.
    Spin(Spin),
}

impl<'a> Runner<'a> {
    /// What runs them on `host`, installed when it is missing.
    pub(crate) fn find_or_install(
        paths: &Paths,
        host: Host,
        node: &'a Node,
        rebuild: &'a str,
    ) -> Result<Self> {
        match host {
            Host::Workerd => Ok(Self::Wrangler { node, rebuild }),
            Host::Spin => spin_tool::find_or_install(paths).map(Self::Spin),
        }
    }
}

/// How to run a gateway.
pub(crate) struct Plan<'a> {
    /// Names its folder of state, its secrets and its log, so that several can run at once.
    pub(crate) name: &'a str,
    /// On 127.0.0.1.
    pub(crate) port: u16,
    /// The settings, as TOML text.
    pub(crate) settings: &'a str,
    /// Secrets that the settings may name and nobody has to set.
    pub(crate) secrets: &'a [Secret],
}

/// A running gateway.
pub(crate) struct Gateway {
    group: Group,
    log: PathBuf,
}

impl Gateway {
    /// Starts the gateway and waits until `/healthz` answers 200.
    pub(crate) fn start(paths: &Paths, runner: &Runner<'_>, plan: &Plan<'_>) -> Result<Self> {
        check_port(plan.port)?;
        let folder = paths.dev.join(plan.name);
        fs::create_dir_all(&folder)?;
        let secrets = secrets::secrets_for(paths, plan.settings, plan.secrets)?;
        let mut command = match runner {
            Runner::Wrangler { node, rebuild } => {
                workerd::command(paths, node, rebuild, plan, &folder, &secrets)?
            }
            Runner::Spin(spin) => spin::command(paths, spin, plan, &folder, &secrets)?,
        };
        let log = paths.log(plan.name)?;
        let output = File::create(&log)?;
        let group = Group::start(command.stdout(output.try_clone()?).stderr(output))?;
        let mut gateway = Self { group, log };
        gateway.wait_until_healthy(plan.port)?;
        Ok(gateway)
    }

    /// Fails once the process that was started has ended.
    pub(crate) fn check(&mut self) -> Result<()> {
        match self.group.ended() {
            None => Ok(()),
            Some(status) => {
                bail!("the gateway ended ({status}); the end of {}:\n{}", self.log.display(), self.tail())
            }
        }
    }

    /// The last lines of the process's output, which holds the gateway's log too.
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

fn get(port: u16, path: &str) -> Result<String> {
    exchange(port, &format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"))
}

/// Asks the endpoint `/mcp` what it can do, in the newest revision; the whole answer as text.
pub(crate) fn discover(port: u16) -> Result<String> {
    const MESSAGE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}"#;
    exchange(
        port,
        &format!(
            "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nContent-Type: application/json\r\nAccept: \
             application/json, text/event-stream\r\nMCP-Protocol-Version: 2026-07-28\r\nMcp-Method: server/discover\r\n\
             Content-Length: {}\r\n\r\n{MESSAGE}",
            MESSAGE.len()
        ),
    )
}

/// One plain HTTP/1.1 request; the whole answer as text.
fn exchange(port: u16, request: &str) -> Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(ANSWER_LIMIT))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(64 * 1024).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
