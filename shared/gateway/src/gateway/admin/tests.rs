//! Who is let in, what is answered to all others, and what stands in the audit trail.

use crate::arrival::Head;
use crate::compile::check;
use crate::gateway::Gateway;
use crate::mcp::headers::Headers;
use crate::mcp::seal::Sealer;
use crate::memory::{Memory, Step};
use crate::reply::{Reply, ReplyBody};
use crate::stage::authenticate::tests::forge::{Forge, ec_jwk, jwks};
use serde_json::Value;

mod accounts;

/// Three tenants: `ops` may change the bundle, `acme` has operators, `plain` has none.
fn settings() -> String {
    let keys = jwks(&[ec_jwk("e1", 1)]);
    let mut text = format!(
        "version = 1\n[issuers.idp]\nurl = 'https://idp.example'\naudiences = ['api://postern']\n\
         development = true\njwks = '{keys}'\n"
    );
    let tenants =
        [("ops", "gw", "admin = { bundle = true }"), ("acme", "gw2", "admin = {}"), ("plain", "gw3", "")];
    for (name, host, admin) in tenants {
        text += &format!(
            "[tenants.{name}]\nissuers = ['idp']\nhosts = ['{host}']\norigins = ['https://app']\n{admin}\n\
             [tenants.{name}.agents.support]\nclient = 'c1'\nallow = ['*']\n\
             [tenants.{name}.upstreams.a]\nurl = 'https://up.example/mcp'\n"
        );
    }
    text
}

struct Asked<'a> {
    method: &'a str,
    path: &'a str,
    headers: Vec<(&'a str, String)>,
    body: &'a str,
    query: bool,
}

fn operator() -> String {
    format!("Bearer {}", Forge::good().claim(r#""roles":["postern.operator"]"#).token())
}

fn agent() -> String {
    format!("Bearer {}", Forge::good().token())
}

fn get<'a>(path: &'a str, token: &str) -> Asked<'a> {
    let mut headers = vec![("host", "gw".to_owned())];
    if !token.is_empty() {
        headers.push(("authorization", token.to_owned()));
    }
    Asked { method: "GET", path, headers, body: "", query: false }
}

fn post<'a>(path: &'a str, body: &'a str) -> Asked<'a> {
    let mut asked = get(path, &operator());
    asked.headers.push(("content-type", "application/json".to_owned()));
    Asked { method: "POST", body, ..asked }
}

/// The answer, and its one record.
fn ask(asked: &Asked<'_>) -> (Reply, Value) {
    ask_of(&Memory::new(), &settings(), asked)
}

/// The same of a gateway with other settings, whose platform may have been used before.
fn ask_of(memory: &Memory, settings: &str, asked: &Asked<'_>) -> (Reply, Value) {
    let (bundle, _) = check(settings, &|_: &str| None).unwrap();
    let sealer = Sealer::from_keys("k:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=").unwrap();
    let head = Head {
        method: asked.method.to_owned(),
        path: asked.path.to_owned(),
        query: asked.query,
        secure: true,
        headers: Headers::from_pairs(asked.headers.iter().cloned()),
    };
    let body = memory.answer_in_steps(200, "", [Step::Bytes(asked.body.into())]).body;
    let before = memory.records().len();
    let reply = memory.run(Gateway::new(bundle, sealer).handle(memory, &(), head, body));
    let records = memory.records().split_off(before);
    assert!(records.len() <= 1 && memory.sent().is_empty(), "{records:?}");
    (reply, records.first().map(|record| serde_json::from_str(record).unwrap()).unwrap_or_default())
}

fn text(reply: &Reply) -> String {
    match &reply.body {
        ReplyBody::Whole(bytes) => String::from_utf8(bytes.clone()).unwrap(),
        _ => String::new(),
    }
}

/// Everything that a stranger sees of an answer, with the tenant's name taken out.
fn seen(reply: &Reply, tenant: &str) -> String {
    let headers: Vec<_> = reply.headers.iter().filter(|(name, _)| *name != "postern-request").collect();
    format!("{} {headers:?} {}", reply.status, text(reply)).replace(tenant, "TENANT")
}

#[test]
fn to_strangers_it_is_not_there() {
    let (agent, operator) = (agent(), operator());
    let forged = format!("{}x", agent);
    let origin = |mut asked: Asked<'static>, origin: &str| {
        asked.headers.push(("origin", origin.to_owned()));
        asked
    };
    let with = |path: &'static str, token: &str| Asked { body: "no json", ..get(path, token) };
    let rows = |path: &'static str| {
        vec![
            with(path, ""),
            with(path, &forged),
            with(path, "Basic x"),
            Asked { method: "DELETE", ..with(path, "") },
            Asked { query: true, ..with(path, "") },
            origin(with(path, ""), "https://gw"),
            origin(with(path, ""), "https://app"),
            Asked { method: "OPTIONS", ..origin(with(path, ""), "https://gw") },
            Asked { method: "OPTIONS", ..origin(with(path, ""), "https://evil") },
            Asked { method: "OPTIONS", ..with(path, "") },
            Asked { headers: vec![("host", "elsewhere".to_owned())], ..with(path, "") },
        ]
    };
    let nowhere = rows("/t/nowhere/admin/v1/bundle");
    for path in ["/t/ops/admin/v1/bundle", "/t/acme/admin/v1/bundle", "/t/plain/admin/v1/bundle"] {
        for (at, (asked, unknown)) in rows(path).iter().zip(&nowhere).enumerate() {
            let name = path.split('/').nth(2).unwrap();
            assert_eq!(seen(&ask(asked).0, name), seen(&ask(unknown).0, "nowhere"), "{path} {at}");
        }
    }
    // Without operators there are none, whatever the token; and a page beside the API is none.
    for path in ["/t/plain/admin/v1/bundle", "/t/plain/admin/v1", "/t/ops/admin/v2/bundle", "/t/ops/admin"] {
        let (reply, record) = ask(&get(path, &operator));
        assert_eq!((reply.status, &record["reason"]), (401, &Value::from("bad_token")), "{path}");
    }
}

#[test]
fn every_use_is_recorded_also_a_refused_one() {
    let (operator, agent) = (operator(), agent());
    let no_json = Asked { headers: get("", &operator).headers, ..post("", "{}") };
    // (request, status, part of the body, outcome, reason, method)
    let rows: Vec<(Asked<'_>, u16, &str, &str, &str, &str)> = vec![
        (get("/t/ops/admin/v1", &operator), 200, r#""operator":"user""#, "answered", "", "admin/index"),
        (
            get("/t/ops/admin/v1/bundle", &agent),
            403,
            "",
            "refused",
            "insufficient_scope",
            "admin/bundle/show",
        ),
        (get("/t/ops/admin/v1/bundle", ""), 401, "", "refused", "no_token", "admin/bundle/show"),
        (get("/t/ops/admin/v1/bundle", &operator), 409, "", "refused", "not_stored", "admin/bundle/show"),
        (get("/t/ops/admin/v1/nothing", &operator), 404, "", "refused", "not_found", "admin"),
        (get("/t/acme/admin/v1/bundle", &operator), 403, "", "refused", "bad_host", "admin/bundle/show"),
        (
            Asked { method: "PUT", ..get("/t/ops/admin/v1/bundle", &operator) },
            405,
            "",
            "refused",
            "method_not_allowed",
            "admin",
        ),
        (
            Asked { query: true, ..get("/t/ops/admin/v1", &operator) },
            400,
            "query",
            "refused",
            "invalid_request",
            "admin/index",
        ),
        (
            Asked { path: "/t/ops/admin/v1/bundle", ..no_json },
            415,
            "",
            "refused",
            "media_type",
            "admin/bundle/push",
        ),
        (post("/t/ops/admin/v1/bundle", "{"), 400, "", "refused", "parse", "admin/bundle/push"),
        (post("/t/ops/admin/v1/bundle", "[]"), 400, "", "refused", "invalid_request", "admin/bundle/push"),
        (
            post("/t/ops/admin/v1/bundle", "{}"),
            400,
            "`text`",
            "refused",
            "invalid_params",
            "admin/bundle/push",
        ),
        (
            post("/t/ops/admin/v1/bundle", r#"{"text":"","expected":1}"#),
            400,
            "expected",
            "refused",
            "invalid_params",
            "admin/bundle/push",
        ),
        (
            post("/t/ops/admin/v1/bundle/rollback", r#"{"to":-1}"#),
            400,
            "`to`",
            "refused",
            "invalid_params",
            "admin/bundle/rollback",
        ),
        (
            post("/t/ops/admin/v1/bundle/rollback", r#"{"dry_run":true}"#),
            409,
            "in no store",
            "refused",
            "not_stored",
            "admin/bundle/rollback",
        ),
    ];
    for (asked, status, part, outcome, reason, method) in rows {
        let (reply, record) = ask(&asked);
        let what = format!("{} {} {}: {} {record}", asked.method, asked.path, asked.body, text(&reply));
        assert_eq!(reply.status, status, "{what}");
        assert!(text(&reply).contains(part), "{what}");
        assert_eq!((&record["outcome"], &record["method"]), (&outcome.into(), &method.into()), "{what}");
        assert_eq!(record["reason"], if reason.is_empty() { Value::Null } else { reason.into() }, "{what}");
        let known = asked.headers.iter().any(|(_, value)| *value == operator);
        assert_eq!(record["operator"], if known { "user".into() } else { Value::Null }, "{what}");
        assert!(record["tenant"].is_string() && !record.to_string().contains("eyJ"), "{what}");
    }
}

#[test]
fn operators_of_one_tenant_do_not_reach_all() {
    let mut asked = get("/t/acme/admin/v1/bundle", &operator());
    asked.headers[0].1 = "gw2".to_owned();
    assert_eq!(ask(&asked).0.status, 404);
    asked.path = "/t/acme/admin/v1";
    let (reply, _) = ask(&asked);
    assert_eq!((reply.status, text(&reply).contains(r#""pages":["accounts/agent/NAME","#)), (200, true));
}

#[test]
fn pages_of_browsers_have_no_business_here() {
    for origin in ["https://gw", "https://app", "null"] {
        let mut asked = get("/t/ops/admin/v1", &operator());
        asked.headers.push(("origin", origin.to_owned()));
        let (reply, record) = ask(&asked);
        assert_eq!((reply.status, &record["reason"]), (403, &Value::from("bad_origin")), "{origin}");
        assert!(reply.headers.iter().all(|(name, _)| *name != "access-control-allow-origin"), "{origin}");
    }
}

#[test]
fn a_text_has_a_bound_of_its_own() {
    let body = |bytes: usize| format!(r#"{{"text":"{}"}}"#, "x".repeat(bytes));
    let status = |bytes: usize| ask(&post("/t/ops/admin/v1/bundle", &body(bytes))).0.status;
    assert_eq!(status(crate::limits::BUNDLE_BYTES), 409);
    assert_eq!(status(crate::limits::BUNDLE_BYTES + 1), 413);
    assert_eq!(status(crate::limits::REQUEST_BYTES), 413);
}
