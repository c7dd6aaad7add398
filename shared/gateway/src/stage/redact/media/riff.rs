//! RIFF: WebP (RFC 9649) and WAV (Microsoft, Multimedia Programming Interface 1.0). A list of chunks, each with its length
//! and padded to an even one.

use super::{Kept, Media, at};

/// Bytes before the first chunk.
const HEAD: usize = 12;
/// In the flags of `VP8X`: there are XMP and EXIF chunks.
const METADATA: u8 = 0b1100;

/// A chunk: its name, where it starts, and where it ends without its padding.
struct Chunk {
    name: [u8; 4],
    start: usize,
    end: usize,
}

impl Chunk {
    /// The chunk at `start`; `open` may be cut off.
    fn read(bytes: &[u8], start: usize, open: Option<[u8; 4]>) -> Option<Self> {
        let name = at(bytes, start)?;
        let length = usize::try_from(u32::from_le_bytes(at(bytes, start + 4)?)).ok()?;
        let end = (start + 8).saturating_add(length);
        if end <= bytes.len() {
            return Some(Self { name, start, end });
        }
        // Sounds that were written to a pipe do not know their length.
        (open == Some(name)).then_some(Self { name, start, end: bytes.len() })
    }

    fn padded(&self, bytes: &[u8]) -> usize {
        (self.end + (self.end - self.start) % 2).min(bytes.len())
    }
}

/// A WebP picture; none if it is damaged.
pub(super) fn strip_picture(bytes: &[u8]) -> Option<Media> {
    let picture = within(bytes)?;
    let mut kept = Kept::new(bytes);
    kept.keep(0..HEAD);
    let (mut here, mut flags) = (HEAD, None);
    while here < picture.len() {
        let chunk = Chunk::read(picture, here, None)?;
        here = chunk.padded(picture);
        match &chunk.name {
            // It is the first chunk, so that its flags keep their place.
            b"VP8X" if chunk.start == HEAD && chunk.end >= HEAD + 18 => flags = Some(HEAD + 8),
            b"VP8X" => return None,
            b"ANMF" => frame(picture.get(chunk.start + 24..chunk.end)?)?,
            b"VP8 " | b"VP8L" | b"ALPH" | b"ANIM" | b"ICCP" => {}
            _ => continue,
        }
        kept.keep(chunk.start..here);
    }
    let flagged = flags.filter(|&at| picture.get(at).is_some_and(|flags| flags & METADATA != 0));
    if flagged.is_none() && !kept.changes() {
        return Some(Media::Clean);
    }
    let mut new = sized(kept.joined())?;
    if let Some(flags) = flagged.and_then(|at| new.get_mut(at)) {
        *flags &= !METADATA;
    }
    Some(Media::Stripped(new))
}

/// Whether a frame of an animation has nothing but its picture; none if not.
fn frame(bytes: &[u8]) -> Option<()> {
    let mut here = 0;
    while here < bytes.len() {
        let chunk = Chunk::read(bytes, here, None)?;
        matches!(&chunk.name, b"VP8 " | b"VP8L" | b"ALPH").then_some(())?;
        here = chunk.padded(bytes);
    }
    Some(())
}

/// A WAV sound; none if it is damaged, or has no samples.
pub(super) fn strip_sound(bytes: &[u8]) -> Option<Media> {
    let sound = within(bytes)?;
    let mut kept = Kept::new(bytes);
    kept.keep(0..HEAD);
    let (mut here, mut samples) = (HEAD, false);
    while here < sound.len() {
        let chunk = Chunk::read(sound, here, Some(*b"data"))?;
        here = chunk.padded(sound);
        if matches!(&chunk.name, b"fmt " | b"fact" | b"data") {
            samples |= chunk.name == *b"data";
            kept.keep(chunk.start..here);
        }
    }
    if !samples {
        return None;
    }
    Some(if kept.changes() { Media::Stripped(sized(kept.joined())?) } else { Media::Clean })
}

/// The file up to the end that it gives itself, if that is not beyond the bytes there are.
fn within(bytes: &[u8]) -> Option<&[u8]> {
    let end = usize::try_from(u32::from_le_bytes(at(bytes, 4)?)).ok()?.checked_add(8)?;
    // A file that is written to a pipe has 0 or all ones there.
    let end = if end <= HEAD { bytes.len() } else { end.min(bytes.len()) };
    bytes.get(..end)
}

/// The file with its length in its head.
fn sized(mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    let length = u32::try_from(bytes.len().checked_sub(8)?).ok()?;
    bytes.get_mut(4..8)?.copy_from_slice(&length.to_le_bytes());
    Some(bytes)
}
