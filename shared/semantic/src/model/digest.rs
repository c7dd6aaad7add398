//! What tells one file from another.

use sha2::{Digest, Sha256};

/// Odd, and without pattern: from the digits of pi.
const FACTOR: u64 = 0x243f_6a88_85a3_08d3;

/// 32 bytes that name a file. A file in which anything changed by accident has another name: in each of eight lanes a word
/// changes the state one to one, so that two files which differ in one word never agree; more differences agree with
/// a probability of about 2^-64. Whoever may place models could make two that agree, and has no need to.
pub(super) fn of(file: &[u8]) -> [u8; 32] {
    let mut lanes = [0x1319_8a2e_0370_7344u64; 8];
    let (blocks, rest) = file.as_chunks::<64>();
    let mut last = [0; 64];
    last.iter_mut().zip(rest).for_each(|(last, byte)| *last = *byte);
    // Zeros at the end are told from the file's by its length.
    for block in blocks.iter().chain((!rest.is_empty()).then_some(&last)) {
        for (lane, word) in lanes.iter_mut().zip(block.as_chunks::<8>().0) {
            *lane = (*lane ^ u64::from_le_bytes(*word)).wrapping_mul(FACTOR).rotate_left(29);
        }
    }
    let mut hash = Sha256::new();
    hash.update((file.len() as u64).to_le_bytes());
    for lane in lanes {
        hash.update(lane.to_le_bytes());
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn whatever_changes_changes_the_name() {
        let file: Vec<u8> = (0..200_000u32).map(|i| (i.wrapping_mul(i) >> 3) as u8).collect();
        let name = of(&file);
        assert_eq!(of(&file.clone()), name);
        for at in [0, 1, 63, 64, 65_535, 65_536, 199_936, 199_999] {
            let mut other = file.clone();
            other[at] ^= 0x10;
            assert_ne!(of(&other), name, "{at}");
        }
        let mut swapped = file.clone();
        swapped.swap(64, 129);
        assert_ne!(of(&swapped), name);
        let longer = [&file[..], &[0]].concat();
        assert_ne!(of(&longer), name);
        assert_ne!(of(&file[..199_999]), name);
        assert_ne!(of(&[]), of(&[0]));
    }
}
