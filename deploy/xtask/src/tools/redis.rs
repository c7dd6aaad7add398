//! A Redis or Valkey server for the tests: one that is installed, else Debian's packages unpacked into the cache folder.
//! That needs no root, and nothing is started but by the tests.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::paths::{Paths, hold};
use crate::process;
use crate::progress::step;

/// Names another server than the PATH's.
const VARIABLE: &str = "POSTERN_REDIS";
/// What is looked for on the PATH.
const PROGRAMS: [&str; 2] = ["redis-server", "valkey-server"];
/// Debian's package, and the program in it: a link into the other package.
const PACKAGE: &str = "redis-server";
/// The package that has the program itself.
const TOOLS: &str = "redis-tools";
/// What helps where it could not be installed.
const REMEDY: &str = "install redis-server or valkey-server from your system's packages (`apt-get install redis-server`), \
    or name one by POSTERN_REDIS=/path/to/redis-server";

/// The server that POSTERN_REDIS names, else the one on the PATH, else Debian's.
pub(crate) fn find_or_install(paths: &Paths) -> Result<PathBuf> {
    if let Some(named) = std::env::var_os(VARIABLE) {
        let program = PathBuf::from(named);
        if version(&program).is_none() {
            bail!("{VARIABLE} names {}, which is no Redis or Valkey server", program.display());
        }
        return Ok(program);
    }
    if let Some(program) = PROGRAMS.iter().map(PathBuf::from).find(|program| version(program).is_some()) {
        return Ok(program);
    }
    let _held = hold(&paths.cache, "redis")?;
    let kept = paths.cache.join("redis");
    // Tried, not only looked for: it stands on libraries of the system, which may have changed.
    let made_before = fs::read_dir(&kept).into_iter().flatten().flatten();
    let mut made_before = made_before.map(|version| version.path().join("bin").join(PACKAGE));
    if let Some(program) = made_before.find(|program| version(program).is_some()) {
        return Ok(program);
    }
    if process::probe(Command::new("apt-get").arg("--version")).is_none() {
        bail!("the tests need a Redis server, and this is not Debian: {REMEDY}");
    }
    let work = paths.cache.join(format!("redis-build-{}", std::process::id()));
    let made = step("Redis from Debian's packages", "10 s, 2 MB from the network", || {
        let _ = fs::remove_dir_all(&work);
        unpack(paths, &work)?;
        let version = version(&work.join("bin").join(PACKAGE)).context("what was unpacked does not start")?;
        let folder = kept.join(version);
        fs::create_dir_all(&kept)?;
        let _ = fs::remove_dir_all(&folder);
        // Moved into its place, so that a half-made one never counts.
        fs::rename(&work, &folder)?;
        Ok(folder.join("bin").join(PACKAGE))
    });
    let _ = fs::remove_dir_all(&work);
    made.with_context(|| {
        format!("the tests need a Redis server, and Debian's could not be unpacked: {REMEDY}")
    })
}

/// The version that a server prints.
fn version(program: &Path) -> Option<String> {
    version_in(&process::probe(Command::new(program).arg("--version"))?).map(str::to_owned)
}

/// The version in a line like `Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=...`.
fn version_in(printed: &str) -> Option<&str> {
    let rest = printed.strip_prefix("Redis").or_else(|| printed.strip_prefix("Valkey"))?;
    rest.strip_prefix(" server v=")?.split_whitespace().next()
}

/// Downloads the package and what it needs beyond what is installed, and lays it out in `work`.
fn unpack(paths: &Paths, work: &Path) -> Result<()> {
    let packages = work.join("packages");
    fs::create_dir_all(&packages)?;
    let log = paths.log("redis")?;
    // The lists of the system may be missing, or name what is no longer there; then come lists of our own, because
    // only root may bring those up to date.
    if download(&[], &packages, &log).is_err() {
        let lists = own_lists(work)?;
        let mut update = apt(&lists);
        process::run(update.arg("update"), &log).context("apt-get cannot read Debian's package lists")?;
        download(&lists, &packages, &log)?;
    }
    let root = work.join("root");
    for file in fs::read_dir(&packages)? {
        process::run(Command::new("dpkg-deb").arg("--extract").arg(file?.path()).arg(&root), &log)?;
    }
    fs::remove_dir_all(&packages)?;
    let _ = fs::remove_dir_all(work.join("apt"));
    write_starter(work)
}

/// Options that keep apt's lists and caches in `work`.
fn own_lists(work: &Path) -> Result<Vec<String>> {
    let apt = work.join("apt");
    fs::create_dir_all(apt.join("lists/partial"))?;
    fs::create_dir_all(apt.join("cache/archives/partial"))?;
    let apt = apt.display();
    Ok(vec![format!("Dir::State::Lists={apt}/lists"), format!("Dir::Cache={apt}/cache")])
}

/// apt-get that neither asks nor locks.
fn apt(options: &[String]) -> Command {
    let mut apt = Command::new("apt-get");
    // Root's downloads would go through a user that may not write to the cache folder.
    let fixed = ["Debug::NoLocking=true", "APT::Sandbox::User=root"].map(str::to_owned);
    for option in options.iter().chain(&fixed) {
        apt.args(["-o", option]);
    }
    apt.arg("-q");
    apt
}

/// Downloads into `folder` what an installation would.
fn download(options: &[String], folder: &Path, log: &Path) -> Result<()> {
    let mut planned = apt(options);
    planned.args(["install", "--print-uris", "--yes", "--no-install-recommends", PACKAGE]);
    let planned = process::probe(&mut planned).with_context(|| format!("apt-get knows no {PACKAGE}"))?;
    let mut names = package_names(&planned);
    // One that is installed would not be downloaded, and the other is of no use without it.
    names.extend([PACKAGE, TOOLS]);
    names.sort_unstable();
    names.dedup();
    process::run(apt(options).arg("download").args(names).current_dir(folder), log)
}

/// The packages in lines like `'http://...' redis-tools_5%3a7.0.15-1_amd64.deb 991988 MD5Sum:...`.
fn package_names(planned: &str) -> Vec<&str> {
    let lines = planned.lines().filter(|line| line.starts_with('\''));
    lines.filter_map(|line| line.split(' ').nth(1)?.split_once('_').map(|(name, _)| name)).collect()
}

/// A script that starts the server with the libraries beside it.
fn write_starter(work: &Path) -> Result<()> {
    let script = format!(
        "#!/bin/sh\n\
        root=$(dirname \"$(dirname \"$(readlink -f \"$0\")\")\")/root\n\
        for folder in \"$root\"/usr/lib/*-linux-gnu* \"$root\"/lib/*-linux-gnu*; do\n    \
            LD_LIBRARY_PATH=$folder${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}\n\
        done\n\
        export LD_LIBRARY_PATH\n\
        exec \"$root/usr/bin/{PACKAGE}\" \"$@\"\n"
    );
    let bin = work.join("bin");
    fs::create_dir_all(&bin)?;
    let starter = bin.join(PACKAGE);
    fs::write(&starter, script)?;
    fs::set_permissions(&starter, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{package_names, version_in};

    #[test]
    fn only_servers_have_a_version() {
        assert_eq!(version_in("Redis server v=7.0.15 sha=0:0 malloc=jemalloc bits=64\n"), Some("7.0.15"));
        assert_eq!(version_in("Valkey server v=8.1.1 sha=0:0\n"), Some("8.1.1"));
        assert_eq!(version_in("redis-cli 7.0.15\n"), None);
    }

    #[test]
    fn packages_are_named_by_their_files() {
        let planned = "Reading package lists...\nThe following NEW packages will be installed:\n  liblzf1\n\
            'http://a.example/liblzf1_3.6-3_amd64.deb' liblzf1_3.6-3_amd64.deb 10192 MD5Sum:69\n\
            'http://a.example/x.deb' redis-server_5%3a7.0.15-1~deb12u10_amd64.deb 73908 \n";
        assert_eq!(package_names(planned), ["liblzf1", "redis-server"]);
        assert!(package_names("redis-server is already the newest version").is_empty());
    }
}
