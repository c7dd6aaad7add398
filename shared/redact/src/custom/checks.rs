//! Check digits by name. What is no digit (and no letter, where those count) is a separator.

use crate::checks::{iso_11_2, iso_11_10, luhn, verhoeff};
use crate::letters::mod_97;

/// Whether a value has the check digit that it should.
pub(super) type Check = fn(&str) -> bool;

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("luhn", |value| luhn(&digits(value))),
    ("mod97", mod97),
    ("verhoeff", |value| verhoeff(&digits(value))),
    ("mod11", mod11),
    ("mod11-2", |value| of_several(&with_x(value), iso_11_2)),
    ("mod11-10", |value| of_several(&digits(value), iso_11_10)),
];

fn digits(value: &str) -> Vec<u8> {
    value.bytes().filter(u8::is_ascii_digit).map(|byte| byte - b'0').collect()
}

/// Digits, and 10 for an X at the end.
fn with_x(value: &str) -> Vec<u8> {
    let mut all = digits(value);
    if value.ends_with(['X', 'x']) {
        all.push(10);
    }
    all
}

/// A check digit alone checks nothing.
fn of_several(digits: &[u8], check: fn(&[u8]) -> bool) -> bool {
    digits.len() > 1 && check(digits)
}

/// ISO 7064 MOD 97-10: the number, letters being 10 to 35, leaves 1.
fn mod97(value: &str) -> bool {
    let characters = value.bytes().filter(u8::is_ascii_alphanumeric);
    mod_97(characters.map(|byte| byte.to_ascii_uppercase())) == 1
}

/// Weights 1, 2, 3, ... from the right; the sum is a multiple of 11. X is 10.
fn mod11(value: &str) -> bool {
    let all = with_x(value);
    let sum: u64 = all.iter().rev().zip(1..).map(|(digit, weight)| u64::from(*digit) * weight).sum();
    all.len() > 1 && sum.is_multiple_of(11)
}

#[cfg(test)]
#[test]
fn by_name() {
    for (name, value) in [
        ("luhn", "7992-7398-713"),
        ("mod97", "WEST 1234 5698 7654 32 GB82"),
        ("verhoeff", "2363"),
        ("mod11", "0-306-40615-2"),
        ("mod11", "0-8044-2957-X"),
        ("mod11-2", "079X"),
        ("mod11-2", "0000-0002-1825-0097"),
        ("mod11-10", "86095742719"),
    ] {
        let check = CHECKS.iter().find(|(known, _)| *known == name).unwrap().1;
        assert!(check(value), "{name} {value}");
        let others = (b'0'..=b'9').filter(|other| *other != value.as_bytes()[2]);
        for other in others.filter(|_| value.as_bytes()[2].is_ascii_digit()) {
            let mut wrong = value.as_bytes().to_vec();
            wrong[2] = other;
            assert!(!check(std::str::from_utf8(&wrong).unwrap()), "{name} {wrong:?}");
        }
        assert!(!check(""), "{name}");
    }
}
