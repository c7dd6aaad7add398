//! Searching bytes eight at a time, in plain integers: it needs no target feature and is the same in wasm.

/// Eight copies of `byte`.
pub(super) const fn repeat(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Flags (high bits) of the bytes of `word` that are `byte`. The lowest flag is exact; borrows can set only flags
/// above a true one.
#[inline]
pub(super) const fn equal(word: u64, byte: u8) -> u64 {
    let word = word ^ repeat(byte);
    word.wrapping_sub(repeat(1)) & !word & repeat(0x80)
}

/// Flags of the bytes of `word` below `limit`, which is at most 0x80. Exact as in [`equal`].
#[inline]
pub(super) const fn below(word: u64, limit: u8) -> u64 {
    word.wrapping_sub(repeat(limit)) & !word & repeat(0x80)
}

/// The first offset from `at` on whose byte `flags` flags; `bytes.len()` if there is none.
#[inline]
pub(super) fn find(bytes: &[u8], mut at: usize, flags: impl Fn(u64) -> u64) -> usize {
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let found = flags(u64::from_le_bytes(*chunk));
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    // One byte in the lowest place, the others zero: only the lowest flag counts.
    while bytes.get(at).is_some_and(|&byte| flags(u64::from(byte)) & 0x80 == 0) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_a_plain_search_finds() {
        for seed in 0..20_000 {
            let rng = &mut crate::mcp::testing::Rng::new(seed);
            let bytes: Vec<u8> = (0..rng.below(40))
                .map(|_| {
                    if rng.chance(80) {
                        b'a'
                    } else {
                        rng.pick(&[0, 1, 0x0A, 0x0D, 0x1F, 0x20, b'"', b'#', 0x7F, 0x80, 0xFF])
                    }
                })
                .collect();
            let from = rng.below(bytes.len() + 1);
            let plain = |wanted: &dyn Fn(u8) -> bool| {
                bytes[from..].iter().position(|&byte| wanted(byte)).map_or(bytes.len(), |found| from + found)
            };
            assert_eq!(
                find(&bytes, from, |word| equal(word, b'"')),
                plain(&|byte| byte == b'"'),
                "seed {seed}"
            );
            assert_eq!(
                find(&bytes, from, |word| below(word, 0x20)),
                plain(&|byte| byte < 0x20),
                "seed {seed}"
            );
            assert_eq!(
                find(&bytes, from, |word| equal(word, b'\n') | equal(word, b'\r')),
                plain(&|byte| byte == b'\n' || byte == b'\r'),
                "seed {seed}"
            );
        }
    }
}
