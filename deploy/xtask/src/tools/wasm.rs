//! A Rust compiler that has the standard library for a wasm target.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::paths::{Paths, hold};
use crate::process;
use crate::progress::step;
use crate::tools::debian;

/// Where packets are dropped instead of refused, rustup would try for many minutes.
const RUSTUP_LIMIT: Duration = Duration::from_secs(120);

/// Which compiler builds for a wasm target.
#[derive(Clone, Debug)]
pub(crate) enum Compiler {
    /// The one that `cargo` takes anyway.
    Default,
    /// A toolchain folder that rustup is told to take, for one command at a time.
    Folder(PathBuf),
}

impl Compiler {
    /// `cargo` that builds with this compiler.
    pub(crate) fn cargo(&self, root: &Path) -> Command {
        let mut cargo = Command::new("cargo");
        cargo.current_dir(root);
        if let Self::Folder(folder) = self {
            cargo.env("RUSTUP_TOOLCHAIN", folder);
        }
        cargo
    }
}

impl fmt::Display for Compiler {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => write!(text, "rustc"),
            Self::Folder(folder) => write!(text, "{}", folder.display()),
        }
    }
}

/// The installed compiler if it can build for `target`; else rustup adds the target; else, without rustup's servers,
/// Debian's compiler and a standard library built from Debian's source.
pub(crate) fn find_or_install(paths: &Paths, target: &'static str) -> Result<Compiler> {
    if has_target(paths, target)? {
        return Ok(Compiler::Default);
    }
    let _held = hold(&paths.cache, "wasm")?;
    if let Some(folder) = debian::made_before(paths, target) {
        return Ok(Compiler::Folder(folder));
    }
    let log = paths.log("rustup")?;
    let added = step(&format!("Rust's target {target}"), "10 s", || {
        let mut rustup = Command::new("rustup");
        rustup.args(["target", "add", target]).current_dir(&paths.root);
        process::run_within(RUSTUP_LIMIT, &mut rustup, &log)
    });
    match added {
        Ok(()) if has_target(paths, target)? => Ok(Compiler::Default),
        Ok(()) => debian::make(paths, target).map(Compiler::Folder),
        Err(error) => {
            eprintln!("    rustup could not add it (see {}); trying Debian's packages", log.display());
            debian::make(paths, target).map(Compiler::Folder).with_context(|| {
                format!(
                    "no standard library for {target}: rustup failed ({}), and so did Debian's packages",
                    first_line(&error)
                )
            })
        }
    }
}

/// Whether the default compiler has the target's standard library.
fn has_target(paths: &Paths, target: &str) -> Result<bool> {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", target]).current_dir(&paths.root);
    let folder = process::output(&mut rustc).context("Rust is not installed: see rustup.rs")?;
    let Ok(files) = std::fs::read_dir(folder.trim()) else { return Ok(false) };
    Ok(files.flatten().any(|file| file.file_name().to_string_lossy().starts_with("libstd-")))
}

fn first_line(error: &anyhow::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}
