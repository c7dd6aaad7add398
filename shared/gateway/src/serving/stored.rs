//! Bundles as they are stored: the record of the active one, the texts by their digests, and the last ten.

use super::Trouble;
use crate::platform::Bindings;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// The variable that holds the settings, or says where they are.
const CONFIG: &str = "POSTERN_CONFIG";
/// Earlier bundles that are remembered.
const HISTORY: usize = 10;

/// Where the settings are stored, as `POSTERN_CONFIG` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    place: String,
    name: String,
}

/// The record of a bundle that is or was active.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Counted from 1; 0 for a text that was put there by hand.
    pub version: u64,
    /// SHA-256 of its text, in hexadecimal.
    pub sha256: String,
    /// Where its text is, at the place of the record itself.
    pub key: String,
    /// When it became active, in ms since the epoch; 0 if nobody knows.
    pub at_ms: u64,
    /// Tenant and subject of the operator who did that.
    pub by: String,
    /// The version that was brought back, when it was a rollback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restores: Option<u64>,
}

/// What stands at the place of the settings.
pub enum Found {
    /// The settings themselves.
    Text(String),
    /// The record of a bundle.
    Record(Record),
    /// Something that was to be one.
    Broken,
}

/// SHA-256 in hexadecimal.
pub fn digest(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The settings, or where they are stored and what stands there.
pub async fn find<H: Bindings>(host: &H) -> Result<(Found, Option<Source>), Trouble> {
    let Some(config) = host.variable(CONFIG).await.filter(|config| !config.trim().is_empty()) else {
        return Err(unread(format!("{CONFIG} is not set: put the settings there, or {}", H::REMEDY)));
    };
    let Some((place, name)) = config.split_once(':').filter(|(place, _)| H::PLACES.contains(place)) else {
        return Ok((Found::Text(config), None));
    };
    let source = Source { place: place.to_owned(), name: name.to_owned() };
    let found = source.look(host).await?;
    Ok((found, Some(source)))
}

fn unread(why: String) -> Trouble {
    Trouble { what: "the settings cannot be read".to_owned(), why }
}

impl Source {
    /// What stands there.
    pub async fn look<H: Bindings>(&self, host: &H) -> Result<Found, Trouble> {
        match host.stored(&self.place, &self.name).await {
            // No TOML begins like this.
            Ok(Some(text)) if text.starts_with('{') => {
                let record = serde_json::from_str(&text).ok().filter(Record::is_sound);
                Ok(record.map_or(Found::Broken, Found::Record))
            }
            Ok(Some(text)) => Ok(Found::Text(text)),
            Ok(None) => Err(unread(format!("{CONFIG} names {self}, and nothing is there: {}", H::REMEDY))),
            Err(problem) => Err(unread(format!("{CONFIG} names {self}, which cannot be read: {problem}"))),
        }
    }

    /// The text of a bundle.
    ///
    /// # Errors
    /// It is not there, or it is another one.
    pub async fn text<H: Bindings>(&self, host: &H, record: &Record) -> Result<String, String> {
        match host.stored(&self.place, &record.key).await {
            Ok(Some(text)) if digest(&text) == record.sha256 => Ok(text),
            Ok(Some(_)) => Err(format!("the text at {} has not the SHA-256 of the record", record.key)),
            Ok(None) => Err(format!("there is no text at {}", record.key)),
            Err(problem) => Err(format!("the text at {} cannot be read: {problem}", record.key)),
        }
    }

    /// The bundles before the active one, the last one first. None where they cannot be read.
    pub async fn history<H: Bindings>(&self, host: &H) -> Vec<Record> {
        let Some(name) = self.sibling("previous") else { return Vec::new() };
        let text = host.stored(&self.place, &name).await.ok().flatten().unwrap_or_default();
        let mut records: Vec<Record> = serde_json::from_str(&text).unwrap_or_default();
        records.retain(Record::is_sound);
        records
    }

    /// Keeps a text under its digest.
    pub async fn keep_text<H: Bindings>(&self, host: &H, record: &Record, text: &str) -> Result<(), String> {
        host.keep(&self.place, &record.key, text).await
    }

    /// Makes `record` the active one. First `before` goes in front of the others that were: if that is where it ends,
    /// nothing has changed but a list.
    pub async fn activate<H: Bindings>(
        &self,
        host: &H,
        record: &Record,
        before: Option<Record>,
        mut history: Vec<Record>,
    ) -> Result<(), String> {
        if let Some(before) = before {
            history.retain(|other| other.version != before.version);
            history.insert(0, before);
            history.truncate(HISTORY);
        }
        let name = self.sibling("previous").unwrap_or_default();
        let written = |error: serde_json::Error| error.to_string();
        host.keep(&self.place, &name, &serde_json::to_string(&history).map_err(written)?).await?;
        host.keep(&self.place, &self.name, &serde_json::to_string(record).map_err(written)?).await
    }

    /// Whether bundles can be pushed there: `active`, with the others beside it.
    pub fn takes_bundles(&self) -> bool {
        self.sibling("").is_some()
    }

    /// Where a text with this digest belongs.
    pub fn key(&self, sha256: &str) -> String {
        self.sibling(sha256).unwrap_or_default()
    }

    fn sibling(&self, name: &str) -> Option<String> {
        let folder = self.name.strip_suffix("active")?;
        (folder.is_empty() || folder.ends_with('/')).then(|| format!("{folder}{name}"))
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.place, self.name)
    }
}

impl Record {
    fn is_sound(&self) -> bool {
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        self.sha256.len() == 64 && self.sha256.bytes().all(hex) && !self.key.is_empty()
    }
}
