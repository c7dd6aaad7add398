//! Node and the npm packages: wrangler with workerd, wasm-opt, the demo's and the tests' servers and clients.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::paths::{Paths, hold};
use crate::process;
use crate::progress::step;
use crate::tools::numbers;

/// What wrangler and the MCP packages need.
const OLDEST_NODE: &str = "22.19";

/// A Node that is new enough, with the packages of `deploy/`.
pub(crate) struct Node {
    /// The `node` program.
    pub(crate) program: PathBuf,
    /// `deploy/node_modules`.
    packages: PathBuf,
}

impl Node {
    /// `node SCRIPT`, with this Node first on the PATH for what the script starts itself.
    pub(crate) fn script(&self, script: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(script).env("PATH", self.path());
        command
    }

    /// wrangler of `deploy/node_modules`, which neither asks nor reports anything.
    pub(crate) fn wrangler(&self, root: &Path) -> Command {
        let mut command = self.script(&self.packages.join("wrangler/bin/wrangler.js"));
        command
            .current_dir(root)
            .env("CI", "true")
            .env("WRANGLER_SEND_METRICS", "false")
            .env("WRANGLER_HIDE_BANNER", "true")
            .env("NO_UPDATE_NOTIFIER", "1")
            // Local tracing costs each request 2 ms of CPU.
            .env("X_LOCAL_OBSERVABILITY", "false");
        command
    }

    /// wasm-opt of the npm package binaryen.
    pub(crate) fn wasm_opt(&self) -> Command {
        self.script(&self.packages.join("binaryen/bin/wasm-opt"))
    }

    /// The native workerd that came with wrangler; `workerd/bin/workerd` may be a script that starts it.
    pub(crate) fn workerd(&self) -> Result<PathBuf> {
        let folder = self.packages.join("@cloudflare");
        let packages = fs::read_dir(&folder).with_context(|| format!("{} is missing", folder.display()))?;
        let mut programs = packages
            .flatten()
            .filter(|package| package.file_name().to_string_lossy().starts_with("workerd-"))
            .map(|package| package.path().join("bin/workerd"));
        programs.find(|program| program.exists()).context("workerd has no build for this machine")
    }

    /// The PATH with the folder of this Node in front.
    pub(crate) fn path(&self) -> OsString {
        let folder = self.program.parent().map(Path::to_path_buf);
        let rest = std::env::var_os("PATH").unwrap_or_default();
        let folders = folder.into_iter().chain(std::env::split_paths(&rest));
        // Only a folder with a colon in its name fails here, and such a folder cannot stand in a PATH.
        std::env::join_paths(folders).unwrap_or(rest)
    }
}

/// The Node on the PATH when it is new enough, else the one that comes with the packages of `deploy/`.
pub(crate) fn find_or_install(paths: &Paths) -> Result<Node> {
    let packages = install_packages(paths, "deploy")?;
    let on_path =
        process::probe(Command::new("node").args(["-p", "process.execPath + ' ' + process.versions.node"]));
    if let Some((program, version)) = on_path.as_deref().and_then(|line| line.trim().rsplit_once(' '))
        && numbers(version) >= numbers(OLDEST_NODE)
    {
        return Ok(Node { program: PathBuf::from(program), packages });
    }
    let program = packages.join("node/bin/node");
    if !program.exists() {
        bail!(
            "Node {OLDEST_NODE} or newer is needed: there is none on the PATH, and the npm package `node` did not \
             bring one for this machine. Install it from your system's packages or nodejs.org"
        );
    }
    Ok(Node { program, packages })
}

/// Installs `FOLDER/package-lock.json` into `FOLDER/node_modules`, unless that has been done. Returns the latter.
pub(crate) fn install_packages(paths: &Paths, folder: &str) -> Result<PathBuf> {
    let folder_path = paths.root.join(folder);
    let _held = hold(&paths.dev, &format!("npm-{folder}"))?;
    let modules = folder_path.join("node_modules");
    let lock = fs::read(folder_path.join("package-lock.json"))
        .with_context(|| format!("{folder}/package-lock.json is missing"))?;
    // `npm ci` empties node_modules first, so an installation that was cut off leaves no stamp.
    let stamp = modules.join(".installed-lock.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(modules);
    }
    if process::probe(Command::new("npm").arg("--version")).is_none() {
        bail!(
            "`npm` was not found. Install Node {OLDEST_NODE} or newer with npm, from your system's packages \
             (`apt-get install nodejs npm`; an older Node will do to start with) or nodejs.org, and try again"
        );
    }
    let log = paths.log(&format!("npm-{folder}"))?;
    step(&format!("npm packages of {folder}/"), "25 s, 200 MB from the network", || {
        let mut npm = Command::new("npm");
        // No package may bring a browser along.
        npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
            .current_dir(&folder_path)
            .env("PUPPETEER_SKIP_DOWNLOAD", "1")
            .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
        process::run(&mut npm, &log).context(
            "the npm packages could not be installed. Is the registry reachable (`npm ping`)? Behind a mirror, set \
             `npm config set registry URL`",
        )
    })?;
    fs::write(&stamp, lock)?;
    Ok(modules)
}
