//! MCP servers written for Node, which print `listening URL` once they serve.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::paths::Paths;
use crate::process::{self, Group};
use crate::tools::node::Node;

/// A server that has not said `listening` by then will not.
const START_LIMIT: Duration = Duration::from_secs(20);

/// A running server.
pub(crate) struct Server {
    /// What it is called in messages.
    pub(crate) name: String,
    /// Where its MCP endpoint is.
    pub(crate) url: String,
    group: Group,
}

impl Server {
    /// Starts `node SCRIPT --port N ARGUMENTS`. Port 0 takes any. Its standard error goes to a log of its name.
    pub(crate) fn start(
        paths: &Paths,
        node: &Node,
        script: &Path,
        port: u16,
        arguments: &[&str],
    ) -> Result<Self> {
        let name = script.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let log = paths.log(&name)?;
        let mut command = node.script(&paths.root.join(script));
        command.arg("--port").arg(port.to_string()).args(arguments);
        let mut group = Group::start(command.stdout(Stdio::piped()).stderr(File::create(&log)?))?;
        let mut lines = group.lines()?;
        let (found, listening) = channel();
        thread::spawn(move || {
            let url = lines.find_map(|line| line.strip_prefix("listening ").map(str::to_owned));
            let _ = url.map(|url| found.send(url));
            // Read on, or the pipe would fill and stop the server.
            lines.for_each(drop);
        });
        match listening.recv_timeout(START_LIMIT) {
            Ok(url) => Ok(Self { name, url, group }),
            Err(RecvTimeoutError::Timeout) => bail!("{name} did not say `listening` within {START_LIMIT:?}"),
            Err(RecvTimeoutError::Disconnected) => {
                bail!("{name} ended before it listened:\n{}", process::tail(&log))
            }
        }
    }

    /// Fails once the server has ended.
    pub(crate) fn check(&mut self, paths: &Paths) -> Result<()> {
        match self.group.ended() {
            None => Ok(()),
            Some(status) => {
                bail!("{} ended ({status}):\n{}", self.name, process::tail(&paths.log(&self.name)?))
            }
        }
    }
}

/// `wanted` when nobody listens there, else 0 for "any port".
pub(crate) fn free_or_any(wanted: u16) -> u16 {
    if is_free(wanted) { wanted } else { 0 }
}

/// A port that is free now.
pub(crate) fn any_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port of 127.0.0.1 is free")?;
    Ok(listener.local_addr()?.port())
}

/// Whether `port` of 127.0.0.1 can be listened on.
pub(crate) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Looks every 50 ms until `ready` answers, or fails after `limit`.
pub(crate) fn until<T>(
    limit: Duration,
    what: &str,
    mut ready: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let start = Instant::now();
    loop {
        if let Some(value) = ready()? {
            return Ok(value);
        }
        if start.elapsed() > limit {
            bail!("{what} was not ready within {} s", limit.as_secs());
        }
        thread::sleep(Duration::from_millis(50));
    }
}
