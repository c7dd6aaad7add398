//! Text that nobody sees: tag characters (U+E0020 to U+E007E), each of which stands for one of ASCII. Models read them.

use std::ops::Range;

/// A run of tag characters.
pub(crate) struct Hidden {
    start: usize,
    /// What it says.
    pub text: String,
}

impl Hidden {
    /// Where something of it stands in the text.
    pub const fn original(&self, range: Range<usize>) -> Range<usize> {
        self.start + range.start * TAG_BYTES..self.start + range.end * TAG_BYTES
    }
}

/// Length of a tag character in UTF-8, and its first byte, which hardly any other has.
const TAG_BYTES: usize = 4;
const TAG_BEGINS: u8 = 0xF3;

/// The runs of tag characters in a text.
pub(crate) fn hidden(text: &str) -> impl Iterator<Item = Hidden> {
    let mut at = if text.as_bytes().contains(&TAG_BEGINS) { 0 } else { text.len() };
    std::iter::from_fn(move || {
        let start = at + text.get(at..)?.find(|c| says(c).is_some())?;
        let text: String = text.get(start..)?.chars().map_while(says).collect();
        at = start + text.len() * TAG_BYTES;
        Some(Hidden { start, text })
    })
}

/// What a tag character stands for.
fn says(tag: char) -> Option<char> {
    let ascii = u32::from(tag).checked_sub(0xE0000)?;
    char::from_u32(ascii).filter(|character| matches!(character, ' '..='~'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tag_characters_are_read() {
        let tags = |text: &str| {
            text.chars().filter_map(|c| char::from_u32(0xE0000 + u32::from(c))).collect::<String>()
        };
        let text = format!("é {} and {}.", tags("card 4111"), tags("x"));
        let found: Vec<_> = hidden(&text).collect();
        let said: Vec<_> = found.iter().map(|it| it.text.as_str()).collect();
        assert_eq!(said, ["card 4111", "x"]);
        let number = found.first().and_then(|it| text.get(it.original(5..9)));
        assert_eq!(number, Some(tags("4111").as_str()));
        for nothing in ["", "text", "é", "\u{F0000}", "\u{E0001}\u{E007F}\u{E0100}"] {
            assert!(hidden(nothing).next().is_none(), "{nothing:?}");
        }
    }
}
