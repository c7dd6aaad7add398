//! Each service as data: what it is asked, and what its answers mean.

use super::{Asked, Reading, adapter, hundredths};
use crate::dlp::{About, Direction, Why};
use crate::tenant::{Credential, Dlp, DlpCredential, DlpService, OnError, Secret};
use serde_json::{Value, json};

fn dlp(service: DlpService, types: &[&str]) -> Dlp {
    Dlp {
        name: "n".into(),
        service,
        url: "https://dlp.example".into(),
        credential: DlpCredential::Fixed(Credential::None),
        deadline_ms: 300,
        on_error: OnError::Block,
        requests: true,
        responses: true,
        cache_ms: 0,
        types: types.iter().map(|name| (*name).to_owned()).collect(),
    }
}

fn presidio() -> DlpService {
    DlpService::Presidio { language: "de".into(), score: 40 }
}

fn azure() -> DlpService {
    DlpService::Azure { language: "de".into(), score: 80 }
}

fn google() -> DlpService {
    DlpService::Google { parent: "projects/p/locations/europe-west1".into(), likelihood: "LIKELY" }
}

fn webhook(key: Option<&str>) -> DlpService {
    DlpService::Webhook { signature: key.map(|key| Secret(key.into())) }
}

#[test]
fn questions() {
    let about = About {
        tenant: "acme",
        agent: "agent",
        user: "",
        tool: "crm__find",
        server: "crm",
        direction: Direction::Response,
        local: false,
        request: "r1",
    };
    for (service, types, texts, url, body) in [
        (
            presidio(),
            &["US_SSN", "IBAN_CODE"][..],
            &["a\n\"b\""][..],
            "https://dlp.example/analyze",
            json!({ "text": "a\n\"b\"", "language": "de", "score_threshold": 0.4, "correlation_id": "r1", "entities": ["US_SSN", "IBAN_CODE"] }),
        ),
        (
            presidio(),
            &[],
            &["a"],
            "https://dlp.example/analyze",
            json!({ "text": "a", "language": "de", "score_threshold": 0.4, "correlation_id": "r1" }),
        ),
        (
            azure(),
            &["Email"],
            &["a", "b"],
            "https://dlp.example/language/:analyze-text?api-version=2024-11-01",
            json!({
                "kind": "PiiEntityRecognition",
                "parameters": { "modelVersion": "latest", "stringIndexType": "UnicodeCodePoint", "loggingOptOut": true, "piiCategories": ["Email"] },
                "analysisInput": { "documents": [{ "id": "0", "language": "de", "text": "a" }, { "id": "1", "language": "de", "text": "b" }] },
            }),
        ),
        (
            google(),
            &["IBAN_CODE"],
            &["a"],
            "https://dlp.example/v2/projects/p/locations/europe-west1/content:inspect",
            json!({
                "item": { "value": "a" },
                "inspectConfig": { "infoTypes": [{ "name": "IBAN_CODE" }], "minLikelihood": "LIKELY", "includeQuote": false },
            }),
        ),
        (
            webhook(None),
            &["A"],
            &["a"],
            "https://dlp.example",
            json!({ "text": "a", "direction": "response", "tool": "crm__find", "server": "crm", "agent": "agent", "user": "", "request": "r1" }),
        ),
    ] {
        let dlp = dlp(service, types);
        let asked = Asked { dlp: &dlp, about: &about, now_ms: 0 };
        let question = adapter(&dlp.service).unwrap().question(&asked, texts);
        assert_eq!(question.url, url);
        assert_eq!(serde_json::from_str::<Value>(&question.body).unwrap(), body, "{url}");
        assert!(question.headers.is_empty(), "{url}");
    }
}

/// The vector was made with `openssl dgst -sha256 -hmac key` of `1795392000.BODY`.
#[test]
fn webhooks_are_signed_with_the_time() {
    let about = About {
        tenant: "t",
        agent: "a",
        user: "u",
        tool: "x",
        server: "s",
        direction: Direction::Request,
        local: false,
        request: "r",
    };
    let dlp = dlp(webhook(Some("key")), &[]);
    let asked = Asked { dlp: &dlp, about: &about, now_ms: 1_795_392_000_999 };
    let question = adapter(&dlp.service).unwrap().question(&asked, &["hi"]);
    assert_eq!(
        question.body,
        r#"{"agent":"a","direction":"request","request":"r","server":"s","text":"hi","tool":"x","user":"u"}"#
    );
    let expected = "t=1795392000,v1=175946a724b574f88e69686cb4f124d823d08aa7c344ad201125006547a5a37d";
    assert_eq!(question.headers, [("postern-signature", expected.to_owned())]);
}

#[test]
fn answers() {
    let found = |items: &[(usize, usize, &str)]| {
        let items: Vec<_> = items.iter().map(|&(start, end, kind)| (start, end, kind.to_owned())).collect();
        Ok(Some(vec![items]))
    };
    let range = |range: Value, likelihood: &str| json!({ "result": { "findings": [{ "infoType": { "name": "A" }, "likelihood": likelihood, "location": { "codepointRange": range, "byteRange": { "end": "9" } } }] } });
    let azure_of = |entities: Value| json!({ "kind": "PiiEntityRecognitionResults", "results": { "documents": [{ "redactedText": "*", "id": "0", "entities": entities, "warnings": [] }], "errors": [], "modelVersion": "x" } });
    for (service, body, expected) in [
        (presidio(), json!([]), found(&[])),
        (
            presidio(),
            json!([{ "entity_type": "A", "start": 1, "end": 3, "score": 0.4, "analysis_explanation": null }]),
            found(&[(1, 3, "A")]),
        ),
        (presidio(), json!([{ "entity_type": "A", "start": 1, "end": 3, "score": 0.39 }]), found(&[])),
        (presidio(), json!([{ "entity_type": "A", "start": 1, "end": 3 }]), found(&[(1, 3, "A")])),
        (
            presidio(),
            json!([{ "entity_type": "A", "start": -1, "end": 3, "score": 1.0 }]),
            Err(Why::Malformed),
        ),
        (presidio(), json!([{ "entity_type": "A", "end": 3, "score": 1.0 }]), Err(Why::Malformed)),
        (presidio(), json!({ "error": "No matching recognizers were found" }), Err(Why::Malformed)),
        (
            azure(),
            azure_of(
                json!([{ "text": "x", "category": "A", "offset": 1, "length": 2, "confidenceScore": 0.8 }]),
            ),
            found(&[(1, 3, "A")]),
        ),
        (
            azure(),
            azure_of(
                json!([{ "text": "x", "category": "A", "offset": 1, "length": 2, "confidenceScore": 0.7 }]),
            ),
            found(&[]),
        ),
        (azure(), azure_of(json!([{ "category": "A", "length": 2 }])), Err(Why::Malformed)),
        (azure(), json!({ "results": { "documents": [], "errors": [] } }), Err(Why::Malformed)),
        (
            azure(),
            json!({ "results": { "documents": [{ "id": "7", "entities": [] }], "errors": [] } }),
            Err(Why::Malformed),
        ),
        (
            azure(),
            json!({ "results": { "documents": [{ "id": "0", "entities": [] }], "errors": [{ "id": "1" }] } }),
            Err(Why::Incomplete),
        ),
        (google(), json!({}), found(&[])),
        (google(), json!({ "result": {} }), found(&[])),
        (google(), range(json!({ "start": "1", "end": "3" }), "LIKELY"), found(&[(1, 3, "A")])),
        (google(), range(json!({ "end": "3" }), "LIKELY"), found(&[(0, 3, "A")])),
        (google(), range(json!({ "start": 1, "end": 3 }), "LIKELY"), found(&[(1, 3, "A")])),
        (google(), range(json!({ "start": "-1", "end": "3" }), "LIKELY"), Err(Why::Malformed)),
        (google(), range(json!({ "start": "1" }), "LIKELY"), Err(Why::Malformed)),
        (
            google(),
            json!({ "result": { "findings": [{ "infoType": { "name": "A" }, "location": {} }] } }),
            Err(Why::Malformed),
        ),
        (google(), json!({ "result": { "findingsTruncated": true } }), Err(Why::Incomplete)),
        (webhook(None), json!({ "verdict": "pass" }), found(&[])),
        (
            webhook(None),
            json!({ "verdict": "pass", "spans": [{ "start": 1, "end": 3, "type": "A", "more": 1 }] }),
            found(&[(1, 3, "A")]),
        ),
        (
            webhook(None),
            json!({ "verdict": "block", "spans": [{ "start": 1, "end": 3, "type": "A" }] }),
            Ok(None),
        ),
        (webhook(None), json!({ "verdict": "allow" }), Err(Why::Malformed)),
        (webhook(None), json!({ "spans": [] }), Err(Why::Malformed)),
        (webhook(None), json!({ "verdict": "pass", "unit": "line" }), Err(Why::Malformed)),
        (
            webhook(None),
            json!({ "verdict": "pass", "spans": [{ "start": 1, "end": 3 }] }),
            Err(Why::Malformed),
        ),
    ] {
        let read = adapter(&service).unwrap().read(body.to_string().as_bytes(), &["0123456789"]);
        let read = read.map(|(reading, _)| match reading {
            Reading::Block => None,
            Reading::Found(texts) => Some(
                texts
                    .into_iter()
                    .map(|found| {
                        found.into_iter().map(|found| (found.start, found.end, found.kind)).collect()
                    })
                    .collect(),
            ),
        });
        assert_eq!(read, expected, "{service:?} {body}");
    }
}

#[test]
fn likelihoods_are_scores() {
    for (likelihood, score) in [
        ("VERY_UNLIKELY", 10),
        ("UNLIKELY", 30),
        ("POSSIBLE", 50),
        ("LIKELY", 75),
        ("VERY_LIKELY", 95),
        ("NEW", 95),
    ] {
        let body = json!({ "result": { "findings": [{ "infoType": { "name": "A" }, "likelihood": likelihood, "location": { "codepointRange": { "end": "1" } } }] } });
        let Ok((Reading::Found(found), _)) =
            adapter(&google()).unwrap().read(body.to_string().as_bytes(), &["0"])
        else {
            panic!("{likelihood}");
        };
        assert_eq!(found[0][0].score, score, "{likelihood}");
    }
    for (score, expected) in [
        (None, 100),
        (Some(0.0), 0),
        (Some(0.845), 85),
        (Some(1.0), 100),
        (Some(7.0), 100),
        (Some(-1.0), 100),
    ] {
        assert_eq!(hundredths(score), expected, "{score:?}");
    }
}
