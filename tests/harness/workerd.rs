//! The gateway on workerd: the modules that `cargo xtask build` made, started from a capnp file. No wrangler in
//! between, so that a start takes a twentieth of a second.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail, ensure};

use crate::host::Host;
use crate::process::{Running, files, free_address, free_addresses, get, tool, top};
use crate::script::{SEAL_KEYS, SECRETS};

/// The date whose behaviour workerd shows, as in `wrangler.toml`.
pub(crate) const COMPATIBILITY_DATE: &str = "2026-11-17";
/// A key-value namespace in memory, shared with the benchmark.
const KV: &str = include_str!("../bench/workers/kv.mjs");

/// What a worker says that keeps accounts and meetings.
const OBJECTS: &str = r#"
  durableObjectNamespaces = [
    (className = "Account", uniqueKey = "postern-account", enableSql = true),
    (className = "Waiting", uniqueKey = "postern-waiting", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "disk"),"#;

/// Accounts that a test can have fail.
const LEDGER: &str = include_str!("ledger.mjs");

/// How the gateway is laid out within one workerd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// One isolate with its accounts, as it is deployed.
    Sole,
    /// So many isolates, each with a socket of its own, that share nothing but the accounts. Those are kept by another
    /// worker, which fails when it is told to and counts what it is asked.
    Apart(usize),
}

/// A running workerd with the gateway.
pub struct Workerd {
    running: Option<Running>,
    /// Where the gateway listens: one for each isolate.
    addresses: Vec<SocketAddr>,
    /// Where the store tells what it holds.
    kv: SocketAddr,
    /// Where the worker with the accounts is told what to do.
    ledger: Option<SocketAddr>,
    folder: PathBuf,
    /// What those that were killed have printed.
    past: Vec<String>,
}

impl Workerd {
    /// Starts the gateway with these settings on a free port.
    ///
    /// # Errors
    /// When the gateway is not built, workerd is not there, or it does not listen.
    pub fn start(settings: &str) -> Result<Self> {
        Self::start_as(Layout::Sole, settings)
    }

    /// As [`Workerd::start`], laid out like this.
    ///
    /// # Errors
    /// As [`Workerd::start`].
    pub fn start_as(layout: Layout, settings: &str) -> Result<Self> {
        match layout {
            Layout::Sole => Self::lay_out(free_addresses(1)?, None, (settings, SEAL_KEYS), &[]),
            Layout::Apart(isolates) => {
                let mut addresses = free_addresses(isolates + 1)?;
                let ledger = addresses.pop();
                Self::lay_out(addresses, ledger, (settings, SEAL_KEYS), &[])
            }
        }
    }

    /// As [`Workerd::start`], with these keys of sealed tokens.
    ///
    /// # Errors
    /// As [`Workerd::start`].
    pub fn start_keyed(settings: &str, keys: &str) -> Result<Self> {
        Self::lay_out(free_addresses(1)?, None, (settings, keys), &[])
    }

    /// Starts the gateway with these settings on this address.
    ///
    /// # Errors
    /// As [`Workerd::start`].
    pub fn start_at(address: SocketAddr, settings: &str) -> Result<Self> {
        Self::start_with(address, settings, &[])
    }

    /// Starts the gateway on this address. `config` is the variable with the settings or where they are, `entries`
    /// what the key-value namespace holds.
    ///
    /// # Errors
    /// As [`Workerd::start`].
    pub fn start_with(address: SocketAddr, config: &str, entries: &[(&str, &str)]) -> Result<Self> {
        Self::lay_out(vec![address], None, (config, SEAL_KEYS), entries)
    }

    fn lay_out(
        addresses: Vec<SocketAddr>,
        ledger: Option<SocketAddr>,
        (config, keys): (&str, &str),
        entries: &[(&str, &str)],
    ) -> Result<Self> {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let number = STARTED.fetch_add(1, Ordering::SeqCst);
        let folder = std::env::temp_dir().join(format!("postern-tests-{}-{number}", std::process::id()));
        let mut modules = modules(&top().join("edge/cloudflare"))?;
        if ledger.is_some() {
            modules.push(("ledger.mjs".to_owned(), LEDGER.into()));
        }
        for (name, bytes) in &modules {
            write(&folder.join("modules").join(name), bytes)?;
        }
        let mut texts = vec![("POSTERN_CONFIG", config), ("POSTERN_SEAL_KEYS", keys)];
        texts.extend_from_slice(SECRETS);
        for (name, text) in &texts {
            write(&folder.join(name), text.as_bytes())?;
        }
        write(&folder.join("kv.mjs"), KV.as_bytes())?;
        let entries: BTreeMap<&str, &str> = entries.iter().copied().collect();
        write(&folder.join("entries.json"), &serde_json::to_vec(&entries)?)?;
        let names: Vec<&str> = modules.iter().map(|(name, _)| name.as_str()).collect();
        let texts: Vec<&str> = texts.iter().map(|(name, _)| *name).collect();
        let disk = folder.join("disk");
        fs::create_dir_all(&disk)?;
        let kv = free_address()?;
        let config = capnp(&addresses, ledger, kv, &names, &texts, &disk)?;
        write(&folder.join("worker.capnp"), config.as_bytes())?;
        let mut workerd = Self { running: None, addresses, kv, ledger, folder, past: Vec::new() };
        workerd.start_again()?;
        Ok(workerd)
    }

    /// Starts it on the same ports and the same disk, after [`Workerd::kill`].
    ///
    /// # Errors
    /// As [`Workerd::start`].
    pub fn start_again(&mut self) -> Result<()> {
        let mut command = Command::new(binary()?);
        // Objects with SQLite storage are behind that flag outside of Cloudflare.
        command.args(["serve", "--experimental"]).arg(self.folder.join("worker.capnp"));
        let mut running = Running::start(command)?;
        running.until_it_is_well(self.address())?;
        // What does not compile does so nowhere.
        self.addresses.iter().try_for_each(|address| running.until_it_listens(*address))?;
        self.running = Some(running);
        Ok(())
    }

    /// Ends it as a crash would: nothing is written any more.
    pub fn kill(&mut self) {
        if let Some(running) = self.running.take() {
            let lines = running.killed();
            self.past.extend(lines);
        }
    }

    /// Where the gateway listens: one for each isolate.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Where the accounts of [`Layout::Apart`] take a test's words, by `GET`: `/works`, `/throws`, `/sleeps/MS`; and
    /// `/steps`, which tells how many steps they were asked for.
    #[must_use]
    pub fn ledger(&self) -> Option<SocketAddr> {
        self.ledger
    }

    fn lines(&self) -> Vec<String> {
        let now = self.running.as_ref().map(Running::lines).unwrap_or_default();
        self.past.iter().cloned().chain(now).collect()
    }
}

impl Host for Workerd {
    fn address(&self) -> SocketAddr {
        // There is one at least: see `Layout`.
        self.addresses.first().copied().unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    fn records(&self) -> Vec<String> {
        self.lines().into_iter().filter(|line| line.starts_with('{')).collect()
    }

    fn noise(&self) -> Vec<String> {
        self.lines().into_iter().filter(|line| !line.starts_with('{')).collect()
    }

    fn kept(&self) -> Result<Vec<(String, Vec<u8>)>> {
        let answer = get(self.kv, "/")?;
        let (head, body) = answer.split_once("\r\n\r\n").context("an answer with a body")?;
        ensure!(head.starts_with("HTTP/1.1 200"), "the store cannot be read: {head}");
        let entries: BTreeMap<String, Vec<u8>> = serde_json::from_str(body).context("what is stored")?;
        let disk = files(&self.folder.join("disk"))?;
        Ok(entries.into_iter().chain(disk).collect())
    }

    fn memory(&self) -> Option<u64> {
        self.running.as_ref()?.memory()
    }
}

impl Drop for Workerd {
    fn drop(&mut self) {
        self.kill();
        // Best effort: the folder lies among temporary files.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The native workerd: `POSTERN_WORKERD`, else the one that wrangler brings.
pub(crate) fn binary() -> Result<PathBuf> {
    let modules = top().join("deploy/node_modules/@cloudflare");
    let places = ["workerd-linux-64", "workerd-linux-arm64", "workerd-darwin-arm64", "workerd-darwin-64"];
    tool("POSTERN_WORKERD", &places.map(|name| modules.join(name).join("bin/workerd")))
}

pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes).with_context(|| format!("write {}", path.display()))
}

/// The entry first, then every script and wasm module of the build, each by the name that the entry imports.
pub(crate) fn modules(base: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let remedy = "the gateway is not built for workerd: run `cargo xtask build`";
    let read = |path: &Path| fs::read(path).with_context(|| format!("{}: {remedy}", path.display()));
    let mut modules = vec![("entry.mjs".to_owned(), read(&base.join("entry.mjs"))?)];
    let mut folders = vec![base.join("build")];
    let mut built = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("{}: {remedy}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if matches!(path.extension().and_then(|end| end.to_str()), Some("js" | "mjs" | "wasm")) {
                let name = path.strip_prefix(base)?.to_string_lossy().into_owned();
                built.push((name, read(&path)?));
            }
        }
    }
    built.sort();
    if built.is_empty() {
        bail!("edge/cloudflare/build is empty: {remedy}");
    }
    modules.extend(built);
    Ok(modules)
}

/// The configuration of workerd (`workerd.capnp`, struct Config); modules and texts lie beside it.
fn capnp(
    addresses: &[SocketAddr],
    ledger: Option<SocketAddr>,
    kv: SocketAddr,
    modules: &[&str],
    texts: &[&str],
    disk: &Path,
) -> Result<String> {
    // The one that workerd calls comes first.
    let list = |first: &str| {
        let (front, back): (Vec<&str>, Vec<&str>) = modules.iter().partition(|name| **name == first);
        front.into_iter().chain(back).map(module).collect::<Result<String>>()
    };
    let text = |name: &&str| format!("    (name = \"{name}\", text = embed \"{name}\"),\n");
    let bindings: String = texts.iter().map(text).collect();
    let (services, sockets) = listening(addresses, ledger);
    let class = |name: &str| match ledger {
        Some(_) => format!("(className = \"{name}\", serviceName = \"ledger\")"),
        None => format!("\"{name}\""),
    };
    let (account, waiting) = (class("Account"), class("Waiting"));
    let (main_keeps, ledger_keeps) = if ledger.is_some() { ("", OBJECTS) } else { (OBJECTS, "") };
    let (main_modules, ledger_modules) = (list("entry.mjs")?, list("ledger.mjs")?);
    Ok(format!(
        r#"using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
{services}    (name = "kv", worker = .kv),
    (name = "internet", network = (allow = ["public", "private", "local"])),
    (name = "disk", disk = (path = "{}", writable = true)),
    (name = "assets", disk = (path = "{}")),
  ],
  sockets = [
    (name = "kv", address = "{kv}", http = (), service = "kv"),
{sockets}  ],
);

const main :Workerd.Worker = (
  modules = [
{main_modules}  ],
  bindings = [
{bindings}    (name = "POSTERN_KV", kvNamespace = "kv"),
    (name = "ACCOUNTS", durableObjectNamespace = {account}),
    (name = "WAITING", durableObjectNamespace = {waiting}),
    (name = "ASSETS", service = "assets"),
  ],{main_keeps}
  compatibilityDate = "{COMPATIBILITY_DATE}",
  compatibilityFlags = ["request_signal_passthrough"],
  globalOutbound = "internet",
);

const ledger :Workerd.Worker = (
  modules = [
{ledger_modules}  ],{ledger_keeps}
  compatibilityDate = "{COMPATIBILITY_DATE}",
);

const kv :Workerd.Worker = (
  modules = [(name = "kv.mjs", esModule = embed "kv.mjs")],
  bindings = [(name = "ENTRIES", json = embed "entries.json")],
  compatibilityDate = "{COMPATIBILITY_DATE}",
);
"#,
        disk.display(),
        top().join("deploy/model").display()
    ))
}

/// The services that listen, and their sockets.
fn listening(addresses: &[SocketAddr], ledger: Option<SocketAddr>) -> (String, String) {
    let mains = addresses.iter().enumerate().map(|(at, address)| (format!("main{at}"), "main", address));
    let listening = mains.chain(ledger.iter().map(|address| ("ledger".to_owned(), "ledger", address)));
    listening
        .map(|(name, worker, address)| {
            let service = format!("    (name = \"{name}\", worker = .{worker}),\n");
            let socket =
                format!("name = \"{name}\", address = \"{address}\", http = (), service = \"{name}\"");
            (service, format!("    ({socket}),\n"))
        })
        .unzip()
}

pub(crate) fn module(name: &str) -> Result<String> {
    ensure!(!name.contains(['"', '\\', '\n']), "the module name {name} cannot be written to a capnp file");
    let kind = if name.ends_with(".wasm") { "wasm" } else { "esModule" };
    Ok(format!("    (name = \"{name}\", {kind} = embed \"modules/{name}\"),\n"))
}
