//! Addresses, wallets and credentials.

use super::{Kind, kind};
use crate::rng::Rng;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

pub const KINDS: &[Kind] = &[
    kind(
        "EMAIL_ADDRESS",
        &["EMAIL"],
        email,
        50,
        &["email", "E-mail", "contact", "mail to", "Reply-To"],
        &["email", "contact_email", "userEmail"],
    ),
    kind(
        "PHONE_NUMBER",
        &["PHONE"],
        phone,
        0,
        &["phone", "Tel", "mobile", "call me at", "Phone number", "cell"],
        &["phone", "phone_number", "mobilePhone", "tel"],
    ),
    kind(
        "PHONE_NUMBER +",
        &["PHONE"],
        phone_abroad,
        40,
        &["phone", "Tel.", "mobile", "WhatsApp", "Telefon"],
        &["phone", "phone_number", "mobile"],
    ),
    kind(
        "IP_ADDRESS",
        &["IP_ADDRESS"],
        ip,
        50,
        &["client IP", "IP address", "from host", "remote addr"],
        &["client_ip", "ip_address", "remoteAddr"],
    ),
    kind("MAC_ADDRESS", &["MAC"], mac, 50, &["MAC", "MAC address", "hw addr"], &["mac", "mac_address"]),
    kind(
        "CRYPTO BTC",
        &["CRYPTO", "BTC", "BITCOIN"],
        bitcoin,
        50,
        &["BTC wallet", "bitcoin address", "send BTC to", "wallet"],
        &["btc_address", "wallet", "bitcoin_address"],
    ),
    kind(
        "CRYPTO ETH",
        &["CRYPTO", "ETH"],
        ethereum,
        30,
        &["ETH wallet", "ethereum address", "wallet", "ETH"],
        &["eth_address", "wallet_address", "eth_wallet"],
    ),
    kind("URL password", &["URL", "PASSWORD", "SECRET"], password, 0, &[], &[]),
    kind(
        "SECRET assigned",
        &["PASSWORD", "SECRET"],
        password,
        0,
        &["password", "Passwort", "DB_PASSWORD"],
        &["password", "db_password", "api_secret", "client_secret"],
    ),
    kind(
        "SECRET JWT",
        &["JWT", "SECRET"],
        jwt,
        60,
        &["token", "Authorization: Bearer", "id token"],
        &["access_token", "id_token", "jwt"],
    ),
    kind(
        "SECRET AWS",
        &["AWS", "SECRET"],
        aws,
        60,
        &["AWS access key", "aws_access_key_id"],
        &["aws_access_key_id", "accessKeyId"],
    ),
    kind(
        "SECRET GitHub",
        &["GITHUB", "SECRET"],
        github,
        60,
        &["token", "GitHub PAT", "GITHUB_TOKEN"],
        &["github_token", "token", "pat"],
    ),
    kind(
        "SECRET Slack",
        &["SLACK", "SECRET"],
        slack,
        60,
        &["Slack token", "bot token"],
        &["slack_token", "bot_token"],
    ),
    kind(
        "SECRET Stripe",
        &["STRIPE", "SECRET"],
        stripe,
        60,
        &["Stripe key", "secret key"],
        &["stripe_key", "secret_key"],
    ),
];

const FIRST: &[&str] =
    &["ada", "jonas", "mei", "priya", "luca", "sofia", "omar", "ingrid", "tomasz", "chloe", "kenji", "ana"];
const LAST: &[&str] =
    &["keller", "okafor", "lindqvist", "moreau", "tanaka", "ferraro", "novak", "silva", "haddad", "brandt"];

fn email(rng: &mut Rng) -> String {
    let (first, last) = (*rng.pick(FIRST), *rng.pick(LAST));
    let domain = *rng.pick(&[
        "example.com",
        "example.org",
        "mail.example.net",
        "acme-corp.com",
        "uni-nord.de",
        "shop.co.uk",
        "firma.com.br",
        "startup.io",
    ]);
    match rng.below(5) {
        0 => format!("{first}.{last}@{domain}"),
        1 => format!("{first}_{last}{}@{domain}", rng.digits(2)),
        2 => format!("{first}+billing@{domain}"),
        3 => format!("{}{last}@{domain}", &first[..1]),
        _ => format!("{first}@{domain}"),
    }
}

/// As in North America; 555-01xx is nobody's.
fn phone(rng: &mut Rng) -> String {
    let area = *rng.pick(&["212", "415", "617", "305", "206", "312", "512", "702"]);
    let last = format!("01{}", rng.digits(2));
    match rng.below(6) {
        0 => format!("({area}) 555-{last}"),
        1 => format!("{area}-555-{last}"),
        2 => format!("{area}.555.{last}"),
        3 => format!("+1 {area} 555 {last}"),
        4 => format!("+1-{area}-555-{last}"),
        _ => format!("1-{area}-555-{last}"),
    }
}

/// Of ranges that the regulators keep for films and the like.
fn phone_abroad(rng: &mut Rng) -> String {
    let pattern = *rng.pick(&[
        "+44 20 7946 0###",
        "+442079460###",
        "+49 30 23125 ###",
        "+493023125###",
        "+33 1 99 00 ## ##",
        "+33 6 39 98 ## ##",
        "+61 2 5550 ####",
        "+46 8 465 004 ##",
        "+353 1 234 5###",
        "+91 98765 4####",
        "+55 11 95555-####",
        "+1 (212) 555-01##",
        "+31 20 555 0###",
        "+48 22 555 0# ##",
    ]);
    rng.fill(pattern)
}

fn ip(rng: &mut Rng) -> String {
    if rng.chance(25) {
        return match rng.below(2) {
            0 => rng.fill("2001:db8:%%%%:%%%%:%%%%:%%%%:%%%%:%%%%"),
            _ => rng.fill("2a02:%%%%:%%%::%%%%"),
        };
    }
    let first = *rng.pick(&[23, 45, 81, 104, 151, 185, 198, 203]);
    format!("{first}.{}.{}.{}", rng.between(0, 255), rng.between(0, 255), rng.between(1, 254))
}

fn mac(rng: &mut Rng) -> String {
    match rng.below(3) {
        0 => rng.fill("00-1A-2B-##-##-##"),
        1 => rng.fill("3c:22:fb:%%:%%:%%"),
        _ => rng.fill("F0:18:98:##:##:##"),
    }
}

/// Base58 with four bytes of a double SHA-256, or the witness programs of BIP 173.
fn bitcoin(rng: &mut Rng) -> String {
    let hash: Vec<u8> = (0..20).map(|_| rng.below(256) as u8).collect();
    if rng.chance(40) {
        return bech32(&hash);
    }
    let mut bytes = vec![if rng.chance(50) { 0 } else { 5 }];
    bytes.extend(&hash);
    let check = Sha256::digest(Sha256::digest(&bytes));
    bytes.extend(&check[..4]);
    let alphabet = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut text = Vec::new();
    let mut number = bytes.clone();
    while number.iter().any(|byte| *byte != 0) {
        let mut rest = 0_u32;
        for byte in &mut number {
            rest = rest * 256 + u32::from(*byte);
            *byte = (rest / 58) as u8;
            rest %= 58;
        }
        text.push(alphabet[rest as usize]);
    }
    text.extend(bytes.iter().take_while(|byte| **byte == 0).map(|_| b'1'));
    text.reverse();
    String::from_utf8(text).expect("ASCII")
}

fn bech32(program: &[u8]) -> String {
    // Version 0, then the bits by five.
    let mut groups = vec![0_u8];
    let bits: Vec<u8> =
        program.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    groups.extend(bits.chunks(5).map(|five| five.iter().fold(0, |group, bit| group << 1 | bit)));
    let expanded = [3, 3, 0, 2, 3]; // of "bc"
    let mut check = 1_u32;
    for value in expanded.iter().chain(&groups).chain(&[0; 6]) {
        let top = check >> 25;
        check = (check & 0x1FF_FFFF) << 5 ^ u32::from(*value);
        for (bit, generator) in
            [0x3B6A_57B2_u32, 0x2650_8E6D, 0x1EA1_19FA, 0x3D42_33DD, 0x2A14_62B3].into_iter().enumerate()
        {
            if top >> bit & 1 == 1 {
                check ^= generator;
            }
        }
    }
    check ^= 1;
    groups.extend((0..6).map(|at| (check >> (5 * (5 - at)) & 31) as u8));
    let alphabet = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    format!("bc1{}", groups.iter().map(|group| char::from(alphabet[usize::from(*group)])).collect::<String>())
}

/// In small letters: EIP-55 says nothing of those.
fn ethereum(rng: &mut Rng) -> String {
    rng.fill(&format!("0x{}", "%".repeat(40)))
}

fn password(rng: &mut Rng) -> String {
    let pattern =
        *rng.pick(&["$$$$$$$$$$$$$$$$", "~~~~##^^~~##$$$$", "$$$$$-$$$$$-$$$$$#", "^~~#$$$$~~#$$$"]);
    rng.fill(pattern)
}

fn jwt(rng: &mut Rng) -> String {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"JWT"}"#);
    let claims = URL_SAFE_NO_PAD.encode(rng.fill(r#"{"sub":"u-####","iat":17########}"#));
    format!("{header}.{claims}.{}", rng.fill(&"$".repeat(86)))
}

fn aws(rng: &mut Rng) -> String {
    let body: String = (0..16).map(|_| rng.one_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")).collect();
    format!("{}{body}", rng.pick(&["AKIA", "ASIA"]))
}

/// The last six are the CRC-32 of the thirty before, in base 62.
fn github(rng: &mut Rng) -> String {
    let body = rng.fill(&"$".repeat(30));
    let mut crc = u32::MAX;
    for byte in body.bytes() {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    let mut rest = !crc;
    let alphabet = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut check = [b'0'; 6];
    for place in check.iter_mut().rev() {
        *place = alphabet[(rest % 62) as usize];
        rest /= 62;
    }
    format!("{}{body}{}", rng.pick(&["ghp_", "gho_", "ghs_"]), String::from_utf8_lossy(&check))
}

fn slack(rng: &mut Rng) -> String {
    let secret = rng.fill(&"$".repeat(24));
    rng.fill("xoxb-1###########-2###########-") + &secret
}

fn stripe(rng: &mut Rng) -> String {
    let secret = rng.fill(&"$".repeat(24));
    format!("{}{secret}", rng.pick(&["sk_live_", "rk_live_", "sk_test_"]))
}
