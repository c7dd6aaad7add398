//! Secrets of a gateway on this machine.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::paths::Paths;

/// A secret's name, in capitals, and its value.
pub(crate) type Secret = (String, String);

/// The keys that seal sessions, made once and kept, and each secret that the settings name: from `given`, or else set by who
/// runs this.
pub(super) fn secrets_for(paths: &Paths, settings: &str, given: &[Secret]) -> Result<Vec<Secret>> {
    let mut secrets = vec![("POSTERN_SEAL_KEYS".to_owned(), format!("dev:{}", seal_key(paths)?))];
    let kept = fs::read_to_string(paths.root.join(".dev.vars")).unwrap_or_default();
    for name in secret_names(settings) {
        let made = given.iter().find(|(given, _)| *given == name).map(|(_, value)| value.clone());
        let set = || std::env::var(&name).ok().or_else(|| kept_value(&kept, &name));
        let value = made.or_else(set).with_context(|| {
            format!(
                "the settings name the secret {name}, which is not set: set the environment variable {name}, or \
                 write {name}=... into .dev.vars in the top folder (never committed)"
            )
        })?;
        secrets.push((name, value));
    }
    Ok(secrets)
}

/// The names after `secret:` in the settings, each once.
fn secret_names(settings: &str) -> Vec<String> {
    let mut names: Vec<String> = settings
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .flat_map(|line| line.split("secret:").skip(1))
        .map(|rest| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect())
        .filter(|name: &String| !name.is_empty() && name != "POSTERN_SEAL_KEYS")
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The value of `NAME=VALUE` in an env file: what is between quotes, else what is in front of a comment.
fn kept_value(file: &str, name: &str) -> Option<String> {
    let value = file.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == name).then(|| value.trim())
    })?;
    let quoted = ['\'', '"', '`'].into_iter().find_map(|quote| value.strip_prefix(quote)?.split_once(quote));
    let value =
        quoted.map_or_else(|| value.split('#').next().unwrap_or_default().trim_end(), |(inner, _)| inner);
    Some(value.to_owned())
}

/// 32 random bytes in Base64, from `target/dev/seal-key`.
fn seal_key(paths: &Paths) -> Result<String> {
    let file = paths.dev.join("seal-key");
    if let Ok(key) = fs::read_to_string(&file) {
        return Ok(key);
    }
    let key = random_key()?;
    write_private(&file, &key)?;
    Ok(key)
}

/// 32 random bytes in Base64.
pub(crate) fn random_key() -> Result<String> {
    let mut bytes = [0u8; 32];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(STANDARD.encode(bytes))
}

/// Writes a file that only its owner can read.
pub(super) fn write_private(path: &Path, text: &str) -> Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::{kept_value, secret_names};

    #[test]
    fn secrets_are_found_once_and_not_in_comments() {
        let settings = r#"
            credential = { bearer = "secret:BILLING_TOKEN" }
            # credential = { bearer = "secret:OLD" }
            credential = { header = "x-api-key", value = 'secret:API_KEY' }
            credential = { bearer = "secret:BILLING_TOKEN" }
        "#;
        assert_eq!(secret_names(settings), ["API_KEY", "BILLING_TOKEN"]);
    }

    #[test]
    fn an_env_file_is_read_as_wrangler_reads_it() {
        let file = "# A=0\nA=plain # said why\nB = \"it's = #1\" # x\nC='\nAB=longer\n";
        let value = |name| kept_value(file, name);
        assert_eq!(value("A").as_deref(), Some("plain"));
        assert_eq!(value("B").as_deref(), Some("it's = #1"));
        assert_eq!(value("C").as_deref(), Some("'"));
        assert_eq!(value("D"), None);
    }
}
