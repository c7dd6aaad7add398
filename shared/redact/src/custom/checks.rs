//! Check digits by name. What is no digit (and no letter, where those count) is a separator.

use crate::checks::luhn;

/// Whether a value has the check digit that it should.
pub(super) type Check = fn(&str) -> bool;

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("luhn", |value| luhn(&digits(value))),
    ("mod97", mod97),
    ("verhoeff", verhoeff),
    ("mod11", mod11),
    ("mod11-2", mod11_2),
    ("mod11-10", mod11_10),
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

/// ISO 7064 MOD 97-10: the number, letters being 10 to 35, leaves 1.
fn mod97(value: &str) -> bool {
    let rest = value
        .chars()
        .filter_map(|c| c.to_digit(36))
        .fold(0, |rest, digit| if digit > 9 { (rest * 100 + digit) % 97 } else { (rest * 10 + digit) % 97 });
    rest == 1
}

/// Verhoeff (1969): the digits, permuted by their places, multiply to 0 in the dihedral group of order ten.
fn verhoeff(value: &str) -> bool {
    const PERMUTATION: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let permute = |digit: u8| PERMUTATION.get(usize::from(digit)).copied().unwrap_or(0);
    let multiply = |a: u8, b: u8| match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => (a + b) % 5 + 5,
        (false, true) => (a - b) % 5 + 5,
        (false, false) => (5 + a - b) % 5,
    };
    let all = digits(value);
    let product = all.iter().rev().enumerate().fold(0, |product, (at, digit)| {
        // The permutation has order eight.
        multiply(product, (0..at % 8).fold(*digit, |digit, _| permute(digit)))
    });
    all.len() > 1 && product == 0
}

/// Weights 1, 2, 3, ... from the right; the sum is a multiple of 11. X is 10.
fn mod11(value: &str) -> bool {
    let all = with_x(value);
    let sum: u64 = all.iter().rev().zip(1..).map(|(digit, weight)| u64::from(*digit) * weight).sum();
    all.len() > 1 && sum.is_multiple_of(11)
}

/// ISO 7064 MOD 11-2. X is 10.
fn mod11_2(value: &str) -> bool {
    let all = with_x(value);
    let last = all.last().copied().unwrap_or(0);
    let rest = all.iter().rev().skip(1).rev().fold(0_u32, |rest, digit| (rest + u32::from(*digit)) * 2 % 11);
    all.len() > 1 && (rest + u32::from(last)) % 11 == 1
}

/// ISO 7064 MOD 11,10.
fn mod11_10(value: &str) -> bool {
    let all = digits(value);
    let last = all.last().copied().unwrap_or(0);
    let product = all.iter().rev().skip(1).rev().fold(10, |product, digit| {
        let sum = (product + u32::from(*digit)) % 10;
        2 * (if sum == 0 { 10 } else { sum }) % 11
    });
    all.len() > 1 && (product + u32::from(last)) % 10 == 1
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
