//! wrangler, which runs the Worker from `wrangler.toml`.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::Plan;
use super::secrets::{Secret, write_private};
use crate::build::BUILD_VARIABLE;
use crate::paths::Paths;
use crate::servers::any_port;
use crate::tools::node::Node;

/// `wrangler dev` with its state in `folder`; `rebuild` is what its `cargo xtask build` is told.
pub(super) fn command(
    paths: &Paths,
    node: &Node,
    rebuild: &str,
    plan: &Plan<'_>,
    folder: &Path,
    secrets: &[Secret],
) -> Result<Command> {
    let env_file = folder.join("secrets.env");
    write_private(&env_file, &env_text(secrets)?)?;
    let mut wrangler = node.wrangler(&paths.root);
    wrangler
        .args(["dev", "--local", "--ip", "127.0.0.1", "--show-interactive-dev-session=false"])
        .args(["--port", &plan.port.to_string()])
        .args(["--inspector-port", &any_port()?.to_string()])
        .arg("--persist-to")
        .arg(folder.join("state"))
        .arg("--env-file")
        .arg(&env_file)
        .arg("--var")
        .arg(format!("POSTERN_CONFIG:{}", plan.settings))
        .env(BUILD_VARIABLE, rebuild)
        // wrangler would ask the network where this machine is, and wait for it.
        .env("CLOUDFLARE_CF_FETCH_ENABLED", "false");
    Ok(wrangler)
}

/// The text of an env file.
fn env_text(secrets: &[Secret]) -> Result<String> {
    let mut text = String::new();
    for (name, value) in secrets {
        writeln!(text, "{name}={}", quoted(name, value)?)?;
    }
    Ok(text)
}

/// A value between the quotes that it does not contain; an env file knows no escapes.
fn quoted(name: &str, value: &str) -> Result<String> {
    let quote = ['\'', '"', '`'].into_iter().find(|quote| !value.contains(*quote));
    let quote = quote.with_context(|| format!("the secret {name} contains all three kinds of quotes"))?;
    Ok(format!("{quote}{value}{quote}"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn values_keep_their_quotes() {
        assert_eq!(quoted("A", "it's").unwrap(), "\"it's\"");
        assert!(quoted("A", "'\"`").is_err());
    }
}
