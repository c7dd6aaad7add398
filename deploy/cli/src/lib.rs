//! What the command `postern` is made of; also for programs that need development tokens.

pub mod check;
pub mod quota;
pub mod token;

pub use token::{Grant, Key, jwks, mint, new_key};

/// The command line makes no sense.
#[derive(Debug)]
pub struct WrongUse(pub String);

impl std::fmt::Display for WrongUse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WrongUse {}
