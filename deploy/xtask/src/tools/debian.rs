//! The wasm compiler where rustup's servers cannot be reached: Debian ships a compiler together with the source of
//! its standard library (`rustc-web`, `rust-web-src`, `cargo-web`).
//!
//! The library is built once into a small toolchain folder: the compiler behind a script that names the folder as
//! its system root, the libraries for the host (for build scripts and macros) by a link, rustup's `rust-lld`, and
//! the wasm library. Later builds use it like any toolchain, without unstable flags.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::paths::Paths;
use crate::process;
use crate::progress::step;
use crate::tools::numbers;
use crate::tools::wasm::TARGET;

const PACKAGES: [&str; 3] = ["rustc-web", "rust-web-src", "cargo-web"];
/// The workspace's `rust-version`. Debian's package lists of the day of installation may name an older compiler.
const OLDEST_RUST: &str = env!("CARGO_PKG_RUST_VERSION");

/// `std` is built as a dependency of this empty crate. `lto = "fat"` makes cargo keep the bitcode in the libraries,
/// without which a later build with fat LTO fails.
const CARRIER: &str = r#"[package]
name = "std-for-wasm"
version = "0.0.0"
edition = "2024"
[workspace]
[profile.release]
panic = "abort"
lto = "fat"
"#;

/// What the toolchain is put together from.
struct Parts {
    /// Debian's `rustc` and `cargo`.
    rustc: PathBuf,
    cargo: PathBuf,
    /// System root of the default compiler, which has `rust-lld`.
    default_root: PathBuf,
    /// Debian's triple of this machine.
    host: String,
    /// Where the toolchain is kept; its name holds both compilers' versions.
    folder: PathBuf,
}

/// The toolchain folder, if it was made before for these versions of both compilers.
pub(crate) fn made_before(paths: &Paths) -> Option<PathBuf> {
    let parts = Parts::find(paths).ok()?;
    parts.folder.join("bin/rustc").exists().then_some(parts.folder)
}

/// Installs Debian's packages if they are missing, and builds the toolchain folder.
pub(crate) fn make(paths: &Paths) -> Result<PathBuf> {
    let parts = match Parts::find(paths) {
        Ok(parts) => parts,
        Err(_) => {
            install(paths)?;
            Parts::find(paths)?
        }
    };
    let work = paths.cache.join(format!("wasm-build-{}", std::process::id()));
    let made = step("the standard library of Rust for wasm, from source", "45 s, once", || {
        let _ = fs::remove_dir_all(&work);
        build_std(&parts, &work, &paths.log("std-for-wasm")?)?;
        lay_out(&parts, &work)
    });
    let _ = fs::remove_dir_all(&work);
    made.map(|()| parts.folder)
}

impl Parts {
    fn find(paths: &Paths) -> Result<Self> {
        let rustc = program_of("rustc-web", "rustc")?;
        let cargo = program_of("cargo-web", "cargo")?;
        program_of("rust-web-src", "library")?;
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
        let name: String = format!("wasm-{}-{}", key[0], key[1])
            .chars()
            .filter(|c| !matches!(c, '(' | ')' | '\n'))
            .collect();
        Ok(Self {
            rustc,
            cargo,
            default_root: PathBuf::from(default_root.trim()),
            host: host.trim().to_owned(),
            folder: paths.cache.join(name),
        })
    }
}

/// The path of `package`'s file called `name`.
fn program_of(package: &str, name: &str) -> Result<PathBuf> {
    let files = process::probe(Command::new("dpkg").args(["-L", package]))
        .with_context(|| format!("Debian's package {package} is not installed"))?;
    let file = files.lines().map(Path::new).find(|path| {
        path.file_name().is_some_and(|file| file == name)
            && (name == "library" || path.parent().is_some_and(is_bin))
    });
    Ok(file.with_context(|| format!("Debian's package {package} has no {name}"))?.to_path_buf())
}

fn is_bin(folder: &Path) -> bool {
    folder.file_name().is_some_and(|name| name == "bin")
}

/// `apt-get update` (the lists of a fresh image may name an older compiler) and `apt-get install`.
fn install(paths: &Paths) -> Result<()> {
    let by_hand = format!("`apt-get update && apt-get install {}` as root", PACKAGES.join(" "));
    if process::probe(Command::new("apt-get").arg("--version")).is_none() {
        bail!("this is not Debian. Connect to the network once and run `rustup target add {TARGET}`");
    }
    if !rustix::process::geteuid().is_root() {
        bail!(
            "Debian's compiler for wasm is missing. Run {by_hand}, or `rustup target add {TARGET}`, and try again"
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
        process::run(apt().args(["install", "-y", "--no-install-recommends"]).args(PACKAGES), &log)
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
        .args(["build", "--release", "-Z", "build-std=std,panic_abort", "--target", TARGET])
        .env("CARGO_TARGET_DIR", work.join("target"))
        .env("RUSTC", &parts.rustc)
        .env("RUSTC_BOOTSTRAP", "1")
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .stdin(Stdio::null());
    process::run(&mut cargo, log)
}

/// Puts the toolchain folder together beside its place and moves it there, so that a half-made one never counts.
fn lay_out(parts: &Parts, work: &Path) -> Result<()> {
    let made = work.join("toolchain");
    let host_lib = Path::new("lib/rustlib").join(&parts.host);
    let wasm_lib = made.join("lib/rustlib").join(TARGET).join("lib");
    let bin = made.join("bin");
    for folder in [&bin, &wasm_lib, &made.join(&host_lib).join("bin")] {
        fs::create_dir_all(folder)?;
    }
    for file in fs::read_dir(work.join("target").join(TARGET).join("release/deps"))? {
        let file = file?;
        let name = file.file_name().to_string_lossy().into_owned();
        if name.ends_with(".rlib") && !name.starts_with("libstd_for_wasm") {
            fs::copy(file.path(), wasm_lib.join(name))?;
        }
    }
    let debian_root = process::output(Command::new(&parts.rustc).args(["--print", "sysroot"]))?;
    symlink(Path::new(debian_root.trim()).join(&host_lib).join("lib"), made.join(&host_lib).join("lib"))?;
    let linker = host_lib.join("bin/rust-lld");
    symlink(parts.default_root.join(&linker), made.join(&linker))?;
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
