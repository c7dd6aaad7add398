//! Made-up values: valid in form and nobody's, of ranges that are void or kept for tests and documentation.
//!
//! The same value has the same one within a tenant and type. A value that is of such a range already stays, so that a
//! second pass changes nothing.

use super::keys::{Key, mac};
use super::{base32, canonical};
use crate::checks::luhn;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What makes a type's values, and what knows them.
struct Maker {
    kind: &'static str,
    make: fn(&mut Draw, &str) -> String,
    made: fn(&str) -> bool,
}

const MAKERS: &[Maker] = &[
    Maker { kind: "CREDIT_CARD", make: card, made: is_card },
    Maker { kind: "US_SSN", make: ssn, made: |value| canonical(value).starts_with("666") },
    Maker { kind: "US_ITIN", make: itin, made: |value| canonical(value).starts_with("90000") },
    Maker { kind: "UK_NINO", make: nino, made: |value| value.starts_with("QQ") },
    Maker { kind: "UK_NHS", make: nhs, made: |value| canonical(value).starts_with("999") },
    Maker { kind: "EMAIL_ADDRESS", make: email, made: |value| value.ends_with("@example.com") },
    Maker { kind: "PHONE_NUMBER", make: phone, made: is_phone },
    Maker { kind: "IP_ADDRESS", make: ip, made: is_ip },
    Maker {
        kind: "MAC_ADDRESS",
        make: mac_address,
        made: |value| value.to_ascii_uppercase().starts_with("00-00-5E-00-53"),
    },
];

/// Digits drawn from a keyed hash.
struct Draw(u128);

impl Draw {
    #[inline(never)]
    fn below(&mut self, bound: u128) -> u128 {
        let drawn = self.0.checked_rem(bound).unwrap_or(0);
        self.0 = self.0.checked_div(bound).unwrap_or(0);
        drawn
    }

    #[inline(never)]
    fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + (self.below(10) as u8))).collect()
    }
}

/// A made-up value; none for types without one.
pub(super) fn of(key: &Key, tenant: &str, kind: &str, value: &str) -> Option<String> {
    let maker = MAKERS.iter().find(|maker| maker.kind == kind)?;
    if (maker.made)(value) {
        return Some(value.to_owned());
    }
    let hash = mac(&key.derive("synthetic", &[tenant, kind]), canonical(value).as_bytes());
    let number = hash.iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte));
    Some((maker.make)(&mut Draw(number), value))
}

/// Digits in the places of another value's digits, where there are as many.
fn like(value: &str, digits: String) -> String {
    if value.bytes().filter(u8::is_ascii_digit).count() != digits.len() {
        return digits;
    }
    let mut next = digits.chars();
    value.chars().map(|c| if c.is_ascii_digit() { next.next().unwrap_or(c) } else { c }).collect()
}

/// The issuer ranges of the test numbers that Visa, American Express and Diners Club publish, by length.
const TEST_CARDS: &[(usize, &str)] = &[(16, "42424242"), (15, "37828224"), (14, "30569309")];

fn card(draw: &mut Draw, value: &str) -> String {
    let length = canonical(value).len();
    let (length, range) =
        TEST_CARDS.iter().find(|(of, _)| *of == length).copied().unwrap_or((16, "42424242"));
    let body = format!("{range}{}", draw.digits(length - range.len() - 1));
    let with_check = (0..10).map(|check| format!("{body}{check}"));
    let right = with_check.into_iter().find(|number| {
        let digits: Vec<u8> = number.bytes().map(|byte| byte - b'0').collect();
        luhn(&digits)
    });
    like(value, right.unwrap_or(body))
}

fn is_card(value: &str) -> bool {
    let digits = canonical(value);
    TEST_CARDS.iter().any(|(length, range)| digits.len() == *length && digits.starts_with(range))
}

/// Area 666 is never assigned (SSA, POMS RM 10201.035).
fn ssn(draw: &mut Draw, value: &str) -> String {
    let (group, serial) = (draw.below(99) + 1, draw.below(9999) + 1);
    let digits = format!("666{group:02}{serial:04}");
    if value.bytes().all(|byte| byte.is_ascii_digit()) { digits } else { like(value, digits) }
}

/// Group 00 is never assigned.
fn itin(draw: &mut Draw, value: &str) -> String {
    let digits = format!("90000{}", draw.digits(4));
    like(value, digits)
}

/// The prefix QQ is never assigned (HMRC, NIM39110).
fn nino(draw: &mut Draw, _: &str) -> String {
    let suffix = ['A', 'B', 'C', 'D'];
    let letter = suffix.get(draw.below(4) as usize).copied().unwrap_or('A');
    format!("QQ{}{letter}", draw.digits(6))
}

/// Numbers from 999 000 0000 on are for tests (NHS Digital).
fn nhs(draw: &mut Draw, value: &str) -> String {
    let from = draw.below(1_000_000) as u32;
    // Some numbers have no check digit; the next has.
    let numbers = (0..10).filter_map(|step| {
        let body = format!("999{:06}", (from + step) % 1_000_000);
        let weighted = body.bytes().zip((2..=10).rev()).map(|(byte, weight)| u32::from(byte - b'0') * weight);
        let check = (11 - weighted.sum::<u32>() % 11) % 11;
        (check < 10).then(|| format!("{body}{check}"))
    });
    like(value, numbers.into_iter().next().unwrap_or_default())
}

/// A domain that is nobody's (RFC 2606).
fn email(draw: &mut Draw, _: &str) -> String {
    format!("user-{}@example.com", base32::encode(&draw.0.to_be_bytes(), 8))
}

/// 555-0100 to 555-0199 are for fiction (ATIS-0300115).
fn phone(draw: &mut Draw, value: &str) -> String {
    let area = draw.below(8) + 2;
    let number = format!("{area}{}-555-01{}", draw.digits(2), draw.digits(2));
    if value.starts_with('+') { format!("+1-{number}") } else { number }
}

fn is_phone(value: &str) -> bool {
    let digits = canonical(value);
    let national = digits.strip_prefix('1').unwrap_or(&digits);
    national.len() == 10 && national.get(3..8) == Some("55501")
}

/// Networks for documentation (RFC 5737, RFC 3849).
fn ip(draw: &mut Draw, value: &str) -> String {
    if value.contains(':') {
        return Ipv6Addr::from(0x2001_0DB8_u128 << 96 | draw.0 >> 32).to_string();
    }
    let nets = [[192, 0, 2], [198, 51, 100], [203, 0, 113]];
    let [a, b, c] = nets.get(draw.below(3) as usize).copied().unwrap_or([192, 0, 2]);
    Ipv4Addr::new(a, b, c, draw.below(254) as u8 + 1).to_string()
}

fn is_ip(value: &str) -> bool {
    match value.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => address.is_documentation(),
        Ok(IpAddr::V6(address)) => u128::from(address) >> 96 == 0x2001_0DB8,
        Err(_) => false,
    }
}

/// Addresses for documentation (RFC 7042, 2.1.1).
fn mac_address(draw: &mut Draw, _: &str) -> String {
    format!("00-00-5E-00-53-{:02X}", draw.below(256))
}
