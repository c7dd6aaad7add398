//! The attack list as one table: each forged token with the reason for which it is refused.

use super::forge::{By, Forge, NOW_S, Scene, ec_jwk, encode, rsa_jwk, rsa_key};
use crate::error::{Error, Refusal};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jwt_simple::prelude::{Claims, Duration, HS256Key, MACLike as _};
use rsa::traits::PublicKeyParts as _;

/// What it is, the token, the reason in the audit trail.
type Row = (&'static str, String, &'static str);

fn good() -> Forge {
    Forge::good()
}

fn headers() -> Vec<Row> {
    let alg = |name: &str| good().header("ES256", name).token();
    let member = |member: &str| good().header_member(member).token();
    let kid = |value: &str| good().header(r#""e1""#, value).token();
    let typ = |value: &str| good().header("at+jwt", value).token();
    let bare = |name: &str| format!("{}.", good().header("ES256", name).input());
    let key = ec_jwk("e1", 1);
    vec![
        ("none", bare("none"), "alg"),
        ("None", bare("None"), "alg"),
        ("NONE", bare("NONE"), "alg"),
        ("none with a blank", bare(" none"), "alg"),
        ("empty alg", alg(""), "alg"),
        ("alg in lower case", alg("es256"), "alg"),
        ("alg is a number", good().header(r#""ES256""#, "256").token(), "alg"),
        ("no alg", good().header(r#""alg":"ES256","#, "").token(), "alg"),
        ("HS512", alg("HS512"), "alg"),
        ("ES256K", alg("ES256K"), "alg"),
        ("RS512, not this issuer's", alg("RS512"), "alg"),
        ("ES384 with the ES256 key", alg("ES384"), "alg_of_key"),
        ("EdDSA with the ES256 key", alg("EdDSA"), "alg_of_key"),
        ("kid climbs", kid(r#""../e1""#), "signature"),
        ("kid with NUL", kid(r#""e1\u0000""#), "header_json"),
        ("kid with SQL", kid(r#""e1' OR '1'='1""#), "kid_unknown"),
        ("kid with a line break", kid(r#""e1\n""#), "kid"),
        ("kid of 1 KB", kid(&format!("\"{}\"", "k".repeat(1024))), "kid"),
        ("kid of 64 KB", kid(&format!("\"{}\"", "k".repeat(65_536))), "too_long"),
        ("kid is a number", kid("1"), "kid"),
        ("kid is empty", kid(r#""""#), "kid"),
        ("no kid", good().header(r#","kid":"e1""#, "").token(), "kid"),
        ("kid twice", member(r#""kid":"e1""#), "header_json"),
        ("kid twice, one escaped", member(r#""k\u0069d":"e1""#), "header_json"),
        ("KID", member(r#""KID":"e2""#), "header_form"),
        ("alg twice", member(r#""alg":"none""#), "header_json"),
        ("ALG", member(r#""Alg":"none""#), "header_form"),
        ("jku", member(r#""jku":"https://evil.example/jwks""#), "header_member"),
        ("jku of ours", member(r#""jku":"https://idp.example/jwks""#), "header_member"),
        ("x5u", member(r#""x5u":"https://evil.example/cert""#), "header_member"),
        ("x5c", member(r#""x5c":["MIIB"]"#), "header_member"),
        ("jwk of ours", member(&format!(r#""jwk":{key}"#)), "header_member"),
        ("jwk of theirs", member(&format!(r#""jwk":{}"#, ec_jwk("e1", 2))), "header_member"),
        ("JWK", member(r#""JWK":{}"#), "header_member"),
        ("crit unknown", member(r#""crit":["x"],"x":1"#), "header_member"),
        ("crit empty", member(r#""crit":[]"#), "header_member"),
        ("crit lists exp", member(r#""crit":["exp"],"exp":1"#), "header_member"),
        ("b64 false", member(r#""b64":false"#), "header_member"),
        ("zip", member(r#""zip":"DEF""#), "header_member"),
        ("nested", member(r#""cty":"JWT""#), "header_member"),
        ("nonce of Graph", member(r#""nonce":"n""#), "header_member"),
        ("header of 2 KB", member(&format!(r#""x":"{}""#, "x".repeat(2100))), "header_too_long"),
        ("header of 8 KB", member(&format!(r#""x":"{}""#, "x".repeat(8192))), "header_too_long"),
        ("header is an array", Forge { header: "[]".to_owned(), ..good() }.token(), "header_form"),
        ("header is empty", Forge { header: String::new(), ..good() }.token(), "header_json"),
        (
            "header with a BOM",
            Forge { header: format!("\u{feff}{}", good().header), ..good() }.token(),
            "header_json",
        ),
        ("typ JWT", typ("JWT"), "typ"),
        ("typ of a refresh token", typ("rt+jwt"), "typ"),
        ("typ of a logout token", typ("logout+jwt"), "typ"),
        ("typ of a DPoP proof", typ("dpop+jwt"), "typ"),
        ("typ of an entity statement", typ("entity-statement+jwt"), "typ"),
        ("typ with more behind", typ("at+jwt+jwt"), "typ"),
        ("no typ", good().header(r#","typ":"at+jwt""#, "").token(), "typ"),
    ]
}

fn claims() -> Vec<Row> {
    let set = |from: &str, to: &str| good().claims(from, to).token();
    let claim = |member: &str| good().claim(member).token();
    let exp = format!(r#""exp":{}"#, NOW_S + 3600);
    let iat = format!(r#""iat":{NOW_S}"#);
    let exp_is = |value: &str| good().claims(&exp, &format!(r#""exp":{value}"#)).token();
    let aud_is = |value: &str| set(r#""api://postern""#, value);
    let payload = |text: &str| Forge { claims: text.to_owned(), ..good() }.token();
    let many = format!("[{}\"api://postern\"]", r#""x","#.repeat(999));
    let deep = format!(r#""deep":{}{}"#, "[".repeat(200), "]".repeat(200));
    vec![
        ("payload is empty", payload(""), "claims_json"),
        ("payload is an array", payload("[]"), "claims_form"),
        ("payload is a string", payload(r#""x""#), "claims_form"),
        ("payload is not UTF-8", good_bytes(&[0xff, 0xfe]), "claims_json"),
        ("exp twice", claim(&exp), "claims_json"),
        ("exp twice, one escaped", claim(r#""\u0065xp":1"#), "claims_json"),
        ("a custom claim twice", claim(r#""client_id":"c2""#), "claims_json"),
        ("EXP beside exp", claim(r#""EXP":1"#), "claims_form"),
        ("Sub beside sub", claim(r#""Sub":"admin""#), "claims_form"),
        ("no exp", set(&format!(",{exp}"), ""), "exp"),
        ("exp is a string", exp_is(&format!("\"{}\"", NOW_S + 3600)), "exp"),
        ("exp is a fraction", exp_is(&format!("{}.5", NOW_S + 3600)), "exp"),
        ("exp is negative", exp_is("-1"), "exp"),
        ("exp is 1e300", exp_is("1e300"), "exp"),
        ("exp is 2^53 + 1", exp_is("9007199254740993"), "exp"),
        ("exp is 2^64", exp_is("18446744073709551616"), "exp"),
        ("exp is null", exp_is("null"), "exp"),
        ("exp a minute ago", exp_is(&(NOW_S - 60).to_string()), "expired"),
        ("the clock 5 minutes off", exp_is(&(NOW_S - 300).to_string()), "expired"),
        ("life of two days", exp_is(&(NOW_S + 172_800).to_string()), "life"),
        ("exp before iat", good().claims(&exp, &format!(r#""exp":{}"#, NOW_S - 10)).token(), "life"),
        ("no iat", set(&format!("{iat},"), ""), "iat"),
        ("iat in the future", set(&iat, &format!(r#""iat":{}"#, NOW_S + 61)), "iat_future"),
        ("iat 5 minutes ahead", set(&iat, &format!(r#""iat":{}"#, NOW_S + 300)), "iat_future"),
        ("nbf in the future", claim(&format!(r#""nbf":{}"#, NOW_S + 61)), "nbf_future"),
        ("nbf is a string", claim(r#""nbf":"0""#), "nbf"),
        ("no aud", set(r#""aud":"api://postern","#, ""), "aud"),
        ("aud of another", aud_is(r#""api://other""#), "aud"),
        ("aud with more behind", aud_is(r#""api://postern/""#), "aud"),
        ("aud begins like ours", aud_is(r#""api://poster""#), "aud"),
        ("aud in another case", aud_is(r#""API://postern""#), "aud"),
        ("aud is an empty array", aud_is("[]"), "aud"),
        ("aud has a number", aud_is(r#"["api://postern",1]"#), "aud"),
        ("aud has an array", aud_is(r#"[["api://postern"]]"#), "aud"),
        ("aud is an object", aud_is(r#"{"a":"api://postern"}"#), "aud"),
        ("aud has 1,000 entries", aud_is(&many), "aud"),
        ("no iss", set(r#""iss":"https://idp.example","#, ""), "iss"),
        ("iss is an array", set(r#""https://idp.example""#, r#"["https://idp.example"]"#), "iss"),
        ("iss with a trailing dot", set("https://idp.example", "https://idp.example."), "iss"),
        ("iss with a slash", set("https://idp.example", "https://idp.example/"), "iss"),
        ("iss in another case", set("https://idp.example", "https://IDP.example"), "iss"),
        ("iss with a look-alike", set("https://idp.example", "https://іdp.example"), "iss"),
        ("no sub", set(r#""sub":"user","#, ""), "sub"),
        ("sub is empty", set(r#""sub":"user""#, r#""sub":"""#), "sub"),
        ("sub is a number", set(r#""sub":"user""#, r#""sub":1"#), "sub"),
        ("sub with a line break", set(r#""sub":"user""#, r#""sub":"user\n""#), "sub"),
        ("bound to a DPoP key", claim(r#""cnf":{"jkt":"x"}"#), "cnf"),
        ("bound to a certificate", claim(r#""cnf":{"x5t#S256":"x"}"#), "cnf"),
        ("an ID token", claim(r#""nonce":"n""#), "not_access_token"),
        ("an ID token with at_hash", claim(r#""at_hash":"h""#), "not_access_token"),
        ("a logout token", claim(r#""events":{}"#), "not_access_token"),
        ("no agent", set(r#""client_id":"c1","#, ""), "agent_claim"),
        ("agent is a number", set(r#""client_id":"c1""#, r#""client_id":1"#), "agent_claim"),
        ("an agent nobody knows", set(r#""client_id":"c1""#, r#""client_id":"c2""#), "agent_unknown"),
        ("an agent in another case", set(r#""client_id":"c1""#, r#""client_id":"C1""#), "agent_unknown"),
        ("200 deep", claim(&deep), "claims_json"),
        ("a lone surrogate", claim(r#""x":"\ud800""#), "claims_json"),
        ("16 KB", claim(&format!(r#""x":"{}""#, "x".repeat(12_300))), "too_long"),
        ("1 MB", claim(&format!(r#""x":"{}""#, "x".repeat(786_432))), "too_long"),
    ]
}

fn good_bytes(payload: &[u8]) -> String {
    let input = format!("{}.{}", encode(&good().header), encode(payload));
    format!("{input}.{}", encode(By::Es256(1).sign(&input)))
}

fn signatures() -> Vec<Row> {
    let token = good();
    let signature = token.by.sign(&token.input());
    let with = |signature: &[u8]| good().with_signature(signature);
    let (r, s) = signature.split_at(32);
    let order = p256_order();
    let rs256 = good().header(r#""ES256","kid":"e1""#, r#""RS256","kid":"r1""#).by(By::Rs256);
    let ps256 = good().header(r#""ES256","kid":"e1""#, r#""PS256","kid":"p1""#);
    let eddsa = good().header(r#""ES256","kid":"e1""#, r#""EdDSA","kid":"d1""#).by(By::EdDsa(1));
    let rsa_signature = rs256.by.sign(&rs256.input());
    let modulus = rsa_key().n().to_bytes_be();
    let mut der = vec![0x30, 68, 2, 32];
    der.extend_from_slice(r);
    der.extend_from_slice(&[2, 32]);
    der.extend_from_slice(s);
    let mut flipped = signature.clone();
    flipped[40] ^= 1;
    vec![
        ("no signature", with(&[]), "signature_length"),
        ("one bit flipped", with(&flipped), "signature"),
        (
            "claims of one, signature of another",
            good().claim(r#""x":1"#).with_signature(&signature),
            "signature",
        ),
        ("signed by a stranger", good().by(By::Es256(2)).token(), "signature"),
        ("r = 0", with(&[&[0; 32], s].concat()), "signature"),
        ("s = 0", with(&[r, &[0; 32]].concat()), "signature"),
        ("r = s = 0", with(&[0; 64]), "signature"),
        ("r = n", with(&[&order, s].concat()), "signature"),
        ("s = n", with(&[r, &order].concat()), "signature"),
        ("r and s beyond n", with(&[0xff; 64]), "signature"),
        ("DER", with(&der), "signature_length"),
        ("63 bytes", with(&signature[..63]), "signature_length"),
        ("65 bytes", with(&[&signature[..], &[0]].concat()), "signature_length"),
        ("RS256 padded", rs256.with_signature(&[&[0], &rsa_signature[..]].concat()), "signature_length"),
        ("RS256 of zeros", rs256.with_signature(&[0; 256]), "signature"),
        ("RS256 of the modulus", rs256.with_signature(&modulus), "signature"),
        ("RS256 of one", rs256.with_signature(&[&[0; 255][..], &[1]].concat()), "signature"),
        ("RS256 signed as PS256", rs256.clone().by(By::Ps256(32)).token(), "signature"),
        ("PS256 signed as RS256", ps256.clone().by(By::Rs256).token(), "signature"),
        ("RS256 with the PS256 key", rs256.clone().header("r1", "p1").token(), "alg_of_key"),
        (
            "PS256 with the RS256 key",
            ps256.clone().header("p1", "r1").by(By::Ps256(32)).token(),
            "alg_of_key",
        ),
        ("PS256 without salt", ps256.clone().by(By::Ps256(0)).token(), "signature"),
        ("PS256 with 20 bytes of salt", ps256.clone().by(By::Ps256(20)).token(), "signature"),
        ("EdDSA by a stranger", eddsa.clone().by(By::EdDsa(2)).token(), "signature"),
        ("EdDSA of zeros", eddsa.with_signature(&[0; 64]), "signature"),
        ("the other issuer's, our key", good().claims("idp", "other").token(), "signature"),
        ("ours, the other issuer's key", good().by(By::Es256(9)).token(), "signature"),
        ("HS256 with the RSA key's n", hmac(&modulus, "r1"), "alg"),
        ("HS256 with the RSA key's JWK", hmac(rsa_jwk("r1", "RS256").as_bytes(), "r1"), "alg"),
        ("HS256 with the EC key's JWK", hmac(ec_jwk("e1", 1).as_bytes(), "e1"), "alg"),
    ]
}

/// The order of P-256's group (FIPS 186-5).
fn p256_order() -> [u8; 32] {
    let mut order = [0xff; 32];
    order[4..8].fill(0);
    order[16..].copy_from_slice(&[
        0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ]);
    order
}

fn hmac(secret: &[u8], kid: &str) -> String {
    let claims =
        Claims::create(Duration::from_hours(1)).with_issuer("https://idp.example").with_subject("user");
    HS256Key::from_bytes(secret).with_key_id(kid).authenticate(claims.with_audience("api://postern")).unwrap()
}

fn encodings() -> Vec<Row> {
    let token = good().token();
    let [header, payload, signature] = &token.split('.').collect::<Vec<_>>()[..] else {
        panic!("a token has three segments");
    };
    let spare = |segment: &str| {
        // The last character of a segment carries bits that are not used; another value is another spelling.
        let (start, last) = segment.split_at(segment.len() - 1);
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let at = alphabet.find(last).unwrap();
        format!("{start}{}", &alphabet[at + 1..at + 2])
    };
    let json = format!(r#"{{"payload":"{payload}","protected":"{header}","signature":"{signature}"}}"#);
    let padded = STANDARD.encode(&good().header);
    vec![
        ("one segment", header.to_string(), "segments"),
        ("two segments", format!("{header}.{payload}"), "segments"),
        ("four segments", format!("{token}.{signature}"), "segments"),
        ("JWE", format!("{token}.{signature}.{signature}"), "segments"),
        ("JSON serialisation", json, "authorization"),
        ("empty segments", "..".to_owned(), "header_json"),
        ("padded", format!("{padded}=.{payload}.{signature}"), "base64"),
        ("padded signature", format!("{token}=="), "base64"),
        ("plus and slash", format!("{header}.{payload}.+/{}", &signature[2..]), "base64"),
        ("a blank inside", format!("{header}. {payload}.{signature}"), "authorization"),
        ("a line break inside", format!("{header}.{payload}.{signature}\n"), "base64"),
        ("a tab behind", format!("{token}\t"), "authorization"),
        ("spare bits in the signature", format!("{header}.{payload}.{}", spare(signature)), "base64"),
        ("spare bits in the payload", spare_payload(&spare), "base64"),
        ("not ASCII", format!("{header}.{payload}é.{signature}"), "base64"),
        ("two tokens", format!("{token}, Bearer {token}"), "authorization"),
        ("comma-joined", format!("{token},{token}"), "authorization"),
    ]
}

/// A payload whose length leaves spare bits.
fn spare_payload(spare: &dyn Fn(&str) -> String) -> String {
    let forge = ["", "1", "12"]
        .map(|pad| good().claim(&format!(r#""x":"{pad}""#)))
        .into_iter()
        .find(|forge| !forge.claims.len().is_multiple_of(3))
        .unwrap();
    let input = format!("{}.{}", encode(&forge.header), spare(&encode(&forge.claims)));
    format!("{input}.{}", encode(By::Es256(1).sign(&input)))
}

#[test]
fn every_attack_is_refused_for_its_reason_and_looks_like_any_other() {
    let scene = Scene::fixed();
    let opaque = Error::from(Refusal::BadToken("")).row();
    let mut wrong = Vec::new();
    let rows: Vec<Row> = [headers(), claims(), signatures(), encodings()].concat();
    for (name, token, reason) in &rows {
        match scene.show(token) {
            Ok(_) => wrong.push(format!("{name}: accepted")),
            Err(refusal) => {
                if refusal != Refusal::BadToken(reason) {
                    wrong.push(format!("{name}: {refusal:?}, not {reason}"));
                }
                assert_eq!(Error::from(refusal).row(), opaque, "{name}");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(scene.memory.sent().len(), 0, "no attack causes a request");
    assert!(rows.len() > 150, "{}", rows.len());
}

#[test]
fn what_is_right_is_accepted() {
    let scene = Scene::fixed();
    let leeway = |claim: &str, at: u64| good().claim(&format!(r#""{claim}":{at}"#)).token();
    let exp = format!(r#""exp":{}"#, NOW_S + 3600);
    let signature = good().by.sign(&good().input());
    let rows = [
        ("ES256", good().token()),
        ("EdDSA", good().header(r#""ES256","kid":"e1""#, r#""EdDSA","kid":"d1""#).by(By::EdDsa(1)).token()),
        (
            "EdDSA by its newer name",
            good().header(r#""ES256","kid":"e1""#, r#""Ed25519","kid":"d1""#).by(By::EdDsa(1)).token(),
        ),
        ("RS256", good().header(r#""ES256","kid":"e1""#, r#""RS256","kid":"r1""#).by(By::Rs256).token()),
        ("PS256", good().header(r#""ES256","kid":"e1""#, r#""PS256","kid":"p1""#).by(By::Ps256(32)).token()),
        ("the long typ", good().header("at+jwt", "application/at+jwt").token()),
        ("typ in capitals", good().header("at+jwt", "AT+JWT").token()),
        ("x5t, as Entra sends it", good().header_member(r#""x5t":"abc""#).token()),
        ("an unknown header member", good().header_member(r#""org":"x""#).token()),
        ("nbf within the leeway", leeway("nbf", NOW_S + 60)),
        (
            "iat within the leeway",
            good().claims(&format!(r#""iat":{NOW_S}"#), &format!(r#""iat":{}"#, NOW_S + 60)).token(),
        ),
        (
            "exp within the leeway",
            good()
                .claims(&exp, &format!(r#""exp":{}"#, NOW_S - 59))
                .claims(&format!(r#""iat":{NOW_S}"#), &format!(r#""iat":{}"#, NOW_S - 3600))
                .token(),
        ),
        ("several audiences", good().claims(r#""api://postern""#, r#"["x","api://spare"]"#).token()),
        ("high s", good().with_signature(&high_s(&signature))),
        ("no jti", good().claims(r#","jti":"t1""#, "").token()),
    ];
    for (name, token) in rows {
        let caller = scene.show(&token).unwrap_or_else(|refusal| panic!("{name}: {refusal:?}"));
        assert_eq!((caller.agent().name.as_str(), caller.subject()), ("support", "user"), "{name}");
    }
}

/// The other signature of a pair: RFC 7518 does not ask for the low one.
fn high_s(signature: &[u8]) -> Vec<u8> {
    let order = rsa::BigUint::from_bytes_be(&p256_order());
    let other = (order - rsa::BigUint::from_bytes_be(&signature[32..])).to_bytes_be();
    let padding = vec![0; 32 - other.len()];
    [&signature[..32], &padding, &other].concat()
}

#[test]
fn the_authorization_header_is_read_strictly() {
    let scene = Scene::fixed();
    let token = good().token();
    for (value, expected) in [
        (None, Some(Refusal::NoToken)),
        (Some(String::new()), Some(Refusal::NoToken)),
        (Some("Basic dTpw".to_owned()), Some(Refusal::NoToken)),
        (Some(format!("DPoP {token}")), Some(Refusal::NoToken)),
        (Some(token.clone()), Some(Refusal::NoToken)),
        (Some("Bearer".to_owned()), Some(Refusal::BadToken("authorization"))),
        (Some("Bearer ".to_owned()), Some(Refusal::BadToken("authorization"))),
        (Some(format!("Bearer {token} x")), Some(Refusal::BadToken("authorization"))),
        (Some(format!("Bearer {token}")), None),
        (Some(format!("bearer {token}")), None),
        (Some(format!("BEARER   {token}")), None),
    ] {
        assert_eq!(scene.ask(value.as_deref()).err(), expected, "{value:?}");
    }
}

#[test]
fn a_token_without_a_scope_is_told_so_only_when_it_is_genuine() {
    let scene = Scene::fixed();
    let other = || good().claims("idp", "other").by(By::Es256(9));
    let scoped = |claim: &str| scene.show(&other().claim(claim).token()).err();
    assert_eq!(scene.show(&other().token()).err(), Some(Refusal::InsufficientScope));
    assert_eq!(scoped(r#""scope":"mcp.use""#), Some(Refusal::InsufficientScope));
    assert_eq!(scoped(r#""scope":"mcp.use mcp.moree""#), Some(Refusal::InsufficientScope));
    assert_eq!(scoped(r#""scope":"mcp.use x mcp.more""#), None);
    assert_eq!(scoped(r#""scp":["mcp.more","mcp.use"]"#), None);
    let forged = other().by(By::Es256(1)).token();
    assert_eq!(scene.show(&forged).err(), Some(Refusal::BadToken("signature")));
}
