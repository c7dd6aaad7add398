//! An application ready to run: the manifest with values in place of templates.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use wasmtime::{Result, bail};

use crate::allowed_hosts::AllowedHosts;
use crate::files::Placed;
use crate::manifest::{Manifest, Variable};
use crate::template;

/// What a component gets.
#[derive(Debug)]
pub struct App {
    /// The component's file.
    pub source: PathBuf,
    /// Labels of the stores that it may open.
    pub stores: Vec<String>,
    /// Labels of the SQLite databases that it may open.
    pub databases: Vec<String>,
    /// The hosts that it may call.
    pub allowed_hosts: AllowedHosts,
    /// Its variables.
    pub variables: BTreeMap<String, String>,
    /// Variables of its environment.
    pub environment: BTreeMap<String, String>,
    /// Files that it may read.
    pub files: Vec<Placed>,
}

impl App {
    /// Reads a manifest and fills it with the values that were given.
    pub fn load(path: &Path, given: &BTreeMap<String, String>) -> Result<Self> {
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::fill(&Manifest::read(path)?, folder, given)
    }

    fn fill(manifest: &Manifest, folder: &Path, given: &BTreeMap<String, String>) -> Result<Self> {
        let component = manifest.component()?;
        let mut problems = Problems::default();
        let values = values(&manifest.variables, given, &mut problems);
        // Told first: a template that needs a missing value would only say the same again.
        problems.check()?;
        let mut allowed_hosts = AllowedHosts::default();
        for template in &component.allowed_outbound_hosts {
            let added = template::expand(template, &values).and_then(|entry| allowed_hosts.add(&entry));
            problems.unless(added, "allowed_outbound_hosts");
        }
        // A real Spin has others where its runtime configuration says so.
        for label in component.sqlite_databases.iter().filter(|label| *label != "default") {
            problems.0.push(format!("sqlite_databases: there is no database `{label}`, only `default`"));
        }
        let mut variables = BTreeMap::new();
        for (name, template) in &component.variables {
            let value = template::expand(template, &values);
            let value = problems.unless(value, &format!("variable `{name}` of the component"));
            variables.extend(value.map(|value| (name.clone(), value)));
        }
        let files = component.files.iter();
        let files = files.filter_map(|entry| problems.unless(Placed::new(entry, folder), "files")).collect();
        problems.check()?;
        Ok(Self {
            source: folder.join(&component.source),
            stores: component.key_value_stores.clone(),
            databases: component.sqlite_databases.clone(),
            allowed_hosts,
            variables,
            environment: component.environment.clone(),
            files,
        })
    }
}

/// Mistakes, gathered to be told together.
#[derive(Default)]
struct Problems(Vec<String>);

impl Problems {
    fn unless<T>(&mut self, outcome: Result<T, String>, place: &str) -> Option<T> {
        outcome.map_err(|problem| self.0.push(format!("{place}: {problem}"))).ok()
    }

    fn check(&self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { bail!("{}", self.0.join("\n")) }
    }
}

/// The application's variables: what was given, else the default.
fn values(
    declared: &BTreeMap<String, Variable>,
    given: &BTreeMap<String, String>,
    problems: &mut Problems,
) -> BTreeMap<String, String> {
    for name in given.keys().filter(|name| !declared.contains_key(*name)) {
        problems.0.push(format!("--variable {name}: the manifest declares no such variable"));
    }
    let mut values = BTreeMap::new();
    for (name, variable) in declared {
        if !template::is_name(name) {
            problems.0.push(format!("variable `{name}`: a name has lower-case letters, digits and `_`"));
        }
        match (given.get(name), &variable.default) {
            (Some(value), _) | (None, Some(value)) => drop(values.insert(name.clone(), value.clone())),
            (None, None) if variable.required => problems.0.push(format!(
                "variable `{name}` is required: give it by --variable {name}=VALUE or --variable {name}=@FILE"
            )),
            (None, None) => problems.0.push(format!(
                "variable `{name}`: the manifest says neither `default` nor `required = true`"
            )),
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "
        spin_manifest_version = 2
        [variables]
        config = { required = true, secret = true }
        level = { default = 'info' }
        upstream = { default = 'api.example.com' }
        [[trigger.http]]
        route = '/...'
        component = 'a'
        [component.a]
        source = 'target/a.wasm'
        key_value_stores = ['default']
        sqlite_databases = ['default']
        allowed_outbound_hosts = ['https://{{ upstream }}', 'http://127.0.0.1:*']
        [component.a.variables]
        settings = '{{ config }}'
        log = 'level={{ level }}'
    ";

    fn load(text: &str, given: &[(&str, &str)]) -> Result<App> {
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        App::fill(&Manifest::parse(text)?, Path::new("/app"), &given)
    }

    #[test]
    fn fills_the_manifest() {
        let app = load(MANIFEST, &[("config", "{{ level }}"), ("upstream", "other.example")]).unwrap();
        assert_eq!(app.source, PathBuf::from("/app/target/a.wasm"));
        assert_eq!(app.stores, ["default"]);
        assert_eq!(app.databases, ["default"]);
        assert_eq!(app.variables["settings"], "{{ level }}");
        assert_eq!(app.variables["log"], "level=info");
        assert!(app.allowed_hosts.allow(&"https://other.example/".parse().unwrap()));
        assert!(!app.allowed_hosts.allow(&"https://api.example.com/".parse().unwrap()));
    }

    #[test]
    fn names_every_mistake() {
        type Row = (String, &'static [(&'static str, &'static str)], &'static [&'static str]);
        let rows: [Row; 6] = [
            (MANIFEST.to_owned(), &[], &["`config` is required", "--variable config=@FILE"]),
            (MANIFEST.to_owned(), &[("confg", "x")], &["--variable confg", "`config` is required"]),
            (MANIFEST.replace("default = 'info'", ""), &[("config", "x")], &["`level`", "neither"]),
            (
                MANIFEST.replace("{{ level }}", "{{ x }}").replace("{{ upstream }}", "{{ y }}"),
                &[("config", "x")],
                &["variable `log`", "no variable `x`", "allowed_outbound_hosts", "no variable `y`"],
            ),
            (
                MANIFEST.to_owned(),
                &[("config", "x"), ("upstream", "a/b")],
                &["allowed_outbound_hosts", "a/b"],
            ),
            (
                MANIFEST.replace("sqlite_databases = ['default']", "sqlite_databases = ['other']"),
                &[("config", "x")],
                &["sqlite_databases", "`other`"],
            ),
        ];
        for (text, given, parts) in rows {
            let error = format!("{:#}", load(&text, given).unwrap_err());
            for part in parts {
                assert!(error.contains(part), "{part}: {error}");
            }
        }
    }
}
