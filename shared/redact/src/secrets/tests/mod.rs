//! Credentials as they stand in files, and what only looks like them.

mod code;
mod generate;
mod silent;
mod single;
mod unsigned;

use crate::engine::strict;
use crate::{Context, Finding};

/// What is found in a text at the lowest level.
fn find(text: &str) -> Vec<Finding<'static>> {
    strict().find(text, &Context::default())
}
