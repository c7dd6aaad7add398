//! Check digits, written anew: the crate's own are what these values test.

/// The values of the digits of a text.
pub fn values(text: &str) -> Vec<u32> {
    text.chars().filter_map(|c| c.to_digit(10)).collect()
}

/// The sum of digits times weights.
pub fn weighted(text: &str, weights: &[u32]) -> u32 {
    values(text).iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

/// The digit that makes `body` pass Luhn's test: from the right, every other digit doubled, beginning with the last.
pub fn luhn(body: &str) -> u32 {
    let doubled = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9];
    let mut sum = 0;
    for (at, digit) in values(body).into_iter().rev().enumerate() {
        sum += if at % 2 == 0 { doubled[digit as usize] } else { digit };
    }
    (10 - sum % 10) % 10
}

/// The two digits of ISO 7064 mod 97-10 for a body of digits and capitals.
pub fn mod97(body: &str) -> u32 {
    let mut rest = 0;
    for c in body.chars().chain("00".chars()) {
        let value = c.to_digit(36).expect("a digit or a letter");
        rest = if value > 9 { (rest * 100 + value) % 97 } else { (rest * 10 + value) % 97 };
    }
    98 - rest
}

/// Verhoeff's digit, by the multiplication of the dihedral group of order ten.
pub fn verhoeff(body: &str) -> u32 {
    let times = |a: u32, b: u32| match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => (a + b - 5) % 5 + 5,
        (false, true) => (a - 5 + 5 - b) % 5 + 5,
        (false, false) => (a + 5 - b) % 5,
    };
    let step = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let mut sum = 0;
    for (at, digit) in values(body).into_iter().rev().enumerate() {
        let mut permuted = digit;
        for _ in 0..=at {
            permuted = step[permuted as usize];
        }
        sum = times(sum, permuted);
    }
    (0..10).find(|digit| times(sum, *digit) == 0).expect("every element has an inverse")
}

/// ISO 7064 mod 11,10.
pub fn mod11_10(body: &str) -> u32 {
    let mut product = 10;
    for digit in values(body) {
        let sum = (digit + product) % 10;
        product = 2 * (if sum == 0 { 10 } else { sum }) % 11;
    }
    (11 - product) % 10
}

/// ISO 7064 mod 11-2: a digit or X.
pub fn mod11_2(body: &str) -> char {
    let rest = values(body).into_iter().fold(0, |rest, digit| (rest + digit) * 2 % 11);
    match (12 - rest) % 11 {
        10 => 'X',
        digit => char::from_digit(digit, 10).expect("below ten"),
    }
}

/// The digit of an EAN-13.
pub fn ean13(body: &str) -> u32 {
    (10 - weighted(body, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3]) % 10) % 10
}

/// The character of an Indian GSTIN: mod 36 of digit sums in that base.
pub fn gstin(body: &str) -> char {
    let sum: u32 = body
        .chars()
        .zip([1, 2].into_iter().cycle())
        .map(|(c, factor)| {
            let product = c.to_digit(36).expect("a digit or a letter") * factor;
            product / 36 + product % 36
        })
        .sum();
    char::from_digit((36 - sum % 36) % 36, 36).expect("below 36").to_ascii_uppercase()
}

/// The letter of an Italian fiscal code.
pub fn codice_fiscale(body: &str) -> char {
    const ODD: [u32; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let mut sum = 0;
    for (at, c) in body.chars().enumerate() {
        let value = c.to_digit(10).unwrap_or_else(|| c as u32 - 'A' as u32);
        sum += if at % 2 == 0 { ODD[value as usize] } else { value };
    }
    char::from(b'A' + (sum % 26) as u8)
}

/// The check character of a VIN (49 CFR 565.15) for one with `0` in its place.
pub fn vin(body: &str) -> char {
    // By their place in these rows.
    let rows = ["ABCDEFGH", "JKLMN-P-R", "-STUVWXYZ"];
    let letter = |c: char| rows.iter().find_map(|row| row.find(c)).expect("a letter of VINs") as u32 + 1;
    let value = |c: char| c.to_digit(10).unwrap_or_else(|| letter(c));
    let weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let sum: u32 = body.chars().zip(weights).map(|(c, weight)| value(c) * weight).sum();
    match sum % 11 {
        10 => 'X',
        digit => char::from_digit(digit, 10).expect("below ten"),
    }
}

#[test]
fn published_examples() {
    assert_eq!(luhn("7992739871"), 3, "Wikipedia's Luhn example");
    assert_eq!(mod97("WEST12345698765432GB"), 82, "the IBAN registry's GB82 WEST 1234 5698 7654 32");
    assert_eq!(verhoeff("236"), 3, "Verhoeff's 2363");
    assert_eq!(mod11_10("8609574271"), 9, "the Federal Central Tax Office's 86095742719");
    assert_eq!(mod11_2("079"), 'X', "ISO 7064");
    assert_eq!(ean13("978030640615"), 7, "the ISBN manual's 978-0-306-40615-7");
    assert_eq!(vin("1M8GDM9A0KP042788"), 'X', "49 CFR 565's example");
    assert_eq!(codice_fiscale("RSSMRA85T10A562"), 'S', "the Agenzia delle Entrate's RSSMRA85T10A562S");
}
