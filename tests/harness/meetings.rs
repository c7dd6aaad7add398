//! Meetings on workerd without a gateway: `Waiting` of entry.mjs, asked by what host.mjs offers to the wasm. Pages are
//! those of `tests/spin-ledger`, and `/holds`, which tells how many waits and messages an object has.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::client::{self, Call, Reply};
use crate::process::{Running, free_addresses, top};
use crate::request::HOST;
use crate::workerd::{COMPATIBILITY_DATE, binary, module, modules, write};

const MEETINGS: &str = include_str!("meetings.mjs");

/// A running workerd with two isolates that share the objects.
pub struct Meetings {
    running: Option<Running>,
    addresses: [SocketAddr; 2],
    folder: PathBuf,
}

impl Meetings {
    /// Starts it; all of it lies in `folder`.
    ///
    /// # Errors
    /// When the gateway is not built, workerd is not there, or it does not listen.
    pub fn start(folder: &Path) -> Result<Self> {
        let base = top().join("edge/cloudflare");
        let mut modules = modules(&base)?;
        modules.push(("meetings.mjs".to_owned(), MEETINGS.into()));
        modules.push(("host.mjs".to_owned(), fs::read(base.join("host.mjs"))?));
        for (name, bytes) in &modules {
            write(&folder.join("modules").join(name), bytes)?;
        }
        fs::create_dir_all(folder.join("disk"))?;
        let (first, rest): (Vec<_>, Vec<_>) =
            modules.iter().map(|(name, _)| name.as_str()).partition(|name| *name == "meetings.mjs");
        let list = first.into_iter().chain(rest).map(module).collect::<Result<String>>()?;
        let addresses: [SocketAddr; 2] =
            free_addresses(2)?.try_into().ok().context("two addresses were asked for")?;
        write(&folder.join("worker.capnp"), capnp(addresses, &list, &folder.join("disk")).as_bytes())?;
        let mut meetings = Self { running: None, addresses, folder: folder.to_owned() };
        meetings.start_again()?;
        Ok(meetings)
    }

    /// Ends it as a crash would, and starts it with the same ports and the same disk.
    ///
    /// # Errors
    /// As [`Meetings::start`].
    pub fn start_again(&mut self) -> Result<()> {
        self.running = None;
        let mut command = Command::new(binary()?);
        command.args(["serve", "--experimental"]).arg(self.folder.join("worker.capnp"));
        let mut running = Running::start(command)?;
        self.addresses.iter().try_for_each(|address| running.until_it_listens(*address))?;
        self.running = Some(running);
        Ok(())
    }

    /// The answer of an isolate to a page.
    ///
    /// # Errors
    /// When there is none.
    pub async fn get(&self, isolate: usize, page: &str) -> Result<Reply> {
        let [one, two] = self.addresses;
        let call = Call {
            method: "GET".to_owned(),
            path: page.to_owned(),
            headers: vec![("host".to_owned(), HOST.to_owned())],
            body: Vec::new(),
        };
        client::send(if isolate == 0 { one } else { two }, &call).await
    }

    /// What was written to the log.
    #[must_use]
    pub fn noise(&self) -> Vec<String> {
        self.running.as_ref().map(Running::lines).unwrap_or_default()
    }
}

/// The configuration of workerd: the objects are those of the first isolate.
fn capnp([one, two]: [SocketAddr; 2], modules: &str, disk: &Path) -> String {
    format!(
        r#"using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "one", worker = .one),
    (name = "two", worker = .two),
    (name = "disk", disk = (path = "{}", writable = true)),
  ],
  sockets = [
    (name = "one", address = "{one}", http = (), service = "one"),
    (name = "two", address = "{two}", http = (), service = "two"),
  ],
);

const one :Workerd.Worker = (
  modules = [
{modules}  ],
  bindings = [(name = "WAITING", durableObjectNamespace = "Waiting")],
  durableObjectNamespaces = [(className = "Waiting", uniqueKey = "postern-waiting", enableSql = true)],
  durableObjectStorage = (localDisk = "disk"),
  compatibilityDate = "{COMPATIBILITY_DATE}",
  compatibilityFlags = ["request_signal_passthrough"],
);

const two :Workerd.Worker = (
  modules = [
{modules}  ],
  bindings = [(name = "WAITING", durableObjectNamespace = (className = "Waiting", serviceName = "one"))],
  compatibilityDate = "{COMPATIBILITY_DATE}",
  compatibilityFlags = ["request_signal_passthrough"],
);
"#,
        disk.display()
    )
}
