//! What the Spin test host makes of single calls of Redis and SQLite: as a real Spin would.

use std::fs;
use std::path::PathBuf;

use postern_tests::ledger::{Ledger, folder};
use postern_tests::redis::{Durable, Redis};
use postern_tests::spin::Instances;

/// A host with the component that makes the calls.
struct Bed {
    ledger: Ledger,
    folder: PathBuf,
}

impl Bed {
    /// The component may call the server `redis`.
    fn start(name: &str, redis: &str) -> Self {
        let folder = folder(name).expect("a folder");
        let ledger =
            Ledger::start("sqlite:default", redis, &folder, Instances::Shared).expect("the component");
        Self { ledger, folder }
    }

    /// One page: status and text.
    fn get(&self, page: &str) -> (u16, String) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let reply = runtime.block_on(self.ledger.get(page)).expect("an answer");
        (reply.status, reply.text())
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        // Best effort: the folder lies among temporary files.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn the_host_refuses_what_the_manifest_does_not_name() {
    let bed = Bed::start("refused", "redis://127.0.0.1:1");
    let rows = [
        ("/redis/open?address=redis://127.0.0.1:2", "Error::InvalidAddress"),
        ("/redis/open?address=redis://localhost:1", "Error::InvalidAddress"),
        ("/redis/open?address=127.0.0.1:1", "Error::InvalidAddress"),
        // Allowed, and nobody is there.
        ("/redis/open?address=redis://127.0.0.1:1", "Error::Other(\"Connection refused"),
        ("/sqlite/open?name=other", "Error::AccessDenied"),
    ];
    for (page, expected) in rows {
        let (status, text) = bed.get(page);
        assert_eq!(status, 502, "{page}: {text}");
        assert!(text.starts_with(expected), "{page}: {text}");
    }
    let refused = ["redis://127.0.0.1:2", "redis://localhost:1"];
    let logged = refused.map(|host| format!("{host} was called, which allowed_outbound_hosts does not list"));
    assert_eq!(bed.ledger.noise(), logged);
}

#[test]
fn the_host_answers_every_call_of_redis() {
    let redis = Redis::start(Durable::No).expect("a Redis server");
    let url = redis.url();
    let bed = Bed::start("commands", &url);
    let (status, text) = bed.get(&format!("/redis/commands?address={url}"));
    let expected = [
        "set ()",
        "get Some([49]) None",
        "incr 2",
        "sadd 2",
        "srem 1",
        "smembers [\"a\"]",
        "publish ()",
        "execute [RedisResult::Int64(1), RedisResult::Status(\"fine\"), RedisResult::Binary([105, 110]), \
         RedisResult::Nil, RedisResult::Binary([0, 255])]",
        "del 2",
    ];
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((status, lines.get(..9)), (200, Some(&expected[..])), "{text}");
    assert!(lines.last().is_some_and(|line| line.starts_with("nonsense Error::Other(")), "{text}");
    assert_eq!(bed.ledger.noise(), [""; 0]);
}

#[test]
fn the_host_tells_of_a_wrong_statement_behind_its_rows() {
    let bed = Bed::start("statements", "redis://127.0.0.1:1");
    let rows = [
        ("SELECT+?,?,?,?,?+AS+e", 200, "\"e\"]\n[Value::Integer(-1), Value::Real(0.5), Value::Text(\"x\"), "),
        ("CREATE+TABLE+t(a+INTEGER+PRIMARY+KEY)", 200, "[]\nchanges 0, last row 0"),
        ("INSERT+INTO+t+VALUES(7),(8)+RETURNING+a", 200, "changes 2, last row 8"),
        ("INSERT+INTO+t+VALUES(9),(8)+RETURNING+a", 502, "[\"a\"], then at the end: Error::Io(\"UNIQUE"),
        ("SELECT+a+FROM+t", 200, "[Value::Integer(7)]\n[Value::Integer(8)]\n"),
        ("SELEKT", 502, "[], then at the end: Error::Io("),
    ];
    for (statement, status, part) in rows {
        let (got, text) = bed.get(&format!("/sqlite/execute?statement={statement}"));
        assert!(got == status && text.contains(part), "{statement}: {got} {text}");
    }
    assert_eq!(bed.ledger.noise(), [""; 0]);
}
