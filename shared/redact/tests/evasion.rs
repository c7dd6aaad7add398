//! Values that somebody hides from a plain look, and how many of them are wholly found.

use postern_redact::{Context, Engine, Replacement};
use std::ops::Range;

/// Values of each kind.
const VALUES: u64 = 40;

/// A type, the word beside its values, and how they are made from a number.
type Kind = (&'static str, &'static str, fn(u64) -> String);

/// Types that the engine does not know are left out.
const KINDS: &[Kind] = &[
    ("CREDIT_CARD", "card", card),
    ("CREDIT_CARD", "card", |seed| grouped(&card(seed), "-")),
    ("EMAIL_ADDRESS", "mail", |seed| format!("jane.doe{seed}@mail{}.example.com", seed % 7)),
    ("US_SSN", "ssn", |seed| {
        format!("{:03}-{:02}-{:04}", 100 + seed * 13 % 500, 10 + seed % 80, 1000 + seed * 37)
    }),
];

/// How a value is hidden, and how many of forty must be found. None for what is not for such values.
type Hidden = (&'static str, u64, fn(&str) -> Option<String>);

const HIDDEN: &[Hidden] = &[
    ("plain", 40, |value| Some(value.to_owned())),
    ("bidi marks around", 40, |value| Some(format!("\u{202A}\u{2066}{value}\u{2069}\u{202C}"))),
    ("bidi mark inside", 40, |value| within(value, "\u{200E}")),
    ("no-break blanks", 40, |value| separated(value, "\u{A0}")),
    ("en dashes", 40, |value| separated(value, "\u{2013}")),
    ("full-width", 40, |value| Some(value.chars().map(full_width).collect())),
    ("Arabic-Indic digits", 40, |value| Some(value.chars().map(|c| digit(c, 0x660)).collect())),
    ("Devanagari digits", 40, |value| Some(value.chars().map(|c| digit(c, 0x966)).collect())),
    ("mathematical digits", 40, |value| Some(value.chars().map(|c| digit(c, 0x1D7F6)).collect())),
    ("spaced", 36, |value| separated(value, " ")),
    ("dotted", 36, |value| separated(value, ".")),
    ("underscores", 36, |value| separated(value, "_")),
    ("zero-width blanks", 40, |value| between(value, "\u{200B}")),
    ("zero-width joiner", 40, |value| within(value, "\u{200D}")),
    ("soft hyphen", 40, |value| within(value, "\u{AD}")),
    ("key caps", 40, |value| between(value, "\u{FE0F}\u{20E3}")),
    ("JSON escapes", 40, |value| Some(each(value, |c| format!("\\u{:04x}", u32::from(c))))),
    ("one JSON escape", 40, |value| one(value, |c| format!("\\u{:04X}", u32::from(c)))),
    ("hexadecimal escapes", 40, |value| Some(each(value, |c| format!("\\x{:02x}", u32::from(c))))),
    ("HTML entities", 38, |value| Some(each(value, |c| format!("&#{};", u32::from(c))))),
    ("hexadecimal entities", 38, |value| one(value, |c| format!("&#x{:X};", u32::from(c)))),
    ("percent", 38, |value| Some(each(value, |c| format!("%{:02X}", u32::from(c))))),
    ("percent twice", 38, |value| Some(each(value, |c| format!("%25{:02X}", u32::from(c))))),
    ("percent, as in a query", 38, |value| Some(value.replace('@', "%40").replace(' ', "%20"))),
    ("base64", 38, |value| Some(base64(value, true))),
    ("base64, no padding", 38, |value| Some(base64(value, false))),
    ("base64 of base64", 38, |value| Some(base64(&base64(value, true), true))),
    ("hex", 38, |value| Some(each(value, |c| format!("{:02x}", u32::from(c))))),
    ("newline inside", 30, |value| within(value, "\n")),
    ("newline and indentation inside", 30, |value| within(value, "\r\n    ")),
    ("tag characters", 40, |value| Some(each(value, |c| shifted(c, 0xE0000)))),
    ("Cyrillic letters", 40, |value| value.contains('e').then(|| value.replace('o', "о").replace('e', "е"))),
];

#[test]
fn hidden_values_are_found_whole() {
    let engine = Engine::new(None, 65);
    let known: Vec<_> = Engine::types().iter().map(|entry| entry.name).collect();
    for (name, word, make) in KINDS.iter().filter(|(name, ..)| known.contains(name)) {
        for (hiding, target, hide) in HIDDEN {
            let hidden: Vec<_> = (0..VALUES).filter_map(|seed| hide(&make(seed))).collect();
            let missed: Vec<_> = hidden.iter().filter(|value| !is_found(&engine, word, value)).collect();
            let found = (hidden.len() - missed.len()) as u64;
            assert!(found * VALUES >= target * hidden.len() as u64, "{name}, {hiding}: {missed:?}");
        }
    }
}

/// Whether one finding covers the value, as text and as a JSON string.
fn is_found(engine: &Engine, word: &str, value: &str) -> bool {
    let text = format!("Größe 12: the {word} on file is {value}, thanks.");
    let shown = value.trim_matches(is_unseen);
    let start = text.find(shown).unwrap_or_default();
    let inner = start..start + shown.len();
    let covers = |found: &Range<usize>| found.start <= inner.start && inner.end <= found.end;
    let in_text = engine.find(&text, &Context::default()).iter().any(|it| covers(&(it.start..it.end)));
    let json = serde_json::json!({ "text": text }).to_string();
    let redacted =
        engine.redact_json(&json, &Context::default(), &mut |_, _, _| Replacement::Text("[X]".to_owned()));
    let parsed: serde_json::Value =
        serde_json::from_str(redacted.as_deref().unwrap_or("{}")).unwrap_or_default();
    let rest: String = parsed["text"].as_str().unwrap_or("").chars().filter(|c| !is_unseen(*c)).collect();
    in_text && rest == format!("Größe 12: the {word} on file is [X], thanks.")
}

fn is_unseen(character: char) -> bool {
    matches!(character, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FE0F}' | '\u{20E3}' | '\u{AD}')
}

/// A card number of sixteen digits that passes the Luhn algorithm.
fn card(seed: u64) -> String {
    let digits = format!("4{:014}", (seed + 1) * 7_919_000_017 % 100_000_000_000_000);
    let passes = |card: &String| {
        let values = card.bytes().rev().zip([1, 2].into_iter().cycle());
        values
            .map(|(digit, weight)| u32::from(digit - b'0') * weight)
            .map(|it| it / 10 + it % 10)
            .sum::<u32>()
            .is_multiple_of(10)
    };
    (0..10).map(|check| format!("{digits}{check}")).find(passes).unwrap_or_default()
}

fn grouped(digits: &str, separator: &str) -> String {
    let groups: Vec<_> = (0..4).filter_map(|group| digits.get(4 * group..4 * group + 4)).collect();
    groups.join(separator)
}

/// Another separator between the groups of a number.
fn separated(value: &str, separator: &str) -> Option<String> {
    match value.len() {
        _ if value.contains('@') => None,
        16 => Some(grouped(value, separator)),
        _ => Some(value.replace('-', separator)),
    }
}

/// Something in the middle of a value, but behind the `@` of an address.
fn within(value: &str, what: &str) -> Option<String> {
    let at = value.find('@').map_or(value.len() / 2, |at| at + 2);
    let (first, second) = value.split_at_checked(at)?;
    Some(format!("{first}{what}{second}"))
}

fn between(value: &str, what: &str) -> Option<String> {
    Some(each(value, |character| format!("{character}{what}")))
}

fn each(value: &str, written: impl Fn(char) -> String) -> String {
    value.chars().map(written).collect()
}

/// One character of a value written otherwise.
fn one(value: &str, written: fn(char) -> String) -> Option<String> {
    let character = value.chars().nth(value.len() / 2)?;
    Some(value.replacen(character, &written(character), 1))
}

fn full_width(character: char) -> char {
    char::from_u32(u32::from(character) + 0xFEE0).unwrap_or(character)
}

/// The character that stands as far from a beginning as this one from that of Unicode.
fn shifted(character: char, beginning: u32) -> String {
    char::from_u32(beginning + u32::from(character)).unwrap_or(character).to_string()
}

fn digit(character: char, zero: u32) -> char {
    character.to_digit(10).and_then(|value| char::from_u32(zero + value)).unwrap_or(character)
}

fn base64(text: &str, padded: bool) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits =
            (0..3).fold(0_usize, |bits, at| bits << 8 | usize::from(chunk.get(at).copied().unwrap_or(0)));
        let digits = (0..=chunk.len()).map(|at| char::from(ALPHABET[bits >> (18 - 6 * at) & 63]));
        encoded.extend(digits);
        encoded.push_str(if padded { &"=="[..3 - chunk.len()] } else { "" });
    }
    encoded
}

/// What looks like an encoding and is none, or holds nothing.
const HARMLESS: &[&str] = &[
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "commit 356a192b7913b04c54574d18c28d46e6395428ab and da4b9237bacccdf19c0760cab7aec4a8359010b0",
    "id 3f2504e0-4f89-41d3-9a0c-0305e82c3301, 3F2504E04F8941D39A0C0305E82C3301",
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "integrity sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==",
    "SGVsbG8sIHdvcmxkISBUaGlzIGlzIG5vdGhpbmcu",
    "48656c6c6f2c20776f726c642120546869732069732e",
    "src/components/administration/UserAccountSettingsOverviewTable.test.tsx",
    "https://example.com/search?q=caf%C3%A9%20au%20lait&lang=fr&page=12#top",
    "a &lt; b &amp;&amp; c &gt; d &nbsp; &copy; 2026 &#169; &#x2014;",
    "C:\\new\\table\\users\\x64\\u1234 and \\\\server\\share, regex \\d{4}-\\d{2}",
    "{\\\"a\\\": 12, \\\"b\\\": \\\"text\\\\n\\\"}",
    "took 12\n2026-11-29T10:10:10Z\n2026-11-29T10:10:11Z took 1234\n5678 bytes\n12345678\n12345678\n",
    "100% of 50%ers, %s %d %20d, 5 % 3",
    "1.2.3\n4.5.6-beta.7\n0.30000000000000004\n",
    "Привет, мир! Γειά σου Κόσμε! １２３ ① ² 你好。再见。",
];

#[test]
fn what_only_looks_like_an_encoding_is_none() {
    let engine = Engine::new(None, 65);
    for text in HARMLESS {
        assert_eq!(engine.find(text, &Context::default()), [], "{text}");
        let json = serde_json::json!({ "a": [text, { *text: text }] }).to_string();
        let redacted = engine.redact_json(&json, &Context::default(), &mut |_, _, _| Replacement::Null);
        assert_eq!(redacted, None, "{json}");
    }
}
