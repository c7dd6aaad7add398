//! Format-preserving encryption of digits: FF1 of NIST SP 800-38G. (FF3 was withdrawn.)

use super::Scope;
use super::keys::Key;
use aes::Aes256;
use aes::cipher::{Array, BlockCipherEncrypt, BlockSizeUser, KeyInit, consts::U16};

/// Fewest digits that are encrypted: a domain of a million (SP 800-38G revision 1).
const FEWEST: usize = 6;
/// Most: half of them and a round's number fit 16 bytes.
const MOST: usize = 56;
const ROUNDS: u8 = 10;

/// A block cipher as FF1 takes it.
trait Cipher: BlockCipherEncrypt + BlockSizeUser<BlockSize = U16> {}
impl<C: BlockCipherEncrypt + BlockSizeUser<BlockSize = U16>> Cipher for C {}

/// Other digits of the same number, in the same places. None where it is no number, too short, or a card without its check
/// digit.
pub(super) fn seal(key: &Key, scope: &Scope<'_>, kind: &str, value: &str) -> Option<String> {
    convert(key, scope, kind, value, true)
}

/// The digits that were sealed.
pub(super) fn open(key: &Key, scope: &Scope<'_>, kind: &str, value: &str) -> Option<String> {
    convert(key, scope, kind, value, false)
}

fn convert(key: &Key, scope: &Scope<'_>, kind: &str, value: &str, seal: bool) -> Option<String> {
    if value.chars().any(char::is_alphabetic) {
        return None;
    }
    let mut digits: Vec<u8> = value.bytes().filter(u8::is_ascii_digit).map(|byte| byte - b'0').collect();
    // A card keeps a right check digit: all but the last are encrypted, and the last is chosen anew.
    let card = kind == "CREDIT_CARD";
    if card && (!crate::checks::luhn(&digits) || digits.pop().is_none()) {
        return None;
    }
    if !(FEWEST..=MOST).contains(&digits.len()) {
        return None;
    }
    let parts = [scope.tenant, kind, scope.agent, scope.direction.name()];
    let cipher = Aes256::new(&key.derive("preserve", &parts).into());
    let mut digits = ff1(&cipher, 10, kind.as_bytes(), &digits, seal)?;
    if card {
        digits.push(0);
        let check = (0..10).find(|check| {
            if let Some(last) = digits.last_mut() {
                *last = *check;
            }
            crate::checks::luhn(&digits)
        });
        check?;
    }
    let mut digits = digits.into_iter();
    let convert = |c: char| {
        if c.is_ascii_digit() { digits.next().map(|digit| char::from(b'0' + digit)) } else { Some(c) }
    };
    value.chars().map(convert).collect()
}

/// Algorithms 7 and 8 for numerals of a radix up to 36.
fn ff1<C: Cipher>(cipher: &C, radix: u8, tweak: &[u8], numerals: &[u8], encrypt: bool) -> Option<Vec<u8>> {
    let (n, u) = (numerals.len(), numerals.len() / 2);
    let v = n - u;
    // Bytes of the longer half, and of what a round's output is taken as.
    let b = bytes_for(radix, v)?;
    let d = 4 * b.div_ceil(4) + 4;
    let (left, right) = numerals.split_at(u);
    let (mut a, mut c) = (number(radix, left)?, number(radix, right)?);
    let head = head(radix, u, n, tweak.len())?;
    let (modulo_u, modulo_v) = (power(radix, u)?, power(radix, v)?);
    for step in 0..ROUNDS {
        let round = if encrypt { step } else { ROUNDS - 1 - step };
        let modulo = if round % 2 == 0 { modulo_u } else { modulo_v };
        // Decryption runs the other way: what is known is the half that the round left alone.
        let (known, changed) = if encrypt { (c, a) } else { (a, c) };
        let y = output(cipher, &head, tweak, round, known, b, d)? % modulo;
        let new = if encrypt { changed.checked_add(y)? } else { changed.checked_add(modulo - y)? } % modulo;
        (a, c) = if encrypt { (c, new) } else { (new, a) };
    }
    let mut result = numerals_of(radix, a, u);
    result.extend(numerals_of(radix, c, v));
    Some(result)
}

/// The block P: the parameters.
fn head(radix: u8, u: usize, n: usize, tweak: usize) -> Option<[u8; 16]> {
    let (n, tweak) = (u32::try_from(n).ok()?.to_be_bytes(), u32::try_from(tweak).ok()?.to_be_bytes());
    let mut block = [1, 2, 1, 0, 0, radix, 10, (u % 256) as u8, 0, 0, 0, 0, 0, 0, 0, 0];
    for (to, from) in block.iter_mut().skip(8).zip(n.into_iter().chain(tweak)) {
        *to = from;
    }
    Some(block)
}

/// The number y of a round, as `d` bytes of CBC-MAC over P and Q. `d` is 16 at most, so that one block is enough.
fn output<C: Cipher>(
    cipher: &C,
    head: &[u8; 16],
    tweak: &[u8],
    round: u8,
    known: u128,
    b: usize,
    d: usize,
) -> Option<u128> {
    let mut message = head.to_vec();
    message.extend(tweak);
    let filled = (tweak.len() + b + 1).div_ceil(16) * 16;
    message.extend(std::iter::repeat_n(0, filled - tweak.len() - b - 1));
    message.push(round);
    message.extend(known.to_be_bytes().get(16_usize.checked_sub(b)?..)?);
    let mut block = Array::<u8, U16>::default();
    for chunk in message.chunks(16) {
        for (to, from) in block.iter_mut().zip(chunk) {
            *to ^= from;
        }
        cipher.encrypt_block(&mut block);
    }
    Some(block.iter().take(d).fold(0, |y, byte| y << 8 | u128::from(*byte)))
}

/// The bytes that numbers of so many numerals need; none for more than 12.
fn bytes_for(radix: u8, numerals: usize) -> Option<usize> {
    let bits = 128 - (power(radix, numerals)? - 1).leading_zeros();
    Some(bits.div_ceil(8) as usize).filter(|bytes| *bytes <= 12)
}

#[inline(never)]
fn power(radix: u8, exponent: usize) -> Option<u128> {
    u128::from(radix).checked_pow(u32::try_from(exponent).ok()?)
}

fn number(radix: u8, numerals: &[u8]) -> Option<u128> {
    let step =
        |sum: u128, numeral: &u8| sum.checked_mul(u128::from(radix))?.checked_add(u128::from(*numeral));
    numerals.iter().try_fold(0, step)
}

fn numerals_of(radix: u8, mut number: u128, count: usize) -> Vec<u8> {
    let mut numerals = vec![0; count];
    for numeral in numerals.iter_mut().rev() {
        *numeral = (number % u128::from(radix)) as u8;
        number /= u128::from(radix);
    }
    numerals
}

#[cfg(test)]
mod tests {
    use super::*;
    use aes::{Aes128, Aes192};

    const KEY: [u8; 32] = [
        0x2B, 0x7E, 0x15, 0x16, 0x28, 0xAE, 0xD2, 0xA6, 0xAB, 0xF7, 0x15, 0x88, 0x09, 0xCF, 0x4F, 0x3C, 0xEF,
        0x43, 0x59, 0xD8, 0xD5, 0x80, 0xAA, 0x4F, 0x7F, 0x03, 0x6D, 0x6F, 0x04, 0xFC, 0x6A, 0x94,
    ];

    /// The cipher of a key of so many bytes.
    fn with(length: usize, radix: u8, tweak: &[u8], numerals: &[u8], encrypt: bool) -> Option<Vec<u8>> {
        let key = &KEY[..length];
        match length {
            16 => ff1(&Aes128::new_from_slice(key).unwrap(), radix, tweak, numerals, encrypt),
            24 => ff1(&Aes192::new_from_slice(key).unwrap(), radix, tweak, numerals, encrypt),
            _ => ff1(&Aes256::new_from_slice(key).unwrap(), radix, tweak, numerals, encrypt),
        }
    }

    /// NIST's samples for FF1 (csrc.nist.gov, FF1samples.pdf).
    #[test]
    fn nist_samples() {
        for (length, radix, tweak, plain, sealed) in [
            (16, 10, "", "0123456789", "2433477484"),
            (16, 10, "9876543210", "0123456789", "6124200773"),
            (16, 36, "7777pqrs777", "0123456789abcdefghi", "a9tv40mll9kdu509eum"),
            (24, 10, "", "0123456789", "2830668132"),
            (24, 10, "9876543210", "0123456789", "2496655549"),
            (24, 36, "7777pqrs777", "0123456789abcdefghi", "xbj3kv35jrawxv32ysr"),
            (32, 10, "", "0123456789", "6657667009"),
            (32, 10, "9876543210", "0123456789", "1001623463"),
            (32, 36, "7777pqrs777", "0123456789abcdefghi", "xs8a0azh2avyalyzuwd"),
        ] {
            let numerals =
                |text: &str| text.chars().map(|c| c.to_digit(36).unwrap() as u8).collect::<Vec<_>>();
            let (plain, sealed) = (numerals(plain), numerals(sealed));
            assert_eq!(
                with(length, radix, tweak.as_bytes(), &plain, true),
                Some(sealed.clone()),
                "{length} {tweak}"
            );
            assert_eq!(
                with(length, radix, tweak.as_bytes(), &sealed, false),
                Some(plain),
                "{length} {tweak}"
            );
        }
    }

    #[test]
    fn every_length_comes_back() {
        for length in FEWEST..=MOST {
            let plain: Vec<u8> = (0..length).map(|at| (at * 7 % 10) as u8).collect();
            let sealed = with(32, 10, b"tweak", &plain, true).unwrap();
            assert_ne!(sealed, plain);
            assert_eq!(with(32, 10, b"tweak", &sealed, false), Some(plain));
        }
        assert_eq!(with(32, 10, b"", &[9; 60], true), None);
    }
}
