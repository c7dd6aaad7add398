//! The stages of a call, in their order. A stage may import the proof types of earlier ones, never of later ones.

pub mod admit;
pub mod audit;
pub mod authenticate;
pub mod authorize;
pub mod cache;
pub mod redact;
