//! What the command `postern` is made of; also for programs that need development tokens.

#[cfg(feature = "remote")]
pub mod bundle;
pub mod cache;
pub mod check;
mod input;
pub mod quota;
pub mod redact;
#[cfg(feature = "remote")]
pub mod remote;
pub mod token;

pub use token::{Grant, Key, jwks, mint, new_key};

use anyhow::{Context, Result};
use std::path::Path;

/// The command line makes no sense.
#[derive(Debug)]
pub struct WrongUse(pub String);

impl std::fmt::Display for WrongUse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WrongUse {}

/// The text of a file; of standard input, when it is `-`.
///
/// # Errors
/// When it cannot be read.
pub fn read(file: &Path) -> Result<String> {
    if file == Path::new("-") {
        return std::io::read_to_string(std::io::stdin()).context("cannot read standard input");
    }
    std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}
