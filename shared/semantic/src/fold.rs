//! Texts that differ in form only.
//!
//! `fold` gives such texts one form: small letters, single blanks, full-width letters and ligatures as plain ones,
//! letters and their marks taken apart, typewriter quotes, no punctuation at the end. Of the compatibility mappings of
//! Unicode (NFKC) it does only those that never change what is meant. It leaves alone superscripts and subscripts (`2³` is
//! not `23`), fractions (`1½` is not `11/2`), circled, Roman and mathematical letters and digits, `ª`, `º`, `™`, `№`.
//! Of scripts other than Latin it knows small letters only. What is left alone costs a hit, never truth.

mod letters;

/// A small letter without its marks; any other character as it is.
pub(crate) fn base(c: char) -> char {
    let mut c = c;
    while let Some((base, _)) = apart(c) {
        c = base;
    }
    c
}

/// A small Latin letter without its last mark, and that mark.
fn apart(c: char) -> Option<(char, char)> {
    let code = u16::try_from(u32::from(c)).ok().filter(|code| *code >= 0x80)?;
    let at = letters::MARKED.binary_search_by_key(&code, |entry| entry.0).ok()?;
    let (_, base, mark) = *letters::MARKED.get(at)?;
    Some((char::from_u32(u32::from(base))?, char::from_u32(u32::from(mark))?))
}

/// A combining mark that only adorns a letter. Those that strike it through (`=` and U+0338 is "not equal") are none.
pub(crate) fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{333}' | '\u{339}'..='\u{36F}' | '\u{1AB0}'..='\u{1ABD}' | '\u{1ABF}'..='\u{1ACE}'
        | '\u{1DC0}'..='\u{1DFF}' | '\u{FE00}'..='\u{FE0F}' | '\u{FE20}'..='\u{FE2F}')
}

/// A character that shows nothing: controls, soft hyphens, directions, byte order marks.
pub(crate) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{AD}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}')
}

/// A letter of a Latin alphabet, phonetic letters included, and those signs that look like one (`ª`, `µ`, `º`).
pub(crate) fn is_latin(c: char) -> bool {
    c.is_ascii_alphabetic()
        || matches!(c, '\u{AA}' | '\u{B5}' | '\u{BA}' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}'
            | '\u{F8}'..='\u{2FF}' | '\u{1E00}'..='\u{1EFF}')
}

/// The text in the form that all texts share which differ from it in form only.
#[inline(never)]
pub fn fold(text: &str) -> String {
    let plain = plain(text);
    let mut out = String::with_capacity(plain.len() + 8);
    let mut after_number = false;
    for word in open_end(plain.trim()).split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        if has_case(word, after_number) {
            word.chars().for_each(|c| push_apart(&mut out, c));
        } else {
            word.chars().flat_map(char::to_lowercase).for_each(|c| push_apart(&mut out, c));
        }
        after_number = word.ends_with(|c: char| c.is_ascii_digit());
    }
    out
}

/// The text with what stands for plain characters replaced by them. Case and blanks are as they were.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\0'..='\u{7F}' => out.push(c),
            // Shows nothing, and parts no words.
            '\u{AD}' | '\u{200B}' | '\u{2060}' | '\u{FEFF}' => {}
            '‘' | '’' | '‛' | 'ʼ' => out.push('\''),
            '“' | '”' | '„' | '‟' | '«' | '»' => out.push('"'),
            '…' => out.push_str("..."),
            '\u{2011}' => out.push('‐'),
            'µ' => out.push('μ'),
            '℃' => out.push_str("°C"),
            '℉' => out.push_str("°F"),
            '！'..='～' => out.push(char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c)),
            'ﬀ' => out.push_str("ff"),
            'ﬁ' => out.push_str("fi"),
            'ﬂ' => out.push_str("fl"),
            'ﬃ' => out.push_str("ffi"),
            'ﬄ' => out.push_str("ffl"),
            'ﬅ' | 'ﬆ' => out.push_str("st"),
            _ => out.push(c),
        }
    }
    out
}

/// Whether case tells such words apart: `aB3` and `Ab3`, `/Data` and `/data`, `5 Mb` and `5 MB`.
pub(crate) fn has_case(word: &str, after_number: bool) -> bool {
    if word.contains(['/', '\\']) {
        return true;
    }
    let small = word.contains(|c: char| c.is_lowercase());
    let capital = word.contains(|c: char| c.is_uppercase());
    let short = after_number && word.chars().filter(|c| !is_mark(*c)).count() <= 3;
    small && capital && (short || word.contains(|c: char| c.is_numeric()))
}

/// Adds a character, its marks taken apart and in canonical order.
fn push_apart(out: &mut String, c: char) {
    if let Some((base, mark)) = apart(c) {
        push_apart(out, base);
        push_mark(out, mark);
    } else if c.is_ascii() || class(c) == 0 {
        out.push(c);
    } else {
        push_mark(out, c);
    }
}

/// Puts a mark behind those of its own or a smaller class, as canonical order wants it.
fn push_mark(out: &mut String, mark: char) {
    let larger = |c: &char| class(*c) > class(mark);
    let bytes: usize = out.chars().rev().take_while(larger).map(char::len_utf8).sum();
    out.insert(out.len() - bytes, mark);
}

/// The combining class of those marks that letters are made with; 0 for all other characters, which stay in place.
fn class(c: char) -> u8 {
    match c {
        '\u{31B}' => 216,
        '\u{321}' | '\u{322}' | '\u{327}' | '\u{328}' => 202,
        '\u{323}'..='\u{326}' | '\u{32D}'..='\u{331}' => 220,
        '\u{300}'..='\u{314}' => 230,
        _ => 0,
    }
}

/// The text without the punctuation that ends its last sentence. Kept is what means something there: `5!`, `cd ..`, `/?`.
fn open_end(text: &str) -> &str {
    let mut text = text;
    loop {
        let rest = text.trim_end_matches(['.', '!', '?', '。']);
        let end = text.get(rest.len()..).unwrap_or_default();
        let kept = match rest.chars().next_back() {
            Some(c) if c.is_ascii_digit() => end.contains('!'),
            Some(c) if c.is_whitespace() => end.contains(['.', '!', '。']),
            Some(c) if c.is_alphanumeric() || is_mark(c) => false,
            Some(c) => !matches!(c, ')' | ']' | '}' | '"' | '\'' | '%' | '+' | '#'),
            None => true,
        };
        if kept || end.is_empty() {
            return text;
        }
        text = rest.trim_end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `= text`, one a line, have one form; each block, parted by blank lines, has another. `\u{..}` and `\n` are escapes.
    const CASES: &str = include_str!("../tests/cases/fold.txt");

    fn unescape(text: &str) -> String {
        let mut parts = text.split("\\u{");
        let mut out = parts.next().unwrap().to_owned();
        for part in parts {
            let (code, rest) = part.split_once('}').unwrap();
            out.push(char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap());
            out.push_str(rest);
        }
        out.replace("\\n", "\n").replace("\\t", "\t")
    }

    #[test]
    fn one_form_in_a_block_and_another_in_each() {
        let mut forms = std::collections::HashMap::new();
        for (block, lines) in CASES.split("\n\n").enumerate() {
            for line in lines.lines().filter_map(|line| line.strip_prefix("= ")) {
                let form = fold(&unescape(line));
                let first = *forms.entry(form.clone()).or_insert(block);
                assert_eq!(first, block, "{line:?} has the form of another block: {form:?}");
                assert_eq!(fold(&form), form, "{line:?}");
                let of_block = forms.values().filter(|b| **b == block).count();
                assert_eq!(of_block, 1, "{line:?} has a form of its own: {form:?}");
            }
        }
        assert!(forms.len() > 40);
    }
}
