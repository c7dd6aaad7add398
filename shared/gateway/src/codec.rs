//! Compact bytes for what the gateway stores or seals: one format byte, then bincode 1.3.

use bincode::Options;
use serde::{Serialize, de::DeserializeOwned};

/// First byte of everything encoded here.
const FORMAT: u8 = 1;

/// Why bytes do not decode, or a value does not encode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodecError {
    /// Longer than the caller's limit.
    TooLarge,
    /// Written by another version of the format.
    Format,
    /// Not what was expected.
    Malformed,
}

impl std::fmt::Display for CodecError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "the encoded value is too large",
            Self::Format => "the encoded value has an unknown format",
            Self::Malformed => "the encoded value is malformed",
        })
    }
}

impl std::error::Error for CodecError {}

/// Encodes `value` in at most `limit` bytes.
///
/// # Errors
/// [`CodecError::TooLarge`]; [`CodecError::Malformed`] for a value whose length is not known in advance.
pub fn encode<T: Serialize>(value: &T, limit: usize) -> Result<Vec<u8>, CodecError> {
    let mut out = vec![FORMAT];
    options(limit).serialize_into(&mut out, value).map_err(|error| kind(&error))?;
    Ok(out)
}

/// Decodes what [`encode`] wrote; the whole of `bytes`, and at most `limit` of them.
///
/// # Errors
/// [`CodecError`].
pub fn decode<T: DeserializeOwned>(bytes: &[u8], limit: usize) -> Result<T, CodecError> {
    match bytes.split_first() {
        _ if bytes.len() > limit => Err(CodecError::TooLarge),
        Some((&FORMAT, body)) => options(limit).deserialize(body).map_err(|error| kind(&error)),
        Some(_) => Err(CodecError::Format),
        None => Err(CodecError::Malformed),
    }
}

/// Variable-length integers; the limit also bounds what a forged length can make bincode allocate.
fn options(limit: usize) -> impl Options {
    bincode::DefaultOptions::new().with_limit(limit.saturating_sub(1) as u64)
}

fn kind(error: &bincode::Error) -> CodecError {
    match **error {
        bincode::ErrorKind::SizeLimit => CodecError::TooLarge,
        _ => CodecError::Malformed,
    }
}
