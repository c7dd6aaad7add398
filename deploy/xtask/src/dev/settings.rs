//! The settings of a gateway on this machine.

use std::fmt::Write as _;

/// Who may call.
pub(crate) enum Callers<'a> {
    /// Anyone, as the agent `anonymous`.
    Anonymous,
    /// The agent `developer`, with a token signed by the key of this key set (JSON text).
    Developer(&'a str),
}

/// The issuer of development tokens. `.invalid` is reserved: no such host will ever exist.
pub(crate) const ISSUER: &str = "https://dev.postern.invalid";
/// The agent that development tokens are for.
pub(crate) const CLIENT: &str = "developer";

/// The gateway's endpoint on this machine.
pub(crate) fn endpoint(port: u16) -> String {
    format!("http://127.0.0.1:{port}/mcp")
}

/// Settings for `upstreams` (alias, URL) behind `endpoint(port)`, as TOML text.
pub(crate) fn generate(port: u16, callers: &Callers<'_>, upstreams: &[(String, String)]) -> String {
    let mut text = String::from("version = 1\n");
    // Writing to a String cannot fail.
    let _ = write_all(&mut text, port, callers, upstreams);
    text
}

fn write_all(
    text: &mut String,
    port: u16,
    callers: &Callers<'_>,
    upstreams: &[(String, String)],
) -> std::fmt::Result {
    if let Callers::Developer(keys) = callers {
        writeln!(text, "\n[issuers.dev]\ndevelopment = true\njwks = '{}'\nurl = \"{ISSUER}\"", keys.trim())?;
        writeln!(text, "audiences = [\"{}\"]", endpoint(port))?;
        writeln!(text, "algorithms = [\"EdDSA\"]\ntyp = \"at+jwt\"\nagent_claim = \"client_id\"")?;
    }
    writeln!(text, "\n[tenants.dev]\npath = \"/mcp\"")?;
    writeln!(text, "hosts = [\"127.0.0.1:{port}\", \"localhost:{port}\"]\norigins = []")?;
    match callers {
        // All callers are one agent here, so one agent's rate of new sessions would be shared by all.
        Callers::Anonymous => writeln!(
            text,
            "anonymous = true\nsession_openings_per_min = 6000\n\n[tenants.dev.agents.anonymous]"
        )?,
        Callers::Developer(_) => writeln!(
            text,
            "issuers = [\"dev\"]\n\n[tenants.dev.agents.{CLIENT}]\nissuer = \"dev\"\nclient = \"{CLIENT}\""
        )?,
    }
    writeln!(text, "allow = [\"*\"]")?;
    for (alias, url) in upstreams {
        // JSON's strings are TOML's basic strings.
        let (alias, quoted) =
            (serde_json::Value::from(alias.as_str()), serde_json::Value::from(url.as_str()));
        writeln!(text, "\n[tenants.dev.upstreams.{alias}]\nurl = {quoted}\nera = \"auto\"")?;
        if url.starts_with("http://") {
            writeln!(text, "insecure = true")?;
        }
    }
    Ok(())
}
