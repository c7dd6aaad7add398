//! What the command `postern` is made of; also for programs that need development tokens.

pub mod check;
pub mod token;

pub use token::{Grant, Key, jwks, mint, new_key};
