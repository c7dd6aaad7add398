//! Where things are: the checkout, what a run leaves behind, and the tools that are kept between checkouts.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The folders that every command works in.
pub(crate) struct Paths {
    /// The checkout's top folder.
    pub(crate) root: PathBuf,
    /// Logs, keys and state of local runs; in the checkout, never committed.
    pub(crate) dev: PathBuf,
    /// Tools that are shared by all checkouts of this user, keyed by version.
    pub(crate) cache: PathBuf,
}

impl Paths {
    /// Finds the folders and makes those that are missing.
    pub(crate) fn find() -> Result<Self> {
        // Cargo sets the variable for `cargo run`; the compiled-in value serves a binary started by hand.
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root =
            manifest.ancestors().nth(2).context("deploy/xtask has no checkout above it")?.to_path_buf();
        let cache = match std::env::var_os("POSTERN_CACHE") {
            Some(folder) => PathBuf::from(folder),
            None => {
                let home = std::env::var_os("HOME").context("neither POSTERN_CACHE nor HOME is set")?;
                Path::new(&home).join(".cache/postern")
            }
        };
        let dev = root.join("target/dev");
        for folder in [&dev, &cache] {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        }
        Ok(Self { root, dev, cache })
    }

    /// The Worker's generated half: bindings and wasm.
    pub(crate) fn worker_build(&self) -> PathBuf {
        self.root.join("edge/cloudflare/build")
    }

    /// The component for Spin, where `spin.toml` names it.
    pub(crate) fn component(&self) -> PathBuf {
        self.root.join("edge/spin/build/postern.wasm")
    }

    /// A log file for the output of one kind of process, emptied by each use.
    pub(crate) fn log(&self, name: &str) -> Result<PathBuf> {
        let folder = self.dev.join("log");
        fs::create_dir_all(&folder)?;
        Ok(folder.join(format!("{name}.log")))
    }
}

/// Holds `what` in `folder` for this process until the file is dropped, so that two runs do not make the same thing
/// at once. Waits for another holder, and says so.
pub(crate) fn hold(folder: &Path, what: &str) -> Result<File> {
    let path = folder.join(format!("{what}.lock"));
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    if file.try_lock().is_err() {
        eprintln!("    waiting for another `cargo xtask`, which holds {}", path.display());
        file.lock()?;
    }
    Ok(file)
}
