//! Keeps the promises of ARCHITECTURE.md like any other test: who may import whom, and how large things are.

use std::fs;
use std::path::{Path, PathBuf};

use postern_tests::process::top;

/// Longest file, in lines.
const FILE_LINES: usize = 400;
/// Longest function, in lines.
const FUNCTION_LINES: usize = 70;
/// Folders that hold nothing written by hand.
const GENERATED: [&str; 6] = ["target", "node_modules", "build", "out", ".git", ".wrangler"];

/// Inside `shared/gateway/src`, what each module may import of its own crate. What is not named imports nothing.
const LAYERS: &[(&str, &[&str])] = &[
    ("limits", &["mcp"]),
    ("codec", &[]),
    ("address", &[]),
    ("calendar", &[]),
    ("tokens", &[]),
    ("within", &["platform"]),
    ("mcp", &["limits", "codec"]),
    ("error", &["mcp", "limits"]),
    ("ledger", &["calendar", "limits", "codec", "mcp"]),
    ("settings", &["error", "limits"]),
    ("tenant", &["calendar", "ledger", "limits"]),
    ("platform", &["stage", "ledger", "tenant", "error", "limits", "mcp"]),
    ("tokens", &[]),
    (
        "stage",
        &["address", "within", "tokens", "ledger", "tenant", "platform", "mcp", "error", "limits", "codec"],
    ),
    ("upstream", &["address", "within", "stage", "tenant", "platform", "mcp", "error", "limits", "codec"]),
    (
        "catalog",
        &["address", "within", "upstream", "stage", "tenant", "platform", "mcp", "error", "limits", "codec"],
    ),
    ("dlp", &["within", "calendar", "tenant", "platform", "mcp", "error", "limits"]),
    ("arrival", &["error", "mcp", "reply", "tenant"]),
    ("reply", &["mcp"]),
    ("memory", &["within", "ledger", "error", "limits", "platform", "stage"]),
    ("serving", &["arrival", "compile", "gateway", "mcp", "platform", "reply", "settings", "stage"]),
    (
        "compile",
        &[
            "address", "calendar", "ledger", "settings", "stage", "tenant", "platform", "mcp", "error",
            "limits",
        ],
    ),
    (
        "gateway",
        &[
            "address", "arrival", "reply", "compile", "settings", "catalog", "upstream", "dlp", "stage",
            "tokens", "ledger", "tenant", "platform", "mcp", "error", "limits", "codec", "within",
        ],
    ),
];

/// Components for Spin that are nothing of the gateway's: what it is measured against, and a part of its edge alone.
const TEST_COMPONENTS: [&str; 2] = ["tests/bench/spin-floor/", "tests/spin-ledger/"];

/// A file with its path from the top of the repository.
struct Source {
    path: String,
    text: String,
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() {
            if !GENERATED.iter().any(|generated| name == *generated) {
                walk(&path, found);
            }
        } else {
            found.push(path);
        }
    }
}

fn sources(ends: &[&str]) -> Vec<Source> {
    let top = top();
    let mut paths = Vec::new();
    walk(&top, &mut paths);
    paths.sort();
    let wanted =
        |path: &PathBuf| path.extension().is_some_and(|end| ends.iter().any(|wanted| end == *wanted));
    let sources: Vec<Source> = paths
        .iter()
        .filter(|path| wanted(path))
        .filter_map(|path| {
            let name = path.strip_prefix(&top).ok()?.to_string_lossy().into_owned();
            Some(Source { path: name, text: fs::read_to_string(path).ok()? })
        })
        .collect();
    assert!(!sources.is_empty(), "no file found below {}", top.display());
    sources
}

impl Source {
    /// The file without its unit tests: empty when it is part of a module `tests`.
    fn shipped(&self) -> &str {
        if self.path.contains("/src/") && (self.path.contains("/tests/") || self.path.ends_with("/tests.rs"))
        {
            return "";
        }
        self.text.split("\n#[cfg(test)]").next().unwrap_or_default()
    }
}

/// Whether the file belongs to a component of the tests.
fn is_test_component(source: &Source) -> bool {
    TEST_COMPONENTS.iter().any(|folder| source.path.starts_with(folder))
}

fn report(problems: Vec<String>) {
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn files_are_short() {
    let long = |source: &Source| {
        let lines = source.text.lines().count();
        (lines > FILE_LINES).then(|| format!("{}: {lines} lines, at most {FILE_LINES}", source.path))
    };
    report(sources(&["rs", "mjs", "js", "py", "sh"]).iter().filter_map(long).collect());
}

/// Functions with their first line and length. Relies on rustfmt: the closing brace has the indentation of `fn`.
fn functions(text: &str) -> Vec<(usize, String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let words = ["pub ", "pub(crate) ", "pub(super) ", "const ", "async ", "unsafe ", "extern \"C\" "];
        let mut rest = code;
        while let Some(after) = words.iter().find_map(|word| rest.strip_prefix(word)) {
            rest = after;
        }
        let Some(name) = rest.strip_prefix("fn ") else { continue };
        let end = format!("{}}}", &line[..line.len() - code.len()]);
        // A signature without a body ends before any line opens one; a body on one line ends there.
        let body = lines[at..].iter().position(|line| line.ends_with('{')).unwrap_or(usize::MAX);
        let bare =
            lines[at..].iter().position(|line| line.ends_with(';') || line.ends_with('}')).unwrap_or(0);
        let length = if bare < body { Some(bare) } else { lines[at..].iter().position(|line| *line == end) };
        let name = name.split(['(', '<']).next().unwrap_or_default();
        found.extend(length.map(|length| (at + 1, name.to_owned(), length + 1)));
    }
    found
}

#[test]
fn functions_are_short() {
    let mut problems = Vec::new();
    let mut seen = 0;
    for source in sources(&["rs"]) {
        // Tables of unit tests may be as long as they are.
        for (line, name, length) in functions(source.shipped()) {
            seen += 1;
            if length > FUNCTION_LINES {
                problems.push(format!(
                    "{}:{line}: {name} has {length} lines, at most {FUNCTION_LINES}",
                    source.path
                ));
            }
        }
    }
    assert!(seen > 100, "only {seen} functions were recognised: this test no longer reads the code");
    report(problems);
}

/// The code of a file without comments and without its unit tests, with line numbers.
fn code(source: &Source) -> impl Iterator<Item = (usize, &str)> {
    source
        .shipped()
        .lines()
        .enumerate()
        .map(|(at, line)| (at + 1, line))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// The modules of the own crate that a line names: `crate::NAME` and `use crate::{NAME...}`.
fn named(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in line.split("crate::").skip(1) {
        let names = part.strip_prefix('{').map_or(part, |rest| rest.split('}').next().unwrap_or_default());
        let names: Vec<&str> = if part.starts_with('{') { names.split(',').collect() } else { vec![names] };
        for name in names {
            let name = name
                .trim()
                .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .next()
                .unwrap_or_default();
            if name.starts_with(|c: char| c.is_ascii_lowercase()) {
                found.push(name.to_owned());
            }
        }
    }
    found
}

#[test]
fn modules_import_downwards() {
    let mut problems = Vec::new();
    let mut seen = 0;
    for source in sources(&["rs"]) {
        let Some(inside) = source.path.strip_prefix("shared/gateway/src/") else { continue };
        let module = inside.split(['/', '.']).next().unwrap_or_default();
        if module == "lib" {
            continue;
        }
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == module) else {
            problems.push(format!("{}: the module {module} has no place among the layers", source.path));
            continue;
        };
        for (line, text) in code(&source) {
            for name in named(text) {
                seen += 1;
                if name != module && !allowed.contains(&name.as_str()) {
                    problems.push(format!("{}:{line}: {module} may not import {name}", source.path));
                }
            }
        }
    }
    assert!(seen > 0, "no import was recognised: this test no longer reads the code");
    report(problems);
}

#[test]
fn hosts_stay_at_the_edge() {
    let hosts = ["worker", "spin_sdk", "wasm_bindgen", "wasm_bindgen_futures", "js_sys", "web_sys"];
    let mut problems = Vec::new();
    for source in sources(&["rs"]).iter().filter(|source| !is_test_component(source)) {
        if source.path.starts_with("edge/") {
            let own = source.path.split('/').nth(1).unwrap_or_default().to_owned();
            for edge in ["cloudflare", "spin"].iter().filter(|edge| **edge != own) {
                if source.text.contains(&format!("postern_{edge}")) {
                    problems.push(format!("{}: an edge imports another edge, {edge}", source.path));
                }
            }
            continue;
        }
        for (line, text) in code(source) {
            for host in hosts {
                if text.contains(&format!("use {host}::")) || text.contains(&format!(" {host}::")) {
                    problems.push(format!("{}:{line}: {host} belongs under edge/", source.path));
                }
            }
        }
    }
    for source in sources(&["toml"]).iter().filter(|source| source.path.ends_with("Cargo.toml")) {
        let ours = |_: &&str| !source.path.starts_with("edge/") && !is_test_component(source);
        for line in source.text.lines().filter(ours) {
            if line.starts_with("worker ") || line.starts_with("spin-sdk") {
                problems.push(format!("{}: {line}: belongs under edge/", source.path));
            }
        }
    }
    report(problems);
}

#[test]
fn the_gateway_knows_no_target() {
    let mut problems = Vec::new();
    // A benchmark of the gateway may look at a clock; the gateway may not.
    for source in sources(&["rs"]).iter().filter(|source| source.path.starts_with("shared/gateway/src/")) {
        for (line, text) in source.text.lines().enumerate() {
            if text.contains("cfg(target_")
                || text.contains("SystemTime::now")
                || text.contains("Instant::now")
            {
                problems.push(format!("{}:{}: {}", source.path, line + 1, text.trim()));
            }
        }
    }
    report(problems);
}

/// Others could use them: they know nothing of ours, no host, no clock, and redaction no processor either.
#[test]
fn redaction_and_meaning_are_libraries_of_their_own() {
    let all = sources(&["rs", "toml"]);
    let words = ["postern::", "postern =", "worker::", "spin_sdk", "SystemTime::now"];
    let mut problems = Vec::new();
    for (folder, foreign) in [
        ("shared/redact/", &["postern-semantic", "cfg(target"][..]),
        ("shared/semantic/", &["postern-redact"]),
    ] {
        let own: Vec<&Source> = all.iter().filter(|source| source.path.starts_with(folder)).collect();
        assert!(own.len() > 20, "only {} files of {folder} were seen", own.len());
        for (source, (at, line)) in own.iter().flat_map(|source| code(source).map(move |line| (source, line)))
        {
            if words.iter().chain(foreign).any(|word| line.contains(word)) {
                problems.push(format!("{}:{at}: {}", source.path, line.trim()));
            }
        }
    }
    report(problems);
}

#[test]
fn nothing_is_left_for_later() {
    let words = [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["XX", "X"].concat(), ["HA", "CK"].concat()];
    let mut problems = Vec::new();
    for source in sources(&["rs", "mjs", "js", "py", "sh", "md", "toml"]) {
        for (line, text) in source.text.lines().enumerate() {
            let has =
                |word: &String| text.split(|c: char| !c.is_ascii_alphanumeric()).any(|found| found == word);
            if words.iter().any(has) {
                problems.push(format!("{}:{}: {}", source.path, line + 1, text.trim()));
            }
        }
    }
    report(problems);
}

#[test]
fn lock_files_name_no_registry() {
    let mut problems = Vec::new();
    for source in sources(&["json"]).iter().filter(|source| source.path.ends_with("package-lock.json")) {
        for (line, text) in source.text.lines().enumerate() {
            if text.contains("\"resolved\": \"http") {
                problems.push(format!("{}:{}: {}", source.path, line + 1, text.trim()));
            }
        }
    }
    report(problems);
}

#[test]
fn this_test_reads_code_right() {
    let text = "fn a() {\n    b\n}\n\nimpl X {\n    pub async fn c<T>(&self)\n    where\n        T: Y,\n    {\n        d\n    }\n}\n";
    assert_eq!(functions(text), [(1, "a".to_owned(), 3), (6, "c".to_owned(), 6)]);
    assert_eq!(named("use crate::{mcp::json, Gateway, error::Row};"), ["mcp", "error"]);
    assert_eq!(named("x: crate::stage::Key, y: crate::tenant::T"), ["stage", "tenant"]);
}
