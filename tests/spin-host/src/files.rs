//! `files`: what a component may read. Folders are mounted as they are; WASI mounts nothing smaller, so that
//! single files are copied to a folder that holds nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use wasmtime::error::Context;
use wasmtime::{Result, bail};

use crate::manifest::Files;
use crate::private;

/// A file or folder and its path in the component.
#[derive(Debug, PartialEq)]
pub struct Placed {
    source: PathBuf,
    /// Absolute, without `/` at the end.
    at: String,
}

/// A folder of this machine and its path in the component.
#[derive(Debug, PartialEq)]
pub struct Mount {
    /// The folder.
    pub folder: PathBuf,
    /// Its path in the component.
    pub at: String,
}

impl Placed {
    /// Reads an entry of a manifest in that folder.
    pub fn new(entry: &Files, manifest: &Path) -> Result<Self, String> {
        let (source, at) = match entry {
            Files::Path(path) => (path, format!("/{path}")),
            Files::Placed { source, destination } => (source, destination.clone()),
        };
        if source.contains(['*', '?', '[']) {
            return Err(format!("`{source}`: this host knows no patterns; name a file or a folder"));
        }
        let relative = Path::new(source).is_relative() && !source.split('/').any(|part| part == "..");
        if matches!(entry, Files::Path(_)) && !relative {
            return Err(format!(
                "`{source}`: a plain path stays below the manifest; use source and destination"
            ));
        }
        if !at.starts_with('/') {
            return Err(format!("`{at}`: a destination starts with `/`"));
        }
        let at = at.trim_end_matches('/').to_owned();
        Ok(Self { source: manifest.join(source), at })
    }
}

/// What to mount. Copies go below `copies`, else below the folder for temporary files.
pub fn mounts(files: &[Placed], copies: Option<&Path>) -> Result<Vec<Mount>> {
    let mut mounts: BTreeMap<String, PathBuf> = BTreeMap::new();
    let mut single: BTreeMap<&str, Vec<(&str, &Path)>> = BTreeMap::new();
    for Placed { source, at } in files {
        let about = fs::metadata(source).with_context(|| format!("files: {}", source.display()))?;
        if about.is_file() {
            let (folder, name) = at.rsplit_once('/').unwrap_or(("", at));
            single.entry(folder).or_default().push((name, source));
        } else if mounts.insert(root(at), source.clone()).is_some() {
            bail!("files: two folders are placed at {}", root(at));
        }
    }
    for (at, files) in single {
        if mounts.insert(root(at), copy(&files, copies)?).is_some() {
            bail!("files: a folder and single files meet in {}; place them apart", root(at));
        }
    }
    Ok(mounts.into_iter().map(|(at, folder)| Mount { folder, at }).collect())
}

fn root(at: &str) -> String {
    if at.is_empty() { "/".to_owned() } else { at.to_owned() }
}

/// The folder is named for what is in it: a host that starts often leaves one folder, not many.
fn copy(files: &[(&str, &Path)], below: Option<&Path>) -> Result<PathBuf> {
    let mut hasher = DefaultHasher::new();
    files.hash(&mut hasher);
    std::env::current_dir()?.hash(&mut hasher);
    let below = match below {
        Some(folder) => folder.join("files"),
        // Named for the user: the folder for temporary files is everybody's.
        None => {
            std::env::temp_dir().join(format!("postern-spin-host-{}", rustix::process::geteuid().as_raw()))
        }
    };
    let folder = private::folder(&private::folder(&below)?.join(format!("{:016x}", hasher.finish())))?;
    for (name, source) in files {
        // Moved into place: another host may be reading the file of before.
        let new = folder.join(format!("{name}.{}", std::process::id()));
        fs::copy(source, &new).with_context(|| format!("files: {}", source.display()))?;
        fs::rename(&new, folder.join(name))?;
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_entries() {
        let path = |path: &str| Files::Path(path.to_owned());
        let placed = |source: &str, destination: &str| Files::Placed {
            source: source.to_owned(),
            destination: destination.to_owned(),
        };
        let rows = [
            (path("assets"), Ok(("/app/assets", "/assets"))),
            (path("a/b.toml"), Ok(("/app/a/b.toml", "/a/b.toml"))),
            (placed("../models", "/models/"), Ok(("/app/../models", "/models"))),
            (placed("/etc/x", "/"), Ok(("/etc/x", ""))),
            (path("assets/*"), Err("patterns")),
            (path("../x"), Err("below the manifest")),
            (path("/x"), Err("below the manifest")),
            (placed("x", "y"), Err("starts with `/`")),
        ];
        for (entry, expected) in rows {
            match (Placed::new(&entry, Path::new("/app")), expected) {
                (Ok(placed), Ok((source, at))) => {
                    assert_eq!(placed, Placed { source: source.into(), at: at.to_owned() });
                }
                (Err(error), Err(part)) => assert!(error.contains(part), "{entry:?}: {error}"),
                (got, _) => panic!("{entry:?}: {got:?}"),
            }
        }
    }

    #[test]
    fn mounts_folders_and_copies_files() {
        let base = std::env::temp_dir().join(format!("postern-spin-files-test-{}", std::process::id()));
        let base = private::folder(&base).unwrap();
        fs::create_dir(base.join("models")).unwrap();
        fs::write(base.join("a.toml"), "a").unwrap();
        fs::write(base.join("b.toml"), "b").unwrap();
        let placed = |source: &str, at: &str| Placed { source: base.join(source), at: at.to_owned() };
        let files = [placed("models", "/models"), placed("a.toml", "/etc/a.toml"), placed("b.toml", "/b")];
        let mounted = mounts(&files, Some(&base)).unwrap();
        let at: Vec<_> = mounted.iter().map(|mount| mount.at.as_str()).collect();
        assert_eq!(at, ["/", "/etc", "/models"]);
        assert_eq!(fs::read_to_string(mounted[0].folder.join("b")).unwrap(), "b");
        assert_eq!(fs::read_to_string(mounted[1].folder.join("a.toml")).unwrap(), "a");
        assert_eq!(fs::read_dir(&mounted[1].folder).unwrap().count(), 1);
        assert_eq!(mounted[2].folder, base.join("models"));
        assert_eq!(mounts(&files, Some(&base)).unwrap(), mounted);
        assert!(mounts(&[placed("nothing", "/x")], Some(&base)).is_err());
        assert!(mounts(&[placed("models", "/x"), placed("models", "/x")], Some(&base)).is_err());
        assert!(mounts(&[placed("models", "/x"), placed("a.toml", "/x/a")], Some(&base)).is_err());
        fs::remove_dir_all(base).unwrap();
    }
}
