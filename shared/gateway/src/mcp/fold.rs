//! Look-alike member names. A parser that ignores case, or normalises Unicode, would read `Method` where this
//! gateway reads an unknown member; such names are refused so that no upstream can see another message.

/// Whether `name` is none of `known` but equals one after folding.
pub(super) fn is_lookalike(name: &str, known: &[&str]) -> bool {
    if known.contains(&name) {
        return false;
    }
    if name.is_ascii() {
        return known.iter().any(|known| known.eq_ignore_ascii_case(name));
    }
    known.iter().any(|known| name.chars().map(fold).eq(known.chars().map(|c| c.to_ascii_lowercase())))
}

/// ASCII case, the two characters whose simple case folding is ASCII (U+017F, U+212A), full-width forms, and
/// mathematical alphanumerics with the letterlike symbols that fill that block's holes.
fn fold(c: char) -> char {
    const LETTERLIKE: &[(u32, char)] = &[
        (0x2102, 'c'),
        (0x210A, 'g'),
        (0x210B, 'h'),
        (0x210C, 'h'),
        (0x210D, 'h'),
        (0x210E, 'h'),
        (0x2110, 'i'),
        (0x2111, 'i'),
        (0x2112, 'l'),
        (0x2113, 'l'),
        (0x2115, 'n'),
        (0x2119, 'p'),
        (0x211A, 'q'),
        (0x211B, 'r'),
        (0x211C, 'r'),
        (0x211D, 'r'),
        (0x2124, 'z'),
        (0x2128, 'z'),
        (0x212C, 'b'),
        (0x212D, 'c'),
        (0x212F, 'e'),
        (0x2130, 'e'),
        (0x2131, 'f'),
        (0x2133, 'm'),
        (0x2134, 'o'),
        (0x2139, 'i'),
    ];
    let code = u32::from(c);
    let folded = match code {
        0x17F => 's',
        0x212A => 'k',
        0xFF01..=0xFF5E => char::from_u32(code - 0xFEE0).unwrap_or(c),
        // Thirteen alphabets of 26 capital and 26 small letters, then dotless i and j, then digits five times.
        0x1D400..=0x1D6A3 => char::from_u32(u32::from('a') + (code - 0x1D400) % 26).unwrap_or(c),
        0x1D6A4 => 'i',
        0x1D6A5 => 'j',
        0x1D7CE..=0x1D7FF => char::from_u32(u32::from('0') + (code - 0x1D7CE) % 10).unwrap_or(c),
        _ => LETTERLIKE.iter().find(|(from, _)| *from == code).map_or(c, |(_, to)| *to),
    };
    folded.to_ascii_lowercase()
}
