//! Check digits. Digits are values (0 to 9), the first one first.

/// The Luhn algorithm (ISO/IEC 7812-1, annex B), the check digit last.
#[inline(never)]
pub(crate) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let value = u32::from(*digit) << (at % 2);
            if value > 9 { value - 9 } else { value }
        })
        .sum();
    digits.len() > 1 && sum.is_multiple_of(10)
}

/// The sum of digits by their weights, as far as there are weights.
#[inline(never)]
pub(crate) fn weighted(digits: &[u8], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| u32::from(*digit) * weight).sum()
}

/// What is missing from a sum to a multiple of `modulus`.
pub(crate) const fn missing(sum: u32, modulus: u32) -> u32 {
    (modulus - sum % modulus) % modulus
}

/// The digit at a place; 99, which is no digit, outside.
pub(crate) fn digit(digits: &[u8], at: usize) -> u32 {
    digits.get(at).map_or(99, |digit| u32::from(*digit))
}

/// The two digits from a place on as a number; above 99 outside.
#[inline(never)]
pub(crate) fn pair(digits: &[u8], at: usize) -> u32 {
    digit(digits, at) * 10 + digit(digits, at + 1)
}

/// Some digits as a number; for at most 19 of them.
#[inline(never)]
pub(crate) fn number(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |value: u64, digit| value.wrapping_mul(10).wrapping_add(u64::from(*digit)))
}

/// The number that digits make, by a modulus.
#[inline(never)]
pub(crate) fn remainder(digits: &[u8], modulus: u32) -> u32 {
    // Nine digits at once: a division takes as long as they do.
    let rest = digits.chunks(9).fold(0, |value, digits| {
        digits.iter().fold(value, |value, digit| value * 10 + u64::from(*digit)) % u64::from(modulus)
    });
    u32::try_from(rest).unwrap_or(0)
}

/// The first `count` digits; none when there are fewer.
pub(crate) fn first(digits: &[u8], count: usize) -> &[u8] {
    digits.get(..count).unwrap_or(&[])
}

/// The digits from a place on.
pub(crate) fn from(digits: &[u8], at: usize) -> &[u8] {
    digits.get(at..).unwrap_or(&[])
}

/// Whether all digits are the same: no register issues that, and many checks pass it.
#[inline(never)]
pub(crate) fn uniform(digits: &[u8]) -> bool {
    digits.iter().zip(from(digits, 1)).all(|(one, next)| one == next)
}

/// Whether a month has this day.
#[inline(never)]
pub(crate) const fn day(month: u32, day: u32) -> bool {
    let last = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    day >= 1 && day <= last
}

/// Nobody is born in this year or later: a margin of ten years, for what runs may be older than what is published.
pub(crate) const BORN_BEFORE: u32 = 2037;

/// The multiplication in the dihedral group of ten elements.
const DIHEDRAL: [[u8; 10]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
    [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
    [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
    [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
    [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
    [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
    [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
    [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
];
/// Verhoeff's permutation, at each of the eight places after which it comes round.
const PERMUTATION: [[u8; 10]; 8] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
    [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
    [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
    [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
    [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
    [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
    [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
];

/// Verhoeff's check (Mathematical Centre Tract 29, 1969), the check digit last.
#[inline(never)]
pub(crate) fn verhoeff(digits: &[u8]) -> bool {
    let cell = |table: &[[u8; 10]], row: usize, column: u8| {
        table.get(row).and_then(|row| row.get(usize::from(column))).copied().unwrap_or(0)
    };
    let check = digits.iter().rev().enumerate().fold(0, |check, (at, digit)| {
        cell(&DIHEDRAL, usize::from(check), cell(&PERMUTATION, at % 8, *digit))
    });
    digits.len() > 1 && check == 0
}

/// ISO/IEC 7064, MOD 11,10 (hybrid), the check digit last.
#[inline(never)]
pub(crate) fn iso_11_10(digits: &[u8]) -> bool {
    let Some((check, rest)) = digits.split_last() else { return false };
    let product = rest.iter().fold(10, |product, digit| {
        let sum = (product + u32::from(*digit)) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (product + u32::from(*check)) % 10 == 1
}

/// ISO/IEC 7064, MOD 11-2 (pure), the check digit last; 10 stands for its X.
#[inline(never)]
pub(crate) fn iso_11_2(digits: &[u8]) -> bool {
    let Some((check, rest)) = digits.split_last() else { return false };
    let product = rest.iter().fold(0, |product, digit| (product + u32::from(*digit)) * 2 % 11);
    (product + u32::from(*check)) % 11 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<u8> {
        text.bytes().map(|byte| if byte == b'X' { 10 } else { byte - b'0' }).collect()
    }

    /// Each check passes its own and nothing that has one other digit.
    #[test]
    fn one_other_digit_is_noticed() {
        type Check = fn(&[u8]) -> bool;
        let cases: [(&str, Check, &[&str]); 4] = [
            ("luhn", luhn, &["79927398713", "4242424242424242", "18"]),
            ("verhoeff", verhoeff, &["2363", "758722", "123451", "84736430954837284567892"]),
            ("iso_11_10", iso_11_10, &["07945", "36574261809", "86095742719"]),
            ("iso_11_2", iso_11_2, &["07940", "079X", "11010519491231002X"]),
        ];
        for (name, check, numbers) in cases {
            for number in numbers {
                let number = values(number);
                assert!(check(&number), "{name}: {number:?}");
                for at in 0..number.len() {
                    for digit in 0..10 {
                        let mut other = number.clone();
                        other[at] = digit;
                        assert_eq!(check(&other), other == number, "{name}: {other:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn numbers_and_their_remainders() {
        assert_eq!(number(&values("1234567890123456789")), 1_234_567_890_123_456_789);
        assert_eq!(remainder(&values("3214282912345698765432161182"), 97), 1);
        assert_eq!((missing(0, 11), missing(1, 11), missing(22, 11)), (0, 10, 0));
        assert_eq!((pair(&values("1234"), 1), digit(&[], 0)), (23, 99));
        assert!(uniform(&values("1111")) && !uniform(&values("1112")));
        assert!(day(2, 29) && !day(2, 30) && !day(13, 1) && !day(4, 31) && !day(0, 1));
    }
}
