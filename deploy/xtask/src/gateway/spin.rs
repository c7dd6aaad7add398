//! Spin, which runs the component from a manifest made of `spin.toml`.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use toml::{Table, Value};

use super::Plan;
use super::secrets::{Secret, write_private};
use crate::paths::Paths;
use crate::tools::spin::Spin;

/// The component's name in `spin.toml`.
const COMPONENT: &str = "postern";
/// Where the demo's and the tests' servers are: the one pattern of hosts that an operator adds.
const LOCAL_HOSTS: &str = "http://127.0.0.1:*";
/// Where accounts are kept: a single node needs no server for them.
const LEDGER: &str = "sqlite:default";

/// Spin with its manifest, variables and state in `folder`.
pub(super) fn command(
    paths: &Paths,
    spin: &Spin,
    plan: &Plan<'_>,
    folder: &Path,
    secrets: &[Secret],
) -> Result<Command> {
    let secrets: Vec<(String, &str)> =
        secrets.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.as_str())).collect();
    let text = fs::read_to_string(paths.root.join("spin.toml")).context("spin.toml is missing")?;
    let names = secrets.iter().map(|(name, _)| name.as_str());
    let manifest = folder.join("spin.toml");
    fs::write(&manifest, manifest_with(&text, &paths.component(), &paths.root, names)?)?;
    let mut command = spin.serve(&manifest, plan.port);
    command.current_dir(folder);
    let variables = folder.join("variables");
    fs::create_dir_all(&variables)?;
    let open = [
        ("postern_config".to_owned(), plan.settings),
        ("postern_allowed_host".to_owned(), LOCAL_HOSTS),
        ("postern_ledger".to_owned(), LEDGER),
    ];
    for (name, value) in secrets.into_iter().chain(open) {
        // By a file, because everybody on the machine can read a command line.
        let file = variables.join(&name);
        write_private(&file, value)?;
        command.arg("--variable").arg(format!("{name}=@{}", file.display()));
    }
    Ok(command)
}

/// The manifest `text` of the folder `root` with the component at `source`, and with `secrets` as variables that it is given.
fn manifest_with<'a>(
    text: &str,
    source: &Path,
    root: &Path,
    secrets: impl Iterator<Item = &'a str>,
) -> Result<String> {
    let mut manifest: Table = text.parse().context("spin.toml is not TOML")?;
    let mut declared = Table::new();
    let mut given = Table::new();
    for name in secrets {
        let secret =
            [("required", true), ("secret", true)].map(|(key, on)| (key.to_owned(), Value::from(on)));
        declared.insert(name.to_owned(), Value::Table(secret.into_iter().collect()));
        given.insert(name.to_owned(), Value::from(format!("{{{{ {name} }}}}")));
    }
    table(&mut manifest, "variables")?.extend(declared);
    let component = table(table(&mut manifest, "component")?, COMPONENT)?;
    component.insert("source".to_owned(), Value::from(source.display().to_string()));
    // The manifest is written elsewhere than where its files are.
    for file in component.get_mut("files").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(source) = file.get_mut("source") {
            *source = Value::from(root.join(source.as_str().unwrap_or_default()).display().to_string());
        }
    }
    table(component, "variables")?.extend(given);
    Ok(manifest.to_string())
}

/// The table `key` of `parent`.
fn table<'a>(parent: &'a mut Table, key: &str) -> Result<&'a mut Table> {
    let found = parent.get_mut(key).and_then(Value::as_table_mut);
    found.with_context(|| format!("spin.toml has no table '{key}' where one is expected"))
}

#[cfg(test)]
mod tests {
    use super::manifest_with;
    use std::path::Path;
    use toml::Table;

    const MANIFEST: &str = r#"
        spin_manifest_version = 2
        [application]
        name = "postern"
        [variables]
        postern_config = { required = true }
        [[trigger.http]]
        route = "/..."
        component = "postern"
        [component.postern]
        source = "edge/spin/build/postern.wasm"
        allowed_outbound_hosts = ["https://*:*", "{{ postern_allowed_host }}"]
        files = [{ source = "deploy/model", destination = "/model" }]
        [component.postern.variables]
        postern_config = "{{ postern_config }}"
    "#;

    #[test]
    fn a_manifest_gets_the_source_and_the_secrets() {
        let made = manifest_with(
            MANIFEST,
            Path::new("/top/p.wasm"),
            Path::new("/top"),
            ["billing_token"].into_iter(),
        )
        .unwrap();
        let made: Table = made.parse().unwrap();
        let mut expected: Table = MANIFEST
            .replace("edge/spin/build/postern.wasm", "/top/p.wasm")
            .replace("deploy/model", "/top/deploy/model")
            .replace(
                "required = true }",
                "required = true }\nbilling_token = { required = true, secret = true }",
            )
            .parse()
            .unwrap();
        let variables = expected["component"]["postern"]["variables"].as_table_mut().unwrap();
        variables.insert("billing_token".into(), "{{ billing_token }}".into());
        assert_eq!(made, expected);
    }

    #[test]
    fn a_manifest_of_another_shape_is_an_error() {
        assert!(
            manifest_with("[variables]\n[component.other]", Path::new("/p"), Path::new("/"), [].into_iter())
                .is_err()
        );
    }
}
