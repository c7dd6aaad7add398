use super::simulate::{Embeds, Simulation};
use super::{batch, explain};
use postern_semantic::model::{Embedding, Weights};
use serde_json::{Value, json};

/// Vectors of words: texts with the same words have the same vector, whatever their order.
struct Words;

impl Embeds for Words {
    fn embed(&mut self, text: &str) -> Option<Embedding> {
        let mut sums = [0f32; 64];
        for word in text.split(' ') {
            let bytes = word.bytes().fold(7usize, |sum, byte| sum * 31 % 8_191 + usize::from(byte));
            sums[bytes % 64] += 1.0;
        }
        Embedding::new(&sums)
    }

    /// Always sure.
    fn weights(&self) -> Weights {
        Weights { constant: -9.0, features: [0.0; 10] }
    }

    fn takes_us(&self) -> u32 {
        50
    }
}

fn simulate(lines: &str, max_error: f64, seed: u64) -> (Vec<Value>, usize, Value) {
    let mut simulation = Simulation::new(max_error, seed);
    let mut output = Vec::new();
    let wrong = batch::run(&mut simulation, &mut Words, &mut lines.as_bytes(), &mut output).unwrap();
    let lines = String::from_utf8(output).unwrap();
    let lines = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (lines, wrong, serde_json::to_value(simulation.summary()).unwrap())
}

/// A number in letters: digits would be hard facts.
fn letters(number: usize) -> String {
    format!("{number:04}").bytes().map(|digit| char::from(b'b' + (digit - b'0'))).collect()
}

/// `calls` questions in ever new words, and what is answered to each.
fn questions(calls: usize, answer: impl Fn(usize) -> Value) -> String {
    let line = |call| {
        let query = format!("please tell me how a refund is made for customer group {}", letters(call));
        json!({ "tool": "desk", "args": { "query": query }, "answer": answer(call) }).to_string() + "\n"
    };
    (0..calls).map(line).collect()
}

fn count(lines: &[Value], kind: &str) -> usize {
    lines.iter().filter(|line| line["kind"] == kind).count()
}

#[test]
fn what_agrees_is_served_once_it_was_right_often_enough() {
    let (lines, wrong, summary) = simulate(&questions(400, |_| json!("by form 7")), 0.05, 1);
    assert_eq!((wrong, lines.len()), (0, 400));
    let first = lines.iter().position(|line| line["kind"] == "semantic").unwrap();
    // 76 pairs after the first answer; they are told to the record by eights.
    assert!((77..=85).contains(&first), "{first}");
    assert!(count(&lines, "shadow") >= 10 && count(&lines, "semantic") > 280);
    let hit = &lines[first];
    assert_eq!(
        (&hit["predicted"], &hit["right"], &hit["band"]),
        (&json!("by form 7"), &json!(true), &json!(0.01))
    );
    assert_eq!(summary["semantic"], count(&lines, "semantic"));
    assert_eq!(summary["wrong_semantic"], 0);
    assert_eq!(summary["tools"]["desk"]["bands"][0]["serves"], true);
    assert_eq!(summary["tools"]["desk"]["bands"][1]["serves"], false);
    assert_eq!(
        simulate(&questions(400, |_| json!("by form 7")), 0.05, 1).0,
        lines,
        "the same seed, the same run"
    );
    assert_ne!(simulate(&questions(400, |_| json!("by form 7")), 0.05, 2).0, lines);
}

#[test]
fn answers_that_hang_on_the_wording_and_changes() {
    let (lines, _, _) = simulate(&questions(400, |call| json!(call)), 0.05, 1);
    assert_eq!(count(&lines, "miss"), 400);
    let (lines, _, summary) =
        simulate(&questions(800, |call| json!(if call < 400 { 0 } else { call })), 0.05, 1);
    let wrong = lines.iter().filter(|line| line["kind"] == "semantic" && line["right"] == false).count();
    assert!((1..=40).contains(&wrong), "{wrong}");
    assert_eq!(summary["wrong_semantic"], wrong);
    assert_eq!(count(&lines[500..], "semantic"), 0);
}

#[test]
fn equal_questions_and_what_tells_tools_and_numbers_apart() {
    let line = |tool: &str, args: &str, more: &str| {
        format!(r#"{{"tool":"{tool}","args":{args},"answer":{{"b":1,"a":[2]}}{more}}}"#) + "\n"
    };
    let lines = [
        line("a", r#"{"q":"How does it work?","n":1}"#, ""),
        line("a", r#"{"n":1,"q":"how does  it work"}"#, ""),
        line("a", r#"{"n":1.0,"q":"how does it work"}"#, ""),
        line("a", r#"{"n":9007199254740993,"q":"how does it work"}"#, ""),
        line("a", r#"{"n":9007199254740992,"q":"how does it work"}"#, ""),
        line("b", r#"{"q":"how does it work","n":1}"#, ""),
        line("a", r#"{"q":"how does it work","n":1}"#, r#","description":"other""#),
        line("a", r#"{"q":"how does it work","n":1}"#, r#","schema":{"properties":{}}"#),
        line("a", "null", ""),
        line("a", "{}", ""),
    ];
    let (out, wrong, summary) = simulate(&lines.concat(), 0.02, 1);
    let kinds: Vec<&str> = out.iter().map(|line| line["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["miss", "exact", "miss", "miss", "miss", "miss", "miss", "miss", "miss", "exact"]);
    assert_eq!(out[1]["predicted"], json!({ "a": [2], "b": 1 }));
    assert_eq!((out[1]["right"].clone(), wrong, summary["exact"].clone()), (json!(true), 0, json!(2)));
}

#[test]
fn lines_that_cannot_be_read_are_named_and_count_as_no_call() {
    let lines = "\n{\"tool\":\"a\",\"args\":{},\"answer\":1}\nno JSON\n[]\n{\"answer\":1}\n{\"tool\":\"a\"}\n\
                 {\"tool\":\"a\",\"args\":[],\"answer\":1}\n{\"tool\":\"a\",\"answer\":1,\"ms\":\"x\"}\n";
    let (out, wrong, summary) = simulate(lines, 0.02, 1);
    assert_eq!((wrong, out.len(), &summary["calls"]), (6, 7, &json!(1)));
    let numbers: Vec<&Value> = out[1..].iter().map(|line| &line["line"]).collect();
    assert_eq!(json!(numbers), json!([3, 4, 5, 6, 7, 8]));
    assert!(out[5]["error"].as_str().unwrap().contains("`args`"));
}

#[test]
fn what_two_calls_have_in_common() {
    let lines = [
        r#"{"tool":"t","a":{"query":"refund for order 17 please"},"b":{"query":"Refund for order 17 please."}}"#,
        r#"{"tool":"t","a":"refund for order 17 please","b":"please refund order 17 to me"}"#,
        r#"{"a":"refund for order 17 please","b":"refund for order 18 please"}"#,
        r#"{"a":"refund for order 17 please"}"#,
        r#"{"a":1,"b":"x"}"#,
    ];
    let mut output = Vec::new();
    let wrong = explain::batch(None, &mut lines.join("\n").as_bytes(), &mut output).unwrap();
    let text = String::from_utf8(output).unwrap();
    let out: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((wrong, out.len()), (2, 5));
    assert_eq!(
        (&out[0]["equal"], &out[0]["exact"], &out[2]["equal"]),
        (&json!(true), &json!(true), &json!(false))
    );
    assert_eq!((&out[1]["exact"], &out[2]["similarity"]), (&json!(false), &Value::Null));
    assert_eq!(out[0]["a"].as_str().unwrap().len(), 16);
    assert_eq!(out[3]["line"], 4);
    let text = explain::pair(
        None,
        Some("desk"),
        None,
        ["refund for order 17 please", r#"{"query":"no refund","n":1}"#],
    );
    let text = text.unwrap();
    for part in [
        "tool: desk",
        "embedded:    query: refund for order 17 please",
        "fingerprint: different",
        "similarity:  none",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
