//! What a text costs in a model's context.

/// Tokens of `text`, by its length alone.
#[must_use]
pub fn estimate(text: &str) -> u32 {
    u32::try_from(text.len().div_ceil(4)).unwrap_or(u32::MAX)
}
