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

#[cfg(test)]
mod tests {
    use super::*;

    type Value = (String, Vec<u8>, Option<u64>);

    #[test]
    fn decodes_what_it_encoded() {
        let value: Value = ("é".to_owned(), vec![1, 2, 3], Some(u64::MAX));
        let bytes = encode(&value, 100).unwrap();
        assert_eq!(bytes.first(), Some(&FORMAT));
        assert_eq!(decode::<Value>(&bytes, 100), Ok(value.clone()));
        assert_eq!(decode::<Value>(&bytes, bytes.len()), Ok(value.clone()));
        assert_eq!(encode(&value, bytes.len()), Ok(bytes.clone()));
        assert_eq!(encode(&value, bytes.len() - 1), Err(CodecError::TooLarge));
        assert_eq!(decode::<Value>(&bytes, bytes.len() - 1), Err(CodecError::TooLarge));
    }

    #[test]
    fn refuses_what_it_did_not_encode() {
        let bytes = encode(&("text".to_owned(), Vec::<u8>::new(), None::<u64>), 100).unwrap();
        for cut in 1..bytes.len() {
            assert_eq!(decode::<Value>(&bytes[..cut], 100), Err(CodecError::Malformed), "{cut}");
        }
        let longer = [&bytes[..], &[0]].concat();
        assert_eq!(decode::<Value>(&longer, 100), Err(CodecError::Malformed));
        assert_eq!(decode::<Value>(&[], 100), Err(CodecError::Malformed));
        assert_eq!(decode::<Value>(&[2, 0, 0, 0], 100), Err(CodecError::Format));
        // A length of 2^64 - 1 must not be believed.
        let forged = [&[FORMAT, 253][..], &[0xFF; 8]].concat();
        decode::<String>(&forged, 100).unwrap_err();
    }
}
