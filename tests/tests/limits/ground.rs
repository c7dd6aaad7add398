//! What limits are tested on: gateways that can be killed, over ledgers that can be made to fail.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context, Result, bail, ensure};
use postern_tests::host::Host;
use postern_tests::spin::Instances;
use postern_tests::workerd::{Layout, Workerd};

use crate::on_spin::OnSpin;

/// Isolates that share nothing but accounts.
const ISOLATES: usize = 8;

/// What a gateway runs on, and how it is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// workerd, with gateway and accounts in one isolate, as it is deployed.
    Workerd,
    /// workerd, with some isolates and the accounts in another one.
    Isolates,
    /// Spin, with accounts in a Redis server or in SQLite.
    Spin(Store, Instances),
}

/// Where accounts are on Spin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// In a Redis server that writes every command before it answers.
    Redis,
    /// In the host's database.
    Sqlite,
}

/// What a ledger does when it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ledger {
    /// Its work.
    Works,
    /// It cannot be reached.
    Fails,
    /// Its work, but later than anybody waits for it.
    Late,
}

/// How long a ledger that is late takes, in ms.
pub const LATE_MS: u32 = 1_500;

/// A running gateway.
pub trait Gateway: Host {
    /// Where it listens: one address for each part that shares no memory with the others, if they can be told apart.
    fn addresses(&self) -> Vec<SocketAddr> {
        vec![self.address()]
    }
    /// Ends gateway and ledger as a crash would.
    fn kill(&mut self);
    /// Starts them where they were.
    fn start_again(&mut self) -> Result<()>;
    /// Has the ledger do this from now on.
    fn set_ledger(&self, ledger: Ledger) -> Result<()>;
    /// How many steps the ledger was asked for since it started, where it counts them.
    fn steps(&self) -> Result<Option<u64>> {
        Ok(None)
    }
}

impl Ground {
    /// Starts a gateway with these settings.
    pub fn start(self, settings: &str) -> Result<Box<dyn Gateway>> {
        let layout = match self {
            Self::Workerd => Layout::Sole,
            Self::Isolates => Layout::Apart(ISOLATES),
            Self::Spin(store, instances) => return Ok(Box::new(OnSpin::start(store, instances, settings)?)),
        };
        Ok(Box::new(Workerd::start_as(layout, settings)?))
    }

    /// Whether all calls meet the same memory.
    pub fn has_one_memory(self) -> bool {
        self == Self::Workerd
    }

    /// How many calls may come at once: an engine of Spin's has room for a thousand modules, of which a component has
    /// several, and makes as many instances as there are calls that find none at leisure.
    pub const fn most_at_once(self) -> usize {
        match self {
            Self::Workerd | Self::Isolates => usize::MAX,
            Self::Spin(..) => 150,
        }
    }

    /// How many parts may hold a loan at the same time, where that is known.
    pub const fn borrowers(self) -> Option<usize> {
        match self {
            Self::Workerd => Some(1),
            Self::Isolates => Some(ISOLATES),
            // Instances come and go.
            Self::Spin(..) => None,
        }
    }

    /// How far the stored count of a quota runs ahead of the real one.
    pub const fn block(self, limit: u64) -> u64 {
        match self {
            Self::Workerd | Self::Isolates => limit / 50,
            Self::Spin(..) => 0,
        }
    }
}

impl Gateway for Workerd {
    fn addresses(&self) -> Vec<SocketAddr> {
        Self::addresses(self).to_vec()
    }

    fn kill(&mut self) {
        Self::kill(self);
    }

    fn start_again(&mut self) -> Result<()> {
        Self::start_again(self)
    }

    fn set_ledger(&self, ledger: Ledger) -> Result<()> {
        let path = match ledger {
            Ledger::Works => "/works".to_owned(),
            Ledger::Fails => "/throws".to_owned(),
            Ledger::Late => format!("/sleeps/{LATE_MS}"),
        };
        tell(self, &path).map(drop)
    }

    fn steps(&self) -> Result<Option<u64>> {
        Ok(Some(tell(self, "/steps")?.parse().context("a number of steps")?))
    }
}

/// What the worker with the accounts answers.
fn tell(workerd: &Workerd, path: &str) -> Result<String> {
    let Some(address) = workerd.ledger() else { bail!("the accounts have no worker of their own") };
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("an answer")?;
    ensure!(head.starts_with("HTTP/1.1 200"), "{answer}");
    Ok(body.to_owned())
}
