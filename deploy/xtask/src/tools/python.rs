//! Python in an environment of its own, for the tests that run the Python SDK of MCP.

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

/// The `python` of an environment that has exactly `tests/requirements.txt`, made when it is missing.
pub(crate) fn find_or_install(paths: &Paths) -> Result<PathBuf> {
    let requirements = paths.root.join("tests/requirements.txt");
    let wanted = fs::read(&requirements).context("tests/requirements.txt is missing")?;
    let _held = hold(&paths.cache, "python")?;
    let environment = paths.cache.join("python");
    let program = environment.join("bin/python");
    let stamp = environment.join("installed.txt");
    // The program is tried as well: an environment breaks when the Python that made it goes.
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted)
        && process::probe(Command::new(&program).arg("--version")).is_some()
    {
        return Ok(program);
    }
    let python = find()?;
    let log = paths.log("python")?;
    step("Python packages of the tests", "20 s", || {
        let mut make = Command::new(python);
        process::run(make.args(["-m", "venv", "--clear"]).arg(&environment), &log)
            .context("no environment could be made; on Debian: `apt-get install python3-venv`")?;
        let mut install = Command::new(&program);
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
        process::run(install.arg(&requirements), &log)
            .context("the Python packages could not be installed. Is the package index reachable?")
    })?;
    fs::write(&stamp, wanted)?;
    Ok(program)
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
    bail!("the tests need Python {OLDEST_PYTHON} or newer with venv: `apt-get install python3 python3-venv`")
}
