//! Payment cards, what is printed beside their number, and when they expire.

use super::id::{Id, id};
use super::run::{Labels, begins, ends};
use crate::checks::{first, luhn, number, uniform};
use crate::entry::{Entry, Profile, words};
use crate::scan::Scan;

pub(crate) const NAME: &str = "CREDIT_CARD";

/// The first six digits of a network's cards, from and to, and the lengths of their numbers as a set of bits.
struct Network(u64, u64, u32);

/// The lengths from one to another.
const fn lengths(from: u32, to: u32) -> u32 {
    (1 << (to + 1)) - (1 << from)
}

const NETWORKS: &[Network] = &[
    // Visa.
    Network(400_000, 499_999, 1 << 13 | 1 << 16 | 1 << 19),
    // Mastercard, the second range since 2017.
    Network(510_000, 559_999, 1 << 16),
    Network(222_100, 272_099, 1 << 16),
    // American Express.
    Network(340_000, 349_999, 1 << 15),
    Network(370_000, 379_999, 1 << 15),
    // Diners Club.
    Network(300_000, 305_999, 1 << 14 | 1 << 16 | 1 << 19),
    Network(309_500, 309_599, 1 << 14 | 1 << 16 | 1 << 19),
    Network(360_000, 369_999, 1 << 14 | 1 << 16 | 1 << 19),
    Network(380_000, 399_999, 1 << 14 | 1 << 16 | 1 << 19),
    // Discover.
    Network(601_100, 601_199, lengths(16, 19)),
    Network(622_126, 622_925, lengths(16, 19)),
    Network(644_000, 659_999, lengths(16, 19)),
    // JCB, with its former ranges.
    Network(350_000, 359_999, lengths(16, 19)),
    Network(180_000, 180_099, 1 << 15),
    Network(213_100, 213_199, 1 << 15),
    // UnionPay, RuPay.
    Network(620_000, 629_999, lengths(16, 19)),
    Network(810_000, 829_999, lengths(16, 19)),
    Network(508_000, 508_999, 1 << 16),
    Network(600_000, 609_999, 1 << 16),
    // Mir, and Ukraine's Prostir.
    Network(220_000, 220_499, lengths(16, 19)),
    // Maestro.
    Network(501_800, 501_899, lengths(12, 19)),
    Network(502_000, 502_099, lengths(12, 19)),
    Network(503_800, 503_899, lengths(12, 19)),
    Network(560_000, 589_999, lengths(12, 19)),
    Network(639_000, 639_099, lengths(12, 19)),
    Network(60_400, 60_499, 1 << 12),
    Network(630_400, 630_499, lengths(12, 19)),
    Network(675_900, 675_999, lengths(12, 19)),
    Network(676_100, 676_399, lengths(12, 19)),
    Network(670_000, 679_999, lengths(16, 19)),
    // Dankort; Switch and Solo, which Maestro was before.
    Network(501_900, 501_999, 1 << 16),
    Network(633_100, 633_499, lengths(16, 19)),
    // Troy, Verve, InstaPayment, Elo, Hipercard.
    Network(979_200, 979_299, 1 << 16),
    Network(506_099, 506_198, lengths(16, 19)),
    Network(650_002, 650_027, lengths(16, 19)),
    Network(637_000, 639_999, 1 << 16),
    Network(504_175, 504_175, 1 << 16),
    Network(636_297, 636_297, 1 << 16),
    Network(606_282, 606_282, 1 << 16),
];

/// A network's prefix and length, and Luhn.
fn card(digits: &[u8]) -> bool {
    let prefix = number(first(digits, 6));
    let known = |network: &Network| {
        network.0 <= prefix && prefix <= network.1 && network.2 >> digits.len().min(31) & 1 == 1
    };
    NETWORKS.iter().any(known) && luhn(digits) && !uniform(digits)
}

const WORDS: &str = words![
    "card",
    "credit card",
    "debit card",
    "card number",
    "card no",
    "pan",
    "visa",
    "mastercard",
    "amex",
    "american express",
    "discover",
    "diners",
    "jcb",
    "maestro",
    "unionpay",
    "rupay",
    "mir",
    "cc",
    "cc number",
    "credit",
    "payment card",
    "payment",
    "ccn",
    "kreditkarte",
    "kreditkartennummer",
    "kartennummer",
    "carte",
    "carte bancaire",
    "carte de crédit",
    "numéro de carte",
    "tarjeta",
    "tarjeta de crédito",
    "número de tarjeta",
    "cartão",
    "cartão de crédito",
    "carta di credito",
    "numero di carta",
    "creditcard",
    "kaart",
    "kaartnummer",
    "kort",
    "kortnummer",
    "karta",
    "numer karty",
    "luottokortti",
    "kredi kartı",
    "карта",
    "номер карты",
    "信用卡",
    "银行卡",
    "卡号",
    "カード",
    "カード番号",
    "카드",
    "카드번호",
];
const PAYMENT: &[Profile] = &[Profile::Pci, Profile::Gdpr, Profile::Hipaa];

pub(crate) static IDS: &[Id] = &[
    id(NAME, 84, 95, WORDS)
        .of(&[14, 15, 16])
        .laid(&[("4-4-4-4", 88), ("4 4 4 4", 88), ("4-6-5", 88), ("4 6 5", 88), ("4 6 4", 88), ("4-6-4", 88)])
        .regrouped(76)
        .check(card)
        .within(PAYMENT),
    // Longer ones are those of UnionPay; keys of databases have as many digits.
    id(NAME, 76, 94, WORDS)
        .of(&[19])
        .check(|digits| digits.starts_with(&[6, 2]) && card(digits))
        .within(PAYMENT),
    id(NAME, 70, 94, WORDS)
        .of(&[17, 18, 19])
        .laid(&[("4-4-4-4-3", 85), ("4 4 4 4 3", 85)])
        .regrouped(76)
        .check(card)
        .within(PAYMENT),
    // Of old cards; thirteen digits are a barcode as well.
    id(NAME, 70, 90, WORDS)
        .of(&[12, 13])
        .laid(&[("4 3 3 3", 80), ("4-3-3-3", 80), ("4 4 4 1", 76)])
        .check(card)
        .within(PAYMENT),
];

static SECURITY_CODE: Entry = Entry {
    name: "CREDIT_CARD_CVV",
    bare: 0,
    context: 80,
    words: words![
        "cvv",
        "cvv2",
        "cvc",
        "cvc2",
        "cid",
        "csc",
        "cvn",
        "card verification",
        "security code",
        "card code",
        "verification code",
        "card security code",
        "prüfziffer",
        "kartenprüfnummer",
        "cryptogramme",
        "código de seguridad",
        "código de segurança",
        "codice di sicurezza",
    ],
    profiles: &[Profile::Pci],
};

static EXPIRATION: Entry = Entry {
    name: "CREDIT_CARD_EXPIRATION",
    bare: 0,
    context: 78,
    words: words![
        "exp",
        "expiry",
        "expires",
        "expiration",
        "exp date",
        "expiry date",
        "expiration date",
        "valid thru",
        "valid until",
        "valid through",
        "good thru",
        "card expiry",
        "gültig bis",
        "ablaufdatum",
        "date d expiration",
        "expire",
        "fecha de vencimiento",
        "caducidad",
        "vencimiento",
        "validade",
        "scadenza",
        "verloopdatum",
    ],
    profiles: &[Profile::Pci],
};

pub(crate) static ENTRIES: &[&Entry] = &[&SECURITY_CODE, &EXPIRATION];

/// How every word begins that speaks of a security code or of a date of expiry.
static LABELS: Labels = Labels::new(
    &[
        "cv", "c.v", "cid", "csc", "code", "cod", "cód", "prüf", "crypto", "verif", "exp", "vali", "thru",
        "ablauf", "gültig", "cadu", "venc", "scad", "verloop",
    ],
    32,
);

/// A security code or a date of expiry beside its word.
pub(crate) fn digits(scan: &mut Scan<'_>, start: usize, end: usize) {
    let length = end - start;
    let expires = match length {
        // Not of a full date.
        2 if !matches!(scan.before(start), b'/' | b'-' | b'.') => expiration(scan, start),
        4 => year_and_month(scan, start),
        _ => None,
    };
    let code = matches!(length, 3 | 4) && ends(scan, end) && scan.at(end) != b'/';
    if !code && expires.is_none() || !begins(scan, start) {
        return;
    }
    if !LABELS.before(scan, start) && !LABELS.above(scan, start, expires.unwrap_or(end)) {
        return;
    }
    match expires {
        Some(end) => scan.hit(start, end, &EXPIRATION),
        None => scan.hit(start, end, &SECURITY_CODE),
    }
}

/// The end of a month and year at `start`: `09/27`, `09/2027`, `09-27`, `0927` not.
fn expiration(scan: &Scan<'_>, start: usize) -> Option<usize> {
    let digit = |at: usize| scan.at(at).is_ascii_digit();
    let month = matches!((scan.at(start), scan.at(start + 1)), (b'0', b'1'..=b'9') | (b'1', b'0'..=b'2'));
    let mut at = start + 2;
    if scan.at(at) == b' ' && scan.at(at + 1) == b'/' {
        at += 1;
    }
    if !month || !matches!(scan.at(at), b'/' | b'-') {
        return None;
    }
    at += 1;
    if scan.at(at) == b' ' {
        at += 1;
    }
    let year = if digit(at) && digit(at + 1) && digit(at + 2) && digit(at + 3) { 4 } else { 2 };
    let century = year == 2 || (scan.at(at), scan.at(at + 1)) == (b'2', b'0');
    let whole = (at..at + year).all(digit) && !digit(at + year) && scan.at(at + year) != scan.at(start + 2);
    (whole && century && ends(scan, at + year)).then_some(at + year)
}

/// The end of a year and month at `start`: `2027-09`.
fn year_and_month(scan: &Scan<'_>, start: usize) -> Option<usize> {
    let (year, month) = (scan.slice(start, start + 2), scan.slice(start + 5, start + 7));
    let known = year == "20" && month.parse().is_ok_and(|month: u8| (1..=12).contains(&month));
    let whole = matches!(scan.at(start + 4), b'-' | b'/') && !matches!(scan.at(start + 7), b'-' | b'/');
    (known && whole && ends(scan, start + 7)).then_some(start + 7)
}

/// What stands right behind a card's number without words: `4242424242424242 12/27 123`, `...|12/27|123`.
pub(crate) fn behind(scan: &mut Scan<'_>, end: usize) {
    let skip = |scan: &Scan<'_>, from: usize| {
        (from..from + 3)
            .find(|at| !matches!(scan.at(*at), b' ' | b',' | b';' | b'|' | b'\t' | b'/'))
            .unwrap_or(from)
    };
    let start = skip(scan, end);
    let Some(expires) = expiration(scan, start).filter(|_| start > end) else { return };
    scan.sure(start, expires, &EXPIRATION, 76, 80);
    let start = skip(scan, expires);
    let length = (start..start + 5).take_while(|at| scan.at(*at).is_ascii_digit()).count();
    if start > expires && matches!(length, 3 | 4) && ends(scan, start + length) {
        scan.sure(start, start + length, &SECURITY_CODE, 76, 80);
    }
}
