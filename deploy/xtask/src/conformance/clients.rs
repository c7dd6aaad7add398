//! The scenarios of the suite in which it plays the server: an official client stands in front of the gateway, and the
//! suite's server behind it.

use std::ffi::OsString;

use super::suite::Revision;
use crate::paths::Paths;
use crate::tools::node::Node;

/// What an official client plays them with.
const DRIVER: &str = "tests/clients/conformance.mjs";
/// What stands for the suite's servers behind the gateway.
pub(super) const RELAY: &str = "tests/upstreams/relay.mjs";
/// All that are not about authorization: a gateway does not hand that on, it has credentials of its own.
const SCENARIOS: [(&str, &[&str]); 2] = [
    (
        "2026-07-28",
        &[
            "tools_call",
            "request-metadata",
            "sep-2322-client-request-state",
            "http-standard-headers",
            "http-custom-headers",
            "http-invalid-tool-headers",
            "json-schema-ref-no-deref",
            "json-schema-2020-12-preservation",
        ],
    ),
    (
        "2025-11-25",
        &[
            "initialize",
            "tools_call",
            "elicitation-sep1034-client-defaults",
            "sse-retry",
            "json-schema-2020-12-preservation",
        ],
    ),
];

/// The scenarios of `revision`.
pub(super) fn scenarios(revision: &Revision) -> &'static [&'static str] {
    SCENARIOS.iter().find(|(name, _)| *name == revision.name).map_or(&[], |(_, scenarios)| scenarios)
}

/// The command, for a shell, that plays the scenario which the suite names in the environment. What the suite has besides,
/// all of it with a slash in its name, costs no program.
pub(super) fn driver(paths: &Paths, node: &Node) -> OsString {
    let mut command = OsString::from("case $MCP_CONFORMANCE_SCENARIO in */*) exit 1;; esac; exec ");
    command.push(&node.program);
    command.push(" ");
    command.push(paths.root.join(DRIVER));
    command
}

/// Settings of a gateway on `port` with a tenant for each scenario of each revision, as TOML text. The suite's servers are on
/// ports that are not known before, so their place is taken by `relay` (base URL), which the driver tells.
pub(super) fn settings(port: u16, relay: &str) -> String {
    let all =
        SCENARIOS.iter().flat_map(|(revision, scenarios)| scenarios.iter().map(move |one| (one, revision)));
    let tenants = all.map(|(scenario, revision)| {
        // Some of the suite's servers cannot be asked for their era.
        let era = if *revision >= "2026-07-28" { "modern" } else { "legacy" };
        let name = format!("{}-{revision}", scenario.replace('_', "-"));
        format!(
            r#"
[tenants.{name}]
hosts = ["127.0.0.1:{port}"]
origins = []
anonymous = true
[tenants.{name}.agents.anonymous]
allow = ["*"]
[tenants.{name}.upstreams.""]
url = "{relay}/{name}"
era = "{era}"
insecure = true
"#
        )
    });
    format!("version = 1\n{}", tenants.collect::<String>())
}
