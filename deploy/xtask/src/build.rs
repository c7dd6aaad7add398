//! The gateway as wasm. For workerd: bindings, and for a release wasm-opt; the result is in `edge/cloudflare/build`,
//! where `entry.mjs` imports it. For Spin: the component in `edge/spin/build`, which `spin.toml` names.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result, anyhow, bail};
use lexopt::{Arg, Parser, ValueExt};
use serde_json::Value;

use crate::host::Host;
use crate::names;
use crate::paths::{Paths, hold};
use crate::process::{self, Group};
use crate::progress::step;
use crate::tools::node::{self, Node};
use crate::tools::wasm::{self, Compiler};

/// Tells the `cargo xtask build` that wrangler starts what to do: see [`command`].
pub(crate) const BUILD_VARIABLE: &str = "POSTERN_BUILD";

/// What a build is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Small and fast code: profile `edge`, then wasm-opt.
    Release,
    /// A fast build: profile `edge-dev`.
    Development,
}

impl Mode {
    /// The profile in the top folder's Cargo.toml.
    fn profile(self) -> &'static str {
        match self {
            Self::Release => "edge",
            Self::Development => "edge-dev",
        }
    }
}

/// `cargo xtask build [--host HOST] [--release | --dev]`, which is also the build command of `wrangler.toml` and
/// `spin.toml`. `cargo xtask` sets `POSTERN_BUILD` for the wrangler that it starts: `dev` keeps to the development
/// build, `skip` builds nothing.
pub(crate) fn command(paths: &Paths, mut parser: Parser) -> Result<ExitCode> {
    if is_skipped() {
        return Ok(ExitCode::SUCCESS);
    }
    let mut mode = match std::env::var(BUILD_VARIABLE).as_deref() {
        Ok("dev") => Mode::Development,
        _ => Mode::Release,
    };
    let mut host = Host::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("host") => host = parser.value()?.string()?.parse()?,
            Arg::Long("release") => mode = Mode::Release,
            Arg::Long("dev") => mode = Mode::Development,
            other => return Err(other.unexpected().into()),
        }
    }
    match host {
        Host::Workerd => drop(prepare(paths, host, mode)?),
        // Node is for what surrounds a gateway; the component itself needs none.
        Host::Spin => place(paths, &compile(paths, host, mode)?)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether `POSTERN_BUILD` says to take the build that is there.
pub(crate) fn is_skipped() -> bool {
    std::env::var(BUILD_VARIABLE).is_ok_and(|value| value == "skip")
}

/// Installs what a build and its use need, and builds. The npm packages come while the compiler works.
pub(crate) fn prepare(paths: &Paths, host: Host, mode: Mode) -> Result<Node> {
    if is_skipped() {
        return node::find_or_install(paths);
    }
    thread::scope(|scope| {
        let node = scope.spawn(|| node::find_or_install(paths));
        let wasm = compile(paths, host, mode);
        let node = node.join().map_err(|_| anyhow!("setting up Node panicked"))?;
        let (wasm, node) = (wasm?, node?);
        match host {
            Host::Workerd => bind(paths, &wasm, &node, mode)?,
            Host::Spin => place(paths, &wasm)?,
        }
        Ok(node)
    })
}

/// Compiles the gateway for `host`; returns the wasm file.
fn compile(paths: &Paths, host: Host, mode: Mode) -> Result<PathBuf> {
    let (package, target) = (host.package(), host.target());
    let mut cargo = wasm::find_or_install(paths, target)?.cargo(&paths.root);
    cargo.args(["build", "--package", package, "--target", target, "--profile", mode.profile()]);
    artifact(&mut cargo, &package.replace('-', "_"), ".wasm")
        .with_context(|| format!("{package} does not compile"))
}

/// Compiles wasm that only tests and the benchmark run, for the target of a host, with its default features and these;
/// returns the file.
pub(crate) fn test_module(paths: &Paths, package: &str, features: &str, host: Host) -> Result<PathBuf> {
    let target = host.target();
    let mut cargo = wasm::find_or_install(paths, target)?.cargo(&paths.root);
    cargo.args(["build", "--package", package, "--target", target, "--profile", Mode::Release.profile()]);
    cargo.args(["--features", features]);
    artifact(&mut cargo, &package.replace('-', "_"), ".wasm")
        .with_context(|| format!("{package} does not compile"))
}

/// Brings `edge/spin/build` up to date with `wasm`. There is no wasm-opt here: it knows no components.
fn place(paths: &Paths, wasm: &Path) -> Result<()> {
    let _held = hold(&paths.dev, "build-spin")?;
    let out = paths.component();
    let made = fs::read(wasm).with_context(|| format!("{} is missing", wasm.display()))?;
    if fs::read(&out).is_ok_and(|placed| placed == made) {
        return Ok(());
    }
    let folder = out.parent().context("the component has no folder")?;
    fs::create_dir_all(folder)?;
    // Moved into its place: whoever starts just then sees the old component or the new one.
    let copied = folder.join("copied.wasm");
    fs::write(&copied, made)?;
    fs::rename(&copied, &out)?;
    Ok(())
}

/// Brings `edge/cloudflare/build` up to date with `wasm`.
fn bind(paths: &Paths, wasm: &Path, node: &Node, mode: Mode) -> Result<()> {
    let _held = hold(&paths.dev, "build")?;
    let out = paths.worker_build();
    let stamp = out.join(".made-from");
    let source = fingerprint(wasm, mode)?;
    if fs::read_to_string(&stamp).is_ok_and(|made_from| made_from == source) {
        return Ok(());
    }
    let _ = fs::remove_dir_all(&out);
    let bindgen = bindgen(paths)?;
    let log = paths.log("bindgen")?;
    process::run(Command::new(bindgen).arg(wasm).arg(&out).arg("postern"), &log)?;
    import_plainly(&out.join("postern.js"))?;
    if mode == Mode::Release {
        optimize(node, &out.join("postern_bg.wasm"), &paths.log("wasm-opt")?)?;
    }
    fs::write(&stamp, source)?;
    Ok(())
}

/// Runs a cargo that builds, with its progress shown, and returns the file that it made for the target `name`.
pub(crate) fn artifact(cargo: &mut Command, name: &str, ending: &str) -> Result<PathBuf> {
    cargo.arg("--message-format=json-render-diagnostics").stdout(Stdio::piped());
    // Cargo says what it compiles; that no step comes in front is why a build with nothing to do says nothing.
    let mut group =
        Group::start(cargo.arg(if std::env::var_os("CI").is_some() { "--quiet" } else { "--color=auto" }))?;
    let mut made = None;
    for line in group.lines()? {
        let Ok(message) = serde_json::from_str::<Value>(&line) else { continue };
        if message["reason"] != "compiler-artifact" || message["target"]["name"] != name {
            continue;
        }
        let files = message["filenames"].as_array().into_iter().flatten().filter_map(Value::as_str);
        made = files
            .chain(message["executable"].as_str())
            .find(|file| file.ends_with(ending))
            .map(PathBuf::from);
    }
    let status = group.wait()?;
    if !status.success() {
        bail!("cargo failed ({status})");
    }
    made.with_context(|| format!("cargo named no file for '{name}'"))
}

/// What a build was made from, so that the same wasm is not worked on twice.
fn fingerprint(wasm: &Path, mode: Mode) -> Result<String> {
    let data = fs::metadata(wasm).with_context(|| format!("{} is missing", wasm.display()))?;
    let made = data.modified()?.duration_since(UNIX_EPOCH)?.as_nanos();
    Ok(format!("{} of {} bytes, {made} ns, {mode:?}, wasm-bindgen {}\n", wasm.display(), data.len(), BINDGEN))
}

/// Says that the bindings' form changed; goes up with `deploy/bindgen`.
const BINDGEN: &str = "0.2.130";

/// The program of `deploy/bindgen`, built when it is missing.
fn bindgen(paths: &Paths) -> Result<PathBuf> {
    let mut cargo = Compiler::Default.cargo(&paths.root);
    cargo.args(["build", "--package", "postern-bindgen"]);
    artifact(&mut cargo, "postern-bindgen", "").context("the generator of bindings does not compile")
}

/// wasm-bindgen writes a source-phase import, which wrangler's bundler does not know; a plain import of a wasm file
/// means the same in a Worker: the compiled module.
fn import_plainly(bindings: &Path) -> Result<()> {
    let text = fs::read_to_string(bindings).with_context(|| format!("{} is missing", bindings.display()))?;
    fs::write(bindings, text.replace("import source ", "import "))?;
    Ok(())
}

/// wasm-opt in place. The features are named so that none is used that workerd lacks; names are kept, because a
/// trace without them says nothing, but for their hashes.
fn optimize(node: &Node, wasm: &Path, log: &Path) -> Result<()> {
    const FEATURES: [&str; 8] = [
        "mutable-globals",
        "sign-ext",
        "nontrapping-float-to-int",
        "bulk-memory",
        "multivalue",
        "reference-types",
        "exception-handling",
        "simd",
    ];
    step("wasm-opt", "30 s", || {
        let smaller = wasm.with_extension("smaller");
        let mut command = node.wasm_opt();
        command.arg(wasm).arg("-o").arg(&smaller).args(["-O3", "--debuginfo"]);
        command.args(FEATURES.map(|feature| format!("--enable-{feature}")));
        process::run(&mut command, log)?;
        let module = fs::read(&smaller)?;
        fs::write(&smaller, names::shorten(&module).context("wasm-opt wrote no module")?)?;
        fs::rename(&smaller, wasm)?;
        Ok(())
    })
}
