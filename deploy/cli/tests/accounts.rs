//! The commands that read and change accounts, against gateways on every host.

use std::net::SocketAddr;
use std::process::{Command, Output};

use postern_tests::host::{Host, Kind};
use postern_tests::process::free_address;
use postern_tests::script;
use postern_tests::token::{Flaw, Issuer};
use serde_json::Value;

/// A gateway whose tenant `ops` has limits.
struct Scene {
    address: SocketAddr,
    host: Box<dyn Host>,
    issuer: Issuer,
}

/// What a command came to: exit status, standard output, standard error.
type Came = (i32, String, String);

fn settings(address: SocketAddr) -> String {
    let known = toml::to_string(&script::issuer(&Issuer::new("dev")).unwrap()).unwrap();
    format!(
        "version = 1\n[issuers.dev]\n{known}[tenants.ops]\nissuers = ['dev']\nhosts = ['{address}']\nadmin = {{}}\n\
         limits = [\n\
         {{ name = 'daily', kind = 'quota', limit = 1000, window = 'month' }},\n\
         {{ name = 'budget', kind = 'cost', limit = 100, window = 'month' }},\n\
         {{ name = 'slow', kind = 'rate', limit = 10, per_s = 86400 }},\n\
         {{ name = 'slots', kind = 'concurrency', limit = 4 }},\n\
         {{ name = 'echo', kind = 'quota', limit = 9, window = 'month', each = 'tool' }},\n]\n\
         [tenants.ops.prices.'*']\ncall = 1\n\
         [tenants.ops.agents.support]\nclient = 'support'\nallow = ['*']\n\
         [tenants.ops.upstreams.a]\nurl = 'https://upstream.invalid/mcp'\nera = 'modern'\n"
    )
}

impl Scene {
    fn start(kind: Kind) -> Self {
        let address = free_address().unwrap();
        let settings = settings(address);
        let host = kind.start_stored(address, &[("bundle/active", &settings)]).expect("the gateway starts");
        Self { address, host, issuer: Issuer::new("dev") }
    }

    /// `postern quota` with an operator's token in the variable.
    fn quota(&self, arguments: &[&str]) -> Came {
        self.quota_as(Flaw::Operator, arguments)
    }

    fn quota_as(&self, flaw: Flaw, arguments: &[&str]) -> Came {
        let gateway = format!("http://{}", self.address);
        let mut command = Command::new(env!("CARGO_BIN_EXE_postern"));
        command.arg("quota").args(arguments).args(["--gateway", &gateway, "--tenant", "ops"]);
        command.env("POSTERN_TOKEN", self.issuer.mint("someone", "alice", "cli", flaw));
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let (out, err) = (text(stdout), text(stderr));
        assert!(!format!("{out}{err}").contains("eyJ"), "a token is shown: {out}{err}");
        (status.code().unwrap_or(-1), out, err)
    }
}

/// Rule, used and left of each line of a table.
fn lines(out: &str) -> Vec<(String, String, String)> {
    let cells = |line: &str| {
        let cells: Vec<&str> = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
        (cells[0].to_owned(), cells[2].to_owned(), cells[4].to_owned())
    };
    out.lines().skip(2).map(cells).collect()
}

fn used(out: &str) -> Vec<String> {
    lines(out).into_iter().map(|(_, used, _)| used).collect()
}

fn accounts_are_shown_and_changed(kind: Kind) {
    let scene = Scene::start(kind);
    let (code, out, err) = scene.quota(&["show", "support"]);
    assert!(code == 0 && out.starts_with("ops/agent/support\nrule "), "{out}{err}");
    let line = |rule: &str, used: &str, left: &str| (rule.to_owned(), used.to_owned(), left.to_owned());
    let fresh = [
        line("daily", "0", "1000"),
        line("budget", "0.00", "100.00"),
        line("slow", "0", "10"),
        line("slots", "0", "4"),
    ];
    assert_eq!(lines(&out), fresh);

    for (rule, amount) in [("daily", "412"), ("budget", "12.5"), ("slow", "3")] {
        let (code, out, err) = scene.quota(&["set", "support", rule, amount]);
        assert!(code == 0 && out.starts_with("ops/agent/support\n"), "{out}{err}");
    }
    let (_, out, _) = scene.quota(&["show", "agent:support"]);
    assert_eq!(used(&out), ["412", "12.50", "3", "0"], "{out}");
    assert!(out.contains("10 in 86400 s"), "{out}");
    let (code, out, _) = scene.quota(&["show", "support", "--json"]);
    let shown: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &shown["rules"][1]["used"]), (0, &12_500_000.into()), "{out}");

    let (code, out, err) = scene.quota(&["reset", "support", "daily", "slow"]);
    assert_eq!((code, used(&out)), (0, ["0", "12.50", "0", "0"].map(str::to_owned).to_vec()), "{err}");
    let (code, out, err) = scene.quota(&["reset", "support", "--all"]);
    assert_eq!((code, lines(&out)), (0, fresh.to_vec()), "{err}");

    let (code, out, err) = scene.quota(&["set", "tool:a__v1/list all", "echo", "9"]);
    assert!(code == 0 && out.starts_with("ops/tool/a__v1/list all\n"), "{out}{err}");
    assert_eq!(lines(&out), [line("echo", "9", "0")]);
    assert_eq!(lines(&scene.quota(&["show", "tool:a__v1/list"]).1), [line("echo", "0", "9")]);
    for (account, name) in [("tenant", "ops/tenant"), ("upstream:a", "ops/upstream/a")] {
        let (code, out, _) = scene.quota(&["show", account]);
        assert_eq!((code, out), (0, format!("{name}\nno limit keeps a count here\n")));
    }
    recorded(&scene);
}

/// Every use stands in the audit trail, with what was changed.
fn recorded(scene: &Scene) {
    let start = std::time::Instant::now();
    for parts in [
        &[r#""method":"admin/accounts/show""#, r#""name":"ops/agent/support""#][..],
        &[r#""method":"admin/accounts/set""#, r#""rules":"budget""#, r#""used":12500000"#],
        &[r#""method":"admin/accounts/reset""#, r#""rules":"daily,slow""#],
        &[r#""method":"admin/accounts/reset""#, r#""rules":"*""#, r#""operator":"alice""#],
        &[r#""method":"admin/accounts/set""#, r#""name":"ops/tool/a__v1/list all""#],
    ] {
        let stands = |record: &String| parts.iter().all(|part| record.contains(part));
        // The last lines may still be on their way.
        while !scene.host.records().iter().any(stands) && start.elapsed().as_secs() < 3 {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        assert!(scene.host.records().iter().any(stands), "{parts:?}: {:#?}", scene.host.records());
    }
}

fn refusals_have_a_status(kind: Kind) {
    let scene = Scene::start(kind);
    let (operator, agent) = (Flaw::Operator, Flaw::None);
    for (flaw, arguments, status, part) in [
        (agent, &["show", "support"][..], 4, "has not the role or scope"),
        (agent, &["reset", "support", "--all"], 4, "has not the role or scope"),
        (agent, &["set", "support", "daily", "1"], 4, "has not the role or scope"),
        (operator, &["show", "nobody"], 5, "no agent of this name"),
        (operator, &["reset", "upstream:z", "--all"], 5, "no upstream of this alias"),
        (operator, &["show", "tool:z__echo"], 5, "keeps a count for this tool"),
        (operator, &["reset", "support", "dayly"], 1, "it has daily, budget, slow, slots"),
        (operator, &["set", "support", "dayly", "1"], 1, "it has daily, budget, slow, slots"),
        (operator, &["set", "support", "slots", "1"], 1, "in flight"),
        (operator, &["set", "support", "slow", "11"], 1, "at most 10 at once"),
        (operator, &["set", "support", "daily", "1.5"], 2, "a whole number of calls"),
        (operator, &["set", "support", "budget", "much"], 2, "money such as 12.50"),
    ] {
        let (code, out, err) = scene.quota_as(flaw, arguments);
        assert!(
            (code, out.as_str()) == (status, "") && err.contains(part),
            "{arguments:?}: {code} {out} {err}"
        );
    }
    assert_eq!(used(&scene.quota(&["show", "support"]).1), ["0", "0.00", "0", "0"]);
}

macro_rules! on {
    ($($name:ident: $kind:expr),*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn shown_and_changed() {
                accounts_are_shown_and_changed($kind);
            }

            #[test]
            fn refusals() {
                refusals_have_a_status($kind);
            }
        }
    )*};
}

on!(in_process: Kind::InProcess, workerd: Kind::Workerd, spin: Kind::Spin, spin_fresh: Kind::SpinFresh);
