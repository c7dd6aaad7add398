//! Small letters. The standard library knows all of Unicode's, in a table of 12 KB; these are those of the scripts that words
//! are known in.

/// How the small letters of a range are found.
#[derive(Clone, Copy)]
enum Rule {
    /// So much behind the capitals.
    Behind(u16),
    /// Right behind each capital, which has an even or an odd number.
    Even,
    Odd,
    /// This one.
    To(u16),
}

use Rule::{Behind, Even, Odd, To};

/// By their first and last capital: Latin, Greek, Cyrillic, Armenian, in order.
const CAPITALS: &[(u16, u16, Rule)] = &[
    (0xC0, 0xD6, Behind(32)),
    (0xD8, 0xDE, Behind(32)),
    (0x100, 0x12F, Even),
    // A dotted I is an i in Turkish, which has another one without a dot.
    (0x130, 0x130, To(0x69)),
    (0x132, 0x137, Even),
    (0x139, 0x148, Odd),
    (0x14A, 0x177, Even),
    (0x178, 0x178, To(0xFF)),
    (0x179, 0x17E, Odd),
    (0x18F, 0x18F, To(0x259)),
    (0x1A0, 0x1A5, Even),
    (0x1AF, 0x1AF, To(0x1B0)),
    (0x1CD, 0x1DC, Odd),
    (0x1DE, 0x1EF, Even),
    (0x1F8, 0x21F, Even),
    (0x222, 0x233, Even),
    (0x386, 0x386, To(0x3AC)),
    (0x388, 0x38A, Behind(37)),
    (0x38C, 0x38C, To(0x3CC)),
    (0x38E, 0x38F, Behind(63)),
    (0x391, 0x3A1, Behind(32)),
    (0x3A3, 0x3AB, Behind(32)),
    (0x400, 0x40F, Behind(80)),
    (0x410, 0x42F, Behind(32)),
    (0x460, 0x481, Even),
    (0x48A, 0x4BF, Even),
    (0x4C1, 0x4CE, Odd),
    (0x4D0, 0x52F, Even),
    (0x531, 0x556, Behind(48)),
    (0x1E00, 0x1E95, Even),
    (0x1E9E, 0x1E9E, To(0xDF)),
    (0x1EA0, 0x1EFF, Even),
    (0xFF21, 0xFF3A, Behind(32)),
];

/// The small letter of a capital; any other character as it is.
pub(crate) fn lower(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_lowercase();
    }
    small(character).unwrap_or(character)
}

#[inline(never)]
fn small(character: char) -> Option<char> {
    let code = u16::try_from(u32::from(character)).ok()?;
    let at = CAPITALS.partition_point(|(_, last, _)| *last < code);
    let (_, _, rule) = CAPITALS.get(at).filter(|(first, ..)| *first <= code)?;
    let small = match *rule {
        Behind(distance) => code + distance,
        Even => code | 1,
        Odd => code + (code & 1),
        To(small) => small,
    };
    char::from_u32(u32::from(small))
}

#[cfg(test)]
#[test]
fn capitals_have_their_small_letters() {
    for code in 0..=0xFFFF {
        let Some(character) = char::from_u32(code) else { continue };
        let (small, mut known) = (lower(character), character.to_lowercase());
        if small != character && character != 'İ' {
            assert_eq!((Some(small), None), (known.next(), known.next()), "{character}");
        }
    }
    assert_eq!(
        "ÀŽŁĐİŞĞÆŒŐŘȚЁЖІЇҐΆΣΏԲẾƯƠẞ".chars().map(lower).collect::<String>(),
        "àžłđişğæœőřțёжіїґάσώբếươß"
    );
    // What words are made of.
    for entry in crate::engine::entries() {
        for small in entry.phrases().flat_map(str::chars) {
            let mut capital = small.to_uppercase();
            if let (Some(capital), None) = (capital.next(), capital.next()) {
                assert_eq!(
                    lower(capital).to_lowercase().collect::<String>(),
                    capital.to_lowercase().collect::<String>()
                );
            }
        }
    }
}
