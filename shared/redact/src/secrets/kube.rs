//! Secrets of Kubernetes: a manifest of this kind has its values in base64, under names of any kind.

use super::shape::{BASE64_PAD, is};
use super::vendors::KUBERNETES;
use crate::scan::Scan;

const LEVEL: u8 = 85;
/// How far from its data a manifest may say what it is.
const NEAR: usize = 400;
/// Most values of a manifest.
const MOST: usize = 64;
/// The shortest value.
const LEAST: usize = 10;

/// Notes the values behind `data:`, if the colon at `at` is that one and the manifest is a secret.
pub(super) fn data(scan: &mut Scan<'_>, at: usize) {
    if !matches!(scan.at(at + 1), b'\n' | b'\r' | b' ') || scan.before(at) != b'a' {
        return;
    }
    let named = scan.part(at.saturating_sub(4), at) == b"data"
        && !scan.before(at.saturating_sub(4)).is_ascii_alphanumeric();
    if !named || !is_secret(scan, at) {
        return;
    }
    let mut start = line_end(scan, at);
    for _ in 0..MOST {
        let end = line_end(scan, start);
        let line = scan.bytes.get(start..end).unwrap_or(&[]);
        let indent = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        if indent == 0 || end == start {
            break;
        }
        note(scan, start + indent, end);
        start = end;
    }
}

/// Notes the value of a line: what stands behind the colon, or all of it in a block.
fn note(scan: &mut Scan<'_>, start: usize, end: usize) {
    let line = scan.bytes.get(start..end).unwrap_or(&[]);
    if line.first() == Some(&b'#') {
        return;
    }
    let from = line.iter().position(|byte| *byte == b':').map_or(0, |colon| colon + 1);
    let lead = line.iter().skip(from).take_while(|byte| matches!(byte, b' ' | b'"' | b'\'')).count();
    let start = start + from + lead;
    let length = scan.bytes.iter().skip(start).take_while(|byte| is(**byte, BASE64_PAD)).count();
    let rest = scan.bytes.get(start + length..end).unwrap_or(&[]);
    if length >= LEAST
        && length % 4 == 0
        && rest.iter().all(|byte| matches!(byte, b'"' | b'\'' | b'\r' | b'\n' | b' '))
    {
        scan.sure(start, start + length, &KUBERNETES, LEVEL, LEVEL);
    }
}

/// Where the line ends that `at` is in, with its last byte.
fn line_end(scan: &Scan<'_>, at: usize) -> usize {
    let rest = scan.bytes.get(at..).unwrap_or(&[]);
    at + rest
        .iter()
        .take(NEAR * 10)
        .position(|byte| *byte == b'\n')
        .map_or(rest.len().min(NEAR * 10), |end| end + 1)
}

/// Whether `kind: Secret` stands near, in the same document.
fn is_secret(scan: &Scan<'_>, at: usize) -> bool {
    let bytes = scan.bytes;
    let before = bytes.get(at.saturating_sub(NEAR)..at).unwrap_or(&[]);
    let behind = bytes.get(at..bytes.len().min(at + NEAR)).unwrap_or(&[]);
    let border = |window: &[u8]| window == b"\n---";
    let before = before.get(before.windows(4).rposition(border).unwrap_or(0)..).unwrap_or(before);
    let behind = behind.get(..behind.windows(4).position(border).unwrap_or(behind.len())).unwrap_or(behind);
    [before, behind].iter().any(|side| {
        side.windows(6).enumerate().any(|(at, window)| {
            let rest = side.get(at + 6..).unwrap_or(&[]);
            let blank = rest.iter().take_while(|byte| matches!(byte, b' ' | b'"' | b'\'')).count();
            let word = rest.get(blank..blank + 7).or(rest.get(blank..)).unwrap_or(&[]);
            window == b"\nkind:"
                && word.get(..6).is_some_and(|word| word.eq_ignore_ascii_case(b"secret"))
                && !word.get(6).is_some_and(u8::is_ascii_alphanumeric)
        })
    })
}
