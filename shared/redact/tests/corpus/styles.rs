//! How fields are written in documents of different kinds.

use crate::documents::{Document, Field};
use crate::noise;
use crate::rng::Rng;

pub type Style = fn(&mut Rng, &mut Document, &[Field]);

pub const STYLES: &[(&str, Style)] = &[
    ("prose", prose),
    ("prose", prose),
    ("JSON", json),
    ("JSON", json),
    ("JSON lines", json_lines),
    ("CSV", csv),
    ("log", log),
    ("ticket", ticket),
    ("mail", mail),
    ("YAML", yaml),
    ("list", list),
    ("HTML table", html),
    ("Markdown table", markdown),
    ("code", code),
];

/// What stands before a value in a sentence, and behind; `{}` is what it is called.
const SENTENCES: &[(&str, &str)] = &[
    ("The {} is ", ". "),
    ("{}: ", ". "),
    ("Please note the {} ", " for this case. "),
    ("We have {} ", " on file. "),
    ("It was changed (", ", {}) yesterday. "),
    ("{} ", ", as agreed. "),
    ("Her {} was given as ", "; please check. "),
    ("Can you confirm that ", " is the right {}? "),
];

fn prose(rng: &mut Rng, to: &mut Document, fields: &[Field]) {
    for field in fields {
        if rng.chance(40) {
            to.put(&noise::line(rng));
            to.put(if rng.chance(30) { "\n" } else { " " });
        }
        let (before, after) = *rng.pick(SENTENCES);
        to.put(&before.replace("{}", field.label));
        to.value(field);
        to.put(&after.replace("{}", field.label));
    }
}

/// A value as JSON has it: a number if it can be one, now and then.
fn literal(rng: &mut Rng, to: &mut Document, field: &Field) {
    let number = field.text.bytes().all(|byte| byte.is_ascii_digit())
        && !field.text.starts_with('0')
        && field.text.len() < 17
        && field.before.is_empty();
    if number && rng.chance(30) {
        to.value(field);
    } else if field.text.contains('"') {
        to.put("\"-\"");
    } else {
        to.put("\"");
        to.value(field);
        to.put("\"");
    }
}

fn json(rng: &mut Rng, to: &mut Document, fields: &[Field]) {
    let (open, between, colon, close) = *rng.pick(&[
        ("{", ",", ":", "}"),
        ("{\n  ", ",\n  ", ": ", "\n}"),
        ("{\"result\": {", ", ", ": ", "}, \"ok\": true}"),
        ("[{", ", ", ": ", "}]"),
    ]);
    to.put(open);
    for (at, field) in fields.iter().enumerate() {
        if at > 0 {
            to.put(between);
        }
        to.put(&format!("\"{}\"{colon}", field.key));
        literal(rng, to, field);
    }
    to.put(close);
}

fn json_lines(rng: &mut Rng, to: &mut Document, fields: &[Field]) {
    for field in fields {
        to.put(&format!("{{\"id\":{},\"{}\":", rng.between(1, 9999), field.key));
        literal(rng, to, field);
        to.put("}\n");
    }
}

fn csv(rng: &mut Rng, to: &mut Document, fields: &[Field]) {
    let separator = *rng.pick(&[",", ",", ";", "\t"]);
    let names: Vec<&str> = fields.iter().map(|field| field.key).collect();
    to.put(&format!("id{separator}{}\n{}{separator}", names.join(separator), rng.between(1, 9999)));
    for (at, field) in fields.iter().enumerate() {
        if at > 0 {
            to.put(separator);
        }
        let quoted = field.text.contains(separator) || field.text.contains(' ') && rng.chance(50);
        to.put(if quoted { "\"" } else { "" });
        to.value(field);
        to.put(if quoted { "\"" } else { "" });
    }
    to.put("\n");
}

fn log(rng: &mut Rng, to: &mut Document, fields: &[Field]) {
    for field in fields {
        let time = rng.fill("2026-1#-0#T1#:4#:2#.###Z");
        let level = *rng.pick(&["INFO", "DEBUG", "WARN"]);
        let thread = rng.fill("[pool-#-thread-##]");
        if rng.chance(50) {
            to.put(&format!("{time} {level} {thread} {}=", field.key));
        } else {
            to.put(&format!("{time} {level} {thread} updated {}: ", field.label));
        }
        to.value(field);
        to.put(&rng.fill(" took=###ms\n"));
    }
}

fn ticket(rng: &mut Rng, to: &mut Document, fields: &[Field]) {
    to.put(&rng.fill("INC####### | Priority # | opened 2026-1#-0#\nSummary: cannot log in after update #.#.#\n\nHello team,\n"));
    prose(rng, to, fields);
    to.put("\nThanks\n");
}

fn mail(rng: &mut Rng, to: &mut Document, fields: &[Field]) {
    to.put(&rng.fill(
        "Subject: your request\nDate: Mon, 1# Nov 2026 0#:1#:2# +0100\nMessage-Id: none\n\nDear all,\n\n",
    ));
    for field in fields {
        to.put(&format!("{}: ", field.label));
        to.value(field);
        to.put("\n");
    }
    to.put("\nKind regards\n");
}

fn yaml(rng: &mut Rng, to: &mut Document, fields: &[Field]) {
    let indent = *rng.pick(&["", "  "]);
    to.put(if indent.is_empty() { "---\n" } else { "record:\n" });
    for field in fields {
        let quote = *rng.pick(&["", "'", "\""]);
        let quote = if field.text.contains('"') { "'" } else { quote };
        to.put(&format!("{indent}{}: {quote}", field.key));
        to.value(field);
        to.put(&format!("{quote}\n"));
    }
}

fn list(rng: &mut Rng, to: &mut Document, fields: &[Field]) {
    let (before, colon) = *rng.pick(&[
        ("- **", "**: "),
        ("* ", ": "),
        ("", " = "),
        ("  ", "\t"),
        ("", " .... "),
        ("• ", " – "),
    ]);
    for field in fields {
        to.put(&format!("{before}{}{colon}", field.label));
        to.value(field);
        to.put("\n");
    }
}

fn html(rng: &mut Rng, to: &mut Document, fields: &[Field]) {
    let cell = *rng.pick(&["td", "td class=\"v\""]);
    to.put("<table>");
    for field in fields {
        to.put(&format!("<tr><th>{}</th><{cell}>", field.label));
        to.value(field);
        to.put("</td></tr>\n");
    }
    to.put("</table>");
}

fn markdown(_: &mut Rng, to: &mut Document, fields: &[Field]) {
    to.put("| Field | Value |\n| --- | --- |\n");
    for field in fields {
        to.put(&format!("| {} | ", field.label));
        to.value(field);
        to.put(" |\n");
    }
}

fn code(rng: &mut Rng, to: &mut Document, fields: &[Field]) {
    let (before, assign, after) = *rng.pick(&[
        ("const ", " = \"", "\";\n"),
        ("", " = '", "'\n"),
        ("  .with(\"", "\", \"", "\")\n"),
        ("export ", "=", "\n"),
        ("    ", ": '", "',\n"),
    ]);
    for field in fields.iter().filter(|field| !field.text.contains('"')) {
        to.put(&format!("{before}{}{assign}", field.key));
        to.value(field);
        to.put(after);
    }
}
