use super::*;

/// What is seen of a text.
fn seen(text: &str) -> String {
    View::of(text).text().to_owned()
}

#[test]
fn what_looks_alike_is_seen_alike() {
    for (text, expected) in [
        ("plain ASCII, 4111", "plain ASCII, 4111"),
        // Digits: full-width, Arabic-Indic, Persian, Devanagari, Thai, mathematical, Myanmar of Unicode 16.
        ("４１１１", "4111"),
        ("٤١١١ ۴۱۱۱ ४१११ ๔๑๑๑", "4111 4111 4111 4111"),
        ("𝟜𝟏𝟙𝟣𝟭𝟷", "411111"),
        ("\u{116D4}\u{116DB}", "41"),
        // Others that are numbers but no decimal digits.
        ("²Ⅳ½①", "²Ⅳ½①"),
        ("ｕｓｅｒ＠ｅｘａｍｐｌｅ．ｃｏｍ", "user@example.com"),
        ("a﹫b。c｡d․e", "a@b.c.d.e"),
        // Unseen: joiners, soft hyphen, marks of direction, selectors, key caps, tags.
        ("4\u{200B}1\u{200D}1\u{2060}1\u{FEFF}", "4111"),
        ("41\u{AD}11 \u{202A}5\u{202C}\u{2066}6\u{2069}\u{200E}", "4111 56"),
        ("4\u{FE0F}\u{20E3}1\u{FE0F}\u{20E3}", "41"),
        ("1\u{E0031}2\u{E0100}3", "123"),
        ("1\u{A0}2\u{2009}3\u{3000}4\u{202F}5", "1 2 3 4 5"),
        ("1‐2‑3‒4–5—6―7−8－9﹣0", "1-2-3-4-5-6-7-8-9-0"),
        // Letters of other scripts in a Latin word, and words of those scripts.
        ("АКІА1234", "AKIA1234"),
        ("jоhn@exаmple.com", "john@example.com"),
        ("DЕ89 ΑΒ12", "DE89 AB12"),
        ("Москва, номер карты: 4111", "Москва, номер карты: 4111"),
        ("σας λέω, ΑΦΜ 12", "σας λέω, ΑΦΜ 12"),
        ("к\u{200B}а\u{200B}1", "ka1"),
        ("Straße, naïve, 日本語, 한국어 🙂", "Straße, naïve, 日本語, 한국어 🙂"),
    ] {
        assert_eq!(seen(text), expected, "{text}");
    }
}

#[test]
fn text_with_nothing_to_fold_is_not_copied() {
    for text in ["", "ASCII", "Straße, naïve", "日本語", "Москва номер карты", "🙂"] {
        assert!(View::of(text).folded.is_none(), "{text}");
    }
}

#[test]
fn ranges_are_those_of_whole_characters_of_the_original() {
    for (text, found, original) in [
        ("é ４１１１ é", "4111", "４１１１"),
        ("\u{200B}4\u{200B}1\u{200B}11\u{200B}", "4111", "4\u{200B}1\u{200B}11"),
        ("１2３\u{AD}", "123", "１2３"),
        ("é1", "é1", "é1"),
    ] {
        let view = View::of(text);
        let start = view.text().find(found).unwrap_or_default();
        let range = view.original(start..start + found.len());
        assert_eq!(text.get(range), Some(original), "{text}");
    }
}

#[test]
fn every_decimal_digit_is_one() {
    // `char::is_numeric` knows more than decimal digits, so that it only checks the table from one side.
    let digits = ('\u{80}'..=char::MAX).filter(|c| matches!(fold(*c), Fold::To('0'..='9')));
    assert_eq!(digits.inspect(|c| assert!(c.is_numeric(), "{c:?}")).count(), 760);
}

#[test]
fn a_map_has_an_entry_per_change_only() {
    let view = View::of("some text ４１１１１１１１１１１１１１１１ and more").folded;
    assert_eq!(view.map(|derived| derived.map.runs()), Some(1));
}
