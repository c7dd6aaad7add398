//! What the clients are tried on: the gateway on workerd, four real servers behind it, and an upstream that must
//! never be asked.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use postern_tests::bed::{self, Era};
use postern_tests::process::{Running, free_address, tool, top};
use postern_tests::script;
use postern_tests::token::{Flaw, Issuer};
use postern_tests::upstream::{Answer, Upstream};
use postern_tests::workerd::Workerd;
use serde_json::Value;

use crate::{Client, SERVERS};

/// Where Node and Python are.
struct Tools {
    node: PathBuf,
    python: PathBuf,
}

impl Tools {
    fn find() -> Result<Self> {
        let cache = std::env::var("POSTERN_CACHE")
            .map(PathBuf::from)
            .or_else(|_| std::env::var("HOME").map(|home| PathBuf::from(home).join(".cache/postern")))?;
        let packages = top().join("tests/node_modules/@modelcontextprotocol/client");
        ensure!(
            packages.is_dir(),
            "tests/node_modules is missing: run `cargo xtask test`, which installs it"
        );
        Ok(Self {
            node: tool("POSTERN_NODE", &[top().join("deploy/node_modules/node/bin/node")])?,
            python: tool("POSTERN_PYTHON", &[cache.join("python/bin/python")])?,
        })
    }

    fn command(&self, folder: &str, program: &str) -> Command {
        let mut command = Command::new(if program.ends_with(".py") { &self.python } else { &self.node });
        command.arg(top().join("tests").join(folder).join(program));
        command
    }
}

/// The gateway, what stands behind it, and the tokens.
pub struct Scene {
    tools: Tools,
    pub endpoint: String,
    pub closed: String,
    pub untouched: Upstream,
    _usable: Upstream,
    pub journals: Vec<PathBuf>,
    pub token: String,
    pub narrow: String,
    pub bad: String,
    _servers: Vec<Running>,
    _gateway: Workerd,
    folder: PathBuf,
}

impl Drop for Scene {
    fn drop(&mut self) {
        // Best effort: the folder lies among temporary files.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub fn start() -> Result<Scene> {
    let tools = Tools::find()?;
    let folder = std::env::temp_dir().join(format!("postern-clients-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let mut servers = Vec::new();
    let mut urls = String::new();
    let mut journals = Vec::new();
    for server in &SERVERS {
        let journal = folder.join(format!("{}.jsonl", server.alias));
        let mut command = tools.command("upstreams", server.program);
        command.args(["--port", "0", "--journal"]).arg(&journal);
        if server.alias == "modern" {
            command.args(["--era", "modern"]);
        }
        servers.push(Running::start(command)?);
        journals.push(journal);
    }
    for (server, running) in SERVERS.iter().zip(&mut servers) {
        let url = running.until("its `listening` line", |running| {
            running.lines().iter().find_map(|line| line.strip_prefix("listening ").map(str::to_owned))
        })?;
        urls.push_str(&format!(
            "[upstreams.{}]\nurl = '{url}'\nera = 'auto'\ninsecure = true\n",
            server.alias
        ));
    }
    let untouched = Upstream::start(Arc::new(|_| Answer::status(500)))?;
    let usable = Upstream::start(Arc::new(|seen| {
        bed::set_up(Era::Modern, seen).unwrap_or_else(|| Answer::status(500))
    }))?;
    let address = free_address()?;
    let issuer = Issuer::new("dev");
    let gateway = Workerd::start_at(address, &settings(address, &issuer, &urls, &untouched, &usable)?)?;
    Ok(Scene {
        tools,
        endpoint: format!("http://{address}/t/open/mcp"),
        closed: format!("http://{address}/t/closed/mcp"),
        untouched,
        _usable: usable,
        journals,
        token: issuer.mint("developer", "alice", "clients", Flaw::None),
        narrow: issuer.mint("narrow", "alice", "clients", Flaw::None),
        bad: issuer.mint("developer", "alice", "clients", Flaw::BadSignature),
        _servers: servers,
        _gateway: gateway,
        folder,
    })
}

fn settings(
    address: SocketAddr,
    issuer: &Issuer,
    urls: &str,
    untouched: &Upstream,
    usable: &Upstream,
) -> Result<String> {
    // All clients are one agent here, and make the same calls.
    let open = format!(
        "path = '/t/open/mcp'\nissuers = ['dev']\nhosts = ['{address}']\nloop = {{ mode = 'off' }}\n\
         [agents.developer]\nissuer = 'dev'\nclient = 'developer'\nallow = ['*']\n{urls}"
    );
    let closed = format!(
        "path = '/t/closed/mcp'\nissuers = ['dev']\nhosts = ['{address}']\nloop = {{ mode = 'off' }}\n\
         [agents.developer]\nissuer = 'dev'\nclient = 'developer'\nallow = ['*']\n\
         [agents.narrow]\nissuer = 'dev'\nclient = 'narrow'\nallow = ['z__*']\n\
         [upstreams.a]\nurl = 'http://{}/mcp'\nera = 'auto'\ninsecure = true\n\
         [upstreams.z]\nurl = 'http://{}/mcp'\nera = 'modern'\ninsecure = true\n",
        untouched.address, usable.address
    );
    let mut all = toml::Table::new();
    all.insert("version".to_owned(), 1.into());
    let mut issuers = toml::Table::new();
    issuers.insert("dev".to_owned(), script::issuer(issuer)?);
    all.insert("issuers".to_owned(), issuers.into());
    let mut tenants = toml::Table::new();
    tenants.insert("open".to_owned(), toml::Value::Table(toml::from_str(&open)?));
    tenants.insert("closed".to_owned(), toml::Value::Table(toml::from_str(&closed)?));
    all.insert("tenants".to_owned(), tenants.into());
    Ok(toml::to_string(&all)?)
}

impl Scene {
    /// Runs a client; its report is the last line that it prints.
    pub fn drive(
        &self,
        client: &Client,
        endpoint: &str,
        token: Option<&str>,
        more: &[&str],
    ) -> Result<Value> {
        let mut command = self.tools.command("clients", client.program);
        command.args(["--endpoint", endpoint]).args(client.arguments).args(more).stdin(Stdio::null());
        if let Some(token) = token {
            command.args(["--token", token]);
        }
        let output = command.output().with_context(|| format!("start {}", client.program))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let last = text.lines().last().unwrap_or_default();
        serde_json::from_str(last).with_context(|| {
            format!("no report in {text:?}; it said {}", String::from_utf8_lossy(&output.stderr))
        })
    }
}
