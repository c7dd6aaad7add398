//! JWK sets (RFC 7517): which keys of an issuer may verify what. Ours to check, because a verifier only ever sees
//! one key: RFC 8725 3.5.

use super::token::Token;
use crate::limits;
use crate::mcp::json::{Bounds, Json, Kind, Raw, quote};
use crate::tenant::{Algorithm, Issuer};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::rc::Rc;

/// A public key that passed every check: type, size, `use`, `alg`. It has exactly one algorithm.
pub struct Key {
    kid: String,
    algorithm: Algorithm,
    jwk: String,
    id: [u8; 32],
    issuer: Option<String>,
    signature_bytes: usize,
    #[cfg(feature = "jwt")]
    pub(super) native: std::cell::OnceCell<Option<super::verify::NativeKey>>,
}

impl Key {
    /// The one algorithm that this key verifies.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key as a minimal public JWK, written by us from checked members: `kty`, key material, `alg`, `use`.
    #[must_use]
    pub fn jwk(&self) -> &str {
        &self.jwk
    }

    /// SHA-256 of [`Key::jwk`]: what hosts keep imported keys under. Never `kid`, which two issuers may share.
    #[must_use]
    pub fn id(&self) -> &[u8; 32] {
        &self.id
    }

    /// Whether this key may verify this token at all: algorithm, `issuer` member, length of the signature.
    pub(super) fn fits(&self, token: &Token<'_>, issuer: &Issuer) -> Result<(), &'static str> {
        if token.algorithm() != self.algorithm {
            return Err("alg_of_key");
        }
        // Entra's common key set names each key's issuer, as a template over the token's tenant id.
        if let Some(template) = &self.issuer
            && *template != issuer.url
            && token.claim("tid").map(|tid| template.replace("{tenantid}", &tid)).as_ref()
                != Some(&issuer.url)
        {
            return Err("issuer_of_key");
        }
        if token.signature().len() != self.signature_bytes {
            return Err("signature_length");
        }
        Ok(())
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key")
            .field("kid", &self.kid)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// Why a whole set is refused; a short text for operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeySetError(pub &'static str);

impl std::fmt::Display for KeySetError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// The usable keys of one issuer.
#[derive(Debug, Default)]
pub struct KeySet {
    keys: Vec<Rc<Key>>,
}

impl KeySet {
    /// Parses a JWK set for an issuer that accepts `algorithms`. Keys that cannot verify such a token (another
    /// `use`, type or curve, no `kid`, weak) are left out; a set that is suspicious as a whole is refused.
    ///
    /// # Errors
    /// [`KeySetError`]: no strict JSON, too large, too many keys, a `kid` twice, a symmetric or a private key.
    pub fn parse(text: &[u8], algorithms: &[Algorithm]) -> Result<Self, KeySetError> {
        let bounds = Bounds {
            bytes: limits::JWKS_BYTES,
            depth: 8,
            nodes: 10_000,
            key_bytes: 128,
            string_bytes: 32 * 1024,
            number_chars: 64,
        };
        let json = Json::parse(text, &bounds).map_err(|_| KeySetError("the key set is not strict JSON"))?;
        let root = json.value(json.root());
        let Some(list) = root.get("keys").filter(|keys| keys.kind() == Kind::Array) else {
            return Err(KeySetError("the key set has no array `keys`"));
        };
        let mut kids: Vec<String> = Vec::new();
        let mut keys = Vec::new();
        for (at, jwk) in list.elements().enumerate() {
            if at >= limits::JWKS_KEYS {
                return Err(KeySetError("the key set has more than 100 keys"));
            }
            refuse_secrets(jwk)?;
            let Some(kid) = text_of(jwk, "kid").filter(|kid| !kid.is_empty()) else {
                continue;
            };
            if kids.contains(&kid) {
                return Err(KeySetError("the key set has one `kid` twice"));
            }
            kids.push(kid.clone());
            keys.extend(usable(jwk, kid, algorithms).map(Rc::new));
        }
        Ok(Self { keys })
    }

    /// The key with this `kid`.
    #[must_use]
    pub fn find(&self, kid: &str) -> Option<&Rc<Key>> {
        self.keys.iter().find(|key| key.kid == kid)
    }

    /// Whether no key of the set is usable.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

/// A set with a symmetric key invites confusion of HMAC with public keys; one with a private key is compromised.
fn refuse_secrets(jwk: Raw<'_>) -> Result<(), KeySetError> {
    if jwk.kind() != Kind::Object {
        return Err(KeySetError("an element of `keys` is no object"));
    }
    if text_of(jwk, "kty").as_deref() == Some("oct") || jwk.get("k").is_some() {
        return Err(KeySetError("the key set has a symmetric key"));
    }
    if ["d", "p", "q", "dp", "dq", "qi", "oth", "priv"].iter().any(|name| jwk.get(name).is_some()) {
        return Err(KeySetError("the key set has a private key"));
    }
    Ok(())
}

/// A string member, or `None` when absent or not a string.
fn text_of(object: Raw<'_>, key: &str) -> Option<String> {
    object.get(key)?.string().map(std::borrow::Cow::into_owned)
}

/// The key, when it can verify tokens under one of `algorithms`.
fn usable(jwk: Raw<'_>, kid: String, algorithms: &[Algorithm]) -> Option<Key> {
    if jwk.get("use").is_some() && text_of(jwk, "use")? != "sig" {
        return None;
    }
    if let Some(operations) = jwk.get("key_ops")
        && !operations.elements().any(|operation| operation.string().as_deref() == Some("verify"))
    {
        return None;
    }
    let (material, fitting, length) = material(jwk)?;
    let algorithm = match jwk.get("alg") {
        Some(alg) => Algorithm::from_name(&alg.string()?)?,
        // Entra's keys name none: then the issuer's first that fits the type, so that it is still one.
        None => *algorithms.iter().find(|algorithm| fitting.contains(algorithm))?,
    };
    if !algorithms.contains(&algorithm) || !fitting.contains(&algorithm) {
        return None;
    }
    let jwk_text = format!(r#"{{{material},"alg":"{}","use":"sig"}}"#, algorithm.name());
    Some(Key {
        kid,
        algorithm,
        id: Sha256::digest(&jwk_text).into(),
        jwk: jwk_text,
        issuer: text_of(jwk, "issuer"),
        signature_bytes: length,
        #[cfg(feature = "jwt")]
        native: std::cell::OnceCell::new(),
    })
}

/// Key members as JSON text, the algorithms of that key type, and the length of a signature in bytes.
type Material = (String, &'static [Algorithm], usize);

fn material(jwk: Raw<'_>) -> Option<Material> {
    match (text_of(jwk, "kty")?.as_str(), text_of(jwk, "crv").as_deref()) {
        ("OKP", Some("Ed25519")) => okp(jwk),
        ("EC", Some("P-256")) => elliptic(jwk, "P-256", 32, &[Algorithm::Es256]),
        ("EC", Some("P-384")) => elliptic(jwk, "P-384", 48, &[Algorithm::Es384]),
        ("RSA", None) => rsa(jwk),
        _ => None,
    }
}

fn okp(jwk: Raw<'_>) -> Option<Material> {
    let x = sized(jwk, "x", 32)?;
    Some((format!(r#""kty":"OKP","crv":"Ed25519","x":"{x}""#), &[Algorithm::EdDsa], 64))
}

fn elliptic(jwk: Raw<'_>, curve: &str, bytes: usize, algorithms: &'static [Algorithm]) -> Option<Material> {
    let (x, y) = (sized(jwk, "x", bytes)?, sized(jwk, "y", bytes)?);
    Some((format!(r#""kty":"EC","crv":"{curve}","x":"{x}","y":"{y}""#), algorithms, 2 * bytes))
}

/// 2048 to 4096 bits and e = 65537 (what every issuer uses; e = 1 and e = 3 are attacks), and no ROCA modulus.
fn rsa(jwk: Raw<'_>) -> Option<Material> {
    const ALGORITHMS: &[Algorithm] = &[
        Algorithm::Rs256,
        Algorithm::Ps256,
        Algorithm::Rs384,
        Algorithm::Rs512,
        Algorithm::Ps384,
        Algorithm::Ps512,
    ];
    if text_of(jwk, "e")? != "AQAB" {
        return None;
    }
    let n = text_of(jwk, "n")?;
    let modulus = URL_SAFE_NO_PAD.decode(&n).ok()?;
    let top = *modulus.first()?;
    let bits = modulus.len() * 8 - top.leading_zeros() as usize;
    if top == 0 || !(2048..=4096).contains(&bits) || modulus.last()? & 1 == 0 || is_roca(&modulus) {
        return None;
    }
    let mut text = String::from(r#""kty":"RSA","e":"AQAB","n":"#);
    quote(&mut text, &n);
    Some((text, ALGORITHMS, modulus.len()))
}

/// A member of exactly this many bytes in canonical base64url; its text.
fn sized(jwk: Raw<'_>, name: &str, bytes: usize) -> Option<String> {
    let text = text_of(jwk, name)?;
    (URL_SAFE_NO_PAD.decode(&text).ok()?.len() == bytes).then_some(text)
}

/// CVE-2017-15361: moduli of a broken generator are powers of 65537 modulo every small prime. A good modulus has
/// that property by chance once in 2^27 (Nemec et al., "The Return of Coppersmith's Attack", 2.2).
fn is_roca(modulus: &[u8]) -> bool {
    const PRIMES: [u32; 38] = [
        3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101,
        103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
    ];
    PRIMES.iter().all(|prime| {
        let residue = modulus.iter().fold(0u32, |rest, byte| (rest * 256 + u32::from(*byte)) % prime);
        let mut power = 1;
        (0..*prime).any(|_| {
            power = power * (65_537 % prime) % prime;
            power == residue
        })
    })
}
