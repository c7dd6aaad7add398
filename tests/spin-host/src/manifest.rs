//! The part of `spin.toml` that this host serves. Other keys are errors: what a test relies on is there.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;
use wasmtime::error::Context;
use wasmtime::{Result, bail};

/// A manifest as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    spin_manifest_version: u32,
    #[serde(rename = "application")]
    _application: Option<IgnoredAny>,
    /// The application's variables.
    #[serde(default)]
    pub variables: BTreeMap<String, Variable>,
    trigger: Triggers,
    component: BTreeMap<String, Component>,
}

/// A variable of the application.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// The value when none is given.
    pub default: Option<String>,
    /// Whether a value must be given.
    #[serde(default)]
    pub required: bool,
    #[serde(rename = "secret")]
    _secret: Option<bool>,
    #[serde(rename = "description")]
    _description: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Triggers {
    http: Vec<Trigger>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Trigger {
    route: String,
    component: String,
    #[serde(rename = "id")]
    _id: Option<IgnoredAny>,
}

/// A component of the application.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// The file, relative to the manifest.
    pub source: String,
    /// Labels of the stores that it may open.
    #[serde(default)]
    pub key_value_stores: Vec<String>,
    /// Labels of the SQLite databases that it may open.
    #[serde(default)]
    pub sqlite_databases: Vec<String>,
    /// Templates of the hosts that it may call.
    #[serde(default)]
    pub allowed_outbound_hosts: Vec<String>,
    /// Templates of the variables that it sees.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// Variables of its environment.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Files that it may read.
    #[serde(default)]
    pub files: Vec<Files>,
    #[serde(rename = "description")]
    _description: Option<IgnoredAny>,
    #[serde(rename = "build")]
    _build: Option<IgnoredAny>,
    #[serde(rename = "tool")]
    _tool: Option<IgnoredAny>,
}

/// An entry of `files`.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(untagged)]
pub enum Files {
    /// A file or folder, relative to the manifest, which has the same path in the component.
    Path(String),
    /// A file or folder with another path in the component.
    Placed {
        /// Relative to the manifest.
        source: String,
        /// Absolute, in the component.
        destination: String,
    },
}

impl Manifest {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path)
            .with_context(|| format!("cannot read the manifest {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("{}", path.display()))
    }

    /// Reads a text.
    pub fn parse(text: &str) -> Result<Self> {
        let manifest: Self = toml::from_str(text)?;
        if manifest.spin_manifest_version != 2 {
            bail!("spin_manifest_version is {}; this host reads 2", manifest.spin_manifest_version);
        }
        Ok(manifest)
    }

    /// The component behind the one trigger.
    pub fn component(&self) -> Result<&Component> {
        let [trigger] = &self.trigger.http[..] else {
            bail!("[[trigger.http]] stands there {} times; this host serves one", self.trigger.http.len());
        };
        if trigger.route != "/..." {
            bail!("the route is `{}`; this host serves `/...`", trigger.route);
        }
        self.component.get(&trigger.component).with_context(|| {
            format!("the trigger names [component.{}], which is not there", trigger.component)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "
        spin_manifest_version = 2
        [[trigger.http]]
        route = '/...'
        component = 'a'
        [component.a]
        source = 'a.wasm'
    ";

    #[test]
    fn reads_a_small_manifest() {
        let manifest = Manifest::parse(SMALL).unwrap();
        let component = manifest.component().unwrap();
        assert_eq!(component.source, "a.wasm");
        assert!(component.key_value_stores.is_empty() && component.files.is_empty());
    }

    #[test]
    fn reads_what_a_real_manifest_has() {
        let text = format!(
            "{SMALL}
            description = 'x'
            key_value_stores = ['default']
            sqlite_databases = ['default']
            allowed_outbound_hosts = ['https://*:*']
            files = ['assets', {{ source = 's', destination = '/d' }}]
            environment = {{ RUST_LOG = 'debug' }}
            [component.a.variables]
            config = '{{{{ config }}}}'
            [component.a.build]
            command = 'cargo build'
            [application]
            name = 'x'
            authors = ['y']
            [variables]
            config = {{ required = true, secret = true }}
            "
        );
        let manifest = Manifest::parse(&text).unwrap();
        assert!(manifest.variables["config"].required);
        let placed = Files::Placed { source: "s".to_owned(), destination: "/d".to_owned() };
        assert_eq!(manifest.component().unwrap().files, [Files::Path("assets".to_owned()), placed]);
    }

    #[test]
    fn refuses_what_it_does_not_serve() {
        let rows = [
            (SMALL.replace("version = 2", "version = 1"), "this host reads 2"),
            (SMALL.replace("'/...'", "'/a'"), "this host serves `/...`"),
            (SMALL.replace("component = 'a'", "component = 'b'"), "[component.b]"),
            (format!("{SMALL}ai_models = ['x']"), "ai_models"),
            (format!("{SMALL}\n[[trigger.http]]\nroute = '/b'\ncomponent = 'a'"), "2 times"),
            (format!("{SMALL}\n[trigger.redis]"), "redis"),
        ];
        for (text, part) in rows {
            let outcome = Manifest::parse(&text).and_then(|manifest| manifest.component().map(|_| ()));
            let error = format!("{:#}", outcome.unwrap_err());
            assert!(error.contains(part), "{part}: {error}");
        }
    }
}
