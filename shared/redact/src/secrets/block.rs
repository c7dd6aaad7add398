//! Private keys: blocks of PEM (RFC 7468), OpenPGP's, and PuTTY's files.

use super::shape::{BASE64, is};
use super::vendors::PRIVATE_KEY;
use crate::scan::Scan;

/// The longest block that is taken, in bytes.
const LONGEST: usize = 64 * 1024;
/// The longest first line.
const LONGEST_LINE: usize = 120;
/// The least of a key between its first and its last line.
const LEAST: usize = 64;
const LEVEL: u8 = 95;

/// Looks at a block that begins with `-----BEGIN `.
pub(crate) fn block(scan: &mut Scan<'_>, at: usize) {
    let Some(line) = scan.bytes.get(at + 11..(at + LONGEST_LINE).min(scan.bytes.len())) else { return };
    let Some(length) = line.windows(5).position(|window| window == b"-----") else { return };
    let name = line.get(..length).unwrap_or(&[]);
    if !name.ends_with(b"PRIVATE KEY") && !name.ends_with(b"PRIVATE KEY BLOCK") {
        return;
    }
    let body = at + 11 + length + 5;
    let most = scan.bytes.len().min(body + LONGEST);
    let inner = scan.bytes.get(body..most).unwrap_or(&[]);
    let last = inner.windows(5).position(|window| window == b"-----");
    let end = match last {
        Some(last) if inner.get(last + 5..).is_some_and(|rest| rest.starts_with(b"END ")) => {
            closing(scan, body + last).filter(|_| material(inner.get(..last).unwrap_or(&[])).0 >= LEAST)
        }
        // Cut off, or another block begins: what is there of a key.
        _ => {
            let (count, end) = material(inner.get(..last.unwrap_or(inner.len())).unwrap_or(&[]));
            (count >= LEAST).then_some(body + end)
        }
    };
    if let Some(end) = end {
        scan.sure(at, end, &PRIVATE_KEY, LEVEL, LEVEL);
    }
}

/// Where the last line ends that begins at `at`.
fn closing(scan: &Scan<'_>, at: usize) -> Option<usize> {
    let line = scan.bytes.get(at + 5..(at + LONGEST_LINE).min(scan.bytes.len()))?;
    Some(at + 5 + line.windows(5).position(|window| window == b"-----")? + 5)
}

/// How many bytes of base64 stand here in lines of a key, and where the last one ends.
fn material(body: &[u8]) -> (usize, usize) {
    let (mut count, mut end, mut blank) = (0, 0, 0);
    for (at, byte) in body.iter().enumerate() {
        if is(*byte, BASE64) || *byte == b'=' {
            (count, end, blank) = (count + 1, at + 1, 0);
        } else if matches!(
            byte,
            b' ' | b'\n'
                | b'\r'
                | b'\t'
                | b'\\'
                | b'"'
                | b'\''
                | b'+'
                | b','
                | b':'
                | b'-'
                | b'.'
                | b'('
                | b')'
                | b'#'
                | b'*'
                | b'<'
                | b'>'
                | b'@'
        ) && blank < 16
        {
            blank += 1;
        } else {
            break;
        }
    }
    (count, end)
}

/// A key file of PuTTY, from its first line to its check.
pub(super) fn putty(scan: &mut Scan<'_>, at: usize) {
    let most = scan.bytes.len().min(at + LONGEST);
    let Some(inner) = scan.bytes.get(at + FIRST_LINE.len()..most) else { return };
    let next = inner.windows(FIRST_LINE.len()).position(|window| window == FIRST_LINE.as_bytes());
    let inner = inner.get(..next.unwrap_or(inner.len())).unwrap_or(&[]);
    let Some(mac) = inner.windows(12).position(|window| window == b"Private-MAC:") else { return };
    let rest = inner.get(mac + 12..).unwrap_or(&[]);
    let length = rest.iter().take_while(|byte| **byte == b' ' || byte.is_ascii_hexdigit()).count();
    let end = at + FIRST_LINE.len() + mac + 12 + length;
    scan.sure(at, end, &PRIVATE_KEY, LEVEL, LEVEL);
}

/// What a file of PuTTY begins with.
pub(super) const FIRST_LINE: &str = "PuTTY-User-Key-File-";
