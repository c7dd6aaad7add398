//! Access tokens (RFC 9068) of the tests' own issuers: good ones, and one of each flaw.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_compact::{KeyPair, Seed};
use serde_json::{Value, json};

/// The audience that the tests' endpoints accept.
pub const AUDIENCE: &str = "http://gateway.test/mcp";

/// A token issuer with one Ed25519 key.
pub struct Issuer {
    /// The name in the settings, also the key's `kid`.
    pub name: &'static str,
    key: KeyPair,
}

/// What is wrong with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flaw {
    /// Nothing.
    None,
    /// `exp` lies ten minutes back.
    Expired,
    /// It is accepted for some seconds more.
    Brief,
    /// No `exp` at all.
    NoExpiry,
    /// `aud` names another resource.
    WrongAudience,
    /// `iss` is not the issuer's.
    WrongIssuer,
    /// A byte of the signature is changed.
    BadSignature,
    /// `alg` is `none` and the signature empty.
    AlgNone,
    /// `typ` is `JWT`.
    WrongType,
    /// The `client_id` of no configured agent.
    UnknownClient,
    /// Signed by a key that has the same `kid` at another issuer.
    WrongKey,
    /// `nbf` lies ten minutes ahead.
    NotYet,
    /// A claim stands twice.
    TwiceTheClaim,
    /// Longer than any token may be.
    Huge,
    /// None: it has the scopes of the issuer `scoped`, which the others lack.
    Scoped,
    /// It has one of those scopes.
    HalfScoped,
    /// None: it has the role of operators.
    Operator,
    /// It has a role whose name is much like that.
    NearlyOperator,
}

impl Issuer {
    /// The issuer with this name. Its key follows from the name: it guards nothing but tests.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        let mut seed = [7; Seed::BYTES];
        for (slot, byte) in seed.iter_mut().zip(name.bytes()) {
            *slot = byte;
        }
        Self { name, key: KeyPair::from_seed(Seed::new(seed)) }
    }

    /// Its `iss`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}.postern.invalid", self.name)
    }

    /// Its public key as a JWK set (RFC 7517, RFC 8037).
    #[must_use]
    pub fn jwks(&self) -> String {
        let x = URL_SAFE_NO_PAD.encode(self.key.pk.as_ref());
        json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": x, "kid": self.name, "alg": "EdDSA", "use": "sig"}]})
            .to_string()
    }

    /// A token for the agent whose `client_id` is `client` and the person `subject`, good for an hour apart from
    /// `flaw`. `nonce` makes it unlike all others.
    #[must_use]
    pub fn mint(&self, client: &str, subject: &str, nonce: &str, flaw: Flaw) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let mut header = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": self.name});
        let mut claims = json!({
            "iss": self.url(), "aud": AUDIENCE, "sub": subject, "client_id": client, "jti": nonce,
            "iat": now - 60, "exp": now + 3600,
        });
        match flaw {
            Flaw::Expired => claims["exp"] = json!(now - 600),
            // Clocks may differ by a minute.
            Flaw::Brief => claims["exp"] = json!(now - 57),
            Flaw::NoExpiry => drop(claims.as_object_mut().and_then(|claims| claims.remove("exp"))),
            Flaw::WrongAudience => claims["aud"] = json!("http://elsewhere.test/mcp"),
            Flaw::WrongIssuer => claims["iss"] = json!("https://evil.postern.invalid"),
            Flaw::AlgNone => header["alg"] = json!("none"),
            Flaw::WrongType => header["typ"] = json!("JWT"),
            Flaw::UnknownClient => claims["client_id"] = json!("nobody"),
            Flaw::NotYet => claims["nbf"] = json!(now + 600),
            Flaw::Scoped => claims["scope"] = json!("openid mcp:list mcp:call"),
            Flaw::HalfScoped => claims["scope"] = json!("openid mcp:list mcp:callx"),
            Flaw::Operator => claims["roles"] = json!(["reader", "postern.operator"]),
            Flaw::NearlyOperator => claims["roles"] = json!(["postern.operator2", "postern"]),
            Flaw::Huge => claims["padding"] = Value::String("x".repeat(20_000)),
            Flaw::None | Flaw::BadSignature | Flaw::WrongKey | Flaw::TwiceTheClaim => {}
        }
        let mut payload = claims.to_string();
        if flaw == Flaw::TwiceTheClaim {
            payload.replace_range(..1, r#"{"client_id":"nobody","#);
        }
        self.sign(&header, &payload, flaw)
    }

    fn sign(&self, header: &Value, payload: &str, flaw: Flaw) -> String {
        let input =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(payload));
        let other = Issuer::new("stranger");
        let key = if flaw == Flaw::WrongKey { &other.key } else { &self.key };
        let mut signature = key.sk.sign(&input, None).to_vec();
        match flaw {
            Flaw::BadSignature => signature[10] ^= 1,
            Flaw::AlgNone => signature.clear(),
            _ => {}
        }
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}
