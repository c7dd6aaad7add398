//! The command as a user runs it.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const GOOD: &str = r#"version = 1
[issuers.idp]
url = "https://idp.example"
audiences = ["api://postern"]
[tenants.acme]
issuers = ["idp"]
hosts = ["gw.example"]
[tenants.acme.agents.support]
client = "c1"
allow = ["billing__*"]
[tenants.acme.upstreams.billing]
url = "https://billing.example/mcp"
credential = { bearer = "secret:POSTERN_TEST_TOKEN" }
"#;

fn postern(arguments: &[&str], input: &str, secret: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_postern"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env_remove("POSTERN_TEST_TOKEN").envs(secret.map(|value| ("POSTERN_TEST_TOKEN", value)));
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn texts(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn check_says_ok_and_lists_secrets() {
    let (code, out, err) = texts(&postern(&["check", "-"], GOOD, None));
    assert_eq!((code, out.as_str()), (Some(0), "ok\n"));
    assert!(err.contains("POSTERN_TEST_TOKEN"), "{err}");
    let (code, out, err) = texts(&postern(&["check", "-", "--secrets-from-env"], GOOD, Some("canary")));
    assert_eq!((code, out.as_str(), err.as_str()), (Some(0), "ok\n", ""));
    let (code, _, err) = texts(&postern(&["check", "-", "--secrets-from-env"], GOOD, None));
    assert_eq!(code, Some(1));
    assert!(err.contains("line 13: tenants.acme.upstreams.billing.credential.bearer: "), "{err}");
}

#[test]
fn check_takes_keys_for_redaction_on_trust() {
    let keys =
        format!("{GOOD}[tenants.acme.redact]\noperator = \"token\"\nkeys = \"secret:POSTERN_TEST_TOKEN\"\n");
    let (code, out, err) = texts(&postern(&["check", "-"], &keys, None));
    assert_eq!((code, out.as_str()), (Some(0), "ok\n"), "{err}");
    let (code, _, err) = texts(&postern(&["check", "-", "--secrets-from-env"], &keys, Some("k1:short")));
    assert_eq!(code, Some(1));
    assert!(err.contains("tenants.acme.redact.keys: the secret holds no keys"), "{err}");
}

#[test]
fn check_prints_all_problems_and_fails() {
    let bad = GOOD.replace("https://billing", "http://billing").replace("hosts", "host").replace("c1", "");
    let (code, out, err) = texts(&postern(&["check", "-"], &bad, None));
    assert_eq!((code, out.as_str()), (Some(1), ""));
    for part in [
        "-: line 12: tenants.acme.upstreams.billing.url: it is not https; use https, or write `insecure = true`",
        "-: line 7: tenants.acme.host: there is no such setting; did you mean `hosts`?",
        "tenants.acme.hosts: it is missing",
        "line 9: tenants.acme.agents.support.client: it is missing",
        "4 problems",
    ] {
        assert!(err.contains(part), "{part:?} not in:\n{err}");
    }
}

#[test]
fn wrong_use_is_told_from_problems() {
    for arguments in [
        &[][..],
        &["check"],
        &["check", "a", "b"],
        &["chek"],
        &["token"],
        &["token", "--key", "k"],
        &["token", "--key", "k", "--new-key", "k"],
        &["token", "--kee", "k"],
        &["push"],
        &["push", "a", "b"],
        &["push", "a", "--expect", "x"],
        &["push", "a", "--gateway", "http://gw.example", "--tenant", "ops"],
        &["rollback", "a"],
        &["rollback", "--to", "last"],
        &["bundle", "--to", "1"],
        &["bundle", "--gateway", "https://gw.example"],
        &["quota", "show"],
        &["quota", "show", "a", "b"],
        &["quota", "show", "a", "--all"],
        &["quota", "show", "a"],
        &["quota", "reset", "a"],
        &["quota", "reset", "a", "daily", "--all"],
        &["quota", "set", "a", "daily"],
        &["quota", "set", "a", "daily", "1", "2"],
    ] {
        let (code, out, err) = texts(&postern(arguments, "", None));
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}: {err}");
        assert!(err.contains("--help"), "{arguments:?}: {err}");
    }
    let (code, _, err) = texts(&postern(&["check", "/nonexistent/file"], "", None));
    assert_eq!(code, Some(1), "{err}");
    let (code, help, _) = texts(&postern(&["--help"], "", None));
    assert_eq!(code, Some(0));
    for part in
        ["\n  postern push FILE", "\n      --gateway URL", "5 the gateway is not in the expected state"]
    {
        assert!(help.contains(part), "{part:?} not in:\n{help}");
    }
}

#[test]
fn quota_has_a_help_of_its_own() {
    for arguments in [&["quota", "--help"][..], &["quota", "show", "--help"], &["quota", "reset", "a", "-h"]]
    {
        let (code, help, _) = texts(&postern(arguments, "", None));
        assert_eq!(code, Some(0));
        for part in [
            "\n  postern quota loops",
            "\n  postern quota set ACCOUNT RULE USED",
            "\n      --tenant NAME",
            "--all ",
        ] {
            assert!(help.contains(part), "{part:?} not in:\n{help}");
        }
    }
}

#[test]
fn a_key_file_is_private_and_kept_and_tokens_name_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    let name = file.to_str().unwrap();
    let (code, jwks, _) = texts(&postern(&["token", "--new-key", name], "", None));
    assert_eq!(code, Some(0));
    assert!(
        jwks.starts_with(r#"{"keys":["#) && jwks.lines().count() == 1 && !jwks.contains(r#""d""#),
        "{jwks}"
    );
    assert_private(&file);
    let before = std::fs::read(&file).unwrap();
    assert_eq!(texts(&postern(&["token", "--new-key", name], "", None)).0, Some(1));
    assert_eq!(std::fs::read(&file).unwrap(), before);
    assert_eq!(texts(&postern(&["token", "--key", name, "--jwks"], "", None)).1, jwks);
    let arguments = ["token", "--key", name, "--issuer", "https://i", "--audience", "a", "--client", "c"];
    let (code, token, _) = texts(&postern(&arguments, "", None));
    assert_eq!((code, token.trim_end().split('.').count(), token.lines().count()), (Some(0), 3, 1));
    let (code, _, err) = texts(&postern(&[&arguments[..], &["--ttl", "25h"]].concat(), "", None));
    assert_eq!(code, Some(1), "{err}");
}

#[cfg(unix)]
fn assert_private(file: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[cfg(not(unix))]
fn assert_private(_: &Path) {}
