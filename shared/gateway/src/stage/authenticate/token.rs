//! One strict parse of a compact JWS (RFC 7515) with JWT claims (RFC 7519), and every rule that needs no key.
//!
//! Each refusal is a short name for the audit trail. Outside all of them look alike.

use crate::error::Refusal;
use crate::limits;
use crate::mcp::json::{Bounds, Json, Kind, Node};
use crate::tenant::{Algorithm, Issuer};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::borrow::Cow;

/// Tolerated difference between the issuer's clock and ours, in seconds.
const LEEWAY_S: u64 = 60;
/// Longest life that a token may have been given, in seconds.
const LIFE_S: u64 = 24 * 3600;
/// Largest NumericDate taken: 9999-12-31. Beyond 2^53 parsers disagree.
const LAST_S: i64 = 253_402_300_799;
/// Audiences in one token.
const AUDIENCES: usize = 64;
/// Longest `kid`, `sub`, `jti` and agent claim in bytes.
const NAME_BYTES: usize = 512;

/// Header members that point at keys, change what is signed or nest content: none has a use in an access token.
/// `nonce` is Entra's mark of tokens that only Microsoft Graph can verify.
const REFUSED_HEADER: [&str; 12] =
    ["crit", "b64", "jku", "x5u", "x5c", "jwk", "zip", "enc", "epk", "cty", "nonce", "salt"];
/// Header members that are read.
const READ_HEADER: [&str; 3] = ["alg", "kid", "typ"];
/// Claims that are read, whatever the issuer.
const READ_CLAIMS: [&str; 14] =
    ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "uti", "oid", "scope", "scp", "cnf", "nonce", "tid"];
/// Claims of ID tokens (OIDC Core 2), logout tokens and security events: not access tokens.
const FOREIGN_CLAIMS: [&str; 5] = ["nonce", "at_hash", "c_hash", "events", "toe"];

/// What a signature is over, for whoever verifies it. All other rules were checked before.
#[derive(Clone, Copy)]
pub struct Signed<'a> {
    #[cfg(feature = "jwt")]
    pub(super) token: &'a str,
    pub(super) signing_input: &'a [u8],
    pub(super) signature: &'a [u8],
    #[cfg(feature = "jwt")]
    pub(super) typ: &'a str,
    pub(super) issuer: &'a Issuer,
}

impl<'a> Signed<'a> {
    /// `BASE64URL(header).BASE64URL(payload)`.
    #[must_use]
    pub fn signing_input(&self) -> &'a [u8] {
        self.signing_input
    }

    /// The decoded signature; for ECDSA `r` and `s` one after the other (RFC 7518 3.4), as WebCrypto takes it.
    #[must_use]
    pub fn signature(&self) -> &'a [u8] {
        self.signature
    }
}

// Never the token itself.
impl std::fmt::Debug for Signed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signed").field("issuer", &self.issuer.name).finish_non_exhaustive()
    }
}

/// The one token of an `Authorization` header (RFC 6750 2.1). Several headers arrive joined by a comma.
pub fn bearer(authorization: Option<&str>) -> Result<&str, Refusal> {
    let Some(value) = authorization else {
        return Err(Refusal::NoToken);
    };
    let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Refusal::NoToken);
    }
    let token = rest.trim_start_matches(' ');
    if token.is_empty() || token.contains([',', ' ', '\t']) {
        return Err(Refusal::BadToken("authorization"));
    }
    Ok(token)
}

/// A token whose form is right. Nothing in it is believed before the signature is verified.
pub struct Token<'a> {
    #[cfg(feature = "jwt")]
    text: &'a str,
    signing_input: &'a [u8],
    signature: Vec<u8>,
    algorithm: Algorithm,
    kid: String,
    typ: String,
    issuer: String,
    subject: String,
    expires_s: u64,
    claims: Json<'static>,
}

/// The bounds of a header and of claims: small, shallow.
const fn bounds(bytes: usize) -> Bounds {
    Bounds { bytes, depth: 16, nodes: 4_000, key_bytes: 256, string_bytes: bytes, number_chars: 32 }
}

impl<'a> Token<'a> {
    /// Parses the form: three canonical segments, a header and claims in strict JSON, and what both must have.
    pub fn parse(text: &'a str) -> Result<Self, &'static str> {
        if text.len() > limits::TOKEN_BYTES {
            return Err("too_long");
        }
        let mut segments = text.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (segments.next(), segments.next(), segments.next(), segments.next())
        else {
            return Err("segments");
        };
        let signing_input = text.as_bytes().get(..header.len() + 1 + payload.len()).ok_or("segments")?;
        // Header first: most of what is refused is refused here, without a look at the rest.
        let header = Header::parse(header)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| "base64")?;
        let claims = URL_SAFE_NO_PAD.decode(payload).map_err(|_| "base64")?;
        let claims = Json::parse_owned(claims, &bounds(limits::TOKEN_BYTES)).map_err(|_| "claims_json")?;
        refuse_lookalikes(&claims, &READ_CLAIMS, "claims_form")?;
        let issuer = text_claim(&claims, "iss").ok_or("iss")?;
        let subject = text_claim(&claims, "sub").filter(|subject| named(subject)).ok_or("sub")?;
        let expires_s = date(&claims, "exp")?.ok_or("exp")?;
        Ok(Self {
            #[cfg(feature = "jwt")]
            text,
            signing_input,
            signature,
            algorithm: header.algorithm,
            kid: header.kid,
            typ: header.typ,
            issuer,
            subject,
            expires_s,
            claims,
        })
    }

    /// Checks header and claims against the rules of `issuer`; all but signature, scopes and agent.
    pub fn check(&self, issuer: &Issuer, now_ms: u64) -> Result<(), &'static str> {
        if !issuer.algorithms.contains(&self.algorithm) {
            return Err("alg");
        }
        if normal_typ(&self.typ) != issuer.typ {
            return Err("typ");
        }
        self.check_times(now_ms / 1000)?;
        if !self.has_audience(&issuer.audiences)? {
            return Err("aud");
        }
        let claims = self.claims.root();
        if self.claims.get(claims, "cnf").is_some() {
            // RFC 9449, RFC 8705: bound to a key that a plain bearer does not show.
            return Err("cnf");
        }
        if FOREIGN_CLAIMS.iter().any(|name| self.claims.get(claims, name).is_some()) {
            return Err("not_access_token");
        }
        Ok(())
    }

    fn check_times(&self, now_s: u64) -> Result<(), &'static str> {
        let issued_s = date(&self.claims, "iat")?.ok_or("iat")?;
        if now_s >= self.expires_s.saturating_add(LEEWAY_S) {
            return Err("expired");
        }
        if issued_s > now_s + LEEWAY_S {
            return Err("iat_future");
        }
        if date(&self.claims, "nbf")?.is_some_and(|not_before_s| not_before_s > now_s + LEEWAY_S) {
            return Err("nbf_future");
        }
        if self.expires_s.saturating_sub(issued_s) > LIFE_S + LEEWAY_S || self.expires_s < issued_s {
            return Err("life");
        }
        Ok(())
    }

    /// One of `accepted` is in `aud`, a string or an array of nothing but strings.
    fn has_audience(&self, accepted: &[String]) -> Result<bool, &'static str> {
        let Some(audience) = self.claims.get(self.claims.root(), "aud") else {
            return Ok(false);
        };
        let accepts = |text: &Cow<'_, str>| accepted.iter().any(|audience| audience == text);
        if let Some(text) = self.claims.string(audience) {
            return Ok(accepts(&text));
        }
        if self.claims.kind(audience) != Kind::Array {
            return Err("aud");
        }
        let mut found = false;
        for (at, element) in self.claims.value(audience).elements().enumerate() {
            if at >= AUDIENCES {
                return Err("aud");
            }
            found |= accepts(&element.string().ok_or("aud")?);
        }
        Ok(found)
    }

    /// Whether `scope` (RFC 9068) or `scp` (Entra, Okta) has all of `required`.
    pub fn has_scopes(&self, required: &[String]) -> bool {
        if required.is_empty() {
            return true;
        }
        let root = self.claims.root();
        let Some(scopes) = self.claims.get(root, "scope").or_else(|| self.claims.get(root, "scp")) else {
            return false;
        };
        let granted: Vec<String> = match self.claims.string(scopes) {
            Some(text) => text.split(' ').map(str::to_owned).collect(),
            None => self.texts(scopes),
        };
        required.iter().all(|scope| granted.contains(scope))
    }

    /// Whether the array `roles` (Entra's app roles) has `role`.
    ///
    /// Agents' tokens are not asked for it, so that a look-alike of its name is looked for here alone.
    pub fn has_role(&self, role: &str) -> Result<bool, &'static str> {
        refuse_lookalikes(&self.claims, &["roles"], "claims_form")?;
        let roles = self.claims.get(self.claims.root(), "roles");
        Ok(roles.is_some_and(|roles| self.texts(roles).iter().any(|found| found == role)))
    }

    /// The strings of an array; none of anything else.
    fn texts(&self, node: Node) -> Vec<String> {
        if self.claims.kind(node) != Kind::Array {
            return Vec::new();
        }
        let elements = self.claims.value(node).elements();
        elements.filter_map(|element| Some(element.string()?.into_owned())).collect()
    }

    /// `alg`.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// `kid`.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// `iss`.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// `sub`.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The decoded signature.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// `jti`, else Entra's `uti`.
    pub fn id(&self) -> Option<String> {
        self.claim("jti").or_else(|| self.claim("uti"))
    }

    /// A claim that names something: a string of sensible length without control characters.
    pub fn claim(&self, name: &str) -> Option<String> {
        text_claim(&self.claims, name).filter(|text| named(text))
    }

    /// `exp` in ms since the epoch.
    pub fn expires_ms(&self) -> u64 {
        self.expires_s.saturating_mul(1000)
    }

    /// When it is accepted no longer, likewise: clocks differ a little.
    pub fn accepted_until_ms(&self) -> u64 {
        self.expires_s.saturating_add(LEEWAY_S).saturating_mul(1000)
    }

    /// What the host's verifier is given.
    pub fn signed<'b>(&'b self, issuer: &'b Issuer) -> Signed<'b> {
        Signed {
            #[cfg(feature = "jwt")]
            token: self.text,
            signing_input: self.signing_input,
            signature: &self.signature,
            #[cfg(feature = "jwt")]
            typ: &self.typ,
            issuer,
        }
    }
}

struct Header {
    algorithm: Algorithm,
    kid: String,
    typ: String,
}

impl Header {
    fn parse(segment: &str) -> Result<Self, &'static str> {
        if segment.len() > limits::TOKEN_HEADER_BYTES.div_ceil(3) * 4 {
            return Err("header_too_long");
        }
        let bytes = URL_SAFE_NO_PAD.decode(segment).map_err(|_| "base64")?;
        let json =
            Json::parse_owned(bytes, &bounds(limits::TOKEN_HEADER_BYTES)).map_err(|_| "header_json")?;
        refuse_lookalikes(&json, &READ_HEADER, "header_form")?;
        for (name, _) in json.members(json.root()) {
            if REFUSED_HEADER.iter().any(|refused| name.eq_ignore_ascii_case(refused)) {
                return Err("header_member");
            }
        }
        let alg = text_claim(&json, "alg").ok_or("alg")?;
        let kid = text_claim(&json, "kid").filter(|kid| named(kid)).ok_or("kid")?;
        let typ = text_claim(&json, "typ").ok_or("typ")?;
        Ok(Self { algorithm: Algorithm::from_name(&alg).ok_or("alg")?, kid, typ })
    }
}

/// `application/at+jwt` and `AT+JWT` are `at+jwt` (RFC 7515 4.1.9, RFC 9068 4).
pub fn normal_typ(typ: &str) -> String {
    let lower = typ.to_ascii_lowercase();
    lower.strip_prefix("application/").unwrap_or(&lower).to_owned()
}

/// Members that differ from a known one by case only are an attempt to show two parsers two values.
fn refuse_lookalikes(json: &Json<'_>, known: &[&str], reason: &'static str) -> Result<(), &'static str> {
    let root = json.root();
    if json.kind(root) != Kind::Object {
        return Err(reason);
    }
    for (name, _) in json.members(root) {
        if known.iter().any(|known| name.eq_ignore_ascii_case(known) && name != *known) {
            return Err(reason);
        }
    }
    Ok(())
}

fn text_claim(json: &Json<'_>, name: &str) -> Option<String> {
    json.get(json.root(), name).and_then(|node| json.string(node)).map(Cow::into_owned)
}

fn named(text: &str) -> bool {
    !text.is_empty() && text.len() <= NAME_BYTES && !text.chars().any(char::is_control)
}

/// A NumericDate written as a plain integer: no sign, fraction or exponent, on which parsers differ.
fn date(json: &Json<'_>, name: &'static str) -> Result<Option<u64>, &'static str> {
    let Some(node) = json.get(json.root(), name) else {
        return Ok(None);
    };
    plain_integer(json, node).map(Some).ok_or(name)
}

fn plain_integer(json: &Json<'_>, node: Node) -> Option<u64> {
    if !json.raw(node).bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    json.integer(node).filter(|seconds| *seconds <= LAST_S).and_then(|seconds| u64::try_from(seconds).ok())
}
