//! PNG (W3C, third edition): a list of chunks.

use super::{Kept, Media, at};

/// None if it is damaged.
pub(super) fn strip(bytes: &[u8]) -> Option<Media> {
    let mut kept = Kept::new(bytes);
    kept.keep(0..8);
    let mut here = 8;
    loop {
        let length = usize::try_from(u32::from_be_bytes(at(bytes, here)?)).ok()?;
        let kind: [u8; 4] = at(bytes, here + 4)?;
        let end = here.checked_add(length)?.checked_add(12)?;
        bytes.get(here..end)?;
        if stays(kind)? {
            kept.keep(here..end);
        }
        here = end;
        if kind == *b"IEND" {
            return Some(kept.media());
        }
    }
}

/// Whether a chunk is needed; none if a reader would have to know it.
fn stays(kind: [u8; 4]) -> Option<bool> {
    match &kind {
        b"IHDR" | b"PLTE" | b"IDAT" | b"IEND" | b"acTL" | b"fcTL" | b"fdAT" | b"tRNS" | b"cHRM" | b"gAMA"
        | b"iCCP" | b"sBIT" | b"sRGB" | b"cICP" | b"mDCV" | b"cLLI" | b"bKGD" | b"hIST" | b"pHYs" => {
            Some(true)
        }
        // Text, EXIF, the time, and private ones: all that a reader may skip.
        [b'a'..=b'z', ..] => Some(false),
        _ => None,
    }
}
