//! The official clients (npm SDK 1.x, npm client 2.x, PyPI `mcp`, the Inspector's command line), each in every era
//! that it speaks, list and call through the gateway on workerd with a token, in front of four real servers; and
//! they are refused as the tables say while the upstream sees nothing.

mod scene;

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::{Result, bail, ensure};
use postern_tests::report::Report;
use scene::Scene;
use serde_json::{Value, json};

/// Clients at once.
const AT_ONCE: usize = 3;
const OLD: &str = "2025-11-25";
const NEW: &str = "2026-07-28";

/// A client in one era, and the revision that it ends up with.
struct Client {
    name: &'static str,
    program: &'static str,
    arguments: &'static [&'static str],
    revision: &'static str,
}

const CLIENTS: [Client; 10] = [
    Client { name: "sdk", program: "sdk.mjs", arguments: &[], revision: OLD },
    Client { name: "client legacy", program: "client.mjs", arguments: &["--era", "legacy"], revision: OLD },
    Client { name: "client auto", program: "client.mjs", arguments: &["--era", "auto"], revision: NEW },
    Client { name: "client modern", program: "client.mjs", arguments: &["--era", "modern"], revision: NEW },
    Client { name: "python legacy", program: "python.py", arguments: &["--mode", "legacy"], revision: OLD },
    Client { name: "python auto", program: "python.py", arguments: &["--mode", "auto"], revision: NEW },
    Client { name: "python modern", program: "python.py", arguments: &["--mode", NEW], revision: NEW },
    Client {
        name: "inspector legacy",
        program: "inspector.mjs",
        arguments: &["--era", "legacy"],
        revision: OLD,
    },
    Client { name: "inspector auto", program: "inspector.mjs", arguments: &["--era", "auto"], revision: NEW },
    Client {
        name: "inspector modern",
        program: "inspector.mjs",
        arguments: &["--era", "modern"],
        revision: NEW,
    },
];

/// A server with the tool that is called, its arguments, and a text of the result.
struct Server {
    alias: &'static str,
    program: &'static str,
    tool: &'static str,
    arguments: &'static str,
    text: &'static str,
}

const SERVERS: [Server; 4] = [
    Server {
        alias: "modern",
        program: "modern.mjs",
        tool: "modern__test_echo",
        arguments: r#"{"value":"é😀"}"#,
        text: "\"é😀\"",
    },
    Server {
        alias: "legacy",
        program: "legacy.mjs",
        tool: "legacy__test_echo",
        arguments: r#"{"value":["é",{"a":null}]}"#,
        text: "[\"é\",{\"a\":null}]",
    },
    Server {
        alias: "everything",
        program: "everything.mjs",
        tool: "everything__echo",
        arguments: r#"{"message":"hello"}"#,
        text: "Echo: hello",
    },
    Server {
        alias: "python",
        program: "python_server.py",
        tool: "python__echo",
        arguments: r#"{"message":"hello"}"#,
        text: "hello",
    },
];

type Check = Box<dyn Fn(&Scene) -> Result<()> + Send + Sync>;

/// Lists everything, and calls the tool of one server.
fn calls(client: &'static Client, server: &'static Server) -> Check {
    Box::new(move |scene| {
        let more = ["--tool", server.tool, "--args", server.arguments];
        let report = scene.drive(client, &scene.endpoint, Some(&scene.token), &more)?;
        ensure!(report["error"].is_null(), "{report:#}");
        ensure!(
            report["negotiated"] == client.revision,
            "negotiated {} instead of {}",
            report["negotiated"],
            client.revision
        );
        let listed = report["tools"].as_array().cloned().unwrap_or_default();
        for server in &SERVERS {
            ensure!(listed.contains(&json!(server.tool)), "{} is not listed: {listed:?}", server.tool);
        }
        let text = report.pointer("/result/content/0/text").and_then(Value::as_str);
        ensure!(text == Some(server.text), "the result is {}", report["result"]);
        Ok(())
    })
}

/// Gets a prompt, reads a resource and completes, all at one server.
fn reads(client: &'static Client) -> Check {
    Box::new(move |scene| {
        let complete = r#"{"ref":{"type":"ref/prompt","name":"legacy__test_prompt_with_arguments"},"argument":{"name":"arg1","value":"p"}}"#;
        let mut more =
            vec!["--prompt", "python__greet", "--args", r#"{"name":"Ada"}"#, "--read", "python://readme"];
        if client.program != "inspector.mjs" {
            more.extend(["--complete", complete]);
        }
        let report = scene.drive(client, &scene.endpoint, Some(&scene.token), &more)?;
        ensure!(report["error"].is_null(), "{report:#}");
        ensure!(report["prompt"].to_string().contains("Ada"), "the prompt is {}", report["prompt"]);
        ensure!(report["read"].to_string().contains("python://readme"), "the resource is {}", report["read"]);
        if client.program != "inspector.mjs" {
            ensure!(report["completion"]["values"].is_array(), "the completion is {}", report["completion"]);
        }
        Ok(())
    })
}

/// A tool of server-everything that is a task alone, of 2025-11-25: it asks the user, and goes on with the answer.
const TASK: Client = Client { name: "tasks modern", program: "task.mjs", arguments: &[], revision: NEW };

/// Its states as a modern client sees them, and what it came to.
fn task() -> Check {
    Box::new(|scene| {
        let arguments = r#"{"topic":"python","ambiguous":true}"#;
        let more = ["--tool", "everything__simulate-research-query", "--args", arguments];
        let report = scene.drive(&TASK, &scene.endpoint, Some(&scene.token), &more)?;
        ensure!(report["error"].is_null(), "{report:#}");
        ensure!(
            report["states"] == json!(["task", "working", "input_required", "working", "completed"]),
            "{report:#}"
        );
        ensure!(report["asked"] == 1, "{report:#}");
        let text = report.pointer("/result/content/0/text").and_then(Value::as_str).unwrap_or_default();
        ensure!(text.contains("**Clarification**: programming"), "the result is {text}");
        Ok(())
    })
}

/// The kinds of refusal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Refused {
    NoToken,
    BadToken,
    DeniedTool,
}

/// Is refused at the endpoint behind which nobody may ever be asked.
fn refused(client: &'static Client, kind: Refused) -> Check {
    Box::new(move |scene| {
        let token = match kind {
            Refused::NoToken => None,
            Refused::BadToken => Some(scene.bad.as_str()),
            Refused::DeniedTool => Some(scene.narrow.as_str()),
        };
        let report = scene.drive(client, &scene.closed, token, &["--tool", "a__echo", "--args", "{}"])?;
        ensure!(!report["error"].is_null(), "it was not refused: {report:#}");
        // The Inspector tells no statuses, and looks a tool up in the list before it calls it.
        if client.program != "inspector.mjs" {
            let statuses = report["statuses"].as_array().cloned().unwrap_or_default();
            if kind == Refused::DeniedTool {
                let message = report["error"]["message"].as_str().unwrap_or_default();
                ensure!(message.contains("Unknown tool: a__echo"), "{report:#}");
            } else {
                ensure!(
                    !statuses.is_empty() && statuses.iter().all(|status| *status == 401),
                    "statuses {statuses:?}"
                );
            }
        }
        let seen = scene.untouched.seen("/");
        ensure!(seen.is_empty(), "the upstream saw {seen:?}");
        Ok(())
    })
}

/// No journal of any server holds a part of a token: its signature or its claims.
fn no_token_anywhere() -> Check {
    Box::new(|scene| {
        for journal in &scene.journals {
            let text = std::fs::read_to_string(journal)?;
            ensure!(text.contains("tools/call"), "{} notes no call", journal.display());
            for part in scene.token.split('.').filter(|part| part.len() > 20) {
                if text.contains(part) {
                    bail!("the agent's token reached an upstream: {}", journal.display());
                }
            }
        }
        Ok(())
    })
}

fn checks() -> Vec<(String, Check)> {
    let mut checks: Vec<(String, Check)> = Vec::new();
    for (at, client) in CLIENTS.iter().enumerate() {
        // The Inspector starts a program for each of its requests: one server for each era has to do.
        let slow = client.program == "inspector.mjs";
        for (place, server) in SERVERS.iter().enumerate() {
            if !slow || place == at % SERVERS.len() {
                checks.push((format!("{} calls {}", client.name, server.tool), calls(client, server)));
            }
        }
        checks.push((format!("{} gets, reads, completes", client.name), reads(client)));
        for (what, kind) in [
            ("without a token", Refused::NoToken),
            ("with a bad token", Refused::BadToken),
            ("for a denied tool", Refused::DeniedTool),
        ] {
            checks.push((format!("{} is refused {what}", client.name), refused(client, kind)));
        }
    }
    checks.push((format!("{} calls a legacy server", TASK.name), task()));
    checks
}

/// Runs the checks on a few threads, in their order of starting.
fn run(scene: &Scene, checks: &[(String, Check)]) -> HashMap<String, Result<(), String>> {
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(HashMap::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((name, check)) = checks.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let outcome = check(scene).map_err(|error| format!("{error:#}"));
                    outcomes.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), outcome);
                }
            });
        }
    });
    outcomes.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn main() -> ExitCode {
    let filters: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let mut report = Report::default();
    match scene::start() {
        Err(error) => report.note("start".to_owned(), Err(format!("{error:#}"))),
        Ok(scene) => {
            let mut chosen = checks();
            chosen.retain(|(name, _)| {
                filters.is_empty() || filters.iter().any(|part| name.contains(part.as_str()))
            });
            let mut outcomes = run(&scene, &chosen);
            for (name, _) in chosen {
                let outcome = outcomes.remove(&name).unwrap_or_else(|| Err("it did not end".to_owned()));
                report.note(name, outcome);
            }
            if filters.is_empty() {
                let outcome = no_token_anywhere()(&scene).map_err(|error| format!("{error:#}"));
                report.note("no token in any journal".to_owned(), outcome);
            }
        }
    }
    report.finish()
}
