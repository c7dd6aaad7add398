//! `asks`, `ask_hosts` and `ask_secrets` of an upstream.

use super::Findings;
use crate::address::check_authority;
use crate::settings::{UpstreamSettings, join};
use crate::tenant::{AskKind, AskKinds, Asks, Glob};

pub fn compile(path: &str, settings: &UpstreamSettings, findings: &mut Findings) -> Asks {
    let own = &settings.asks;
    if own.ask_secrets {
        findings.opened(&join(path, "ask_secrets"), "forms of this upstream may ask users for secrets");
    }
    let kinds = match &own.asks {
        None => AskKinds::ALL,
        Some(names) => kinds(&join(path, "asks"), names, findings),
    };
    let hosts = own.ask_hosts.as_ref().map(|hosts| {
        let path = join(path, "ask_hosts");
        if !kinds.has(AskKind::Url) {
            findings.problem(
                &path,
                "no page is opened without `elicitation.url`",
                "remove it, or add that to `asks`",
            );
        }
        hosts.iter().map(|host| glob(&path, host, findings)).collect()
    });
    Asks {
        kinds,
        hosts,
        secrets: own.ask_secrets,
        insecure: settings.insecure,
        private: settings.insecure || settings.private_network,
    }
}

fn kinds(path: &str, names: &[String], findings: &mut Findings) -> AskKinds {
    let mut kinds = AskKinds::default();
    for name in names {
        if AskKind::named(name).next().is_none() {
            let remedy = "write `elicitation`, `elicitation.form`, `elicitation.url`, `sampling` or `roots`";
            findings.problem(path, format!("{name:?} is nothing that a server asks"), remedy);
        }
        kinds = AskKind::named(name).fold(kinds, AskKinds::with);
    }
    kinds
}

fn glob(path: &str, host: &str, findings: &mut Findings) -> Glob {
    let name = host.strip_prefix("*.").unwrap_or(host);
    if name.contains(':') || check_authority(name).is_err() {
        findings.problem(
            path,
            format!("{host:?} is no host"),
            "write a name such as login.example, or *.example",
        );
    }
    Glob::new(host)
}
