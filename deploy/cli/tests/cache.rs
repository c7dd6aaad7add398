//! The commands that read what is kept of answers and end it, against gateways on every host.

use std::net::SocketAddr;
use std::process::{Command, Output};

use postern_tests::host::{Host, Kind};
use postern_tests::process::free_address;
use postern_tests::script;
use postern_tests::token::{Flaw, Issuer};
use serde_json::Value;

/// A gateway whose tenant `ops` keeps answers of one tool.
struct Scene {
    address: SocketAddr,
    _host: Box<dyn Host>,
    issuer: Issuer,
}

/// What a command came to: exit status, standard output, standard error.
type Came = (i32, String, String);

impl Scene {
    fn start(kind: Kind) -> Self {
        let address = free_address().unwrap();
        let known = toml::to_string(&script::issuer(&Issuer::new("dev")).unwrap()).unwrap();
        let settings = format!(
            "version = 1\n[issuers.dev]\n{known}[tenants.ops]\nissuers = ['dev']\nhosts = ['{address}']\nadmin = {{}}\n\
             [tenants.ops.agents.support]\nclient = 'support'\nallow = ['*']\n\
             [tenants.ops.upstreams.a]\nurl = 'https://upstream.invalid/mcp'\nera = 'modern'\n\
             [tenants.ops.tools.a__find]\ncache = {{ mode = 'exact', ttl_s = 60 }}\n"
        );
        let host = kind.start_stored(address, &[("bundle/active", &settings)]).expect("the gateway starts");
        Self { address, _host: host, issuer: Issuer::new("dev") }
    }

    /// `postern cache` with an operator's token in the variable, or with one that is none.
    fn cache(&self, flaw: Flaw, arguments: &[&str]) -> Came {
        let gateway = format!("http://{}", self.address);
        let mut command = Command::new(env!("CARGO_BIN_EXE_postern"));
        command.arg("cache").args(arguments).args(["--gateway", &gateway, "--tenant", "ops"]);
        command.env("POSTERN_TOKEN", self.issuer.mint("someone", "alice", "cli", flaw));
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (status.code().unwrap_or(-1), text(stdout), text(stderr))
    }
}

fn what_is_kept_is_shown_and_ended(kind: Kind) {
    let scene = Scene::start(kind);
    let (code, out, err) = scene.cache(Flaw::Operator, &["stats"]);
    assert_eq!((code, out.as_str()), (0, "no call yet that could be answered from the cache\n"), "{err}");
    let (code, out, err) = scene.cache(Flaw::Operator, &["stats", "--json"]);
    let shown: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
    assert_eq!((code, &shown["settings"]["a__find"]["ttl_s"]), (0, &60.into()), "{out}");
    let (code, out, err) = scene.cache(Flaw::Operator, &["purge", "a__find"]);
    assert_eq!((code, out.as_str()), (0, "ended: a__find\n"), "{err}");
    let (code, out, err) = scene.cache(Flaw::Operator, &["purge", "--all"]);
    assert_eq!((code, out.as_str()), (0, "ended: everything that is kept\n"), "{err}");
    for (flaw, arguments, status, part) in [
        (Flaw::Operator, &["purge", "a__other"][..], 1, "nothing of \"a__other\" is kept"),
        (Flaw::Operator, &["purge"], 2, "--all"),
        (Flaw::Operator, &["purge", "a__find", "--all"], 2, "--all"),
        (Flaw::Operator, &["stats", "a__find"], 2, "no names"),
        (Flaw::Operator, &["show"], 2, "show"),
        (Flaw::None, &["stats"], 4, "role"),
        (Flaw::None, &["purge", "--all"], 4, "role"),
    ] {
        let (code, out, err) = scene.cache(flaw, arguments);
        assert_eq!((code, out.as_str()), (status, ""), "{arguments:?}: {err}");
        assert!(err.contains(part), "{arguments:?}: {err}");
    }
}

macro_rules! on {
    ($($name:ident: $kind:expr),*) => {$(
        #[test]
        fn $name() {
            what_is_kept_is_shown_and_ended($kind);
        }
    )*};
}

on!(in_process: Kind::InProcess, workerd: Kind::Workerd, spin: Kind::Spin, spin_fresh: Kind::SpinFresh);
