//! A real Redis (or Valkey) server of the test's own.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Result;

use crate::process::{Running, free_address, tool};

/// How long an answer to PING may take.
const PING: Duration = Duration::from_secs(1);

/// What a server writes to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durable {
    /// Nothing: what it holds ends with it.
    No,
    /// Every command before it is answered, so that it is there again after a crash. By default a server that waits
    /// for its disk answers first.
    Yes,
}

/// A server, which ends with the value.
pub struct Redis {
    running: Option<Running>,
    address: SocketAddr,
    folder: PathBuf,
    durable: Durable,
}

impl Redis {
    /// Starts a server on a free port of the loopback.
    ///
    /// # Errors
    /// When there is no server program, or it does not answer.
    pub fn start(durable: Durable) -> Result<Self> {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let number = STARTED.fetch_add(1, Ordering::SeqCst);
        let folder = std::env::temp_dir().join(format!("postern-redis-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let mut redis = Self { running: None, address: free_address()?, folder, durable };
        redis.start_again()?;
        Ok(redis)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address as a component names it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Starts it on the same port, after [`Redis::kill`].
    ///
    /// # Errors
    /// As [`Redis::start`].
    pub fn start_again(&mut self) -> Result<()> {
        let mut command = Command::new(tool("POSTERN_REDIS_SERVER", &[])?);
        command.args(["--bind", "127.0.0.1", "--port", &self.address.port().to_string(), "--save", ""]);
        if self.durable == Durable::Yes {
            command.args(["--appendonly", "yes", "--appendfsync", "always"]);
        }
        command.arg("--dir").arg(&self.folder);
        let mut running = Running::start(command)?;
        running.until(&format!("an answer from {}", self.address), |_| self.answers().then_some(()))?;
        self.running = Some(running);
        Ok(())
    }

    /// Ends it as a crash would.
    pub fn kill(&mut self) {
        self.running = None;
    }

    /// Has it answer nothing; connections stay, and new ones are accepted by the system.
    ///
    /// # Errors
    /// When it does not run.
    pub fn pause(&self) -> Result<()> {
        self.running.iter().try_for_each(|running| running.signal("STOP"))
    }

    /// Has it go on after [`Redis::pause`].
    ///
    /// # Errors
    /// When it does not run.
    pub fn resume(&self) -> Result<()> {
        self.running.iter().try_for_each(|running| running.signal("CONT"))
    }

    /// The answer to one command without arguments, as it is on the wire.
    ///
    /// # Errors
    /// When there is none.
    pub fn ask(&self, command: &str) -> Result<String> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(PING))?;
        write!(stream, "{command}\r\nQUIT\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    fn answers(&self) -> bool {
        self.ask("PING").is_ok_and(|answer| answer.starts_with("+PONG"))
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
        // Best effort: the folder lies among temporary files.
        let _ = fs::remove_dir_all(&self.folder);
    }
}
