//! Words that say what a value is not, and those which say nothing as they are part of a notation: names of HTML, roles of
//! a browser's snapshot, releases.

use crate::words::{has_any, is_any};

/// Words of what only looks like a value.
pub(crate) const WORDS: &[&str] = &[
    "artikel",
    "artikelnummer",
    "asin",
    "auftrag",
    "auftragsnummer",
    "barcode",
    "batch",
    "bestellnummer",
    "bestellung",
    "booking",
    "build",
    "bytes",
    "case",
    "case id",
    "case number",
    "checksum",
    "commande",
    "commit",
    "conversation",
    "conversation id",
    "correlation id",
    "count",
    "created at",
    "created ms",
    "cursor",
    "customer id",
    "customer no",
    "customer number",
    "ean",
    "epoch",
    "event id",
    "expires at",
    "external id",
    "factura",
    "facture",
    "fattura",
    "firmware",
    "gtin",
    "hash",
    "invoice",
    "isbn",
    "job id",
    "kernel",
    "kunden nr",
    "kundennummer",
    "lot",
    "message id",
    "model",
    "modified at",
    "mtime",
    "n commande",
    "numéro de commande",
    "order",
    "ordine",
    "packets",
    "parcel",
    "part no",
    "part number",
    "pedido",
    "po number",
    "policy",
    "purchase order",
    "quote",
    "rechnung",
    "rechnungsnummer",
    "ref",
    "reference",
    "release",
    "request id",
    "reservation",
    "revision",
    "runtime",
    "score",
    "sendung",
    "sendungsnummer",
    "serial",
    "session id",
    "sha",
    "shipment",
    "sku",
    "span",
    "ticket",
    "timestamp",
    "trace",
    "tracking",
    "transaction",
    "unix time",
    "upc",
    "updated at",
    "updated ms",
    "uuid",
    "version",
    "vorgang",
    "vorgangsnummer",
];

/// How far before a word the tag may begin that it is in.
const TAG: usize = 240;
/// The elements of HTML, but for those which are names of fields in XML as well.
const ELEMENTS: &[&str] = &[
    "a", "b", "br", "button", "dd", "div", "dl", "dt", "em", "fieldset", "form", "h1", "h2", "h3", "h4", "i",
    "img", "input", "label", "li", "meta", "ol", "option", "p", "pre", "section", "select", "small", "span",
    "strong", "table", "tbody", "td", "textarea", "tfoot", "th", "thead", "tr", "u", "ul",
];
/// The attributes whose values say what stands there.
const LABELS: &[&str] = &["name", "id", "for", "placeholder", "aria-label", "title", "alt", "itemprop"];
/// Up to which length a word is found in what means nothing, such as base64.
const SHORT: usize = 4;
/// From which length on letters and digits in a row are no name.
const LONG: usize = 10;

/// Whether the word from `start` to `end` is none that speaks of a value. `tags`: whether the text may have any.
pub(crate) fn is_silent(text: &str, tags: bool, start: usize, end: usize) -> bool {
    let bytes = text.as_bytes();
    let (before, behind) = (bytes.get(..start).unwrap_or(&[]), bytes.get(end..).unwrap_or(&[]));
    // `1.2.3-rc.4`; `- cell "Total"`.
    let release = matches!(before, [.., digit, b'-' | b'.'] if digit.is_ascii_digit());
    let role = before.ends_with(b"- ") && matches!(behind, [b' ', b'"' | b'[', ..]);
    release && end - start < SHORT
        || role
        || tags && in_tag(text, start)
        || in_random(before, behind, end - start)
}

/// Whether a word is in a tag of HTML, and not in an attribute that says what stands there.
fn in_tag(text: &str, start: usize) -> bool {
    let from = text.floor_char_boundary(start.saturating_sub(TAG));
    let near = text.get(from..start).unwrap_or("");
    // By bytes: a search for characters is several times slower, and this is asked of every word near a value.
    let bracket = near.bytes().rposition(|byte| matches!(byte, b'<' | b'>'));
    let Some(tag) = bracket.and_then(|at| near.get(at..)?.strip_prefix('<')) else { return false };
    let tag = tag.strip_prefix('/').unwrap_or(tag);
    let name = tag.split(|it: char| !is_part(it)).next().unwrap_or("");
    if name.len() == tag.len() {
        // The word goes on with the name of the element, if it is one.
        let whole = text.get(start - tag.len()..).unwrap_or("");
        return is_element(whole.split(|it: char| !is_part(it)).next().unwrap_or(""));
    }
    if !is_element(name) {
        return false;
    }
    let attribute = tag.rsplit_once('=').filter(|(_, value)| match value.chars().next() {
        Some(quote @ ('"' | '\'')) => value.matches(quote).count() == 1,
        _ => !has_any(value, b" "),
    });
    let named = attribute.and_then(|(name, _)| name.rsplit(' ').next()).unwrap_or("");
    !is_any(named, LABELS)
}

const fn is_part(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-')
}

fn is_element(name: &str) -> bool {
    is_any(name, ELEMENTS)
}

/// Whether a short word is part of letters and digits without a meaning: `DlTc2j84Q9`.
fn in_random(before: &[u8], behind: &[u8], length: usize) -> bool {
    let part = |byte: &&u8| byte.is_ascii_alphanumeric();
    let (left, right) =
        (before.iter().rev().take(64).take_while(part), behind.iter().take(64).take_while(part));
    if length > SHORT || left.clone().chain(right.clone()).count() + length < LONG {
        return false;
    }
    let mut inner = right.skip_while(|byte| !byte.is_ascii_digit());
    left.clone().any(u8::is_ascii_digit) || inner.any(u8::is_ascii_alphabetic)
}

#[cfg(test)]
#[test]
fn words_of_a_notation_say_nothing() {
    for (text, word, expected) in [
        ("<dl>", "dl", true),
        ("</dl>", "dl", true),
        ("<dl_no>12", "dl_no", false),
        ("<ssn>12", "ssn", false),
        ("<span class=\"order\">1", "order", true),
        ("<p class=invoice>1", "invoice", true),
        ("<input name=\"ssn\" value=\"1", "ssn", false),
        ("<input id=ssn value=1", "ssn", false),
        ("<input type=\"text\" placeholder=\"Your SSN\" value=\"1", "SSN", false),
        ("<th>Order</th>", "Order", false),
        ("<user orderNo=\"1\" ssn=\"2\">", "ssn", false),
        ("if a < b and ssn", "ssn", false),
        ("v1.2.3-rc.4 ", "rc", true),
        ("- cell \"Total\"", "cell", true),
        ("- cell: 5", "cell", false),
        ("etag=DlTc2j84Qx", "Dl", true),
        ("customerSSN", "SSN", false),
        ("billingPan12", "Pan", false),
    ] {
        let start = text.find(word).unwrap();
        assert_eq!(is_silent(text, true, start, start + word.len()), expected, "{text}");
    }
}
