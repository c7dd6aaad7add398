//! A running gateway, whatever it runs on.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::in_process::InProcess;
use crate::spin::{Instances, Spin};
use crate::workerd::Workerd;

/// A running gateway. It ends when the value is dropped.
pub trait Host: Send + Sync {
    /// Where it listens.
    fn address(&self) -> SocketAddr;
    /// The lines of its log so far that are audit records (JSON objects).
    fn records(&self) -> Vec<String>;
    /// The lines of its log that are none: warnings, panics.
    fn noise(&self) -> Vec<String>;
    /// What it keeps beside its memory, by name: its store, its accounts, its files.
    ///
    /// # Errors
    /// When that cannot be read.
    fn kept(&self) -> Result<Vec<(String, Vec<u8>)>>;
    /// The memory that it has in use, in bytes, where it is a process of its own and that can be known.
    fn memory(&self) -> Option<u64> {
        None
    }
}

/// What a gateway can run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Natively, in this process.
    InProcess,
    /// On workerd, as on Cloudflare.
    Workerd,
    /// On a Spin host.
    Spin,
    /// On a Spin host that makes an instance for each request.
    SpinFresh,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::InProcess, Self::Workerd, Self::Spin, Self::SpinFresh];

    /// The name in reports and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InProcess => "in-process",
            Self::Workerd => "workerd",
            Self::Spin => "spin",
            Self::SpinFresh => "spin-fresh",
        }
    }

    /// How long what happens behind an answer may take: records on their way to the log, requests that end sessions. A host
    /// that sees only at its next write that a client has left writes every 15 s.
    #[must_use]
    pub const fn behind(self, leaves: bool) -> Duration {
        let blind = leaves && !self.notices_leaving();
        Duration::from_secs(if blind { 20 } else { 3 })
    }

    /// Whether all requests meet the same memory. Spin makes an instance more when there is much to do, and drops
    /// those that have served their number.
    #[must_use]
    pub const fn has_one_memory(self) -> bool {
        matches!(self, Self::InProcess | Self::Workerd)
    }

    /// Whether an instance serves more than one request.
    #[must_use]
    pub const fn has_lasting_instances(self) -> bool {
        !matches!(self, Self::SpinFresh)
    }

    /// Whether a client that leaves is noticed at once. Spin tells it at the next bytes of an answer's body, and
    /// never before its head.
    #[must_use]
    pub const fn notices_leaving(self) -> bool {
        matches!(self, Self::InProcess | Self::Workerd)
    }

    /// Starts a gateway with these settings (TOML).
    ///
    /// # Errors
    /// When the host is not there or does not start: never skipped, the message names the remedy.
    pub fn start(self, settings: &str) -> Result<Box<dyn Host>> {
        match self {
            Self::InProcess => Ok(Box::new(InProcess::start(settings)?)),
            Self::Workerd => Ok(Box::new(Workerd::start(settings)?)),
            Self::Spin => Ok(Box::new(Spin::start(settings, Instances::Shared, &[])?)),
            Self::SpinFresh => Ok(Box::new(Spin::start(settings, Instances::Fresh, &[])?)),
        }
    }
}

impl Kind {
    /// As [`Kind::start`], with these keys of sealed tokens.
    ///
    /// # Errors
    /// As [`Kind::start`].
    pub fn start_keyed(self, settings: &str, keys: &str) -> Result<Box<dyn Host>> {
        let keys_on_spin = format!("postern_seal_keys={keys}");
        let more = ["--variable", keys_on_spin.as_str()];
        match self {
            Self::InProcess => Ok(Box::new(InProcess::start_keyed(settings, keys)?)),
            Self::Workerd => Ok(Box::new(Workerd::start_keyed(settings, keys)?)),
            Self::Spin => Ok(Box::new(Spin::start(settings, Instances::Shared, &more)?)),
            Self::SpinFresh => Ok(Box::new(Spin::start(settings, Instances::Fresh, &more)?)),
        }
    }

    /// Starts a gateway on this address whose settings are in a store under the key `bundle/active`. `entries` is what
    /// the store holds.
    ///
    /// # Errors
    /// As [`Kind::start`].
    pub fn start_stored(self, address: SocketAddr, entries: &[(&str, &str)]) -> Result<Box<dyn Host>> {
        let config = "kv:bundle/active";
        match self {
            Self::InProcess => Ok(Box::new(InProcess::start_with(address, config, entries)?)),
            Self::Workerd => Ok(Box::new(Workerd::start_with(address, config, entries)?)),
            Self::Spin => Ok(Box::new(Spin::start_stored(address, entries, Instances::Shared)?)),
            Self::SpinFresh => Ok(Box::new(Spin::start_stored(address, entries, Instances::Fresh)?)),
        }
    }
}

/// The hosts named by `--host NAME` on the command line, or all.
///
/// # Errors
/// An unknown name.
pub fn chosen(arguments: &[String]) -> Result<Vec<Kind>> {
    let mut found = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--host" {
            let name = rest.next().map(String::as_str).unwrap_or_default();
            match Kind::ALL.iter().find(|kind| kind.name() == name) {
                Some(kind) => found.push(*kind),
                None => bail!("--host {name}: use {}", Kind::ALL.map(Kind::name).join(", ")),
            }
        }
    }
    Ok(if found.is_empty() { Kind::ALL.to_vec() } else { found })
}
