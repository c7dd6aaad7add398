//! Requests to Graph as data.

use super::{Processed, Subject, instant};
use crate::dlp::wire::Question;
use crate::dlp::{About, Direction, Why};
use crate::tenant::{Credential, Dlp, DlpCredential, DlpService, OnError, Purview};
use serde_json::{Value, json};

/// 2026-11-23 00:00:00.007 UTC.
const NOW: u64 = 1_795_392_000_007;

fn subject(by_user: bool, agent_to_tool: bool, direction: Direction) -> Subject {
    let purview = Purview { app_id: "app".into(), by_user, agent_to_tool };
    let dlp = Dlp {
        name: "n".into(),
        service: DlpService::Purview(purview.clone()),
        url: "https://graph.example".into(),
        credential: DlpCredential::Fixed(Credential::None),
        deadline_ms: 300,
        on_error: OnError::Block,
        requests: true,
        responses: true,
        cache_ms: 0,
        types: Vec::new(),
    };
    let about = About {
        tenant: "t",
        agent: "agent",
        user: "user",
        tool: "search",
        server: "mcp",
        direction,
        local: false,
        request: "00112233445566778899aabb",
    };
    Subject::of(&dlp, &purview, &about).expect("a subject")
}

fn body(question: &Question) -> Value {
    serde_json::from_str(&question.body).expect("JSON")
}

fn entry(data: &str, at: u64, name: &str) -> Value {
    json!({
        "@odata.type": "microsoft.graph.processConversationMetadata",
        "identifier": format!("00000000-0011-2233-4455-66778899aabb-{at}"),
        "content": { "@odata.type": "microsoft.graph.textContent", "data": data },
        "name": name,
        "correlationId": "00000000-0011-2233-4455-66778899aabb",
        "sequenceNumber": NOW * 100 + at,
        "isTruncated": false,
        "createdDateTime": "2026-11-23T00:00:00.007Z",
        "modifiedDateTime": "2026-11-23T00:00:00.007Z",
    })
}

#[test]
fn content_of_a_user() {
    let subject = subject(true, false, Direction::Request);
    let question = subject.process("some text", NOW, true, Some("tag")).expect("a question");
    assert_eq!(
        question.url,
        "https://graph.example/v1.0/users/user/dataSecurityAndGovernance/processContent"
    );
    let id = "00000000-0011-2233-4455-66778899aabb".to_owned();
    let expected = [
        ("client-request-id", id),
        ("prefer", "evaluateInline".to_owned()),
        ("if-none-match", "tag".to_owned()),
    ];
    assert_eq!(question.headers, expected);
    let version = env!("CARGO_PKG_VERSION");
    let content = json!({
        "contentEntries": [entry("some text", 0, "request search")],
        "activityMetadata": { "activity": "uploadText" },
        "deviceMetadata": { "operatingSystemSpecifications": { "operatingSystemPlatform": "Unknown", "operatingSystemVersion": "Unknown" } },
        "integratedAppMetadata": { "name": "Postern", "version": version },
        "protectedAppMetadata": {
            "name": "Postern", "version": version,
            "applicationLocation": { "@odata.type": "microsoft.graph.policyLocationApplication", "value": "app" },
        },
    });
    assert_eq!(body(&question), json!({ "contentToProcess": content }));
    let record = subject.record("some text", NOW).expect("a record");
    assert_eq!(
        record.url,
        "https://graph.example/v1.0/users/user/dataSecurityAndGovernance/activities/contentActivities"
    );
    assert_eq!(body(&record), json!({ "userId": "user", "contentMetadata": content }));
    let compute = subject.compute();
    assert_eq!(
        compute.url,
        "https://graph.example/v1.0/users/user/dataSecurityAndGovernance/protectionScopes/compute"
    );
    let location = json!({ "@odata.type": "microsoft.graph.policyLocationApplication", "value": "app" });
    assert_eq!(body(&compute), json!({ "activities": "uploadText,downloadText", "locations": [location] }));
}

#[test]
fn content_between_an_agent_and_a_tool() {
    let subject = subject(false, true, Direction::Response);
    let question = subject.process("some text", NOW, false, None).expect("a question");
    assert_eq!(question.url, "https://graph.example/beta/security/dataSecurityAndGovernance/processContent");
    assert_eq!(question.headers.len(), 1);
    let version = env!("CARGO_PKG_VERSION");
    let content = json!({
        "contentEntries": [entry("some text", 0, "response search")],
        "activityMetadata": { "activity": "downloadText" },
        "deviceMetadata": {},
        "evaluationScope": { "type": "agent" },
        "integratedAppMetadata": { "name": "Postern", "version": version },
        "protectedAppMetadata": {
            "name": "Postern", "version": version,
            "applicationLocation": { "@odata.type": "microsoft.graph.policyLocationTool", "value": "search@mcp" },
            "sourceLocation": { "@odata.type": "microsoft.graph.policyLocationApplication", "value": "agent" },
        },
    });
    assert_eq!(body(&question), json!({ "contentToProcess": content }));
    let compute = subject.compute();
    assert_eq!(
        compute.url,
        "https://graph.example/beta/security/dataSecurityAndGovernance/protectionScopes/compute"
    );
    let location = json!({ "@odata.type": "microsoft.graph.policyLocationApplication", "value": "agent" });
    assert_eq!(
        body(&compute),
        json!({ "activities": "uploadText,downloadText", "locations": [location], "evaluationScope": { "type": "agent" } })
    );
    assert_eq!(subject.record("some text", NOW), None);
    assert_eq!((subject.key(), subject.places()), ("agent", vec!["search@mcp", "agent", "app"]));
}

#[test]
fn large_content_is_several_entries_in_turn() {
    let subject = subject(true, false, Direction::Request);
    let text = "a".repeat(300_000);
    let question = subject.process(&text, NOW, true, None).expect("a question");
    let body = body(&question);
    let entries = body["contentToProcess"]["contentEntries"].as_array().expect("entries");
    assert_eq!(entries.len(), 3);
    for (at, entry) in entries.iter().enumerate() {
        assert_eq!(entry["sequenceNumber"], NOW * 100 + at as u64);
        assert!(entry["content"]["data"].as_str().is_some_and(|data| data.len() <= 131_072));
    }
}

#[test]
fn answers() {
    let processed = |blocks, modified| Ok(Processed { blocks, modified });
    for (body, expected) in [
        (json!({ "protectionScopeState": "notModified" }), processed(false, false)),
        (json!({ "protectionScopeState": "modified", "policyActions": null }), processed(false, true)),
        (json!({ "policyActions": [{ "restrictionAction": "block" }] }), processed(true, false)),
        (json!({ "policyActions": [], "processingErrors": [] }), processed(false, false)),
        (json!({ "policyActions": [], "processingErrors": [{ "code": "x" }] }), Err(Why::Incomplete)),
        (json!({}), Err(Why::Malformed)),
        (json!({ "policyActions": {} }), Err(Why::Malformed)),
        (json!([]), Err(Why::Malformed)),
    ] {
        assert_eq!(Processed::read(body.to_string().as_bytes()), expected, "{body}");
    }
}

#[test]
fn instants() {
    for (ms, expected) in [
        (0, "1970-01-01T00:00:00.000Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
        (1_795_392_000_000, "2026-11-23T00:00:00.000Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
    ] {
        assert_eq!(instant(ms), expected);
    }
}
