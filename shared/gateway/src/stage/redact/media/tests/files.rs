//! Small files of each kind, built of their parts.

/// What stands in metadata.
pub(super) const SECRET: &[u8] = b"ann@example.org";

pub(super) fn secret(before: &[u8]) -> Vec<u8> {
    [before, SECRET].concat()
}

/// A JPEG segment with its length.
pub(super) fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    [&[0xFF, marker], &length[..], body].concat()
}

/// A JPEG with these segments after its JFIF head.
pub(super) fn jpeg(segments: &[Vec<u8>]) -> Vec<u8> {
    let scan = [&segment(0xDA, &[1, 1, 0, 0, 63, 0])[..], &[0x12, 0xFF, 0, 0x34, 0xFF, 0xD0, 0x56]].concat();
    [
        b"\xFF\xD8".to_vec(),
        segment(0xE0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0"),
        segments.concat(),
        segment(0xDB, &[7; 65]),
        segment(0xC0, &[8, 0, 1, 0, 1, 1, 1, 0x11, 0]),
        segment(0xC4, &[0; 20]),
        scan.clone(),
        // A second scan of a progressive picture, after a fill byte.
        [&[0xFF][..], &scan].concat(),
        b"\xFF\xD9".to_vec(),
    ]
    .concat()
}

/// A PNG chunk; nobody reads its checksum.
pub(super) fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&u32::try_from(body.len()).unwrap().to_be_bytes()[..], kind, body, b"crc."].concat()
}

/// A PNG with these chunks before its pixels.
pub(super) fn png(chunks: &[Vec<u8>]) -> Vec<u8> {
    [
        b"\x89PNG\r\n\x1A\n".to_vec(),
        chunk(b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]),
        chunk(b"iCCP", b"p\0\0profile"),
        chunks.concat(),
        chunk(b"IDAT", &[1, 2, 3]),
        chunk(b"IEND", b""),
    ]
    .concat()
}

/// A GIF extension: sub-blocks, and their end.
pub(super) fn extension(label: u8, blocks: &[&[u8]]) -> Vec<u8> {
    let mut extension = vec![0x21, label];
    for block in blocks {
        extension.push(u8::try_from(block.len()).unwrap());
        extension.extend_from_slice(block);
    }
    extension.push(0);
    extension
}

/// A GIF with these extensions before its one frame.
pub(super) fn gif(extensions: &[Vec<u8>]) -> Vec<u8> {
    [
        b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xFF\xFF\xFF".to_vec(),
        extension(0xFF, &[b"NETSCAPE2.0", &[1, 0, 0]]),
        extensions.concat(),
        extension(0xF9, &[&[0; 4]]),
        b"\x2C\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0".to_vec(),
        b"\x3B".to_vec(),
    ]
    .concat()
}

/// A RIFF chunk, padded.
pub(super) fn part(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut part = [name, &u32::try_from(body.len()).unwrap().to_le_bytes()[..], body].concat();
    part.resize(part.len().next_multiple_of(2), 0);
    part
}

fn riff(form: &[u8; 4], parts: &[Vec<u8>]) -> Vec<u8> {
    let body = [&form[..], &parts.concat()].concat();
    part(b"RIFF", &body)
}

/// A WebP with an alpha channel and a profile, these chunks, and these flags for them.
pub(super) fn webp(flags: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    let fixed = [part(b"VP8X", &[0x30 | flags, 0, 0, 0, 0, 0, 0, 0, 0, 0]), part(b"ICCP", b"profile")];
    riff(b"WEBP", &[&fixed[..], &[part(b"ALPH", &[0; 3]), part(b"VP8 ", &[1; 9])], parts].concat())
}

/// An animated WebP whose frame has these chunks.
pub(super) fn animation(parts: &[Vec<u8>]) -> Vec<u8> {
    let frame = [vec![0; 16], parts.concat()].concat();
    riff(
        b"WEBP",
        &[part(b"VP8X", &[2, 0, 0, 0, 0, 0, 0, 0, 0, 0]), part(b"ANIM", &[0; 6]), part(b"ANMF", &frame)],
    )
}

pub(super) fn wav(parts: &[Vec<u8>]) -> Vec<u8> {
    let format = part(b"fmt ", &[1, 0, 1, 0, 0x40, 0x1F, 0, 0, 0x40, 0x1F, 0, 0, 1, 0, 8, 0]);
    riff(b"WAVE", &[&[format], parts, &[part(b"data", &[128; 7])]].concat())
}

/// An MPEG-1 layer III frame of 128 kbit/s and 44.1 kHz: 417 bytes.
pub(super) fn frame() -> Vec<u8> {
    [&[0xFF, 0xFB, 0x90, 0x64][..], &[0; 413]].concat()
}

/// An ID3v2.4 tag.
pub(super) fn id3(flags: u8, body: &[u8]) -> Vec<u8> {
    let size = [0, 0, (body.len() >> 7) as u8, (body.len() & 0x7F) as u8];
    let footer = if flags & 0x10 == 0 { &[][..] } else { b"3DI\x04\0\x10\0\0\0\0" };
    [b"ID3\x04\0", &[flags][..], &size, body, footer].concat()
}

/// An ID3v1 tag.
pub(super) fn id3v1() -> Vec<u8> {
    let mut tag = secret(b"TAG");
    tag.resize(128, 0);
    tag
}
