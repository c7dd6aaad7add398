//! JPEG (ITU-T T.81 annex B): a list of segments, with the coded picture after each SOS.

use super::{Kept, Media, at};

const SOS: u8 = 0xDA;
const EOI: u8 = 0xD9;

/// None if it is damaged.
pub(super) fn strip(bytes: &[u8]) -> Option<Media> {
    let mut kept = Kept::new(bytes);
    kept.keep(0..2);
    let mut here = 2;
    loop {
        let start = here;
        let [0xFF] = at(bytes, here)? else { return None };
        // Any number of fill bytes may stand before a marker.
        here += bytes.get(here..)?.iter().position(|&byte| byte != 0xFF)?;
        let marker = *bytes.get(here)?;
        here += 1;
        match marker {
            // What follows the end are other pictures, films or notes of cameras.
            EOI => {
                kept.keep(start..here);
                return Some(kept.media());
            }
            // Restarts, and TEM: no length.
            0x01 | 0xD0..=0xD7 => {
                kept.keep(start..here);
                continue;
            }
            _ => {}
        }
        let end = here + usize::from(u16::from_be_bytes(at(bytes, here)?));
        if stays(marker, bytes.get(here + 2..end)?)? {
            kept.keep(start..end);
        }
        here = end;
        if marker == SOS {
            here = scan_end(bytes, end);
            kept.keep(end..here);
            if here == bytes.len() {
                return Some(kept.media());
            }
        }
    }
}

/// Whether a segment is needed; none if it is not known.
fn stays(marker: u8, body: &[u8]) -> Option<bool> {
    match marker {
        // Frames, tables and scans.
        0xC0..=0xCF | SOS..=0xDF => Some(true),
        // JFIF; with a thumbnail, which nobody may have looked at, it is longer.
        0xE0 => Some(body.starts_with(b"JFIF\0") && body.len() == 14),
        0xE2 => Some(body.starts_with(b"ICC_PROFILE\0")),
        // How colours are coded.
        0xEE => Some(body.starts_with(b"Adobe") && body.len() == 12),
        // Other application segments, and comments.
        0xE1..=0xEF | 0xFE => Some(false),
        _ => None,
    }
}

/// Where the coded picture that starts at `start` ends: at the next marker that is no restart.
fn scan_end(bytes: &[u8], start: usize) -> usize {
    let pairs = bytes.get(start..).unwrap_or_default().windows(2);
    let marker = |pair: &[u8]| matches!(pair, [0xFF, 0x01..=0xCF | 0xD8..=0xFE]);
    pairs.into_iter().position(marker).map_or(bytes.len(), |at| start + at)
}
