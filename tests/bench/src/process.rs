//! The processes of a run: the upstream, and one workerd for the floor and for each setting of the gateway.
//! Their CPU is read from `/proc`; they end with the value that holds them.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// A tick of `/proc/PID/stat`: Linux shows user space 100 a second on every architecture (`USER_HZ`).
const TICK: Duration = Duration::from_millis(10);
/// How long a process may take to listen.
const START: Duration = Duration::from_secs(20);

/// A process that ends when this value is dropped.
pub struct Running {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Running {
    /// Starts `command`, which will listen on `address`, with its output in the file `log`, and waits for it.
    pub async fn start(mut command: Command, address: SocketAddr, log: &Path) -> Result<Self> {
        let file = File::create(log).with_context(|| format!("create {}", log.display()))?;
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("start {program}"))?;
        let mut running = Self { child, address };
        let start = Instant::now();
        while tokio::net::TcpStream::connect(address).await.is_err() {
            if let Some(status) = running.child.try_wait()? {
                bail!("{program} ended with {status}: {}", tail(log));
            }
            if start.elapsed() > START {
                bail!("{program} does not listen on {address} after {START:?}: {}", tail(log));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(running)
    }

    /// Its process number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only when the process has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The last lines of a log, for an error message.
pub fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(12)..).unwrap_or_default().join("\n")
}

/// A port of the loopback that was free a moment ago.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// User and system time of a process, of its ended children and of those that still live.
pub fn cpu(pid: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).with_context(|| {
        format!("process {pid} of the benchmark has ended: its log is in the output folder")
    })?;
    // A process that ends while the list is read has no time left to add.
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let living: Duration =
        children.split_whitespace().filter_map(|child| cpu(child.parse().ok()?).ok()).sum();
    let own = TICK * ticks(&stat, 4).context("/proc/PID/stat has another form")?;
    Ok(own + living)
}

/// User and system time of this process alone: the generator, without what it started.
pub fn own_cpu() -> Result<Duration> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    Ok(TICK * ticks(&stat, 2).context("/proc/PID/stat has another form")?)
}

/// User and system time of the processes that this one started and that have ended.
pub fn ended_children_cpu() -> Result<Duration> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let ticks = |count| ticks(&stat, count).context("/proc/PID/stat has another form");
    Ok(TICK * (ticks(4)? - ticks(2)?))
}

/// Time that all cores of the machine were busy, since it started (proc_stat(5): all but `idle` and `iowait`).
pub fn machine_busy() -> Result<Duration> {
    let stat = fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().context("/proc/stat is empty")?;
    let fields: Vec<u32> = line.split_whitespace().skip(1).filter_map(|field| field.parse().ok()).collect();
    // user nice system (idle iowait) irq softirq steal; the guest fields are part of the first two.
    Ok([0, 1, 2, 5, 6, 7].iter().filter_map(|place| fields.get(*place)).map(|ticks| TICK * *ticks).sum())
}

/// Resident memory of a process in bytes (proc_pid_status(5), `VmRSS`); 0 when it has ended.
pub fn memory(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// The first `count` of utime, stime, cutime, cstime of a line of `/proc/PID/stat`, added up (proc_pid_stat(5),
/// fields 14 to 17).
fn ticks(stat: &str, count: usize) -> Option<u32> {
    // The name of the program stands in parentheses and may hold blanks and parentheses itself.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().skip(11).take(count).map(|field| field.parse::<u32>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_times_are_found_behind_a_strange_name() {
        let stat = "7 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 100 20 3 4 20 0 1 0 99 12345";
        assert_eq!(ticks(stat, 4), Some(127));
        assert_eq!(ticks(stat, 2), Some(120));
        assert_eq!(ticks("no parentheses", 4), None);
    }

    #[test]
    fn work_shows_in_the_own_time() {
        let before = cpu(std::process::id()).unwrap();
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(300) {
            std::hint::spin_loop();
        }
        assert!(cpu(std::process::id()).unwrap() - before >= Duration::from_millis(30));
        assert!(memory(std::process::id()) > 1 << 20);
    }
}
