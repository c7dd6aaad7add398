//! What redaction makes of bytes, as digests: it has to be the same in wasm and in native code. `tests/tests/same.rs` has this
//! file as well.

#[allow(dead_code, reason = "redaction uses all of it")]
#[path = "../../../../shared/redact/src/scan/class.rs"]
mod class;

pub use class::BLOCK;
use postern_redact::{Context, Engine, Finding, Replacement};
use std::sync::LazyLock;

/// Longer than several blocks, and no multiple of one.
pub const LONGEST: usize = 67;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new(None, 65));

/// FNV-1a of 64 bits: it only has to tell one from another.
struct Digest(u64);

impl Digest {
    const NEW: Self = Self(0xCBF2_9CE4_8422_2325);

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x100_0000_01B3);
        }
    }

    fn number(&mut self, number: usize) {
        self.bytes(&(number as u64).to_le_bytes());
    }

    fn finding(&mut self, finding: &Finding<'_>) {
        self.number(finding.start);
        self.number(finding.end);
        self.bytes(finding.entry.name.as_bytes());
        self.bytes(&[0xFF, finding.level]);
        self.bytes(finding.word.unwrap_or("\u{FFFF}").as_bytes());
    }
}

/// Measures a word at each offset, with many bytes behind it, and with each number of less. None if a way to measure one
/// says something else than another.
pub fn words(bytes: &[u8]) -> Option<u64> {
    let mut digest = Digest::NEW;
    for at in 0..bytes.len() {
        let rest = bytes.get(at..).unwrap_or(&[]);
        for length in [LONGEST, at % LONGEST] {
            let text = rest.get(..length).unwrap_or(rest);
            let [one, two, three] = class::measure_in_all_ways(text);
            if one != two || two != three {
                return None;
            }
            digest.bytes(&[one.0 as u8, one.1]);
        }
    }
    Some(digest.0)
}

/// Finds values in a text and replaces them; returns the digest of all that comes of it, and how many there were.
pub fn findings(bytes: &[u8]) -> (u64, usize) {
    let text = String::from_utf8_lossy(bytes);
    let (context, mut digest) = (Context::default(), Digest::NEW);
    let found = ENGINE.find(&text, &context);
    for finding in &found {
        digest.finding(finding);
    }
    let mut count = 0;
    // JSON is walked here.
    let redacted = ENGINE.redact_text(&text, &context, &mut |finding, value, _| {
        digest.finding(finding);
        digest.bytes(value.as_bytes());
        count += 1;
        Replacement::Text(format!("[{}_{count}]", finding.entry.name))
    });
    digest.bytes(redacted.unwrap_or_default().as_bytes());
    (digest.0, found.len())
}
