//! Folders that nobody else can write to.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use wasmtime::error::Context;
use wasmtime::{Result, bail};

/// Makes the folder if it is missing, checks it if it is there, and answers its absolute path.
pub fn folder(path: &Path) -> Result<PathBuf> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("cannot make the folder {}", path.display()))?;
    let path = fs::canonicalize(path)?;
    let about = fs::metadata(&path)?;
    if about.uid() != rustix::process::geteuid().as_raw() {
        bail!("{} belongs to another user; take a folder of your own", path.display());
    }
    if about.mode() & 0o022 != 0 {
        bail!("others may write to {}; run `chmod go-w` on it", path.display());
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn makes_and_checks() {
        let base = std::env::temp_dir().join(format!("postern-spin-host-test-{}", std::process::id()));
        let path = base.join("a/b");
        let made = folder(&path).unwrap();
        assert_eq!(fs::metadata(&made).unwrap().mode() & 0o777, 0o700);
        for (mode, fine) in [(0o755, true), (0o775, false), (0o702, false)] {
            fs::set_permissions(&made, Permissions::from_mode(mode)).unwrap();
            assert_eq!(folder(&path).is_ok(), fine, "{mode:o}");
        }
        fs::remove_dir_all(base).unwrap();
    }
}
