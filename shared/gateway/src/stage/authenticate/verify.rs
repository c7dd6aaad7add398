//! Signature verification by `jwt-simple`, for hosts without a faster verifier.
//!
//! By itself that crate accepts tokens without `exp`, 15 minutes after `exp`, with any `typ` that ends in `+jwt`,
//! of any issuer and audience, of a megabyte, with duplicate custom claims, with `b64` and with an empty `crit`.
//! [`super::token`] refuses all of these before; what can be set here is set all the same.

use super::keys::Key;
use super::token::Signed;
use crate::limits;
use crate::tenant::Algorithm;
use jwt_simple::prelude::{
    Duration, ECDSAP256PublicKeyLike, ECDSAP384PublicKeyLike, ES256PublicKey, ES384PublicKey,
    Ed25519PublicKey, EdDSAPublicKeyLike, NoCustomClaims, PS256PublicKey, PS384PublicKey, PS512PublicKey,
    RS256PublicKey, RS384PublicKey, RS512PublicKey, RSAPublicKeyLike, VerificationOptions,
};
use std::collections::HashSet;

/// A key as `jwt-simple` holds it: its type fixes the algorithm, so that the header cannot choose.
pub enum NativeKey {
    Rs256(RS256PublicKey),
    Rs384(RS384PublicKey),
    Rs512(RS512PublicKey),
    Ps256(PS256PublicKey),
    Ps384(PS384PublicKey),
    Ps512(PS512PublicKey),
    Es256(ES256PublicKey),
    Es384(ES384PublicKey),
    EdDsa(Ed25519PublicKey),
}

impl NativeKey {
    fn import(key: &Key) -> Option<Self> {
        let jwk = key.jwk();
        Some(match key.algorithm() {
            Algorithm::Rs256 => Self::Rs256(RS256PublicKey::from_jwk(jwk).ok()?),
            Algorithm::Rs384 => Self::Rs384(RS384PublicKey::from_jwk(jwk).ok()?),
            Algorithm::Rs512 => Self::Rs512(RS512PublicKey::from_jwk(jwk).ok()?),
            Algorithm::Ps256 => Self::Ps256(PS256PublicKey::from_jwk(jwk).ok()?),
            Algorithm::Ps384 => Self::Ps384(PS384PublicKey::from_jwk(jwk).ok()?),
            Algorithm::Ps512 => Self::Ps512(PS512PublicKey::from_jwk(jwk).ok()?),
            Algorithm::Es256 => Self::Es256(ES256PublicKey::from_jwk(jwk).ok()?),
            Algorithm::Es384 => Self::Es384(ES384PublicKey::from_jwk(jwk).ok()?),
            Algorithm::EdDsa => Self::EdDsa(Ed25519PublicKey::from_jwk(jwk).ok()?),
        })
    }

    fn verifies(&self, token: &str, options: VerificationOptions) -> bool {
        let options = Some(options);
        match self {
            Self::Rs256(key) => key.verify_token::<NoCustomClaims>(token, options).is_ok(),
            Self::Rs384(key) => key.verify_token::<NoCustomClaims>(token, options).is_ok(),
            Self::Rs512(key) => key.verify_token::<NoCustomClaims>(token, options).is_ok(),
            Self::Ps256(key) => key.verify_token::<NoCustomClaims>(token, options).is_ok(),
            Self::Ps384(key) => key.verify_token::<NoCustomClaims>(token, options).is_ok(),
            Self::Ps512(key) => key.verify_token::<NoCustomClaims>(token, options).is_ok(),
            Self::Es256(key) => key.verify_token::<NoCustomClaims>(token, options).is_ok(),
            Self::Es384(key) => key.verify_token::<NoCustomClaims>(token, options).is_ok(),
            Self::EdDsa(key) => key.verify_token::<NoCustomClaims>(token, options).is_ok(),
        }
    }
}

/// Whether the signature is `key`'s, at `now_ms`. The imported key is kept inside `key`.
#[must_use]
pub fn verify_here(key: &Key, signed: Signed<'_>, now_ms: u64) -> bool {
    let native = key.native.get_or_init(|| NativeKey::import(key));
    let options = VerificationOptions {
        required_signature_type: Some(signed.typ.to_owned()),
        allowed_issuers: Some(HashSet::from([signed.issuer.url.clone()])),
        allowed_audiences: Some(signed.issuer.audiences.iter().cloned().collect()),
        time_tolerance: Some(Duration::from_secs(60)),
        max_token_length: Some(limits::TOKEN_BYTES),
        max_header_length: Some(limits::TOKEN_HEADER_BYTES.div_ceil(3) * 4),
        artificial_time: Some(Duration::from_secs(now_ms / 1000)),
        ..VerificationOptions::default()
    };
    native.as_ref().is_some_and(|native| native.verifies(signed.token, options))
}
