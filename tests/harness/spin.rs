//! The gateway on Spin: the component that `cargo xtask build --host spin` made, on the tests' own Spin host
//! (`tests/spin-host`) or on the real `spin`, by the manifest at the top.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail};
use toml::Table;

use crate::host::Host;
use crate::process::{Running, files, free_address, tool, top};
use crate::script::{SEAL_KEYS, SECRETS};

/// How a host uses instances of the component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instances {
    /// As Spin does by default: one serves 128 requests, up to 16 at once.
    Shared,
    /// One for each request: nothing in memory outlives it.
    Fresh,
}

/// Where the gateway finds its settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the variable itself.
    Variable,
    /// In the key-value store.
    Store,
    /// In a file of the component's.
    File,
}

/// A running Spin host with the gateway.
pub struct Spin {
    running: Option<Running>,
    address: SocketAddr,
    folder: PathBuf,
    /// What the host is told.
    arguments: Vec<OsString>,
    /// What those that were killed have printed.
    past: Vec<String>,
}

impl Spin {
    /// Starts the gateway with these settings on a free port; `more` are further options of the host.
    ///
    /// # Errors
    /// When the gateway is not built, the host is not there, or it does not listen.
    pub fn start(settings: &str, instances: Instances, more: &[&str]) -> Result<Self> {
        Self::start_from(Place::Variable, settings, instances, more)
    }

    /// As [`Spin::start`], with the settings at a place of their own.
    ///
    /// # Errors
    /// As [`Spin::start`].
    pub fn start_from(place: Place, settings: &str, instances: Instances, more: &[&str]) -> Result<Self> {
        Self::start_at(free_address()?, place, settings, instances, more)
    }

    /// Starts the gateway on this address, with settings in the store. `entries` is what the store holds.
    ///
    /// # Errors
    /// As [`Spin::start`].
    pub fn start_stored(address: SocketAddr, entries: &[(&str, &str)], instances: Instances) -> Result<Self> {
        let mut more = Vec::new();
        for (key, value) in entries {
            more.extend(["--key-value".to_owned(), format!("postern/{key}={value}")]);
        }
        let more: Vec<&str> = more.iter().map(String::as_str).collect();
        Self::start_at(address, Place::Store, "", instances, &more)
    }

    fn start_at(
        address: SocketAddr,
        place: Place,
        settings: &str,
        instances: Instances,
        more: &[&str],
    ) -> Result<Self> {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let number = STARTED.fetch_add(1, Ordering::SeqCst);
        let folder = std::env::temp_dir().join(format!("postern-spin-{}-{number}", std::process::id()));
        fs::create_dir_all(folder.join("settings"))?;
        let secrets = SECRETS.iter().map(|(name, value)| (name.to_ascii_lowercase(), *value));
        let manifest = folder.join("spin.toml");
        let names = secrets.clone().map(|(name, _)| name);
        fs::write(&manifest, toml::to_string(&manifest_with(names, &folder.join("settings"))?)?)?;
        let config = folder.join("settings/postern.toml");
        fs::write(&config, settings)?;
        let config = config.display();
        // Only a list of arguments: it is started from here, and again.
        let mut command = Command::new("spin");
        command.arg("--manifest").arg(&manifest).args(["--listen", &address.to_string()]);
        command.arg("--cache").arg(top().join("target/spin-host"));
        // Another place stands among `more`, behind it.
        command.args(["--variable", "postern_ledger=sqlite:default"]);
        command.arg("--state-dir").arg(folder.join("state"));
        if instances == Instances::Fresh {
            command.args(["--instance-reuse", "1", "--instance-concurrency", "1"]);
        }
        match place {
            Place::Variable => command.arg("--variable").arg(format!("postern_config=@{config}")),
            Place::Store => command
                .args(["--variable", "postern_config=kv:bundle/active"])
                .arg("--key-value")
                .arg(format!("postern/bundle/active=@{config}")),
            Place::File => command.args(["--variable", "postern_config=file:/settings/postern.toml"]),
        };
        command.arg("--variable").arg(format!("postern_seal_keys={SEAL_KEYS}"));
        // The tests' servers speak plain HTTP.
        command.args(["--variable", "postern_allowed_host=http://127.0.0.1:*"]);
        for (name, value) in secrets {
            command.arg("--variable").arg(format!("{name}={value}"));
        }
        // Last: a later entry of the store takes the place of an earlier one.
        command.args(more);
        let arguments = command.get_args().map(OsStr::to_owned).collect();
        let mut spin = Self { running: None, address, folder, arguments, past: Vec::new() };
        spin.start_again()?;
        Ok(spin)
    }

    /// Starts it on the same port, with the same database, after [`Spin::kill`].
    ///
    /// # Errors
    /// As [`Spin::start`].
    pub fn start_again(&mut self) -> Result<()> {
        let mut command = Command::new(tool("POSTERN_SPIN_HOST", &[])?);
        command.args(&self.arguments);
        let mut running = Running::start(command)?;
        running.until_it_is_well(self.address)?;
        self.running = Some(running);
        Ok(())
    }

    /// Ends it as a crash would.
    pub fn kill(&mut self) {
        if let Some(running) = self.running.take() {
            self.past.extend(running.killed());
        }
    }

    fn lines(&self) -> Vec<String> {
        let now = self.running.as_ref().map(Running::lines).unwrap_or_default();
        self.past.iter().cloned().chain(now).collect()
    }
}

impl Spin {
    /// Puts other settings into the file. They are read when the running instances are 30 s older or have ended.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_settings(&self, settings: &str) -> Result<()> {
        Ok(fs::write(self.folder.join("settings/postern.toml"), settings)?)
    }
}

impl Host for Spin {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn records(&self) -> Vec<String> {
        self.lines().into_iter().filter(|line| line.starts_with('{')).collect()
    }

    fn noise(&self) -> Vec<String> {
        let ours = |line: &String| !line.starts_with('{') && !line.starts_with("Serving ");
        self.lines().into_iter().filter(ours).collect()
    }

    /// The database of the accounts. The store is in the host's memory: what it keeps can only be asked of an instance that
    /// knows nothing else.
    fn kept(&self) -> Result<Vec<(String, Vec<u8>)>> {
        files(&self.folder.join("state"))
    }

    fn memory(&self) -> Option<u64> {
        self.running.as_ref()?.memory()
    }
}

impl Drop for Spin {
    fn drop(&mut self) {
        self.kill();
        // Best effort: the folder lies among temporary files.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The manifest at the top, with the paths of the component and of its models made absolute, a variable for each secret, and
/// a folder of settings at `/settings`.
fn manifest_with(secrets: impl Iterator<Item = String>, settings: &Path) -> Result<Table> {
    let text = fs::read_to_string(top().join("spin.toml")).context("spin.toml")?;
    let mut manifest: Table = toml::from_str(&text).context("spin.toml")?;
    let source = top().join("edge/spin/build/postern.wasm");
    if !source.is_file() {
        bail!("the gateway is not built for Spin: run `cargo xtask build --host spin`");
    }
    let source = source.to_string_lossy().into_owned();
    let secret =
        || Table::from_iter([("required".to_owned(), true.into()), ("secret".to_owned(), true.into())]);
    let secrets: Vec<String> = secrets.collect();
    let variables = table(&mut manifest, &["variables"])?;
    variables.extend(secrets.iter().map(|name| (name.clone(), secret().into())));
    let folder = |source: &Path, at: &str| {
        let folder = [("source", source.to_string_lossy().into_owned()), ("destination", at.to_owned())];
        toml::Value::Table(folder.into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect())
    };
    let folders = vec![folder(settings, "/settings"), folder(&top().join("deploy/model"), "/model")];
    let component = table(&mut manifest, &["component", "postern"])?;
    component.insert("source".to_owned(), source.into());
    component.insert("files".to_owned(), folders.into());
    let variables = table(&mut manifest, &["component", "postern", "variables"])?;
    variables.extend(secrets.iter().map(|name| (name.clone(), format!("{{{{ {name} }}}}").into())));
    Ok(manifest)
}

fn table<'a>(root: &'a mut Table, path: &[&str]) -> Result<&'a mut Table> {
    let found = path.iter().try_fold(root, |table, key| table.get_mut(*key)?.as_table_mut());
    found.with_context(|| format!("spin.toml has no table {}", path.join(".")))
}
