use super::forge::{ec_jwk, ed_jwk, encode, jwks, rsa_jwk, rsa_key};
use crate::stage::authenticate::{KeySet, KeySetError};
use crate::tenant::Algorithm;
use rsa::traits::PublicKeyParts as _;

const ALGORITHMS: [Algorithm; 5] =
    [Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256, Algorithm::Es384, Algorithm::EdDsa];

fn parse(keys: &[String]) -> Result<KeySet, KeySetError> {
    KeySet::parse(jwks(keys).as_bytes(), &ALGORITHMS)
}

fn rsa(bits: usize, e: &str, last: u8) -> String {
    let mut n = vec![0xa5; bits / 8];
    n[bits / 8 - 1] = last;
    format!(r#"{{"kty":"RSA","kid":"k","n":"{}","e":"{e}"}}"#, encode(n))
}

/// A modulus of the broken generator's form: 65537^a mod M, with M the product of the first primes.
fn roca() -> String {
    let product =
        [3u32, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97]
            .into_iter()
            .chain([101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167])
            .fold(rsa::BigUint::from(2u32), |product, prime| product * prime);
    let top = rsa::BigUint::from(1u32) << 2047;
    let power = rsa::BigUint::from(65_537u32).modpow(&rsa::BigUint::from(123_457u32), &product);
    let n = (&top / &product + 1u32) * &product + power;
    format!(r#"{{"kty":"RSA","kid":"k","n":"{}","e":"AQAB"}}"#, encode(n.to_bytes_be()))
}

#[test]
fn keys_that_must_not_verify_are_left_out() {
    let good = ec_jwk("k", 1);
    let swapped = |from: &str, to: &str| good.replace(from, to);
    for (name, jwk) in [
        ("no kid", swapped(r#""kid":"k","#, "")),
        ("empty kid", swapped(r#""kid":"k""#, r#""kid":"""#)),
        ("kid is a number", swapped(r#""kid":"k""#, r#""kid":1"#)),
        ("for encryption", swapped(r#""use":"sig""#, r#""use":"enc""#)),
        ("use is a list", swapped(r#""use":"sig""#, r#""use":["sig"]"#)),
        ("only signs", swapped(r#""use":"sig""#, r#""key_ops":["sign"]"#)),
        ("alg of another curve", swapped("ES256", "ES384")),
        ("alg of another type", swapped("ES256", "RS256")),
        ("alg of HMAC", swapped("ES256", "HS256")),
        ("alg not accepted", rsa_jwk("k", "RS512")),
        ("unknown curve", swapped("P-256", "secp256k1")),
        ("no curve", swapped(r#""crv":"P-256","#, "")),
        ("unknown type", swapped(r#""EC""#, r#""AKP""#)),
        ("short x", swapped(r#""x":""#, r#""x":"AA"#)),
        ("padded x", swapped(r#"","y""#, r#"=","y""#)),
        ("Ed448", ed_jwk("k", 1).replace("Ed25519", "Ed448")),
        (
            "Ed25519 of 31 bytes",
            format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"k","x":"{}"}}"#, encode([1; 31])),
        ),
        ("RSA of 1024 bits", rsa(1024, "AQAB", 1)),
        ("RSA of 2040 bits", rsa(2040, "AQAB", 1)),
        ("RSA of 8192 bits", rsa(8192, "AQAB", 1)),
        ("even RSA", rsa(2048, "AQAB", 2)),
        ("e = 1", rsa(2048, "AQ", 1)),
        ("e = 3", rsa(2048, "Aw", 1)),
        ("ROCA", roca()),
        ("RSA with a curve", rsa(2048, "AQAB", 1).replace(r#""RSA""#, r#""RSA","crv":"P-256""#)),
    ] {
        assert!(parse(&[jwk]).unwrap().is_empty(), "{name}");
    }
    for (name, jwk) in [
        ("EC", good.clone()),
        ("EC that verifies", swapped(r#""use":"sig""#, r#""key_ops":["verify"]"#)),
        ("Ed25519", ed_jwk("k", 1)),
        ("RSA of 2048 bits", rsa(2048, "AQAB", 1)),
        ("RSA of 4096 bits", rsa(4096, "AQAB", 1)),
        ("with a certificate, which is ignored", swapped(r#""use""#, r#""x5c":["MIIB"],"x5t":"x","use""#)),
    ] {
        assert!(parse(&[jwk]).unwrap().find("k").is_some(), "{name}");
    }
}

#[test]
fn suspicious_sets_are_refused_whole() {
    let good = ec_jwk("k", 1);
    let many: Vec<String> = (0..101).map(|number| ec_jwk(&number.to_string(), 1)).collect();
    for (name, text) in [
        ("no JSON", "keys".to_owned()),
        ("no keys", "{}".to_owned()),
        ("keys is an object", r#"{"keys":{}}"#.to_owned()),
        ("a key is a string", r#"{"keys":["k"]}"#.to_owned()),
        ("keys twice", format!(r#"{{"keys":[{good}],"k\u0065ys":[]}}"#)),
        ("a member twice", jwks(&[good.replace(r#""use""#, r#""kid":"x","use""#)])),
        ("kid twice", jwks(&[good.clone(), ed_jwk("k", 1)])),
        ("kid twice, once escaped", jwks(&[good.clone(), ed_jwk(r"\u006b", 1)])),
        ("101 keys", jwks(&many)),
        ("HMAC among them", jwks(&[good.clone(), r#"{"kty":"oct","kid":"h","k":"AAAA"}"#.to_owned()])),
        ("HMAC in disguise", jwks(&[good.replace(r#""use""#, r#""k":"AAAA","use""#)])),
        ("a private key", jwks(&[good.replace(r#""use""#, r#""d":"AAAA","use""#)])),
        ("256 KB", format!(r#"{{"keys":[],"x":"{}"}}"#, "x".repeat(262_144))),
    ] {
        assert!(KeySet::parse(text.as_bytes(), &ALGORITHMS).is_err(), "{name}");
    }
    assert!(parse(&many[..100]).is_ok());
}

#[test]
fn a_key_without_alg_has_the_issuers_first_that_fits() {
    let n = encode(rsa_key().n().to_bytes_be());
    let jwk = format!(r#"{{"keys":[{{"kty":"RSA","kid":"k","n":"{n}","e":"AQAB"}}]}}"#);
    let first = |algorithms: &[Algorithm]| {
        KeySet::parse(jwk.as_bytes(), algorithms).unwrap().find("k").map(|key| key.algorithm())
    };
    assert_eq!(first(&ALGORITHMS), Some(Algorithm::Rs256));
    assert_eq!(first(&[Algorithm::Es256, Algorithm::Ps256, Algorithm::Rs256]), Some(Algorithm::Ps256));
    assert_eq!(first(&[Algorithm::Es256]), None);
}

#[test]
fn hosts_are_given_a_key_written_by_us() {
    let jwk = ec_jwk("k", 1).replace(r#""use""#, r#""x5u":"https://evil.example","use""#);
    let set = parse(&[jwk]).unwrap();
    let key = set.find("k").unwrap();
    assert!(
        !key.jwk().contains("evil") && key.jwk().contains(r#""alg":"ES256","use":"sig""#),
        "{}",
        key.jwk()
    );
    let twin = parse(&[ec_jwk("other", 1)]).unwrap();
    assert_eq!(twin.find("other").unwrap().id(), key.id(), "by content, not by kid");
}
