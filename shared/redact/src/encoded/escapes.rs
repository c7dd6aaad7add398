//! Escapes that stand for one character each: of strings in code and JSON (`\u0034`), of HTML (`&#52;`), of URLs (`%34`).

use crate::view::{Sink, Undo, Unescaped, width};

/// Named characters of HTML (its section 13.5) that stand in values and around them.
const NAMED: &[(&str, char)] = &[
    ("AMP", '&'),
    ("GT", '>'),
    ("LT", '<'),
    ("NewLine", '\n'),
    ("QUOT", '"'),
    ("Tab", '\t'),
    ("ZeroWidthSpace", '\u{200B}'),
    ("amp", '&'),
    ("apos", '\''),
    ("bsol", '\\'),
    ("colon", ':'),
    ("comma", ','),
    ("commat", '@'),
    ("dash", '-'),
    ("dollar", '$'),
    ("emsp", ' '),
    ("ensp", ' '),
    ("equals", '='),
    ("gt", '>'),
    ("hyphen", '-'),
    ("lowbar", '_'),
    ("lpar", '('),
    ("lt", '<'),
    ("mdash", '-'),
    ("minus", '-'),
    ("nbsp", ' '),
    ("ndash", '-'),
    ("num", '#'),
    ("percnt", '%'),
    ("period", '.'),
    ("plus", '+'),
    ("quot", '"'),
    ("rpar", ')'),
    ("semi", ';'),
    ("shy", '\u{AD}'),
    ("sol", '/'),
    ("thinsp", ' '),
    ("zwj", '\u{200D}'),
    ("zwnj", '\u{200C}'),
];
/// The longest of these names.
const LONGEST_NAME: usize = 14;

/// What an escape begins with.
const BEGINS: [char; 3] = ['\\', '&', '%'];

/// Where the next escapes of a text may begin.
pub(crate) struct Escapes<'a> {
    text: &'a str,
    /// The next byte of each kind: these are rare, and a search for one is many times faster than a look at each byte.
    next: [Option<usize>; 3],
}

impl<'a> Escapes<'a> {
    pub fn of(text: &'a str) -> Self {
        Self { text, next: BEGINS.map(|begin| text.find(begin)) }
    }
}

impl Iterator for Escapes<'_> {
    /// Where it begins, what it stands for, and how long it is.
    type Item = (usize, char, u8);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let at = self.next.iter().flatten().min().copied()?;
            let escape = at_escape(self.text, at);
            let after = at + escape.map_or(1, |(_, length)| usize::from(length));
            for (next, begin) in self.next.iter_mut().zip(BEGINS) {
                if next.is_some_and(|next| next < after) {
                    *next =
                        self.text.get(after..).and_then(|rest| rest.find(begin)).map(|offset| after + offset);
                }
            }
            if let Some((character, length)) = escape {
                return Some((at, character, length));
            }
        }
    }
}

/// The text without its escapes.
pub(crate) fn decode(text: &str) -> Unescaped<'_> {
    Unescaped::of(text, Undo { text: undo, map: undo })
}

fn undo(text: &str, sink: &mut impl Sink) {
    let mut done = 0;
    for (at, character, length) in Escapes::of(text) {
        sink.copy(text.get(done..at).unwrap_or(""));
        sink.put(character, length);
        done = at + usize::from(length);
    }
    sink.copy(text.get(done..).unwrap_or(""));
}

/// The escape at a place: what it stands for, and its length.
fn at_escape(text: &str, at: usize) -> Option<(char, u8)> {
    let rest = text.as_bytes().get(at..)?;
    match rest.first()? {
        b'\\' => backslash(rest),
        b'&' => entity(rest),
        _ => percent(rest),
    }
}

/// Escapes of C, JSON, Python and JavaScript.
pub(crate) fn backslash(bytes: &[u8]) -> Option<(char, u8)> {
    let character = match bytes.get(1)? {
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        b'b' => '\u{8}',
        b'f' => '\u{C}',
        known @ (b'"' | b'\'' | b'\\' | b'/') => char::from(*known),
        b'x' => return Some((char::from_u32(number(bytes.get(2..4)?, 16)?)?, 4)),
        b'u' if bytes.get(2) == Some(&b'{') => {
            let digits = bytes.get(3..)?.iter().take(7).position(|byte| *byte == b'}')?;
            let character = char::from_u32(number(bytes.get(3..3 + digits)?, 16)?)?;
            return Some((character, u8::try_from(digits + 4).ok()?));
        }
        b'u' => return utf_16(bytes),
        b'U' => return Some((char::from_u32(number(bytes.get(2..10)?, 16)?)?, 10)),
        _ => return None,
    };
    Some((character, 2))
}

/// `\u` and four hexadecimal digits, or two of them for a character beyond U+FFFF.
fn utf_16(bytes: &[u8]) -> Option<(char, u8)> {
    let first = number(bytes.get(2..6)?, 16)?;
    if let Some(character) = char::from_u32(first) {
        return Some((character, 6));
    }
    let second = bytes.get(6..12)?.strip_prefix(b"\\u")?;
    let units = [u16::try_from(first).ok()?, u16::try_from(number(second, 16)?).ok()?];
    let character = char::decode_utf16(units).next()?.ok()?;
    Some((character, 12))
}

/// Character references of HTML.
fn entity(bytes: &[u8]) -> Option<(char, u8)> {
    let window = bytes.get(1..)?.iter().take(LONGEST_NAME + 1);
    let end = 1 + window.clone().position(|byte| *byte == b';')?;
    let name = bytes.get(1..end)?;
    let character = match name {
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(number(digits, 16)?)?,
        [b'#', digits @ ..] => char::from_u32(number(digits, 10)?)?,
        _ => {
            let at = NAMED.binary_search_by(|(known, _)| known.as_bytes().cmp(name)).ok()?;
            NAMED.get(at)?.1
        }
    };
    Some((character, u8::try_from(end + 1).ok()?))
}

/// `%XX`, or as many of them as a character has bytes.
fn percent(bytes: &[u8]) -> Option<(char, u8)> {
    let mut encoded = bytes.chunks(3).map_while(|chunk| match chunk {
        [b'%', digits @ ..] if digits.len() == 2 => u8::try_from(number(digits, 16)?).ok(),
        _ => None,
    });
    let mut character = [encoded.next()?, 0, 0, 0];
    let length = match character {
        [0..0x80, ..] => 1,
        [0xC2..0xE0, ..] => 2,
        [0xE0..0xF0, ..] => 3,
        [0xF0..0xF5, ..] => 4,
        _ => return None,
    };
    for (byte, value) in character.iter_mut().take(length).skip(1).zip(&mut encoded) {
        *byte = value;
    }
    let text = std::str::from_utf8(character.get(..length)?).ok()?;
    let character = text.chars().next()?;
    Some((character, 3 * width(character)))
}

/// A number of digits alone; at most eight, so that it cannot overflow.
fn number(digits: &[u8], radix: u32) -> Option<u32> {
    if digits.is_empty() || digits.len() > 8 {
        return None;
    }
    digits.iter().try_fold(0_u32, |value, digit| {
        let digit = char::from(*digit).to_digit(radix)?;
        value.checked_mul(radix)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone() {
        assert!(NAMED.is_sorted() && NAMED.iter().all(|(name, _)| name.len() <= LONGEST_NAME));
        for (text, expected) in [
            (r#"a\"b\n\/\\"#, "a\"b\n/\\"),
            (r"\u0034\x31\u{31}\U00000031", "4111"),
            (r"\ud83d\ude42!", "🙂!"),
            (r"C:\dir \ud83d \u12 \x4 \", r"C:\dir \ud83d \u12 \x4 \"),
            ("&#52;&#x31;&#X31;&commat;&nbsp;&amp;", "411@ &"),
            (
                "a & b; &unknown; &#; &#x110000; &toolongtobeaname;",
                "a & b; &unknown; &#; &#x110000; &toolongtobeaname;",
            ),
            ("%34%31%40%C3%A9%F0%9F%99%82", "41@é🙂"),
            ("100% sure, %zz, %C3, %FF%4", "100% sure, %zz, %C3, %FF%4"),
        ] {
            assert_eq!(decode(text).text(), expected, "{text}");
        }
    }

    #[test]
    fn ranges_are_those_of_whole_escapes() {
        let text = r"x \u0034&#49;%31 é%C3%A9";
        let derived = decode(text);
        assert_eq!(derived.text(), "x 411 éé");
        assert_eq!(text.get(derived.original(2..5)), Some(r"\u0034&#49;%31"));
        assert_eq!(text.get(derived.original(6..10)), Some("é%C3%A9"));
    }
}
