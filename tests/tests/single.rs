//! A gateway with one tenant: its endpoint may be `/mcp`, and its metadata is found at the root form too
//! (RFC 9728, 3.1; older clients try nothing else).

use postern_tests::bed::{Bed, Era};
use postern_tests::client::{self, Call};
use postern_tests::host::Kind;
use postern_tests::request::HOST;
use postern_tests::upstream::Answer;
use serde_json::json;

async fn get(bed: &Bed, path: &str, method: &str) -> client::Reply {
    let headers = vec![("host".to_owned(), HOST.to_owned())];
    let call = Call { method: method.to_owned(), path: path.to_owned(), headers, body: Vec::new() };
    client::send(bed.host.address(), &call).await.expect("an answer")
}

fn metadata_is_found_at_both_forms(kind: Kind) {
    let bed = Bed::start(kind, Era::Modern, |_| Answer::status(500)).expect("both start");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let challenged = get(&bed, "/mcp", "POST").await;
        assert_eq!(challenged.status, 401);
        let root = "/.well-known/oauth-protected-resource";
        let named = format!("Bearer resource_metadata=\"http://{HOST}{root}/mcp\"");
        assert_eq!(challenged.header("www-authenticate"), Some(named.as_str()));
        for path in [root.to_owned(), format!("{root}/mcp")] {
            let found = get(&bed, &path, "GET").await;
            assert_eq!(
                (found.status, &found.last()["resource"]),
                (200, &json!(format!("http://{HOST}/mcp"))),
                "{path}"
            );
            assert_eq!(found.last()["authorization_servers"], json!(["https://dev.postern.invalid"]));
        }
        assert_eq!(get(&bed, &format!("{root}/other"), "GET").await.status, 404);
        assert_eq!(get(&bed, root, "POST").await.status, 404);
    });
    assert!(bed.upstream.seen("/").is_empty());
}

#[test]
fn in_process() {
    metadata_is_found_at_both_forms(Kind::InProcess);
}

#[test]
fn workerd() {
    metadata_is_found_at_both_forms(Kind::Workerd);
}

#[test]
fn spin() {
    metadata_is_found_at_both_forms(Kind::Spin);
}
