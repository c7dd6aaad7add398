//! `postern quota loops --batch` as a program: recorded calls in, one line for each chain out.

#[allow(dead_code)]
#[path = "../../../shared/gateway/src/ledger/loops/tests/traces/mod.rs"]
mod traces;

use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Command, Stdio};

/// Exit status, standard output, standard error.
fn batch(arguments: &[&str], input: &str) -> (Option<i32>, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_postern"))
        .args(["quota", "loops"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || {
        // Wrong use ends before everything is read.
        let _ = stdin.write_all(input.as_bytes());
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn lines(trace: &traces::Trace) -> Vec<String> {
    let line = |step: &traces::Step| {
        let (name, tool, args, result) = (json!(trace.name), json!(step.tool), &step.args, &step.result);
        format!(r#"{{"chain":{name},"tool":{tool},"args":{args},"result":{result},"ms":{}}}"#, step.ms)
    };
    trace.steps.iter().map(line).collect()
}

#[test]
fn traces_are_judged_each_for_itself_and_in_order_of_appearance() {
    let all: Vec<traces::Trace> = traces::stuck(9, 60).into_iter().chain(traces::work(9, 120)).collect();
    // All chains at once, a line of each in turn.
    let mut rows: Vec<_> = all.iter().map(|trace| lines(trace).into_iter()).collect();
    let mut input = String::new();
    loop {
        let turn: Vec<String> = rows.iter_mut().filter_map(Iterator::next).collect();
        if turn.is_empty() {
            break;
        }
        input.extend(turn.iter().map(|line| format!("{line}\n")));
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("calls.jsonl");
    std::fs::write(&file, &input).unwrap();
    let (code, out, err) = batch(&["--batch", file.to_str().unwrap()], "");
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert_eq!(batch(&["--batch"], &input), (Some(0), out.clone(), String::new()));
    assert_eq!(batch(&["--batch", "-"], &input), (Some(0), out.clone(), String::new()));
    let found: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(found.len(), all.len());
    for (found, trace) in found.iter().zip(&all) {
        assert_eq!(found["chain"], json!(trace.name));
        match (trace.begins(), trace.deadline()) {
            (Some(begins), Some(deadline)) => {
                // Counted from 1, and the pattern's first call is never stopped.
                let at = usize::try_from(found["stopped_at"].as_u64().unwrap_or(0)).unwrap();
                assert!(at > begins + 1 && at <= deadline + 1, "{found}, not by {}", deadline + 1);
                assert!(found["rule"].is_string(), "{found}");
            }
            _ => assert_eq!((&found["stopped_at"], &found["rule"]), (&Value::Null, &Value::Null), "{found}"),
        }
    }
}

#[test]
fn missing_and_decreasing_times_are_no_progress() {
    let call = |ms: &str| format!(r#"{{"chain":1,"tool":"t","args":{{}},"result":"same"{ms}}}"#);
    // Ten minutes apart, five times in no two minutes.
    let slow: Vec<String> = (0..9).map(|at| call(&format!(r#","ms":{}"#, at * 600_000))).collect();
    assert_eq!(batch(&["--batch"], &slow.join("\n")).1, "{\"chain\":1,\"stopped_at\":null,\"rule\":null}\n");
    let back: Vec<String> = (0..9).map(|at| call(&format!(r#","ms":{}"#, (9 - at) * 600_000))).collect();
    let none = vec![call(""); 9];
    let null = vec![call(r#","ms":null"#); 9];
    let fractions = vec![call(r#","ms":1.75e12"#); 9];
    let before = vec![call(r#","ms":-5"#); 9];
    for input in [back, none, null, fractions, before] {
        let (code, out, _) = batch(&["--batch"], &input.join("\n"));
        assert_eq!((code, out.as_str()), (Some(0), "{\"chain\":1,\"stopped_at\":6,\"rule\":\"same\"}\n"));
    }
}

#[test]
fn members_may_be_absent_and_results_of_any_shape() {
    let line = |result: &str| format!(r#"{{"tool":"t","chain":"c","more":[1]{result}}}"#);
    for (result, rule, at) in [
        (r#","result":{"content":[{"type":"text","text":"x"}]}"#, "same", 6),
        (r#","result":{"content":[],"isError":true}"#, "error", 6),
        (r#","result":{"error":{"code":-32000,"message":"down"}}"#, "error", 6),
        (r#","result":{"code":-32000,"message":"down"}"#, "error", 6),
        (r#","result":"x","args":null"#, "same", 6),
        (r#","result":17,"args":[1]"#, "same", 6),
        (r#","result":null,"args":"x""#, "same", 6),
        // No result ever comes.
        ("", "flight", 13),
    ] {
        let (code, out, err) = batch(&["--batch"], &vec![line(result); 20].join("\n"));
        let expected = format!("{{\"chain\":\"c\",\"stopped_at\":{at},\"rule\":\"{rule}\"}}\n");
        assert_eq!((code, out, err.as_str()), (Some(0), expected, ""), "{result}");
    }
}

#[test]
fn chains_are_the_same_by_what_their_names_mean() {
    let input = r#"{"chain":"é","tool":"t"}
{"chain":"\u00e9","tool":"t"}
{"chain":1,"tool":"t"}
{"chain":"1","tool":"t"}"#;
    let (code, out, _) = batch(&["--batch"], input);
    assert_eq!(code, Some(0));
    let names: Vec<&str> = out.lines().map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(names, [r#"{"chain":"é""#, r#"{"chain":1"#, r#"{"chain":"1""#]);
}

#[test]
fn lines_that_cannot_be_judged_are_named() {
    let good = r#"{"chain":"c","tool":"t","args":{},"result":"x","ms":1}"#;
    let bad = [
        ("oops", "line 2: invalid JSON at byte 0"),
        ("[]", "line 3: it is no JSON object"),
        (r#"{"tool":"t"}"#, "line 4: `chain` is missing"),
        (r#"{"chain":null,"tool":"t"}"#, "line 5: `chain` is neither a string nor a number"),
        (r#"{"chain":"c"}"#, "line 6: `tool` is missing"),
        (r#"{"chain":"c","tool":3}"#, "line 7: `tool` is no string"),
        (r#"{"chain":"c","tool":"t","ms":"soon"}"#, "line 8: `ms` is no number"),
        (r#"{"chain":"c","chain":"d","tool":"t"}"#, "line 9: duplicate member name at byte 13"),
    ];
    let mut input = format!("{good}\n");
    for (line, _) in bad {
        input.push_str(line);
        input.push('\n');
    }
    // Blank lines and ends of lines of any kind are no matter.
    input.push_str(&format!("\n  \r\n{}", format!("{good}\r\n").repeat(5)));
    let (code, out, err) = batch(&["--batch"], &input);
    let named: Vec<&str> = bad.iter().map(|(_, problem)| *problem).collect();
    assert_eq!(err.lines().collect::<Vec<_>>(), named);
    assert_eq!((code, out.as_str()), (Some(2), "{\"chain\":\"c\",\"stopped_at\":6,\"rule\":\"same\"}\n"));
    assert_eq!(batch(&["--batch"], ""), (Some(0), String::new(), String::new()));
    let (code, _, err) = batch(&["--batch"], "{\"chain\":\"\u{0}\"}");
    assert_eq!(code, Some(2), "{err}");
}

#[test]
fn wrong_use_is_told() {
    for arguments in [&[][..], &["calls.jsonl"], &["--batch", "a", "b"], &["--bach"]] {
        let (code, out, err) = batch(arguments, "");
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}: {err}");
        assert!(err.contains("--help"), "{err}");
    }
    let (code, _, err) = batch(&["--batch", "/nonexistent/file"], "");
    assert_eq!(code, Some(1));
    assert!(err.contains("cannot read /nonexistent/file"), "{err}");
    let (code, out, _) = batch(&["--help"], "");
    assert_eq!(code, Some(0));
    for word in ["chain", "tool", "args", "result", "ms", "stopped_at", "exit status"] {
        assert!(out.contains(word), "{word}");
    }
}
