use super::*;
use crate::mcp::testing::Rng;
use files::*;

mod content;
mod files;

/// Files, and what they are without metadata.
fn files() -> Vec<(&'static str, Vec<u8>, Vec<u8>)> {
    let xmp = b"http://ns.adobe.com/xap/1.0/\0";
    let adobe = segment(0xEE, b"Adobe\0\x64\0\0\0\0\x01");
    let icc = segment(0xE2, b"ICC_PROFILE\0\x01\x01profile");
    let long = secret(&[b'x'; 300]);
    let xmp_in_gif: Vec<&[u8]> = [&b"XMP DataXMP"[..]].into_iter().chain(long.chunks(255)).collect();
    let frames = |count| frame().repeat(count);
    vec![
        ("JPEG", jpeg(&[adobe.clone(), icc.clone()]), jpeg(&[adobe, icc])),
        ("EXIF", jpeg(&[segment(0xE1, &secret(b"Exif\0\0"))]), jpeg(&[])),
        (
            "XMP and IPTC",
            jpeg(&[segment(0xE1, &secret(xmp)), segment(0xED, &secret(b"Photoshop 3.0\0"))]),
            jpeg(&[]),
        ),
        ("comment after fill bytes", jpeg(&[vec![0xFF; 5], segment(0xFE, SECRET)]), jpeg(&[])),
        (
            "other segments",
            jpeg(&[
                segment(0xE0, &secret(b"JFXX\0")),
                segment(0xE2, &secret(b"MPF\0")),
                segment(0xEE, &secret(b"Adobe\0\x64\0\0\0\0\x01")),
                segment(0xE0, &secret(b"JFIF\0")),
            ]),
            jpeg(&[]),
        ),
        ("after the end", secret(&jpeg(&[])), jpeg(&[])),
        ("PNG", png(&[]), png(&[])),
        (
            "chunks",
            png(&[
                chunk(b"tEXt", SECRET),
                chunk(b"zTXt", SECRET),
                chunk(b"iTXt", SECRET),
                chunk(b"eXIf", SECRET),
                chunk(b"tIME", &[0; 7]),
                chunk(b"prVt", SECRET),
            ]),
            png(&[]),
        ),
        (
            "APNG",
            png(&[chunk(b"acTL", &[0; 8]), chunk(b"fdAT", &[0; 5]), chunk(b"tEXt", SECRET)]),
            png(&[chunk(b"acTL", &[0; 8]), chunk(b"fdAT", &[0; 5])]),
        ),
        ("after a PNG", secret(&png(&[])), png(&[])),
        ("GIF", gif(&[]), gif(&[])),
        ("comment", gif(&[extension(0xFE, &[SECRET, SECRET])]), gif(&[])),
        ("XMP in a GIF", gif(&[extension(0xFF, &xmp_in_gif)]), gif(&[])),
        ("text", gif(&[extension(0x01, &[&[0; 12], SECRET])]), gif(&[])),
        ("long control", gif(&[extension(0xF9, &[&[0; 4], SECRET])]), gif(&[])),
        ("long loop", gif(&[extension(0xFF, &[b"NETSCAPE2.0", SECRET])]), gif(&[])),
        ("after a GIF", secret(&gif(&[])), gif(&[])),
        ("WebP", webp(0, &[]), webp(0, &[])),
        ("EXIF and XMP", webp(0x0C, &[part(b"EXIF", SECRET), part(b"XMP ", SECRET)]), webp(0, &[])),
        ("flags alone", webp(0x04, &[]), webp(0, &[])),
        ("unknown", webp(0, &[part(b"ANN ", SECRET)]), webp(0, &[])),
        ("after a WebP", secret(&webp(0, &[])), webp(0, &[])),
        ("animation", animation(&[part(b"VP8L", &[1; 5])]), animation(&[part(b"VP8L", &[1; 5])])),
        ("WAV", wav(&[]), wav(&[])),
        (
            "tags of a WAV",
            wav(&[part(b"LIST", &secret(b"INFOIART")), part(b"id3 ", SECRET), part(b"bext", SECRET)]),
            wav(&[]),
        ),
        ("MP3", frames(3), frames(3)),
        ("ID3", [id3(0, &secret(&[0; 200])), id3(0x10, SECRET), frames(2), id3v1()].concat(), frames(2)),
        ("APE", [frames(2), secret(b"APETAGEX"), id3v1()].concat(), frames(2)),
        ("between frames", [frames(2), id3(0, SECRET), frame(), frame()[..99].to_vec()].concat(), frames(3)),
    ]
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn metadata_goes_and_the_rest_stays() {
    for (name, file, expected) in files() {
        let left = match stripped(&file) {
            Media::Clean => file.clone(),
            Media::Stripped(left) => left,
            Media::Unreadable => panic!("{name} is unreadable"),
        };
        assert_eq!(left, expected, "{name}");
        assert_eq!(stripped(&file) == Media::Clean, file == expected, "{name}");
        assert_eq!(stripped(&left), Media::Clean, "{name}");
        assert!(!holds(&left, SECRET), "{name}");
    }
}

#[test]
fn what_cannot_be_told_is_unreadable() {
    let cut = |file: Vec<u8>, end: usize| file[..file.len() - end].to_vec();
    for (name, file) in [
        ("nothing", Vec::new()),
        ("a PDF", b"%PDF-1.7\0".to_vec()),
        ("the start of a JPEG", b"\xFF\xD8".to_vec()),
        ("no marker", [&b"\xFF\xD8"[..], SECRET].concat()),
        ("an unknown segment", jpeg(&[segment(0xF0, SECRET)])),
        ("a segment of no length", jpeg(&[vec![0xFF, 0xE1, 0, 1]])),
        ("a segment cut off", segment(0xD8, SECRET)),
        ("an unknown chunk that must be read", png(&[chunk(b"ABCD", SECRET)])),
        ("a chunk too long", png(&[[b"\xFF\xFF\xFF\xFFtEXt", SECRET].concat()])),
        ("a PNG without its end", cut(png(&[]), 12)),
        ("the start of a GIF", cut(gif(&[]), 55)),
        ("no block", gif(&[SECRET.to_vec()])),
        ("an unknown part of a frame", animation(&[part(b"VP8L", &[1; 5]), part(b"ANN ", SECRET)])),
        ("a frame cut off", animation(&[b"VP8L\x09\0\0\0".to_vec()])),
        ("flags in the wrong place", webp(0, &[part(b"VP8X", &[0; 10])])),
        ("a chunk of a WebP cut off", cut(webp(0, &[part(b"EXIF", SECRET)]), 4)),
        ("no samples", cut(wav(&[]), 16)),
        ("one frame", frame()),
        ("a tag alone", id3(0, SECRET)),
        ("an AAC", [0xFF, 0xF1].repeat(500)),
    ] {
        assert_eq!(stripped(&file), Media::Unreadable, "{name}");
    }
}

#[test]
fn pictures_and_sounds_may_be_cut_off() {
    let mut piped = wav(&[]);
    piped[4..8].fill(0xFF);
    let at = piped.len() - 12;
    piped[at..at + 4].fill(0xFF);
    for (name, file) in [
        ("JPEG", jpeg(&[])[..jpeg(&[]).len() - 4].to_vec()),
        ("GIF", gif(&[])[..gif(&[]).len() - 4].to_vec()),
        ("WAV", wav(&[])[..wav(&[]).len() - 4].to_vec()),
        ("WAV of a pipe", piped),
    ] {
        assert_eq!(stripped(&file), Media::Clean, "{name}");
    }
}

#[test]
fn damaged_files_do_no_harm() {
    let files = files();
    for seed in 0..100_000 {
        let rng = &mut Rng::new(seed);
        let mut file = files[rng.below(files.len())].1.clone();
        for _ in 0..1 + rng.below(4) {
            let at = rng.below(file.len());
            match rng.below(4) {
                0 => file[at] = rng.pick(&[0, 1, 0x7F, 0xFF]),
                1 => file[at] ^= 1 << rng.below(8),
                2 if at > 0 => file.truncate(at),
                _ => {
                    let from = rng.below(at + 1);
                    file.splice(from..at, Vec::from(&SECRET[..rng.below(SECRET.len())]));
                    file.push(0xD9);
                }
            }
        }
        // What was shown to be clean once is so again.
        if let Media::Stripped(left) = stripped(&file) {
            assert!(left.len() <= file.len(), "seed {seed}");
            assert_eq!(stripped(&left), Media::Clean, "seed {seed}");
        }
        let _ = as_text(&file);
    }
}
