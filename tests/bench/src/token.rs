//! A development token and a sealing key, both of keys that live as long as a run.

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_compact::{KeyPair, Noise, Seed};
use serde_json::json;

/// Seconds that a token is good for: longer than any run.
const LIFE: u64 = 24 * 3600;

/// A fresh Ed25519 key set (JWKS, RFC 7517 and 8037) and an access token of it (RFC 9068) for `client`.
///
/// It is written by hand, because the JWT crate of the gateway would add two minutes to this crate's release build.
pub fn mint(issuer: &str, audience: &str, client: &str) -> Result<(String, String)> {
    let pair = KeyPair::generate();
    let public = URL_SAFE_NO_PAD.encode(*pair.pk);
    let jwks = json!({ "keys": [
        { "kty": "OKP", "crv": "Ed25519", "x": public, "kid": "bench", "alg": "EdDSA", "use": "sig" }
    ] });
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs();
    let header = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": "bench" });
    let claims = json!({
        "iss": issuer, "aud": audience, "sub": client, "client_id": client,
        "iat": now, "nbf": now, "exp": now + LIFE, "jti": format!("bench-{now}"),
    });
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = pair.sk.sign(&signed, Some(Noise::generate()));
    Ok((jwks.to_string(), format!("{signed}.{}", URL_SAFE_NO_PAD.encode(*signature))))
}

/// The value of `POSTERN_SEAL_KEYS`: one key, 32 random bytes, named `bench`.
pub fn seal_keys() -> String {
    format!("bench:{}", STANDARD.encode(*Seed::generate()))
}
