//! All cases and fixtures of `tests/cases`, found by themselves.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::case::{Case, Fixture};

/// A file of cases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// The settings fixture of cases that name none.
    settings: Option<String>,
    /// The revision of cases that name none.
    era: Option<String>,
    case: Vec<Case>,
}

/// All cases and fixtures below a folder.
#[derive(Debug, Default)]
pub struct Suite {
    /// The cases, in the order of their files.
    pub cases: Vec<Case>,
    /// The settings fixtures by name.
    pub fixtures: BTreeMap<String, Fixture>,
}

impl Suite {
    /// Reads `FOLDER/*.toml` and `FOLDER/settings/*.toml`.
    ///
    /// # Errors
    /// A file that cannot be read, an unknown member, a name that stands twice, a fixture that is not there.
    pub fn read(folder: &Path) -> Result<Self> {
        Self::read_with(folder, CANARY)
    }

    /// The same with another value for `${canary}`.
    ///
    /// # Errors
    /// As [`Suite::read`].
    pub fn read_with(folder: &Path, canary: &str) -> Result<Self> {
        let mut suite = Self::default();
        for (name, text) in toml_files(&folder.join("settings"))? {
            let fixture = toml::from_str(&text).with_context(|| format!("settings/{name}.toml"))?;
            suite.fixtures.insert(name, fixture);
        }
        for (name, text) in toml_files(folder)? {
            let text = planted(&text, canary);
            let file: File = toml::from_str(&text).with_context(|| format!("{name}.toml"))?;
            for mut case in file.case {
                case.name = format!("{name}-{}", case.name);
                if case.settings.is_empty() {
                    case.settings = file.settings.clone().unwrap_or_else(|| "modern".to_owned());
                }
                if case.era.is_empty() {
                    case.era = file.era.clone().unwrap_or_else(|| "2026-07-28".to_owned());
                }
                ensure!(
                    suite.fixtures.contains_key(&case.settings),
                    "{}: no settings/{}.toml",
                    case.name,
                    case.settings
                );
                ensure!(
                    suite.cases.iter().all(|other| other.name != case.name),
                    "{} stands twice",
                    case.name
                );
                suite.cases.push(case);
            }
        }
        Ok(suite)
    }

    /// The fixture of a case.
    ///
    /// # Errors
    /// When it is not there, which [`Suite::read`] excludes.
    pub fn fixture(&self, case: &Case) -> Result<&Fixture> {
        self.fixtures.get(&case.settings).with_context(|| format!("no settings/{}.toml", case.settings))
    }
}

/// What `${canary}` stands for: a card number that no card has.
pub const CANARY: &str = "4539578763621486";

/// `text` with `canary` for `${canary}`, and with the texts of `${base64 TEXT}` in base64.
fn planted(text: &str, canary: &str) -> String {
    let text = text.replace("${canary}", canary);
    let mut parts = text.split("${base64 ");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (inner, after) = part.split_once('}').unwrap_or((part, ""));
        out.push_str(&STANDARD.encode(inner));
        out.push_str(after);
    }
    out
}

/// Stem and text of each TOML file of a folder, by name.
fn toml_files(folder: &Path) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "toml") {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            found.push((stem, std::fs::read_to_string(&path)?));
        }
    }
    found.sort();
    Ok(found)
}
