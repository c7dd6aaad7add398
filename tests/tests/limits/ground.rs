//! What limits are tested on: gateways that can be killed, over ledgers that can be made to fail.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context, Result, ensure};
use postern_tests::host::Host;
use postern_tests::workerd::{Layout, Workerd};

/// Isolates that share nothing but accounts.
pub const ISOLATES: usize = 8;

/// What a gateway runs on, and how it is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// workerd, with gateway and accounts in one isolate, as it is deployed.
    Workerd,
    /// workerd, with [`ISOLATES`] isolates and the accounts in another one.
    Isolates,
}

/// What a ledger does when it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ledger {
    /// Its work.
    Works,
    /// It fails at once.
    Throws,
    /// Its work, after so many ms.
    Sleeps(u32),
}

/// A running gateway.
pub trait Gateway: Host {
    /// Where it listens: one address for each part that shares no memory with the others, if they can be told apart.
    fn addresses(&self) -> Vec<SocketAddr>;
    /// Ends gateway and ledger as a crash would.
    fn kill(&mut self);
    /// Starts them where they were.
    fn start_again(&mut self) -> Result<()>;
    /// Has the ledger do this from now on.
    fn set_ledger(&self, ledger: Ledger) -> Result<()>;
    /// How many steps the ledger was asked for since it started.
    fn steps(&self) -> Result<u64>;
}

impl Ground {
    /// Starts a gateway with these settings.
    pub fn start(self, settings: &str) -> Result<Box<dyn Gateway>> {
        let layout = match self {
            Self::Workerd => Layout::Sole,
            Self::Isolates => Layout::Apart(ISOLATES),
        };
        Ok(Box::new(Workerd::start_as(layout, settings)?))
    }

    /// How many parts share no memory.
    pub const fn isolates(self) -> usize {
        match self {
            Self::Workerd => 1,
            Self::Isolates => ISOLATES,
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
            Ledger::Throws => "/throws".to_owned(),
            Ledger::Sleeps(ms) => format!("/sleeps/{ms}"),
        };
        tell(self, &path).map(drop)
    }

    fn steps(&self) -> Result<u64> {
        tell(self, "/steps")?.parse().context("a number of steps")
    }
}

/// What the worker with the accounts answers.
fn tell(workerd: &Workerd, path: &str) -> Result<String> {
    let address = workerd.ledger().context("the accounts have no worker of their own")?;
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("an answer")?;
    ensure!(head.starts_with("HTTP/1.1 200"), "{answer}");
    Ok(body.to_owned())
}
