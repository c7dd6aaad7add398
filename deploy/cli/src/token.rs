//! Development tokens: an Ed25519 key, its JWK set for `issuers.NAME.jwks`, and access tokens (RFC 9068) by it.

use anyhow::{Context, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_compact::{KeyPair, Noise, Seed};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::io::Write as _;
use std::path::Path;

/// A development key. Its `kid` is its RFC 7638 thumbprint.
pub struct Key {
    pair: KeyPair,
    kid: String,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl Key {
    /// The key of a 32-byte seed.
    ///
    /// # Errors
    /// When the seed has another length.
    pub fn from_seed(seed: &[u8]) -> Result<Self> {
        let pair = KeyPair::from_seed(Seed::from_slice(seed).context("the seed has not 32 bytes")?);
        // RFC 8037 2 and RFC 7638 3: the required members in the order of their names.
        let members =
            format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, URL_SAFE_NO_PAD.encode(*pair.pk));
        let kid = URL_SAFE_NO_PAD.encode(Sha256::digest(members));
        Ok(Self { pair, kid })
    }

    /// Reads a key file.
    ///
    /// # Errors
    /// When it cannot be read or holds no private Ed25519 JWK.
    pub fn read(path: &Path) -> Result<Self> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let parse = || {
            let jwk: Value = serde_json::from_str(&text).ok()?;
            let ed25519 = jwk["kty"] == "OKP" && jwk["crv"] == "Ed25519";
            let seed = URL_SAFE_NO_PAD.decode(jwk["d"].as_str()?).ok()?;
            ed25519.then_some(()).and_then(|()| Self::from_seed(&seed).ok())
        };
        parse().with_context(|| format!("{} holds no key made by `postern token --new-key`", path.display()))
    }

    /// Writes a key file that only its owner can read. An existing file is left alone.
    ///
    /// # Errors
    /// When the file exists or cannot be written.
    pub fn write_new(&self, path: &Path) -> Result<()> {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).with_context(|| format!("cannot create {}", path.display()))?;
        let mut jwk = self.public_jwk();
        jwk["d"] = json!(URL_SAFE_NO_PAD.encode(*self.pair.sk.seed()));
        writeln!(file, "{jwk}").with_context(|| format!("cannot write {}", path.display()))
    }

    fn public_jwk(&self) -> Value {
        json!({
            "kty": "OKP",
            "crv": "Ed25519",
            "x": URL_SAFE_NO_PAD.encode(*self.pair.pk),
            "kid": self.kid,
            "alg": "EdDSA",
            "use": "sig",
        })
    }
}

/// A new key.
#[must_use]
pub fn new_key() -> Key {
    let seed = Seed::generate();
    Key::from_seed(&*seed).expect("a seed has 32 bytes")
}

/// The public JWK set of a key, on one line: the value of `issuers.NAME.jwks`.
#[must_use]
pub fn jwks(key: &Key) -> String {
    json!({ "keys": [key.public_jwk()] }).to_string()
}

/// What a token says.
#[derive(Debug, Clone)]
pub struct Grant {
    /// `iss`.
    pub issuer: String,
    /// `aud`.
    pub audience: String,
    /// The agent, as `client_id` or under [`Grant::agent_claim`].
    pub client: String,
    /// The claim that names the agent.
    pub agent_claim: String,
    /// `sub`; by default the client.
    pub subject: Option<String>,
    /// `scope`: several, with spaces between them.
    pub scope: Option<String>,
    /// `roles`; none when there is none.
    pub roles: Vec<String>,
    /// `typ` of the header.
    pub typ: String,
    /// Life in seconds, at most [`LONGEST_S`].
    pub ttl_s: u64,
}

/// The longest life that the gateway accepts, in seconds.
pub const LONGEST_S: u64 = 24 * 3600;

impl Grant {
    /// For eight hours, as `at+jwt` with `client_id`.
    #[must_use]
    pub fn new(issuer: &str, audience: &str, client: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            client: client.to_owned(),
            agent_claim: "client_id".to_owned(),
            subject: None,
            scope: None,
            roles: Vec::new(),
            typ: "at+jwt".to_owned(),
            ttl_s: 8 * 3600,
        }
    }
}

/// Signs a token that begins now, at `now_s` seconds since the epoch.
#[must_use]
pub fn mint(key: &Key, grant: &Grant, now_s: u64) -> String {
    let header = json!({ "alg": "EdDSA", "kid": key.kid, "typ": grant.typ });
    let mut claims = json!({
        "iss": grant.issuer,
        "aud": grant.audience,
        "sub": grant.subject.as_ref().unwrap_or(&grant.client),
        "iat": now_s,
        "exp": now_s + grant.ttl_s,
        "jti": URL_SAFE_NO_PAD.encode(*Noise::generate()),
    });
    claims[&grant.agent_claim] = json!(grant.client);
    if let Some(scope) = &grant.scope {
        claims["scope"] = json!(scope);
    }
    if !grant.roles.is_empty() {
        claims["roles"] = json!(grant.roles);
    }
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let input = format!("{}.{}", encode(&header), encode(&claims));
    let signature = key.pair.sk.sign(&input, None);
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(*signature))
}

/// Reads `90s`, `15m`, `8h`; seconds.
///
/// # Errors
/// For anything else, for 0 and for more than a day, which the gateway would refuse.
pub fn parse_ttl(text: &str) -> Result<u64> {
    let unit = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3600,
        _ => bail!("--ttl {text}: write a number with s, m or h behind it, such as 8h"),
    };
    let number: u64 = text[..text.len() - 1].parse().with_context(|| format!("--ttl {text}: no number"))?;
    let ttl_s = number.saturating_mul(unit);
    ensure!((1..=LONGEST_S).contains(&ttl_s), "--ttl {text}: the gateway accepts tokens of at most 24h");
    Ok(ttl_s)
}

#[cfg(test)]
mod tests {
    use super::{Grant, Key, jwks, mint, new_key, parse_ttl};
    use postern::compile::check;
    use postern::memory::Memory;
    use postern::platform::Clock as _;
    use postern::stage::authenticate::Authenticator;

    #[test]
    fn a_minted_token_opens_the_gateway() {
        let key = new_key();
        let settings = format!(
            "version = 1\n[issuers.dev]\ndevelopment = true\njwks = '{}'\nurl = 'https://dev.postern.invalid'\n\
             audiences = ['http://127.0.0.1:8787/mcp']\nalgorithms = ['EdDSA']\n[tenants.dev]\npath = '/mcp'\n\
             issuers = ['dev']\nhosts = ['127.0.0.1:8787']\nadmin = {{}}\n[tenants.dev.agents.developer]\nclient = 'developer'\n\
             allow = ['*']\n[tenants.dev.upstreams.billing]\nurl = 'http://127.0.0.1:8791/mcp'\ninsecure = true\n",
            jwks(&key)
        );
        let (bundle, _) = check(&settings, &|_: &str| None).unwrap();
        let memory = Memory::new();
        let grant = Grant::new("https://dev.postern.invalid", "http://127.0.0.1:8787/mcp", "developer");
        let header = |key: &Key| format!("Bearer {}", mint(key, &grant, memory.now_ms() / 1000));
        let authenticator = Authenticator::new();
        let (good, bad) = (header(&key), header(&new_key()));
        let check = |value| memory.run(authenticator.authenticate(&memory, &bundle.tenants[0], Some(value)));
        assert_eq!(check(&good).unwrap().agent().name, "developer");
        assert!(check(&bad).is_err());
        let operator = |grant: &Grant| {
            let header = format!("Bearer {}", mint(&key, grant, memory.now_ms() / 1000));
            memory.run(authenticator.operator(&memory, &bundle.tenants[0], Some(&header))).is_ok()
        };
        assert!(!operator(&grant));
        assert!(operator(&Grant { roles: vec!["postern.operator".to_owned()], ..grant.clone() }));
    }

    #[test]
    fn lives_have_units() {
        for (text, seconds) in [("90s", Some(90)), ("15m", Some(900)), ("24h", Some(86_400))] {
            assert_eq!(parse_ttl(text).ok(), seconds);
        }
        for text in ["", "8", "h", "-1h", "25h", "0s", "8d", "99999999999999999999h", "1é"] {
            assert!(parse_ttl(text).is_err(), "{text}");
        }
    }
}
