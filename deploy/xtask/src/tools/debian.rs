//! The wasm compiler where rustup's servers cannot be reached: Debian ships a compiler together with the source of
//! its standard library (`rustc-web`, `rust-web-src`, `cargo-web`).
//!
//! The library is built once for each target, into a small toolchain folder: the compiler behind a script that names
//! the folder as its system root, the libraries for the host (for build scripts and macros) by a link, rustup's
//! linkers, and the wasm library. Later builds use it like any toolchain, without unstable flags.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::host::Host;
use crate::paths::Paths;
use crate::process;
use crate::progress::step;
use crate::tools::numbers;

/// The compiler, the source of its standard library, and cargo.
const PACKAGES: [&str; 3] = ["rustc-web", "rust-web-src", "cargo-web"];
/// The C library that the standard library stands on where there is a system (WASI).
const LIBC: &str = "wasi-libc";
/// The workspace's `rust-version`. Debian's package lists of the day of installation may name an older compiler.
const OLDEST_RUST: &str = env!("CARGO_PKG_RUST_VERSION");

/// `std` is built as a dependency of this empty crate.
const CARRIER: &str = r#"[package]
name = "std-for-wasm"
version = "0.0.0"
edition = "2024"
[workspace]
[profile.release]
panic = "abort"
"#;

/// What the toolchain is put together from.
struct Parts {
    /// Debian's `rustc` and `cargo`.
    rustc: PathBuf,
    cargo: PathBuf,
    /// `libc.a`, for a target that needs it.
    libc: Option<PathBuf>,
    /// System root of the default compiler, which has `rust-lld` and `wasm-component-ld`.
    default_root: PathBuf,
    /// Debian's triple of this machine.
    host: String,
    /// What is compiled for.
    target: &'static str,
    /// Where the toolchain is kept; its name holds the target and both compilers' versions.
    folder: PathBuf,
}

/// The toolchain folder, if it was made before for these versions of both compilers.
pub(crate) fn made_before(paths: &Paths, target: &'static str) -> Option<PathBuf> {
    let parts = Parts::find(paths, target).ok()?;
    parts.folder.join("bin/rustc").exists().then_some(parts.folder)
}

/// Installs Debian's packages if they are missing, and builds the toolchain folder.
pub(crate) fn make(paths: &Paths, target: &'static str) -> Result<PathBuf> {
    let parts = match Parts::find(paths, target) {
        Ok(parts) => parts,
        Err(_) => {
            install(paths, target)?;
            Parts::find(paths, target)?
        }
    };
    let work = paths.cache.join(format!("wasm-build-{}", std::process::id()));
    let made = step(&format!("Rust's standard library for {target}, from source"), "45 s, once", || {
        let _ = fs::remove_dir_all(&work);
        build_std(&parts, &work, &paths.log("std-for-wasm")?)?;
        lay_out(&parts, &work)
    });
    let _ = fs::remove_dir_all(&work);
    // Cargo would take what was compiled with an earlier library of the same version, and rustc refuse it.
    let _ = fs::remove_dir_all(paths.root.join("target").join(target));
    made.map(|()| parts.folder)
}

impl Parts {
    fn find(paths: &Paths, target: &'static str) -> Result<Self> {
        let rustc = file_of("rustc-web", "bin/rustc")?;
        let cargo = file_of("cargo-web", "bin/cargo")?;
        file_of("rust-web-src", "library")?;
        let libc = needs_libc(target).then(|| file_of(LIBC, "wasm32-wasi/libc.a")).transpose()?;
        let debian = process::output(Command::new(&rustc).arg("--version"))?;
        let version = debian.trim().trim_start_matches("rustc ");
        if numbers(version) < numbers(OLDEST_RUST) {
            bail!(
                "Debian's rustc-web is {version}, and {OLDEST_RUST} is needed: run `apt-get update` and upgrade it"
            );
        }
        let default = process::output(Command::new("rustc").arg("--version"))?;
        let default_root = process::output(Command::new("rustc").args(["--print", "sysroot"]))?;
        let host = process::output(Command::new(&rustc).args(["--print", "host-tuple"]))?;
        let key =
            [&debian, &default].map(|text| text.split(' ').skip(1).take(2).collect::<Vec<_>>().join("-"));
        let name: String = format!("{target}-{}-{}", key[0], key[1])
            .chars()
            .filter(|c| !matches!(c, '(' | ')' | '\n'))
            .collect();
        Ok(Self {
            rustc,
            cargo,
            libc,
            default_root: PathBuf::from(default_root.trim()),
            host: host.trim().to_owned(),
            target,
            folder: paths.cache.join(name),
        })
    }
}

fn needs_libc(target: &str) -> bool {
    target == Host::Spin.target()
}

/// The path of `package`'s file or folder that ends with `name`.
fn file_of(package: &str, name: &str) -> Result<PathBuf> {
    let files = process::probe(Command::new("dpkg").args(["-L", package]))
        .with_context(|| format!("Debian's package {package} is not installed"))?;
    let file = files.lines().map(Path::new).find(|path| path.ends_with(name));
    Ok(file.with_context(|| format!("Debian's package {package} has no {name}"))?.to_path_buf())
}

/// `apt-get update` (the lists of a fresh image may name an older compiler) and `apt-get install`.
fn install(paths: &Paths, target: &str) -> Result<()> {
    let packages: Vec<&str> = PACKAGES.into_iter().chain(needs_libc(target).then_some(LIBC)).collect();
    let by_hand = format!("`apt-get update && apt-get install {}` as root", packages.join(" "));
    if process::probe(Command::new("apt-get").arg("--version")).is_none() {
        bail!("this is not Debian. Connect to the network once and run `rustup target add {target}`");
    }
    if !rustix::process::geteuid().is_root() {
        bail!(
            "Debian's compiler for wasm is missing. Run {by_hand}, or `rustup target add {target}`, and try again"
        );
    }
    let log = paths.log("apt")?;
    step("Debian's compiler for wasm", "60 s, 150 MB from the network", || {
        let apt = || {
            let mut apt = Command::new("apt-get");
            apt.env("DEBIAN_FRONTEND", "noninteractive").args(["-q", "-o", "DPkg::Lock::Timeout=120"]);
            apt
        };
        process::run(apt().arg("update"), &log)?;
        process::run(apt().args(["install", "-y", "--no-install-recommends"]).args(&packages), &log)
    })
    .with_context(|| format!("Debian's packages could not be installed; try {by_hand}"))
}

/// Builds `std` and `panic_abort` in `work`, with the unstable flags that only this step needs.
fn build_std(parts: &Parts, work: &Path, log: &Path) -> Result<()> {
    fs::create_dir_all(work.join("src"))?;
    fs::write(work.join("Cargo.toml"), CARRIER)?;
    fs::write(work.join("src/lib.rs"), "#![no_std]\n")?;
    let mut cargo = Command::new(&parts.cargo);
    cargo
        .current_dir(work)
        .args(["build", "--release", "-Z", "build-std=std,panic_abort", "--target", parts.target])
        .env("CARGO_TARGET_DIR", work.join("target"))
        .env("RUSTC", &parts.rustc)
        .env("RUSTC_BOOTSTRAP", "1")
        // Bitcode beside the code, as rustup's libraries have it: without bitcode a build with fat LTO fails, and
        // with nothing else the linker of one without LTO compiles, and writes each description of a component twice.
        .env("RUSTFLAGS", "-C embed-bitcode=yes")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .stdin(Stdio::null());
    process::run(&mut cargo, log)
}

/// Puts the toolchain folder together beside its place and moves it there, so that a half-made one never counts.
fn lay_out(parts: &Parts, work: &Path) -> Result<()> {
    let made = work.join("toolchain");
    let host_lib = Path::new("lib/rustlib").join(&parts.host);
    let wasm_lib = made.join("lib/rustlib").join(parts.target).join("lib");
    let bin = made.join("bin");
    for folder in [&bin, &wasm_lib, &made.join(&host_lib)] {
        fs::create_dir_all(folder)?;
    }
    for file in fs::read_dir(work.join("target").join(parts.target).join("release/deps"))? {
        let file = file?;
        let name = file.file_name().to_string_lossy().into_owned();
        if name.ends_with(".rlib") && !name.starts_with("libstd_for_wasm") {
            fs::copy(file.path(), wasm_lib.join(name))?;
        }
    }
    if let Some(libc) = &parts.libc {
        // Where a compiler of rustup has its own one, so that it is found without a flag.
        let folder = wasm_lib.join("self-contained");
        fs::create_dir(&folder)?;
        symlink(libc, folder.join("libc.a"))?;
    }
    let debian_root = process::output(Command::new(&parts.rustc).args(["--print", "sysroot"]))?;
    symlink(Path::new(debian_root.trim()).join(&host_lib).join("lib"), made.join(&host_lib).join("lib"))?;
    let linkers = host_lib.join("bin");
    symlink(parts.default_root.join(&linkers), made.join(&linkers))?;
    symlink(&parts.cargo, bin.join("cargo"))?;
    let rustc = bin.join("rustc");
    let script = format!(
        "#!/bin/sh\nexec {} --sysroot \"$(dirname \"$(dirname \"$(readlink -f \"$0\")\")\")\" \"$@\"\n",
        parts.rustc.display()
    );
    fs::write(&rustc, script)?;
    fs::set_permissions(&rustc, fs::Permissions::from_mode(0o755))?;
    let _ = fs::remove_dir_all(&parts.folder);
    fs::rename(&made, &parts.folder)?;
    Ok(())
}
