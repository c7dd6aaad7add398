//! Floor and gateway as components on a Spin host.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

/// The host and the components that it runs.
#[derive(Clone)]
pub struct Components {
    /// The tests' Spin host: it sends small answers without delay, which a Spin of today does not.
    pub host: PathBuf,
    /// The gateway.
    pub gateway: PathBuf,
    /// What only passes on.
    pub floor: PathBuf,
}

impl Components {
    /// Serves `component` on `address`, with its manifest and the values of its variables in `folder`.
    pub fn command(
        &self,
        component: &Path,
        folder: &Path,
        address: SocketAddr,
        variables: &[(&str, &str)],
    ) -> Result<Command> {
        let file = folder.join("spin.toml");
        fs::write(&file, manifest(component, variables)?)?;
        let mut command = Command::new(&self.host);
        command.arg("--manifest").arg(&file).args(["--listen", &address.to_string()]);
        command.arg("--cache").arg(folder.parent().context("a folder in a folder")?.join("compiled"));
        for (name, value) in variables {
            let file = folder.join(name);
            fs::write(&file, value)?;
            command.arg("--variable").arg(format!("{}=@{}", name.to_ascii_lowercase(), file.display()));
        }
        Ok(command)
    }
}

fn manifest(component: &Path, variables: &[(&str, &str)]) -> Result<String> {
    let source = component.canonicalize().with_context(|| format!("{} is missing", component.display()))?;
    let mut declared = String::new();
    let mut given = String::new();
    for (name, _) in variables {
        let name = name.to_ascii_lowercase();
        writeln!(declared, "{name} = {{ required = true }}")?;
        writeln!(given, "{name} = \"{{{{ {name} }}}}\"")?;
    }
    Ok(format!(
        r#"spin_manifest_version = 2
[application]
name = "bench"
[variables]
{declared}
[[trigger.http]]
route = "/..."
component = "bench"
[component.bench]
source = {source:?}
key_value_stores = ["default"]
allowed_outbound_hosts = ["http://127.0.0.1:*"]
[component.bench.variables]
{given}"#
    ))
}
