//! The commands that change a gateway's settings, against gateways on every host.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Output};

use postern_tests::client::{self, Call};
use postern_tests::host::{Host, Kind};
use postern_tests::process::{free_address, health};
use postern_tests::request::MODERN;
use postern_tests::script;
use postern_tests::token::{Flaw, Issuer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// A gateway that listens at `address`, and a folder for files.
struct Scene {
    address: SocketAddr,
    host: Box<dyn Host>,
    folder: TempDir,
    issuer: Issuer,
}

/// Settings for `address`, with the tenant `ops`, whose operators may push, and the tenant `mark`.
fn settings(address: SocketAddr, mark: &str) -> String {
    let known = toml::to_string(&script::issuer(&Issuer::new("dev")).unwrap()).unwrap();
    let mut text = format!("version = 1\n[issuers.dev]\n{known}");
    for (tenant, admin) in [("ops", "[tenants.ops.admin]\nbundle = true\n"), (mark, "")] {
        write!(
            text,
            "[tenants.{tenant}]\nissuers = ['dev']\nhosts = ['{address}']\n{admin}\
             [tenants.{tenant}.agents.developer]\nclient = 'developer'\nallow = ['*']\n\
             [tenants.{tenant}.upstreams.a]\nurl = 'https://upstream.invalid/mcp'\nera = 'modern'\n\
             credential = {{ bearer = 'secret:UPSTREAM_TOKEN' }}\n"
        )
        .unwrap();
    }
    text
}

fn digest(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

impl Scene {
    /// `stored` makes what the store holds, given the address.
    fn start(kind: Kind, stored: impl Fn(SocketAddr) -> BTreeMap<String, String>) -> Self {
        let address = free_address().unwrap();
        let stored = stored(address);
        let entries: Vec<(&str, &str)> =
            stored.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let host = kind.start_stored(address, &entries).expect("the gateway starts");
        Self { address, host, folder: tempfile::tempdir().unwrap(), issuer: Issuer::new("dev") }
    }

    fn token(&self, flaw: Flaw) -> String {
        self.issuer.mint("someone", "alice", "cli", flaw)
    }

    fn file(&self, text: &str) -> String {
        let file: PathBuf = self.folder.path().join("postern.toml");
        std::fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    }

    fn settings(&self, mark: &str) -> String {
        settings(self.address, mark)
    }

    /// The command with an operator's token in the variable: exit status, standard output, standard error.
    fn postern(&self, arguments: &[&str]) -> (i32, String, String) {
        self.postern_as(&self.token(Flaw::Operator), &format!("http://{}", self.address), arguments)
    }

    fn postern_as(&self, token: &str, gateway: &str, arguments: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_postern"));
        command.args(arguments).args(["--gateway", gateway, "--tenant", "ops"]).env("POSTERN_TOKEN", token);
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let (out, err) = (text(stdout), text(stderr));
        assert!(!format!("{out}{err}").contains("eyJ"), "a token is shown: {out}{err}");
        (status.code().unwrap_or(-1), out, err)
    }

    fn push(&self, text: &str, more: &[&str]) -> (i32, String, String) {
        let file = self.file(text);
        self.postern(&[&["push", &file], more].concat())
    }

    /// Whether the agent of a tenant is let in.
    fn serves(&self, tenant: &str) -> bool {
        let token = self.issuer.mint("developer", "bob", tenant, Flaw::None);
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{{"_meta":{{"io.modelcontextprotocol/protocolVersion":"{MODERN}","io.modelcontextprotocol/clientCapabilities":{{}}}}}}}}"#
        );
        let headers = [
            ("host", self.address.to_string()),
            ("content-type", "application/json".to_owned()),
            ("accept", "application/json, text/event-stream".to_owned()),
            ("authorization", format!("Bearer {token}")),
            ("mcp-protocol-version", MODERN.to_owned()),
            ("mcp-method", "server/discover".to_owned()),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let path = format!("/t/{tenant}/mcp");
        let call = Call { method: "POST".to_owned(), path, headers, body: body.into_bytes() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let reply = runtime.block_on(client::send(self.address, &call)).expect("an answer");
        assert!(matches!(reply.status, 200 | 401), "{} {}", reply.status, reply.text());
        reply.status == 200
    }

    fn health(&self) -> Value {
        let answer = health(self.address).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        // Behind a proxy of the host the body may be chunked: what matters is the object.
        let object = &body[body.find('{').unwrap()..=body.rfind('}').unwrap()];
        serde_json::from_str(object).unwrap()
    }
}

fn by_hand(address: SocketAddr) -> BTreeMap<String, String> {
    BTreeMap::from([("bundle/active".to_owned(), settings(address, "first"))])
}

fn settings_are_pushed_refused_and_brought_back(kind: Kind) {
    let scene = Scene::start(kind, by_hand);
    assert!(scene.serves("first") && !scene.serves("second"));
    let (code, out, _) = scene.postern(&["bundle"]);
    assert!(code == 0 && out.starts_with("active      0  ") && out.contains("by hand"), "{out}");

    let second = scene.settings("second");
    let (code, out, err) = scene.push(&second, &["--dry-run"]);
    assert_eq!(
        (code, err.as_str()),
        (0, "warning: issuers.dev.development: a development issuer: never in production\n")
    );
    assert!(out.starts_with("ok: it would be version 1 (before: 0), sha256 "), "{out}");
    assert!(scene.serves("first"));
    let (code, out, err) = scene.push(&second, &["--expect", "0"]);
    assert_eq!(
        (code, out.trim_end()),
        (0, format!("version 1 is active (before: 0), sha256 {}", digest(&second)).as_str()),
        "{err}"
    );
    assert!(scene.serves("second") && !scene.serves("first"));
    assert_eq!(scene.health()["bundle"], json!({ "version": 1, "sha256": digest(&second) }));

    problems_are_named_and_change_nothing(&scene);
    assert!(scene.serves("second") && !scene.serves("third"));
    what_was_before_is_brought_back(&scene);
    recorded(&scene);
}

/// Version 1 is active.
fn problems_are_named_and_change_nothing(scene: &Scene) {
    // What only the gateway can know: a secret is missing there.
    let absent = scene.settings("third").replacen("secret:UPSTREAM_TOKEN", "secret:ABSENT", 1);
    let (code, out, err) = scene.push(&absent, &[]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(
        err.contains("line ")
            && err.contains(": tenants.ops.upstreams.a.credential.bearer: ")
            && err.contains("ABSENT"),
        "{err}"
    );
    assert!(err.ends_with("1 problem\n"), "{err}");
    let (code, out, _) = scene.push(&absent, &["--json"]);
    let body: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (code, &body["problems"][0]["path"]),
        (1, &json!("tenants.ops.upstreams.a.credential.bearer"))
    );
    let (code, _, err) = scene.push(&scene.settings("third").replace("ops.admin", "operators.admin"), &[]);
    assert!(code == 1 && err.contains("operators"), "{err}");
    let (code, _, err) = scene.push(&scene.settings("third").replace("bundle = true", ""), &[]);
    assert!(code == 5 && err.contains("lock you out"), "{err}");
    let (code, _, err) = scene.push(&scene.settings("third"), &["--expect", "7"]);
    assert!(code == 5 && err.contains("another version is active"), "{err}");
}

/// Version 1 is active, with the tenant `second`.
fn what_was_before_is_brought_back(scene: &Scene) {
    assert_eq!(scene.push(&scene.settings("third"), &[]).0, 0);
    let (code, out, _) = scene.push(&scene.settings("third"), &[]);
    assert!(code == 0 && out.starts_with("unchanged: this is version 2"), "{out}");
    let (code, out, err) = scene.postern(&["rollback", "--expect", "2"]);
    assert!(
        code == 0 && out.starts_with("version 3 is active, which brings back 1 (before: 2), sha256 "),
        "{out}{err}"
    );
    assert!(scene.serves("second") && !scene.serves("third"));
    let (code, _, err) = scene.postern(&["rollback", "--to", "9"]);
    assert!(code == 5 && err.contains("no such version"), "{err}");
    assert_eq!(scene.postern(&["rollback", "--to", "0"]).0, 0);
    assert!(scene.serves("first"));
    let (code, out, _) = scene.postern(&["bundle", "--json"]);
    let shown: Value = serde_json::from_str(&out).unwrap();
    let versions: Vec<u64> = shown["previous"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| record["version"].as_u64().unwrap())
        .collect();
    assert_eq!((code, &shown["active"]["version"], versions), (0, &json!(4), vec![3, 2, 1, 0]), "{out}");
    assert_eq!(shown["active"]["by"], "ops/alice");
    assert_eq!(shown["problem"], Value::Null);
}

/// Every use stands in the audit trail, also a refused one.
fn recorded(scene: &Scene) {
    let uses = |method: &str, outcome: &str| {
        let records = scene.host.records();
        let of = |record: &&String| {
            [("method", method), ("outcome", outcome), ("operator", "alice"), ("tenant", "ops")]
                .iter()
                .all(|(key, value)| record.contains(&format!("\"{key}\":\"{value}\"")))
        };
        records.iter().filter(of).count()
    };
    let wanted = [
        ("admin/bundle/show", "answered", 2),
        ("admin/bundle/push", "answered", 4),
        ("admin/bundle/push", "refused", 4),
        ("admin/bundle/rollback", "answered", 2),
        ("admin/bundle/rollback", "refused", 1),
    ];
    let start = std::time::Instant::now();
    for (method, outcome, count) in wanted {
        // The last lines may still be on their way.
        while uses(method, outcome) < count && start.elapsed().as_secs() < 3 {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        assert_eq!(uses(method, outcome), count, "{method} {outcome}: {:#?}", scene.host.records());
    }
}

fn who_may_not_is_told_so(kind: Kind) {
    let scene = Scene::start(kind, by_hand);
    let file = scene.file(&scene.settings("second"));
    let gateway = format!("http://{}", scene.address);
    let nobody = format!("http://{}", free_address().unwrap());
    let operator = scene.token(Flaw::Operator);
    for (token, gateway, status, part) in [
        (scene.token(Flaw::None), &gateway, 4, "has not the role or scope"),
        (scene.token(Flaw::NearlyOperator), &gateway, 4, "has not the role or scope"),
        (scene.token(Flaw::Expired), &gateway, 4, "does not take this token"),
        (String::new(), &gateway, 2, "no token"),
        (operator.clone(), &nobody, 3, "no answer from"),
        (operator.clone(), &gateway.replace("http:", "https:"), 3, "no answer from"),
        (operator, &"http://gw.example".to_owned(), 2, "without TLS"),
    ] {
        for command in [&["push", &file][..], &["rollback"], &["bundle"]] {
            let (code, out, err) = scene.postern_as(&token, gateway, command);
            assert!(
                (code, out.as_str()) == (status, "") && err.contains(part),
                "{command:?}: {code} {out} {err}"
            );
        }
    }
    assert!(scene.serves("first"));
}

/// An active bundle whose text was damaged, and the one before it.
fn damaged(address: SocketAddr) -> BTreeMap<String, String> {
    let (good, bad) = (settings(address, "first"), settings(address, "second"));
    let record = |version: u64, sha256: &str| json!({ "version": version, "sha256": sha256, "key": format!("bundle/{sha256}"), "at_ms": 1, "by": "ops/bob" });
    let (before, active) = (digest(&good), digest(&bad));
    BTreeMap::from([
        ("bundle/active".to_owned(), record(2, &active).to_string()),
        ("bundle/previous".to_owned(), json!([record(1, &before)]).to_string()),
        (format!("bundle/{active}"), bad.replace("developer", "attacker")),
        (format!("bundle/{before}"), good),
    ])
}

fn a_damaged_bundle_does_not_serve(kind: Kind) {
    let scene = Scene::start(kind, damaged);
    assert!(scene.serves("first") && !scene.serves("second"));
    let health = scene.health();
    assert_eq!((&health["status"], &health["bundle"]["version"]), (&json!("ok"), &json!(1)));
    assert_eq!(health["bundle_problem"], "version 2 is active and not served");
    let (code, out, _) = scene.postern(&["bundle"]);
    assert!(code == 0 && out.contains("serving     1  "), "{out}");
    assert!(out.contains("problem: version 2 is active and not served: the text at bundle/"), "{out}");
    assert!(scene.host.noise().join("\n").contains("has not the SHA-256"), "{:?}", scene.host.noise());
    // Pushed again, it is whole.
    assert_eq!(scene.push(&scene.settings("second"), &["--expect", "2"]).0, 0);
    assert!(scene.serves("second"));
    assert_eq!(scene.health()["bundle_problem"], Value::Null);
}

macro_rules! on {
    ($($name:ident: $kind:expr),*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn pushes_and_rollbacks() {
                settings_are_pushed_refused_and_brought_back($kind);
            }

            #[test]
            fn refusals() {
                who_may_not_is_told_so($kind);
            }

            #[test]
            fn damage() {
                a_damaged_bundle_does_not_serve($kind);
            }
        }
    )*};
}

on!(in_process: Kind::InProcess, workerd: Kind::Workerd, spin: Kind::Spin, spin_fresh: Kind::SpinFresh);
