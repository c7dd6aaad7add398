//! Processes that end with us.
//!
//! Each one leads a process group, so that what it starts itself (wrangler starts workerd and esbuild) ends with it:
//! when its [`Group`] is dropped, which includes errors and panics, and when a signal ends `xtask`.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, WaitOptions, kill_process_group, test_kill_process_group, waitpgid};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// How long a group may take to end by itself after SIGTERM.
const GRACE: Duration = Duration::from_secs(3);
/// How often a wait looks again.
const TICK: Duration = Duration::from_millis(20);
/// How much of a failed command's output is shown.
const SHOWN_LINES: usize = 60;

/// The groups that run now.
static GROUPS: Mutex<Vec<Pid>> = Mutex::new(Vec::new());
/// Set once a signal has come: nothing is started any more.
static ENDING: AtomicBool = AtomicBool::new(false);
/// Whether ending by a signal is what the user is expected to do, and thus a success.
static SERVING: AtomicBool = AtomicBool::new(false);

/// A process that leads its own process group.
pub(crate) struct Group {
    child: Child,
    pid: Pid,
}

impl Group {
    /// Starts `command` without standard input.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        let mut groups = groups();
        if ENDING.load(Ordering::SeqCst) {
            bail!("'{program}' is not started: ending");
        }
        let child = command
            .stdin(Stdio::null())
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start '{program}'"))?;
        let pid = Pid::from_child(&child);
        groups.push(pid);
        Ok(Self { child, pid })
    }

    /// The lines of the process's standard output, which must have been piped.
    pub(crate) fn lines(&mut self) -> Result<impl Iterator<Item = String> + use<>> {
        let output = self.child.stdout.take().context("standard output is not piped")?;
        Ok(BufReader::new(output).lines().map_while(Result::ok))
    }

    /// Whether the process has ended, and how.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        let status = self.child.try_wait().ok().flatten();
        if status.is_some() {
            wait_if_ending();
        }
        status
    }

    /// Waits for the process.
    pub(crate) fn wait(mut self) -> Result<ExitStatus> {
        let status = self.child.wait();
        wait_if_ending();
        Ok(status?)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // The leader's status first, where `Child` looks for it.
        let _ = self.child.try_wait();
        end(&[self.pid]);
        groups().retain(|pid| *pid != self.pid);
    }
}

/// Runs `command` to its end with its output in `log`; a failure shows the end of it.
pub(crate) fn run(command: &mut Command, log: &Path) -> Result<()> {
    let output = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    let program = shown(command);
    let status = Group::start(command.stdout(output.try_clone()?).stderr(output))?.wait()?;
    if !status.success() {
        bail!("`{program}` failed ({status}); the end of {}:\n{}", log.display(), tail(log));
    }
    Ok(())
}

/// As [`run`], for a command that may hang: it is ended after `limit`.
pub(crate) fn run_within(limit: Duration, command: &mut Command, log: &Path) -> Result<()> {
    let output = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    let program = shown(command);
    let mut group = Group::start(command.stdout(output.try_clone()?).stderr(output))?;
    let start = Instant::now();
    loop {
        match group.ended() {
            Some(status) if status.success() => return Ok(()),
            Some(status) => {
                bail!("`{program}` failed ({status}); the end of {}:\n{}", log.display(), tail(log))
            }
            None if start.elapsed() > limit => bail!("`{program}` did not end within {} s", limit.as_secs()),
            None => thread::sleep(TICK),
        }
    }
}

/// Runs `command` and returns its standard output; its standard error is shown.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let program = shown(command);
    let mut group = Group::start(command.stdout(Stdio::piped()))?;
    let mut text = String::new();
    if let Some(mut stdout) = group.child.stdout.take() {
        stdout.read_to_string(&mut text)?;
    }
    let status = group.wait()?;
    if !status.success() {
        bail!("`{program}` failed ({status})");
    }
    Ok(text)
}

/// Runs `command` quietly: its standard output when it can be started and succeeds.
pub(crate) fn probe(command: &mut Command) -> Option<String> {
    output(command.stderr(Stdio::null())).ok()
}

/// The last lines of a log, for an error message.
pub(crate) fn tail(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n")
}

/// From now on a signal is the expected end.
pub(crate) fn serving() {
    SERVING.store(true, Ordering::SeqCst);
}

/// Ends every group, then this process, when SIGINT, SIGTERM or SIGHUP comes.
pub(crate) fn end_groups_on_signals() -> Result<()> {
    // Grandchildren whose parent ends become ours, so that we can reap them: an init that reaps late would let
    // their group look alive.
    #[cfg(target_os = "linux")]
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            ENDING.store(true, Ordering::SeqCst);
            // The lock stays held: whoever wants to start or drop a group now waits for the exit below.
            let groups = groups();
            end(&groups);
            eprintln!("\nstopped");
            std::process::exit(if SERVING.load(Ordering::SeqCst) { 0 } else { 128 + signal });
        }
    });
    Ok(())
}

/// Once a signal has come, the exit code is for the signal's thread to give: waits for it.
pub(crate) fn wait_if_ending() {
    // A Ctrl-C reaches children that share our terminal at the same moment; without this pause their end could be
    // seen, and reported as a failure, before the signal is.
    while ENDING.load(Ordering::SeqCst) {
        thread::sleep(TICK);
    }
}

/// Asks the groups to end, then makes them.
fn end(groups: &[Pid]) {
    for pid in groups {
        let _ = kill_process_group(*pid, Signal::TERM);
    }
    let start = Instant::now();
    while groups.iter().any(|pid| alive(*pid)) && start.elapsed() < 2 * GRACE {
        if start.elapsed() > GRACE {
            for pid in groups {
                let _ = kill_process_group(*pid, Signal::KILL);
            }
        }
        thread::sleep(TICK);
    }
}

/// Whether a process of the group still runs. Those that have ended are reaped: until then they count.
fn alive(group: Pid) -> bool {
    while let Ok(Some(_)) = waitpgid(group, WaitOptions::NOHANG) {}
    test_kill_process_group(group).is_ok()
}

fn groups() -> MutexGuard<'static, Vec<Pid>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A command as a person would type it.
fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{Group, run_within};
    use rustix::process::test_kill_process_group;
    use std::process::Command;
    use std::time::{Duration, Instant};

    /// A shell with a child of its own, one of which does not mind SIGTERM.
    fn stubborn_family() -> Command {
        // As `xtask` does at its start: what init reaps late would look alive.
        #[cfg(target_os = "linux")]
        rustix::process::set_child_subreaper(Some(rustix::process::getpid())).unwrap();
        let mut shell = Command::new("sh");
        shell.args(["-c", "trap '' TERM; sleep 60 & sleep 60"]);
        shell
    }

    #[test]
    fn a_dropped_group_is_gone_with_all_its_members() {
        let group = Group::start(&mut stubborn_family()).unwrap();
        let pid = group.pid;
        assert!(test_kill_process_group(pid).is_ok());
        drop(group);
        assert!(test_kill_process_group(pid).is_err());
    }

    #[test]
    fn a_panic_ends_the_group_too() {
        let group = Group::start(&mut stubborn_family()).unwrap();
        let pid = group.pid;
        let panicked = std::thread::spawn(move || {
            let _held = group;
            panic!("as if xtask had a fault");
        });
        assert!(panicked.join().is_err());
        assert!(test_kill_process_group(pid).is_err());
    }

    #[test]
    fn a_command_that_hangs_is_ended() {
        let start = Instant::now();
        let log = std::env::temp_dir().join(format!("xtask-hangs-{}", std::process::id()));
        let error =
            run_within(Duration::from_millis(200), Command::new("sleep").arg("60"), &log).unwrap_err();
        assert!(error.to_string().contains("did not end"), "{error}");
        assert!(start.elapsed() < Duration::from_secs(10));
        std::fs::remove_file(log).unwrap();
    }
}
