//! Tokens forged in every way of the attack list, and key sets that roll over.

mod attacks;
mod forge;
mod keys;
mod metadata;
mod rollover;
mod verdicts;
