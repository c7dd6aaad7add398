//! Child processes of the tests: each in a process group of its own that ends with the value.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How long a process may take until it listens.
const START: Duration = Duration::from_secs(30);
/// How long a gateway's first answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running process with the lines of its output.
pub struct Running {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
    readers: Vec<JoinHandle<()>>,
    program: String,
}

impl Running {
    /// Starts `command` in a process group of its own.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(mut command: Command) -> Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn().with_context(|| format!("start {program}"))?;
        let lines = Arc::new(Mutex::new(Vec::new()));
        let readers = [collect(child.stdout.take(), &lines), collect(child.stderr.take(), &lines)];
        Ok(Self { child, lines, readers: readers.into_iter().flatten().collect(), program })
    }

    /// The lines of standard output and error so far.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends a signal, such as `STOP`, to the whole group.
    ///
    /// # Errors
    /// When none of it is there any more.
    pub fn signal(&self, signal: &str) -> Result<()> {
        let (signal, group) = (format!("-{signal}"), format!("-{}", self.child.id()));
        let sent = Command::new("kill").args([&signal, "--", &group]).status().context("kill")?;
        if sent.success() { Ok(()) } else { bail!("{}: no process to signal", self.program) }
    }

    /// The memory that the process has in use (resident), in bytes; nothing where `/proc` does not say.
    #[must_use]
    pub fn memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib * 1024)
    }

    /// Ends the whole group as a crash would, and tells the lines of its output.
    #[must_use]
    pub fn killed(mut self) -> Vec<String> {
        self.end();
        // What it had printed may come a moment later: both pipes end with it.
        self.readers.drain(..).for_each(|reader| drop(reader.join()));
        self.lines()
    }

    fn end(&mut self) {
        // The whole group: a script may have started the real program. All of it fails only when it has ended.
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.child.wait();
    }

    /// Waits until `ready` gives a value.
    ///
    /// # Errors
    /// When the process ends before, or half a minute has passed.
    pub fn until<T>(&mut self, what: &str, mut ready: impl FnMut(&Self) -> Option<T>) -> Result<T> {
        let start = Instant::now();
        loop {
            if let Some(value) = ready(self) {
                return Ok(value);
            }
            let ended = self.child.try_wait()?;
            if ended.is_some() || start.elapsed() > START {
                let lines = self.lines();
                let tail = lines.get(lines.len().saturating_sub(20)..).unwrap_or_default().join("\n");
                bail!("{}: {what} was not reached (ended: {ended:?}):\n{tail}", self.program);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until something listens on `address`.
    ///
    /// # Errors
    /// As [`Running::until`].
    pub fn until_it_listens(&mut self, address: SocketAddr) -> Result<()> {
        self.until(&format!("listening on {address}"), |_| TcpStream::connect(address).ok().map(drop))
    }

    /// Waits until a gateway listens on `address` and is well: settings that do not compile show at the first
    /// request, and their problems in the log alone.
    ///
    /// # Errors
    /// As [`Running::until`], or with the log of a gateway that is not well.
    pub fn until_it_is_well(&mut self, address: SocketAddr) -> Result<()> {
        self.until_it_listens(address)?;
        // A connection may be reset while much starts at once; an answer that says otherwise counts at once.
        let answer = self
            .until("an answer of its health", |_| health(address).ok().filter(|answer| !answer.is_empty()))?;
        if !answer.starts_with("HTTP/1.1 200") {
            // What the log says may come a moment after the answer.
            std::thread::sleep(Duration::from_millis(200));
            bail!("the gateway is not well:\n{}", self.lines().join("\n"));
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

fn collect(
    from: Option<impl Read + Send + 'static>,
    lines: &Arc<Mutex<Vec<String>>>,
) -> Option<JoinHandle<()>> {
    let from = from?;
    let lines = Arc::clone(lines);
    Some(std::thread::spawn(move || {
        for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
    }))
}

/// The answer of `GET /healthz`, head and body.
///
/// # Errors
/// When there is none.
pub fn health(address: SocketAddr) -> Result<String> {
    get(address, "/healthz")
}

/// The answer of a `GET`, head and body.
///
/// # Errors
/// When there is none.
pub fn get(address: SocketAddr, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).with_context(|| format!("no answer from {path}"))?;
    Ok(answer)
}

/// A local address that is free: below the ports that the system hands out, so that nobody gets it before it is used, or while
/// whoever uses it is down for a while; and none twice.
///
/// # Errors
/// When none is free.
pub fn free_address() -> Result<SocketAddr> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    const PORTS: usize = 12_000;
    let first = std::process::id() as usize * 97;
    for _ in 0..PORTS {
        let port = 20_000 + (first + NEXT.fetch_add(1, Ordering::SeqCst)) % PORTS;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, u16::try_from(port)?));
        if TcpListener::bind(address).is_ok() {
            return Ok(address);
        }
    }
    bail!("no port is free")
}

/// So many of them.
///
/// # Errors
/// As [`free_address`].
pub fn free_addresses(many: usize) -> Result<Vec<SocketAddr>> {
    (0..many).map(|_| free_address()).collect()
}

/// Every file below a folder, by its path.
///
/// # Errors
/// A folder or file that cannot be read.
pub fn files(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push((path.display().to_string(), std::fs::read(&path)?));
        }
    }
    Ok(found)
}

/// The top folder of the repository.
#[must_use]
pub fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_path_buf)
}

/// A tool: from the environment variable, else the first of `places` that is a file.
///
/// # Errors
/// When it is nowhere: the message names the remedy.
pub fn tool(variable: &str, places: &[PathBuf]) -> Result<PathBuf> {
    if let Some(path) = std::env::var_os(variable).filter(|path| path != OsStr::new("")) {
        return Ok(PathBuf::from(path));
    }
    match places.iter().find(|path| path.is_file()) {
        Some(path) => Ok(path.clone()),
        None => bail!(
            "{variable} is not set and none of {places:?} is there: run `cargo xtask test`, which installs it"
        ),
    }
}
