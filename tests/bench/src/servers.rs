//! What stands between the agent and the upstream: one process for the floor and one for each setting of the gateway.
//! workerd runs from a capnp file, never by wrangler, which adds 1-2 ms CPU to each request.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::call::Address;
use crate::process::{Running, free_address};
use crate::settings::{ALIAS, Setting};
use crate::spin::Components;
use crate::token;

/// The date whose behaviour workerd shows, as in `wrangler.toml`; from it on `request.signal` is on by default.
const COMPATIBILITY_DATE: &str = "2026-11-17";
const FLOOR: &str = include_str!("../workers/floor.mjs");
const ANSWER: &str = include_str!("../workers/answer.mjs");
const KV: &str = include_str!("../workers/kv.mjs");

/// What a run starts.
pub struct Files {
    /// Where generated files, copies of modules and logs go.
    pub folder: PathBuf,
    /// What floor and gateway run on.
    pub host: Host,
}

/// What floor and gateway run on.
#[derive(Clone)]
pub enum Host {
    /// Cloudflare's runtime.
    Workerd {
        /// The binary.
        workerd: PathBuf,
        /// The gateway's main module and the folder `build` that it imports from.
        gateway: Option<(PathBuf, PathBuf)>,
    },
    /// The tests' host of Spin components.
    Spin(Components),
}

/// What a Worker keeps things in.
#[derive(Clone, Copy, Default)]
struct Stores {
    /// Where its KV listens.
    kv: Option<SocketAddr>,
    /// It has accounts, and models.
    accounts: bool,
}

/// A module of a Worker: its name and its bytes.
type Module = (String, Vec<u8>);

impl Files {
    /// Whether there is a gateway to be measured.
    pub fn has_gateway(&self) -> bool {
        !matches!(self.host, Host::Workerd { gateway: None, .. })
    }

    /// Finds the native workerd: npm's `bin/workerd` may be a script that starts it, whose CPU nobody wants.
    pub fn native_workerd(given: &Path) -> Result<PathBuf> {
        let start = fs::read(given)
            .with_context(|| format!("read {}: name workerd with --workerd", given.display()))?;
        if !start.starts_with(b"#!") {
            return Ok(given.to_owned());
        }
        let modules = given.ancestors().find(|folder| folder.ends_with("node_modules"));
        for package in ["workerd-linux-64", "workerd-linux-arm64"] {
            let native = modules.map(|folder| folder.join("@cloudflare").join(package).join("bin/workerd"));
            if let Some(native) = native.filter(|path| path.is_file()) {
                return Ok(native);
            }
        }
        bail!(
            "{} is a script and no native workerd stands beside it: name it with --workerd",
            given.display()
        )
    }

    /// Starts the program that only passes on to `upstream`.
    pub async fn floor(&self, upstream: SocketAddr) -> Result<Running> {
        let (address, upstream) = (free_address()?, format!("http://{upstream}"));
        let variables = [("UPSTREAM", upstream.as_str())];
        let command = match &self.host {
            Host::Workerd { workerd, .. } => {
                let modules = vec![("floor.mjs".to_owned(), FLOOR.as_bytes().to_vec())];
                self.worker(workerd, "floor", address, modules, &variables, Stores::default())?
            }
            Host::Spin(components) => {
                components.command(&components.floor, &self.empty("floor")?, address, &variables)?
            }
        };
        self.start("floor", command, address).await
    }

    /// Starts what answers by itself, from memory or from a KV, which comes with it. On workerd only.
    pub async fn answering(
        &self,
        from_kv: bool,
        upstream: SocketAddr,
    ) -> Result<Option<(Running, Option<Running>)>> {
        let Host::Workerd { workerd, .. } = &self.host else { return Ok(None) };
        let (address, upstream) = (free_address()?, format!("http://{upstream}"));
        let name = if from_kv { "answer-kv" } else { "answer" };
        let kv = if from_kv { Some(self.kv(workerd, name).await?) } else { None };
        let modules = vec![("answer.mjs".to_owned(), ANSWER.as_bytes().to_vec())];
        let stores = Stores { kv: kv.as_ref().map(|kv| kv.address), accounts: false };
        let variables = [("UPSTREAM", upstream.as_str())];
        let command = self.worker(workerd, name, address, modules, &variables, stores)?;
        Ok(Some((self.start(name, command, address).await?, kv)))
    }

    /// Starts the gateway with `setting`; returns it, its store if that is a process, and the way to address it.
    pub async fn gateway(
        &self,
        setting: &Setting,
        upstream: SocketAddr,
    ) -> Result<(Running, Option<Running>, Address)> {
        let address = free_address()?;
        let (settings, token) = setting.compile(upstream, address)?;
        let variables = [("POSTERN_CONFIG", settings.as_str()), ("POSTERN_SEAL_KEYS", &token::seal_keys())];
        let name = format!("gateway-{}", setting.name.replace(|c: char| !c.is_ascii_alphanumeric(), "-"));
        let mut store = None;
        let command = match &self.host {
            Host::Workerd { workerd, gateway } => {
                let (entry, build) = gateway.as_ref().context("the gateway was not named")?;
                let kv = self.kv(workerd, &name).await?;
                let stores = Stores { kv: Some(kv.address), accounts: true };
                store = Some(kv);
                self.worker(workerd, &name, address, modules(entry, build)?, &variables, stores)?
            }
            Host::Spin(components) => {
                components.command(&components.gateway, &self.empty(&name)?, address, &variables)?
            }
        };
        let running = self.start(&name, command, address).await?;
        let prefix = format!("{ALIAS}__");
        Ok((running, store, Address { host: address.to_string(), path: "/mcp".to_owned(), prefix, token }))
    }

    /// Starts a KV for the gateway `name`, in a process of its own: what it costs is not the gateway's.
    async fn kv(&self, workerd: &Path, name: &str) -> Result<Running> {
        let (name, address) = (format!("{name}-kv"), free_address()?);
        let modules = vec![("kv.mjs".to_owned(), KV.as_bytes().to_vec())];
        self.start(&name, self.worker(workerd, &name, address, modules, &[], Stores::default())?, address)
            .await
    }

    /// The folder `name` without what an earlier run left in it.
    fn empty(&self, name: &str) -> Result<PathBuf> {
        let folder = self.folder.join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    async fn start(&self, name: &str, command: Command, address: SocketAddr) -> Result<Running> {
        let log = self.folder.join(name).join("log");
        Running::start(command, address, &log).await.with_context(|| format!("start {name}"))
    }

    fn worker(
        &self,
        workerd: &Path,
        name: &str,
        address: SocketAddr,
        modules: Vec<Module>,
        bindings: &[(&str, &str)],
        stores: Stores,
    ) -> Result<Command> {
        let folder = self.empty(name)?;
        for (module, bytes) in &modules {
            let path = folder.join("modules").join(module);
            fs::create_dir_all(path.parent().context("a module without a folder")?)?;
            fs::write(path, bytes)?;
        }
        for (binding, text) in bindings {
            fs::write(folder.join(binding), text)?;
        }
        let names: Vec<&str> = modules.iter().map(|(name, _)| name.as_str()).collect();
        let texts: Vec<&str> = bindings.iter().map(|(name, _)| *name).collect();
        let file = folder.join("worker.capnp");
        let disk = folder.join("disk");
        fs::create_dir_all(&disk)?;
        fs::write(&file, capnp(address, &names, &texts, stores, &disk)?)?;
        let mut command = Command::new(workerd);
        // Objects with SQLite storage are behind that flag outside of Cloudflare.
        command.args(["serve", "--experimental"]).arg(&file);
        Ok(command)
    }
}

/// All modules of the gateway: the entry first, then every script and wasm module under `build`, each with the
/// name by which the entry finds it.
fn modules(entry: &Path, build: &Path) -> Result<Vec<Module>> {
    let read = |path: &Path| {
        fs::read(path).with_context(|| format!("read {}: build the gateway first", path.display()))
    };
    let base = entry.parent().context("the entry has no folder")?;
    let file = entry.file_name().context("the entry is no file")?.to_string_lossy().into_owned();
    let mut modules = vec![(file, read(entry)?)];
    let mut folders = vec![build.to_owned()];
    while let Some(folder) = folders.pop() {
        let listing = fs::read_dir(&folder)
            .with_context(|| format!("read {}: build the gateway first", folder.display()))?;
        for item in listing {
            let path = item?.path();
            if path.is_dir() {
                folders.push(path);
            } else if matches!(path.extension().and_then(|end| end.to_str()), Some("js" | "mjs" | "wasm")) {
                let name = path.strip_prefix(base).with_context(|| {
                    format!(
                        "{} must lie below {}, because the entry imports it",
                        build.display(),
                        base.display()
                    )
                })?;
                modules.push((name.to_string_lossy().into_owned(), read(&path)?));
            }
        }
    }
    ensure!(modules.len() > 1, "{} holds no module: build the gateway first", build.display());
    modules.get_mut(1..).unwrap_or_default().sort();
    Ok(modules)
}

/// The capnp file of one Worker (`workerd.capnp`, struct Config); texts and modules lie beside it. `disk` is for
/// its accounts.
fn capnp(
    address: SocketAddr,
    modules: &[&str],
    texts: &[&str],
    stores: Stores,
    disk: &Path,
) -> Result<String> {
    let mut list = Vec::new();
    for name in modules {
        ensure!(
            !name.contains(['"', '\\', '\n']),
            "the module name {name} cannot be written to a capnp file"
        );
        let kind = if name.ends_with(".wasm") { "wasm" } else { "esModule" };
        list.push(format!(r#"    (name = "{name}", {kind} = embed "modules/{name}"),"#));
    }
    let mut bindings: Vec<String> =
        texts.iter().map(|name| format!(r#"    (name = "{name}", text = embed "{name}"),"#)).collect();
    let (mut accounts, mut service) = (String::new(), String::new());
    if let Some(kv) = stores.kv {
        bindings.push(r#"    (name = "POSTERN_KV", kvNamespace = "kv"),"#.to_owned());
        service = format!("\n    (name = \"kv\", external = (address = \"{kv}\", http = ())),");
    }
    if stores.accounts {
        bindings.push(r#"    (name = "ACCOUNTS", durableObjectNamespace = "Account"),"#.to_owned());
        bindings.push(r#"    (name = "ASSETS", service = "assets"),"#.to_owned());
        let models = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/model");
        service += &format!(
            "\n    (name = \"disk\", disk = (path = {disk:?}, writable = true)),\n    (name = \"assets\", disk = (path = {models:?})),"
        );
        bindings.push(r#"    (name = "WAITING", durableObjectNamespace = "Waiting"),"#.to_owned());
        accounts = r#"
  durableObjectNamespaces = [
    (className = "Account", uniqueKey = "postern-account", enableSql = true),
    (className = "Waiting", uniqueKey = "postern-waiting", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "disk"),"#
            .to_owned();
    }
    let (modules, bindings) = (list.join("\n"), bindings.join("\n"));
    Ok(format!(
        r#"using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (allow = ["public", "private", "local"])),{service}
  ],
  sockets = [(name = "http", address = "{address}", http = (), service = "main")],
);

const main :Workerd.Worker = (
  modules = [
{modules}
  ],
  bindings = [
{bindings}
  ],
  compatibilityDate = "{COMPATIBILITY_DATE}",
  compatibilityFlags = ["request_signal_passthrough"],
  globalOutbound = "internet",{accounts}
);
"#
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_comes_first_and_the_rest_is_named_from_its_folder() {
        let folder = std::env::temp_dir().join(format!("postern-bench-{}", std::process::id()));
        let build = folder.join("build/snippets");
        fs::create_dir_all(&build).unwrap();
        for name in [
            "entry.mjs",
            "build/postern.js",
            "build/postern_bg.wasm",
            "build/snippets/a.js",
            "build/postern.d.ts",
        ] {
            fs::write(folder.join(name), name).unwrap();
        }
        let found = modules(&folder.join("entry.mjs"), &folder.join("build")).unwrap();
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["entry.mjs", "build/postern.js", "build/postern_bg.wasm", "build/snippets/a.js"]);
        let file = capnp(
            free_address().unwrap(),
            &names,
            &["POSTERN_CONFIG"],
            Stores { kv: Some(free_address().unwrap()), accounts: true },
            &folder,
        )
        .unwrap();
        assert!(
            file.contains(
                r#"(name = "build/postern_bg.wasm", wasm = embed "modules/build/postern_bg.wasm")"#
            )
        );
        assert!(file.contains(r#"(name = "POSTERN_CONFIG", text = embed "POSTERN_CONFIG")"#));
        fs::remove_dir_all(folder).unwrap();
    }
}
