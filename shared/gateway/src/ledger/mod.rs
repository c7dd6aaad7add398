//! What the gateway counts of each call.

pub mod loops;
