//! Tokens forged in every way of the attack list, and key sets that roll over.

mod attacks;
pub mod forge;
mod keys;
mod metadata;
mod operators;
mod rollover;
mod verdicts;
