//! Addresses of cryptocurrencies.

use crate::entry::{Entry, Profile, words};
use crate::scan::Scan;
use keccak::Keccak;
use sha2::{Digest, Sha256};

static CRYPTO: Entry = Entry {
    name: "CRYPTO",
    bare: 90,
    context: 95,
    words: words![
        "wallet", "btc", "bitcoin", "crypto", "ethereum", "eth", "monero", "xmr", "solana", "sol",
        "litecoin", "dogecoin", "metamask",
    ],
    profiles: &[Profile::Gdpr],
};

pub(crate) static ENTRIES: &[&Entry] = &[&CRYPTO];

/// Looks at a word that may be an address.
pub(crate) fn word(scan: &mut Scan<'_>, start: usize, end: usize) {
    let text = scan.part(start, end);
    let (bare, context) = match (text, text.len()) {
        ([b'0', b'x' | b'X', rest @ ..], 42) if ethereum(rest) => (90, 95),
        (
            [b'1' | b'3' | b'L' | b'M' | b'D' | b'T' | b'X' | b'9' | b'A' | b'm' | b'n' | b'2', ..],
            26..=35,
        ) if base58check(text) => (90, 95),
        ([b't', b'1' | b'3', ..], 35) if base58check(text) => (90, 95),
        (_, 14..=108) if bech32(text) => (90, 95),
        // Monero and Solana have no check that tells them apart from any other token.
        ([b'4' | b'8', ..], 95) if is_base58(text) => (50, 85),
        (_, 42..=44) if is_base58(text) && has_all_kinds(text) => (0, 75),
        _ => return,
    };
    scan.sure(start, end, &CRYPTO, bare, context);
}

/// Bitcoin's digits, in which no two look alike.
const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

#[inline(never)]
fn is_base58(text: &[u8]) -> bool {
    text.iter().all(|byte| BASE58.contains(byte))
}

fn has_all_kinds(text: &[u8]) -> bool {
    text.iter().any(u8::is_ascii_uppercase)
        && text.iter().any(u8::is_ascii_lowercase)
        && text.iter().filter(|byte| byte.is_ascii_digit()).count() > 2
}

/// A version, a hash of twenty bytes, and four bytes of SHA-256 over SHA-256 (Base58Check). Zcash has two of version.
fn base58check(text: &[u8]) -> bool {
    let mut bytes = [0_u8; 26];
    for character in text {
        let Some(place) = BASE58.iter().position(|known| known == character) else { return false };
        let mut carry = u32::try_from(place).unwrap_or(0);
        for byte in bytes.iter_mut().rev() {
            carry += u32::from(*byte) * 58;
            *byte = u8::try_from(carry & 0xff).unwrap_or(0);
            carry >>= 8;
        }
        if carry != 0 {
            return false;
        }
    }
    let is = |bytes: &[u8]| {
        bytes.split_last_chunk::<4>().is_some_and(|(payload, check)| {
            Sha256::digest(Sha256::digest(payload)).iter().take(4).eq(check.iter())
        })
    };
    match bytes.split_first() {
        Some((0, rest)) => is(rest),
        _ => is(&bytes),
    }
}

/// Forty hex digits; where capitals and small letters are mixed, capitals stand where Keccak-256 of the small ones has a
/// digit from 8 on (EIP-55).
fn ethereum(hex: &[u8]) -> bool {
    let small = hex.iter().any(|byte| matches!(byte, b'a'..=b'f'));
    let capital = hex.iter().any(|byte| matches!(byte, b'A'..=b'F'));
    if !hex.iter().all(u8::is_ascii_hexdigit) || hex.iter().all(|byte| Some(byte) == hex.first()) {
        return false;
    }
    !(small && capital) || is_checksummed(hex)
}

fn is_checksummed(hex: &[u8]) -> bool {
    let mut block = [0_u8; 136];
    for (to, from) in block.iter_mut().zip(hex) {
        *to = from.to_ascii_lowercase();
    }
    // Keccak's padding for a message of forty bytes.
    for (place, bit) in [(40, 0x01), (135, 0x80)] {
        if let Some(byte) = block.get_mut(place) {
            *byte = bit;
        }
    }
    let mut state = [0_u64; 25];
    let (lanes, _) = block.as_chunks::<8>();
    for (lane, bytes) in state.iter_mut().zip(lanes) {
        *lane = u64::from_le_bytes(*bytes);
    }
    Keccak::new().with_f1600(|permute| permute(&mut state));
    let digits = state.iter().flat_map(|lane| lane.to_le_bytes()).flat_map(|byte| [byte >> 4, byte & 15]);
    hex.iter()
        .zip(digits)
        .all(|(byte, digit)| byte.is_ascii_digit() || byte.is_ascii_uppercase() == (digit > 7))
}

/// Names of chains before the separator of bech32.
const CHAINS: &[&str] = &[
    "bc",
    "tb",
    "bcrt",
    "ltc",
    "addr",
    "addr_test",
    "stake",
    "cosmos",
    "osmo",
    "inj",
    "celestia",
    "terra",
    "vtc",
    "zs",
];
/// Bech32's digits.
const BECH32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// A chain, `1`, data and a checksum of six characters, all small or all capitals (BIP 173, BIP 350).
fn bech32(text: &[u8]) -> bool {
    let small = text.iter().any(u8::is_ascii_lowercase);
    let Some(one) = text.iter().take(10).rposition(|byte| *byte == b'1') else { return false };
    let Some((chain, data)) = text.split_at_checked(one) else { return false };
    let known = CHAINS.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(chain));
    if !known || small && text.iter().any(u8::is_ascii_uppercase) {
        return false;
    }
    let high = chain.iter().map(|byte| u32::from(byte.to_ascii_lowercase() >> 5));
    let low = chain.iter().map(|byte| u32::from(byte.to_ascii_lowercase() & 31));
    let mut sum = high.chain([0]).chain(low).fold(1, step);
    for byte in data.iter().skip(1) {
        let lower = byte.to_ascii_lowercase();
        let Some(place) = BECH32.iter().position(|known| *known == lower) else { return false };
        sum = step(sum, u32::try_from(place).unwrap_or(0));
    }
    // Version 0 has keys and scripts of its own lengths and checksum, later ones others (BIP 141, BIP 350).
    match (chain.to_ascii_lowercase().as_slice(), data.get(1).map(u8::to_ascii_lowercase), data.len()) {
        (b"bc" | b"tb" | b"bcrt" | b"ltc", Some(b'q'), 40 | 60) => sum == 1,
        (b"bc" | b"tb" | b"bcrt" | b"ltc", Some(version), 12..) => {
            let known = BECH32.iter().position(|known| *known == version);
            known.is_some_and(|known| (1..=16).contains(&known)) && sum == 0x2bc8_30a3
        }
        (b"bc" | b"tb" | b"bcrt" | b"ltc", ..) => false,
        (_, _, length) => length > 7 && matches!(sum, 1 | 0x2bc8_30a3),
    }
}

/// One step of the polynomial.
fn step(sum: u32, value: u32) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let top = sum >> 25;
    let next = (sum & 0x01ff_ffff) << 5 ^ value;
    GENERATOR
        .iter()
        .enumerate()
        .fold(next, |next, (bit, term)| if top >> bit & 1 == 1 { next ^ term } else { next })
}
