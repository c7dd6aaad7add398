//! The storage of accounts alone: the component of `tests/spin-ledger` on the tests' Spin host.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::client::{self, Call, Reply};
use crate::process::{Running, free_address, tool, top};
use crate::request::HOST;
use crate::spin::Instances;

/// The component of a release build.
const COMPONENT: &str = "target/wasm32-wasip2/edge/postern_spin_ledger.wasm";

/// A running Spin host with the component.
pub struct Ledger {
    running: Running,
    address: SocketAddr,
}

impl Ledger {
    /// Starts the component with `POSTERN_LEDGER` being `place`. It may call `redis`, and has its manifest and its
    /// SQLite database in `folder`, which outlives it.
    ///
    /// # Errors
    /// When the component or the host is not there, or it does not answer.
    pub fn start(place: &str, redis: &str, folder: &Path, instances: Instances) -> Result<Self> {
        let manifest = folder.join("spin.toml");
        fs::write(
            &manifest,
            manifest_of(&tool("POSTERN_LEDGER_COMPONENT", &[top().join(COMPONENT)])?, redis),
        )?;
        let address = free_address()?;
        let mut command = Command::new(tool("POSTERN_SPIN_HOST", &[])?);
        command.arg("--manifest").arg(&manifest).args(["--listen", &address.to_string()]);
        command.arg("--cache").arg(top().join("target/spin-host"));
        command.arg("--state-dir").arg(folder.join("state"));
        command.arg("--variable").arg(format!("postern_ledger={place}"));
        if instances == Instances::Fresh {
            command.args(["--instance-reuse", "1", "--instance-concurrency", "1"]);
        }
        let mut running = Running::start(command)?;
        running.until_it_is_well(address)?;
        Ok(Self { running, address })
    }

    /// The answer to a page.
    ///
    /// # Errors
    /// When there is none.
    pub async fn get(&self, page: &str) -> Result<Reply> {
        let call = Call {
            method: "GET".to_owned(),
            path: page.to_owned(),
            headers: vec![("host".to_owned(), HOST.to_owned())],
            body: Vec::new(),
        };
        client::send(self.address, &call).await
    }

    /// Ends the host as a crash would, also while requests wait for it.
    pub fn kill(&self) {
        // Fails only when it has ended.
        let _ = self.running.signal("KILL");
    }

    /// What host and component wrote, but for the line that says where it listens.
    #[must_use]
    pub fn noise(&self) -> Vec<String> {
        self.running.lines().into_iter().filter(|line| !line.starts_with("Serving ")).collect()
    }
}

/// A folder of the test's own, emptied.
///
/// # Errors
/// When it cannot be made.
pub fn folder(name: &str) -> Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("postern-ledger-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn manifest_of(component: &Path, redis: &str) -> String {
    format!(
        r#"
        spin_manifest_version = 2
        [application]
        name = "ledger"
        [variables]
        postern_ledger = {{ required = true }}
        [[trigger.http]]
        route = "/..."
        component = "ledger"
        [component.ledger]
        source = "{}"
        sqlite_databases = ["default"]
        allowed_outbound_hosts = ["{redis}"]
        [component.ledger.variables]
        postern_ledger = "{{{{ postern_ledger }}}}"
        "#,
        component.display()
    )
}
