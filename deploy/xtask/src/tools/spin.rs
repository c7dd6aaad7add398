//! What runs the component: the `spin` command, or the test host of `tests/spin-host`, because no package registry has
//! that command.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::paths::{Paths, hold};
use crate::process;
use crate::progress::step;
use crate::tools::numbers;

/// The first Spin that serves `wasi:http/handler@0.3.0`.
const OLDEST_SPIN: &str = "4.1";
/// Names another `spin` than the PATH's.
const SPIN_VARIABLE: &str = "POSTERN_SPIN";
/// Where the test host is built.
const HOST_BUILD: &str = "target/spin-host-build";
/// The test host's program.
const TEST_HOST: &str = "postern-spin-host";

/// A program that runs a manifest of Spin.
#[derive(Debug)]
pub(crate) enum Spin {
    /// Fermyon's `spin`.
    Cli(PathBuf),
    /// Our own, with compiled components kept in a folder, which `cargo test` uses too.
    TestHost { program: PathBuf, compiled: PathBuf },
}

impl Spin {
    /// Serves `manifest` on a port of 127.0.0.1.
    pub(crate) fn serve(&self, manifest: &Path, port: u16) -> Command {
        let mut command;
        match self {
            Self::Cli(program) => {
                command = Command::new(program);
                command.args(["up", "--from"]).arg(manifest);
            }
            Self::TestHost { program, compiled } => {
                command = Command::new(program);
                command.arg("--manifest").arg(manifest).arg("--cache").arg(compiled);
            }
        }
        command.args(["--listen", &format!("127.0.0.1:{port}")]);
        command
    }
}

/// The `spin` that POSTERN_SPIN names, else the one on the PATH if it is new enough, else the test host.
pub(crate) fn find_or_install(paths: &Paths) -> Result<Spin> {
    let named = std::env::var_os(SPIN_VARIABLE);
    let program = named.as_deref().unwrap_or("spin".as_ref());
    let printed = process::probe(Command::new(program).arg("--version"));
    let version = printed.as_deref().and_then(version);
    match version {
        Some(version) if numbers(version) >= numbers(OLDEST_SPIN) => return Ok(Spin::Cli(program.into())),
        _ if named.is_some() => bail!(
            "{SPIN_VARIABLE} names {}, which is {}; Spin {OLDEST_SPIN} or newer is needed",
            program.display(),
            version.map_or("no Spin".to_owned(), |version| format!("Spin {version}"))
        ),
        Some(version) => eprintln!(
            "    Spin {version} on the PATH is too old, {OLDEST_SPIN} or newer is needed: the test host is taken"
        ),
        None => {}
    }
    Ok(Spin::TestHost { program: test_host(paths)?, compiled: paths.root.join("target/spin-host") })
}

/// The version in a line like `spin 4.1.0 (3d4f91c 2026-09-01)`. A model checker is called `spin` too.
fn version(printed: &str) -> Option<&str> {
    let version = printed.trim().strip_prefix("spin ")?.split(' ').next()?;
    (!numbers(version).is_empty()).then_some(version)
}

/// The test host, built unless it has been built from these sources by this compiler before.
pub(crate) fn test_host(paths: &Paths) -> Result<PathBuf> {
    let sources = paths.root.join("tests/spin-host");
    let rustc = process::output(Command::new("rustc").arg("--version").current_dir(&paths.root))?;
    let key = key_of(&sources, &rustc).context("tests/spin-host cannot be read")?;
    let folder = paths.cache.join(format!("spin-host-{key:016x}"));
    let program = folder.join(TEST_HOST);
    let _held = hold(&paths.cache, "spin-host")?;
    if program.exists() {
        return Ok(program);
    }
    step("the test host for Spin", "4 min, once", || cargo_for_host(paths, "build"))?;
    fs::create_dir_all(&folder)?;
    // Moved into its place, so that a half-copied one never counts.
    let copied = folder.join("copied");
    fs::copy(paths.root.join(HOST_BUILD).join("release").join(TEST_HOST), &copied)?;
    fs::rename(&copied, &program)?;
    Ok(program)
}

/// The test host, once its own tests have passed: the tests of the gateway rely on it.
pub(crate) fn tested_host(paths: &Paths) -> Result<PathBuf> {
    let program = test_host(paths)?;
    let passed = program.with_file_name("tests-passed");
    if !passed.exists() {
        step("the tests of the test host for Spin", "40 s, once", || cargo_for_host(paths, "test"))?;
        fs::write(passed, "")?;
    }
    Ok(program)
}

/// Builds in the checkout, where a change of the sources costs seconds and `cargo clean` clears it away.
fn cargo_for_host(paths: &Paths, command: &str) -> Result<()> {
    let mut cargo = Command::new("cargo");
    cargo.args([command, "--release", "--locked"]).current_dir(paths.root.join("tests/spin-host"));
    cargo.env("CARGO_TARGET_DIR", paths.root.join(HOST_BUILD));
    process::run(&mut cargo, &paths.log(&format!("spin-host-{command}"))?)
}

/// Stands for the compiler and all that is compiled.
fn key_of(sources: &Path, rustc: &str) -> Result<u64> {
    let mut hasher = DefaultHasher::new();
    rustc.hash(&mut hasher);
    for file in ["Cargo.toml", "Cargo.lock"] {
        fs::read(sources.join(file))?.hash(&mut hasher);
    }
    let mut folders = vec![sources.join("src")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort_unstable();
    for file in files {
        file.strip_prefix(sources)?.hash(&mut hasher);
        fs::read(&file)?.hash(&mut hasher);
    }
    Ok(hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::version;
    use crate::tools::numbers;

    #[test]
    fn only_spins_own_line_has_a_version() {
        assert_eq!(version("spin 4.1.0 (3d4f91c 2026-09-01)\n"), Some("4.1.0"));
        assert!(numbers(version("spin 4.1.0-pre0 (3d4f91c 2026-06-01)").unwrap()) >= numbers("4.1"));
        assert!(numbers(version("spin 4.0.2 (3d4f91c 2026-06-01)").unwrap()) < numbers("4.1"));
        assert_eq!(version("Spin Version 6.5.2 -- 6 December 2019"), None);
        assert_eq!(version("spin unknown"), None);
    }
}
