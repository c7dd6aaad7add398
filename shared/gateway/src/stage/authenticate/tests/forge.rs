//! Keys, an issuer, and tokens with any header, claims and signature.

use crate::compile::check;
use crate::error::Refusal;
use crate::memory::Memory;
use crate::stage::authenticate::{Authenticator, Caller};
use crate::tenant::Tenant;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_compact::{KeyPair, Seed};
use p256::ecdsa::signature::Signer as _;
use rsa::sha2::{Digest as _, Sha256};
use rsa::traits::PublicKeyParts as _;
use rsa::{BigUint, Pkcs1v15Sign, Pss, RsaPrivateKey};
use std::rc::Rc;

/// The time of all tests, in seconds: where [`Memory`] begins.
pub const NOW_S: u64 = 1_795_392_000;

/// A 2048-bit key, as its primes: making one takes seconds.
const P: &str = "ec5104a2db90ab8f4e8eec4e801136017aaa1908fb2766a65bef97fd7a9180df\
                 76f86d206110a21cf6a08e3181b2445495f078d2ed4c2ba088cf82bf06623ce0\
                 1cb84775f9485dfed58e050826380b9242398648f3c3e7ae921f372312c8ea4f\
                 badf522a177c3649b3a818ef26c00c976df2e243b54bdaa44d01e1a6aeca89ad";
const Q: &str = "def7c26bddfc914dc24e6a6b1bf811a9e8afadb2c8ec3b52a49bd2940417b48c\
                 95994760b63c651af7684639ecc115d656d3460982319ff8bf9e198116111b3a\
                 76fbb0b069da2fcb1d372b86d30199737cab7231e4c793d14730a9a3adc75510\
                 388db1ae9269409c009a60749242da972f06fcaab86ae3037a9dc40eada78f2d";

pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub fn rsa_key() -> RsaPrivateKey {
    let number = |hex: &str| BigUint::parse_bytes(hex.as_bytes(), 16).unwrap();
    RsaPrivateKey::from_p_q(number(P), number(Q), BigUint::from(65_537u32)).unwrap()
}

pub fn ec_key(seed: u8) -> p256::ecdsa::SigningKey {
    p256::ecdsa::SigningKey::from_slice(&[seed; 32]).unwrap()
}

pub fn ed_key(seed: u8) -> KeyPair {
    KeyPair::from_seed(Seed::new([seed; 32]))
}

pub fn rsa_jwk(kid: &str, alg: &str) -> String {
    let n = encode(rsa_key().n().to_bytes_be());
    format!(r#"{{"kty":"RSA","kid":"{kid}","use":"sig","alg":"{alg}","n":"{n}","e":"AQAB"}}"#)
}

pub fn ec_jwk(kid: &str, seed: u8) -> String {
    let point = ec_key(seed).verifying_key().to_sec1_point(false);
    let (x, y) = (encode(&point.as_bytes()[1..33]), encode(&point.as_bytes()[33..]));
    format!(r#"{{"kty":"EC","crv":"P-256","kid":"{kid}","use":"sig","alg":"ES256","x":"{x}","y":"{y}"}}"#)
}

pub fn ed_jwk(kid: &str, seed: u8) -> String {
    let x = encode(*ed_key(seed).pk);
    format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"{kid}","use":"sig","alg":"EdDSA","x":"{x}"}}"#)
}

pub fn jwks(keys: &[String]) -> String {
    format!(r#"{{"keys":[{}]}}"#, keys.join(","))
}

/// How a token is signed.
#[derive(Clone, Copy)]
pub enum By {
    Es256(u8),
    EdDsa(u8),
    Rs256,
    /// With a salt of so many bytes.
    Ps256(usize),
}

impl By {
    pub fn sign(self, input: &str) -> Vec<u8> {
        match self {
            Self::Es256(seed) => {
                let signature: p256::ecdsa::Signature = ec_key(seed).sign(input.as_bytes());
                signature.to_bytes().to_vec()
            }
            Self::EdDsa(seed) => ed_key(seed).sk.sign(input, None).to_vec(),
            Self::Rs256 => rsa_key().sign(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(input)).unwrap(),
            Self::Ps256(salt) => {
                let padding = Pss::new_with_salt::<Sha256>(salt);
                let random = &mut rsa::rand_core::OsRng;
                rsa_key().sign_with_rng(random, padding, &Sha256::digest(input)).unwrap()
            }
        }
    }
}

/// A header, claims and a signature to be.
#[derive(Clone)]
pub struct Forge {
    pub header: String,
    pub claims: String,
    pub by: By,
}

impl Forge {
    /// A token that is accepted.
    pub fn good() -> Self {
        let exp = NOW_S + 3600;
        Self {
            header: r#"{"alg":"ES256","kid":"e1","typ":"at+jwt"}"#.to_owned(),
            claims: format!(
                r#"{{"iss":"https://idp.example","aud":"api://postern","sub":"user","client_id":"c1","iat":{NOW_S},"exp":{exp},"jti":"t1"}}"#
            ),
            by: By::Es256(1),
        }
    }

    /// With another text in the header.
    pub fn header(mut self, from: &str, to: &str) -> Self {
        assert!(self.header.contains(from), "{from}");
        self.header = self.header.replace(from, to);
        self
    }

    /// With another text in the claims.
    pub fn claims(mut self, from: &str, to: &str) -> Self {
        assert!(self.claims.contains(from), "{from}");
        self.claims = self.claims.replace(from, to);
        self
    }

    /// With one more member in the header.
    pub fn header_member(self, member: &str) -> Self {
        self.header(r#"{"alg""#, &format!(r#"{{{member},"alg""#))
    }

    /// With one more claim.
    pub fn claim(self, member: &str) -> Self {
        self.claims(r#"{"iss""#, &format!(r#"{{{member},"iss""#))
    }

    pub fn by(mut self, by: By) -> Self {
        self.by = by;
        self
    }

    pub fn input(&self) -> String {
        format!("{}.{}", encode(&self.header), encode(&self.claims))
    }

    pub fn token(&self) -> String {
        self.with_signature(&self.by.sign(&self.input()))
    }

    pub fn with_signature(&self, signature: &[u8]) -> String {
        format!("{}.{}", self.input(), encode(signature))
    }
}

/// A tenant with two issuers that share a `kid`, in memory.
pub struct Scene {
    pub memory: Memory,
    pub tenants: Vec<Rc<Tenant>>,
    pub authenticator: Authenticator,
}

impl Scene {
    /// `sources` stands in `[issuers.idp]` and says where its keys are.
    pub fn new(sources: &str) -> Self {
        let other = jwks(&[ec_jwk("e1", 9)]);
        let text = format!(
            r#"version = 1
[issuers.idp]
url = "https://idp.example"
audiences = ["api://postern", "api://spare"]
algorithms = ["RS256", "PS256", "ES256", "ES384", "EdDSA"]
{sources}
[issuers.other]
development = true
url = "https://other.example"
audiences = ["api://postern"]
jwks = '{other}'
scopes = ["mcp.use", "mcp.more"]
[tenants.acme]
issuers = ["idp", "other"]
hosts = ["gw.example"]
[tenants.acme.agents.support]
issuer = "idp"
client = "c1"
allow = ["*"]
[tenants.acme.agents.foreign]
issuer = "other"
client = "c1"
allow = ["*"]
[tenants.acme.upstreams.billing]
url = "https://billing.example/mcp"
[tenants.beta]
issuers = ["idp"]
hosts = ["gw.example"]
[tenants.beta.agents.support]
client = "c1"
allow = ["*"]
[tenants.beta.upstreams.billing]
url = "https://billing.example/mcp"
"#
        );
        let (bundle, _) = check(&text, &|_: &str| None).unwrap();
        Self { memory: Memory::new(), tenants: bundle.tenants, authenticator: Authenticator::new() }
    }

    /// With the keys in the settings.
    pub fn fixed() -> Self {
        let keys = [
            ec_jwk("e1", 1),
            ed_jwk("d1", 1),
            rsa_jwk("r1", "RS256"),
            rsa_jwk("p1", "PS256"),
            ec_jwk("../e1", 3),
        ];
        Self::new(&format!("development = true\njwks = '{}'", jwks(&keys)))
    }

    /// What the tenant `acme` says to an `Authorization` value.
    pub fn ask(&self, authorization: Option<&str>) -> Result<Rc<Caller>, Refusal> {
        self.memory.run(self.authenticator.authenticate(&self.memory, &self.tenants[0], authorization))
    }

    /// What it says to a token.
    pub fn show(&self, token: &str) -> Result<Rc<Caller>, Refusal> {
        self.ask(Some(&format!("Bearer {token}")))
    }
}
