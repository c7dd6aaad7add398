//! Pictures, sounds and other binary content of messages: metadata is cut out, and what is a text can be redacted like
//! one. What content is, is read from its bytes; the type that a sender gives it proves nothing.
//!
//! What goes of a picture or sound is all but what is needed to show or play it: formats are lists of parts, and a part
//! that is not known to be needed is dropped. With EXIF its note of the orientation goes too, so a photograph that was
//! stored sideways is shown sideways. Colour profiles stay. What can be seen or heard is not looked at.

mod blobs;
mod gif;
mod jpeg;
mod mp3;
mod png;
mod riff;
#[cfg(test)]
mod tests;
mod text;

pub use blobs::Blobs;
pub use text::{Text, as_text};

use std::ops::Range;

/// What was found out about a picture or sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Media {
    /// It has no metadata.
    Clean,
    /// The same without its metadata.
    Stripped(Vec<u8>),
    /// It is of no known kind, or damaged before its end, so that nothing can be said of it. A JPEG, GIF, MP3 or WAV
    /// that was cut off within its pixels or samples is none of these.
    Unreadable,
}

/// A picture (JPEG, PNG with APNG, GIF, WebP) or sound (MP3, WAV) without its metadata, and without whatever follows its
/// end. Takes time in proportion to its length.
#[must_use]
pub fn stripped(bytes: &[u8]) -> Media {
    let strip = match bytes {
        [0xFF, 0xD8, ..] => jpeg::strip,
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => png::strip,
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => gif::strip,
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => riff::strip_picture,
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => riff::strip_sound,
        [b'I', b'D', b'3', ..] | [0xFF, 0xE0..=0xFF, ..] => mp3::strip,
        _ => return Media::Unreadable,
    };
    strip(bytes).unwrap_or(Media::Unreadable)
}

/// The parts of a file that stay, in their order.
struct Kept<'a> {
    bytes: &'a [u8],
    ranges: Vec<Range<usize>>,
}

impl<'a> Kept<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, ranges: Vec::new() }
    }

    fn keep(&mut self, range: Range<usize>) {
        match self.ranges.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => self.ranges.push(range),
        }
    }

    /// Whether something goes.
    fn changes(&self) -> bool {
        self.ranges.iter().map(ExactSizeIterator::len).sum::<usize>() != self.bytes.len()
    }

    fn joined(&self) -> Vec<u8> {
        let parts: Vec<_> = self.ranges.iter().filter_map(|range| self.bytes.get(range.clone())).collect();
        parts.concat()
    }

    fn media(&self) -> Media {
        if self.changes() { Media::Stripped(self.joined()) } else { Media::Clean }
    }
}

/// `N` bytes at an offset.
fn at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}
