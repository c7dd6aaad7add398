//! MPEG audio (ISO 11172-3, 13818-3, and the half rates called 2.5): a list of frames. Tags (ID3v2, ID3v1, APE, Lyrics3)
//! stand around them, and are what is no frame.

use super::{Kept, Media, at};

/// Kilobits a second, by the version's first layers; index 0 (free) and 15 are not taken.
const RATES: [[u16; 14]; 5] = [
    [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];
/// What all frames of a sound have in common: version, layer and sampling rate.
const COMMON: u32 = 0xFFFE_0C00;

/// None if there are no two frames in a row.
pub(super) fn strip(bytes: &[u8]) -> Option<Media> {
    let mut kept = Kept::new(bytes);
    let mut here = 0;
    let mut common = None;
    while here < bytes.len() {
        if let Some(length) = tag(bytes, here) {
            here += length;
        } else if let Some(end) = frame(bytes, here, common) {
            // The first one fixes what the others look like.
            common = common.or(at(bytes, here).map(u32::from_be_bytes));
            kept.keep(here..end);
            here = end;
        } else {
            here += 1;
        }
    }
    common.map(|_| kept.media())
}

/// The length of the ID3v2 tag at an offset (ID3v2.4.0 structure, section 3.1).
fn tag(bytes: &[u8], here: usize) -> Option<usize> {
    let [b'I', b'D', b'3', 2..=4, _, flags, size @ ..] = at::<10>(bytes, here)? else { return None };
    let size = size
        .iter()
        .try_fold(0usize, |size, &byte| Some(size << 7 | usize::from(byte)).filter(|_| byte < 128));
    let footer = if flags & 0x10 == 0 { 0 } else { 10 };
    Some(10 + size? + footer)
}

/// Where the frame at an offset ends. The first one must be followed by another: a head alone is soon found by chance.
fn frame(bytes: &[u8], here: usize, common: Option<u32>) -> Option<usize> {
    let head = u32::from_be_bytes(at(bytes, here)?);
    if common.is_some_and(|common| (common ^ head) & COMMON != 0) {
        return None;
    }
    let end = Some(here + length(head)?).filter(|&end| end <= bytes.len())?;
    if common.is_none() {
        frame(bytes, end, Some(head))?;
    }
    Some(end)
}

/// The bytes of the frame with this head.
fn length(head: u32) -> Option<usize> {
    if head >> 21 != 0x7FF {
        return None;
    }
    let field = |shift: u32, mask: u32| head >> shift & mask;
    let layer = match field(17, 3) {
        0 => return None,
        code => 4 - code,
    };
    let (divisor, first) = match field(19, 3) {
        0b11 => (1, true),
        0b10 => (2, false),
        0b00 => (4, false),
        _ => return None,
    };
    let rates = RATES.get(match (first, layer) {
        (true, layer) => layer as usize - 1,
        (false, 1) => 3,
        (false, _) => 4,
    })?;
    let rate = u32::from(*rates.get((field(12, 15) as usize).checked_sub(1)?)?) * 1000;
    let sampling = [44_100, 48_000, 32_000].get(field(10, 3) as usize)? / divisor;
    let padding = field(9, 1);
    let length = match layer {
        1 => (12 * rate / sampling + padding) * 4,
        3 if !first => 72 * rate / sampling + padding,
        _ => 144 * rate / sampling + padding,
    };
    usize::try_from(length).ok()
}
