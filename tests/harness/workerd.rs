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
use crate::process::{Running, free_address, tool, top};
use crate::script::{SEAL_KEYS, SECRETS};

/// The date whose behaviour workerd shows, as in `wrangler.toml`.
const COMPATIBILITY_DATE: &str = "2026-11-17";
/// A key-value namespace in memory, shared with the benchmark.
const KV: &str = include_str!("../bench/workers/kv.mjs");

/// A running workerd with the gateway.
pub struct Workerd {
    running: Running,
    address: SocketAddr,
    folder: PathBuf,
}

impl Workerd {
    /// Starts the gateway with these settings on a free port.
    ///
    /// # Errors
    /// When the gateway is not built, workerd is not there, or it does not listen.
    pub fn start(settings: &str) -> Result<Self> {
        Self::start_at(free_address()?, settings)
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
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let number = STARTED.fetch_add(1, Ordering::SeqCst);
        let folder = std::env::temp_dir().join(format!("postern-tests-{}-{number}", std::process::id()));
        let modules = modules(&top().join("edge/cloudflare"))?;
        for (name, bytes) in &modules {
            write(&folder.join("modules").join(name), bytes)?;
        }
        let mut texts = vec![("POSTERN_CONFIG", config), ("POSTERN_SEAL_KEYS", SEAL_KEYS)];
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
        let file = folder.join("worker.capnp");
        write(&file, capnp(address, &names, &texts, &disk)?.as_bytes())?;
        let mut command = Command::new(binary()?);
        // Objects with SQLite storage are behind that flag outside of Cloudflare.
        command.args(["serve", "--experimental"]).arg(&file);
        let mut running = Running::start(command)?;
        running.until_it_is_well(address)?;
        Ok(Self { running, address, folder })
    }
}

impl Host for Workerd {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn records(&self) -> Vec<String> {
        self.running.lines().into_iter().filter(|line| line.starts_with('{')).collect()
    }

    fn noise(&self) -> Vec<String> {
        self.running.lines().into_iter().filter(|line| !line.starts_with('{')).collect()
    }

    fn memory(&self) -> Option<u64> {
        self.running.memory()
    }
}

impl Drop for Workerd {
    fn drop(&mut self) {
        // Best effort: the folder lies among temporary files.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The native workerd: `POSTERN_WORKERD`, else the one that wrangler brings.
fn binary() -> Result<PathBuf> {
    let modules = top().join("deploy/node_modules/@cloudflare");
    let places = ["workerd-linux-64", "workerd-linux-arm64", "workerd-darwin-arm64", "workerd-darwin-64"];
    tool("POSTERN_WORKERD", &places.map(|name| modules.join(name).join("bin/workerd")))
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes).with_context(|| format!("write {}", path.display()))
}

/// The entry first, then every script and wasm module of the build, each by the name that the entry imports.
fn modules(base: &Path) -> Result<Vec<(String, Vec<u8>)>> {
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
fn capnp(address: SocketAddr, modules: &[&str], texts: &[&str], disk: &Path) -> Result<String> {
    let disk = disk.display();
    let mut list = String::new();
    for name in modules {
        ensure!(
            !name.contains(['"', '\\', '\n']),
            "the module name {name} cannot be written to a capnp file"
        );
        let kind = if name.ends_with(".wasm") { "wasm" } else { "esModule" };
        list.push_str(&format!("    (name = \"{name}\", {kind} = embed \"modules/{name}\"),\n"));
    }
    let bindings: String =
        texts.iter().map(|name| format!("    (name = \"{name}\", text = embed \"{name}\"),\n")).collect();
    Ok(format!(
        r#"using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "kv", worker = .kv),
    (name = "internet", network = (allow = ["public", "private", "local"])),
    (name = "disk", disk = (path = "{disk}", writable = true)),
  ],
  sockets = [(name = "http", address = "{address}", http = (), service = "main")],
);

const main :Workerd.Worker = (
  modules = [
{list}  ],
  bindings = [
{bindings}    (name = "POSTERN_KV", kvNamespace = "kv"),
    (name = "ACCOUNTS", durableObjectNamespace = "Account"),
  ],
  durableObjectNamespaces = [(className = "Account", uniqueKey = "postern-account", enableSql = true)],
  durableObjectStorage = (localDisk = "disk"),
  compatibilityDate = "{COMPATIBILITY_DATE}",
  compatibilityFlags = ["request_signal_passthrough"],
  globalOutbound = "internet",
);

const kv :Workerd.Worker = (
  modules = [(name = "kv.mjs", esModule = embed "kv.mjs")],
  bindings = [(name = "ENTRIES", json = embed "entries.json")],
  compatibilityDate = "{COMPATIBILITY_DATE}",
);
"#
    ))
}
