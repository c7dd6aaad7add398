//! What upstreams may ask.

use super::{FULL, compiled, secrets};
use crate::compile::check;
use crate::tenant::{AskKind, AskKinds, Asks};

/// [`FULL`] with lines of the upstream `billing`.
fn upstream(lines: &str) -> String {
    FULL.replace("era = \"legacy\"", &format!("era = \"legacy\"\n{lines}"))
}

fn asks(lines: &str) -> Asks {
    let (bundle, _) = compiled(&upstream(lines));
    bundle.tenants[0].upstream("billing").unwrap().asks.clone()
}

#[test]
fn kinds_are_those_that_are_written() {
    let kinds = |kinds: &[AskKind]| kinds.iter().fold(AskKinds::default(), |all, kind| all.with(*kind));
    use AskKind::{Form, Roots, Sampling, Url};
    for (lines, expected) in [
        ("", &[Form, Url, Sampling, Roots][..]),
        ("asks = []", &[]),
        ("asks = [\"elicitation\"]", &[Form, Url]),
        ("asks = [\"elicitation.form\", \"roots\"]", &[Form, Roots]),
        ("asks = [\"elicitation.url\", \"sampling\", \"sampling\"]", &[Url, Sampling]),
    ] {
        assert_eq!(asks(lines).kinds, kinds(expected), "{lines}");
    }
    assert_eq!(asks(""), Asks::default());
}

#[test]
fn pages_are_reached_as_the_upstream_is() {
    let hosts = asks("ask_hosts = [\"login.example\", \"*.sso.example\"]").hosts.unwrap();
    assert!(hosts[0].matches("login.example") && hosts[1].matches("a.sso.example"));
    assert!(!hosts[1].matches("sso.example"));
    let near = asks("insecure = true");
    assert!(near.insecure && near.private);
    let near = asks("private_network = true");
    assert!(!near.insecure && near.private);
}

#[test]
fn forms_for_secrets_are_a_warning() {
    let (bundle, warnings) = compiled(&upstream("ask_secrets = true"));
    assert!(bundle.tenants[0].upstream("billing").unwrap().asks.secrets);
    let path = "tenants.acme.upstreams.billing.ask_secrets";
    assert_eq!(bundle.open_settings, [path]);
    assert!(warnings.iter().any(|warning| warning.starts_with(path)), "{warnings:?}");
}

#[test]
fn what_means_nothing_is_a_problem() {
    for (lines, part) in [
        ("asks = [\"tools\"]", "\"tools\" is nothing that a server asks"),
        ("asks = [\"elicitation.voice\"]", "is nothing that a server asks"),
        ("asks = [\"\"]", "is nothing that a server asks"),
        ("asks = \"sampling\"", "asks"),
        ("ask_hosts = [\"https://login.example\"]", "is no host"),
        ("ask_hosts = [\"login.example:443\"]", "is no host"),
        ("ask_hosts = [\"*\"]", "is no host"),
        ("ask_hosts = [\"login.*\"]", "is no host"),
        ("asks = [\"roots\"]\nask_hosts = [\"login.example\"]", "no page is opened"),
    ] {
        let problems = check(&upstream(lines), &secrets).unwrap_err().to_string();
        assert!(problems.contains(part), "{lines}: {problems}");
    }
}
