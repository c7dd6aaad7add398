//! GIF (89a specification): a list of blocks, most of them chains of sub-blocks.

use super::{Kept, Media, at};

/// Bytes of a graphic control extension, from its first length to its end.
const CONTROL: usize = 6;
/// The same of extensions that say how often an animation repeats: the name, and a number or two.
const REPEATS: usize = 24;

/// None if it is damaged.
pub(super) fn strip(bytes: &[u8]) -> Option<Media> {
    let mut kept = Kept::new(bytes);
    let [packed] = at(bytes, 10)?;
    let mut here = 13 + colours(packed);
    bytes.get(..here)?;
    kept.keep(0..here);
    while here < bytes.len() {
        let start = here;
        let stays = match at(bytes, here)? {
            [0x3B] => {
                kept.keep(here..here + 1);
                break;
            }
            [0x2C] => {
                let [packed] = at(bytes, here + 9)?;
                // One byte more, the size of codes, before the pixels.
                here = chain_end(bytes, here + 11 + colours(packed));
                true
            }
            [0x21] => {
                let [label] = at(bytes, here + 1)?;
                here = chain_end(bytes, here + 2);
                extension_stays(label, bytes.get(start + 2..here)?)
            }
            _ => return None,
        };
        if stays {
            kept.keep(start..here);
        }
    }
    Some(kept.media())
}

/// Bytes of the colour table that a packed field announces.
fn colours(packed: u8) -> usize {
    if packed & 0x80 == 0 { 0 } else { 3 << ((packed & 7) + 1) }
}

/// Where a chain of sub-blocks ends: at an empty one, or with the bytes.
fn chain_end(bytes: &[u8], mut here: usize) -> usize {
    while let Some(&length) = bytes.get(here) {
        here += 1 + usize::from(length);
        if length == 0 {
            return here;
        }
    }
    bytes.len()
}

/// Of extensions only those stay that say how frames follow each other, and colour profiles.
fn extension_stays(label: u8, chain: &[u8]) -> bool {
    match (label, chain) {
        (0xF9, chain) => chain.len() <= CONTROL,
        (0xFF, [11, rest @ ..]) => {
            let repeats = rest.starts_with(b"NETSCAPE2.0") || rest.starts_with(b"ANIMEXTS1.0");
            repeats && chain.len() <= REPEATS || rest.starts_with(b"ICCRGBG1012")
        }
        _ => false,
    }
}
