//! Installs what is missing. Every tool looks first whether it is there; that takes milliseconds.

pub(crate) mod debian;
pub(crate) mod node;
pub(crate) mod python;
pub(crate) mod redis;
pub(crate) mod spin;
pub(crate) mod wasm;

use std::process::ExitCode;

use anyhow::Result;
use lexopt::{Arg, Parser};

use crate::host::Host;
use crate::paths::Paths;

/// `cargo xtask setup [--tests]`.
pub(crate) fn command(paths: &Paths, mut parser: Parser) -> Result<ExitCode> {
    let mut tests = false;
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("tests") => tests = true,
            other => return Err(other.unexpected().into()),
        }
    }
    for host in Host::ALL {
        let compiler = wasm::find_or_install(paths, host.target())?;
        eprintln!("compiler for {}: {compiler}", host.target());
    }
    let node = node::find_or_install(paths)?;
    eprintln!("Node: {}", node.program.display());
    if tests {
        install_for_tests(paths)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What only the tests need.
pub(crate) fn install_for_tests(paths: &Paths) -> Result<()> {
    node::install_packages(paths, "tests")?;
    python::find_or_install(paths, python::RUST_TOOLS)?;
    python::find_or_install(paths, python::MCP)?;
    python::find_or_install(paths, python::PRESIDIO)?;
    python::find_or_install(paths, python::MODEL)?;
    redis::find_or_install(paths)?;
    spin::tested_host(paths)?;
    Ok(())
}

/// A version's leading numbers: "v22.19.0-rc.1" is `[22, 19, 0]`. Text without numbers gives an empty list, which
/// is below every version.
pub(crate) fn numbers(version: &str) -> Vec<u32> {
    let text = version.trim().trim_start_matches('v');
    let digits = text.split(['-', '+', ' ']).next().unwrap_or_default();
    digits.split('.').map_while(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn versions_compare_by_number() {
        assert!(numbers("v22.19.0") >= numbers("22.19"));
        assert!(numbers("v22.9.0\n") < numbers("22.19"));
        assert!(numbers("1.96.0 (ac68faa20 2026-05-25)") > numbers("1.95"));
        assert!(numbers("not a version") < numbers("0.1"));
    }
}
