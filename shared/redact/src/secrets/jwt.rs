//! JSON web tokens (RFC 7519), and those that were encoded once more.

use super::shape::{BASE64_ANY, TOKEN, base64, entropy, is};
use super::vendors::JWT;
use crate::scan::Scan;

/// How much of a header is decoded.
const HEADER: usize = 256;
/// The longest that is taken, in bytes.
const LONGEST: usize = 16 * 1024;
/// How sure one is whose header names its algorithm, and one whose header has other names.
const WITH_ALGORITHM: u8 = 95;
const WITHOUT: u8 = 85;

/// A token whose first part ends before the dot at `dot`.
pub(super) fn token(scan: &mut Scan<'_>, start: usize, dot: usize) {
    if !scan.has(start, "ey") || !scan.has(dot + 1, "ey") {
        return;
    }
    let Some(level) = header(scan.slice(start, dot)) else { return };
    let part =
        |from: usize| scan.bytes.iter().skip(from).take(LONGEST).take_while(|byte| is(**byte, TOKEN)).count();
    let mut end = dot + 1 + part(dot + 1);
    if end - dot < 12 || scan.at(end) != b'.' {
        return;
    }
    // Three parts, or the five of an encrypted one. The last may be empty: there is no signature.
    for _ in 0..3 {
        let length = part(end + 1);
        if scan.at(end) != b'.' || length == 0 {
            break;
        }
        end += 1 + length;
    }
    if scan.at(end) == b'.' && matches!(scan.at(end + 1), b'"' | b'\'' | b'`') {
        end += 1;
    }
    if entropy(scan.slice(start, end)) >= 30 {
        scan.sure(start, end, &JWT, level, level);
    }
}

/// One that was encoded in base64 as a whole: it begins with what `eyJ` becomes.
pub(super) fn encoded(scan: &mut Scan<'_>, start: usize) {
    let (inner, decoded) = base64::<HEADER>(scan.slice(start, scan.bytes.len()));
    let inner = inner.get(..decoded).unwrap_or(&[]).split(|byte| *byte == b'.').next();
    let Some(level) = inner.and_then(|inner| std::str::from_utf8(inner).ok()).and_then(header) else {
        return;
    };
    let length =
        scan.bytes.iter().skip(start).take(LONGEST).take_while(|byte| is(**byte, BASE64_ANY)).count();
    if length >= 48 {
        scan.sure(start, start + length, &JWT, level, level);
    }
}

/// How sure the header of a token makes it; none if it is no object with a first name.
fn header(text: &str) -> Option<u8> {
    let (header, length) = base64::<HEADER>(text);
    let header = header.get(..length)?;
    let mut bytes = header.iter().copied().filter(|byte| !byte.is_ascii_whitespace());
    if (bytes.next(), bytes.next()) != (Some(b'{'), Some(b'"')) || !bytes.all(|byte| byte >= b' ') {
        return None;
    }
    let with = header.windows(5).any(|window| window == b"\"alg\"");
    Some(if with { WITH_ALGORITHM } else { WITHOUT })
}
