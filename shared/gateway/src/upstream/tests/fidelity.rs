//! Whatever is not edited arrives byte for byte, both ways.

use super::*;
use crate::platform::Random;
use std::fmt::Write as _;

/// Odd but valid JSON: any key order, blanks, escapes, numbers that no double holds.
struct Generator(Memory);

impl Generator {
    fn pick(&self, below: usize) -> usize {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        u32::from_be_bytes(bytes) as usize % below
    }

    fn one<'a>(&self, of: &[&'a str]) -> &'a str {
        of[self.pick(of.len())]
    }

    fn blank(&self) -> &'static str {
        self.one(&["", "", "", " ", "\n", "\t", " \r\n "])
    }

    fn string(&self) -> String {
        let parts = [
            "a",
            "Name",
            "\\u0041",
            "\\\"",
            "\\\\",
            "\\/",
            "\\ud83d\\ude00",
            "😀",
            "ß",
            "\\n",
            "\u{2028}",
            "{}",
            "\u{7f}",
        ];
        let mut out = String::from("\"");
        for _ in 0..self.pick(6) {
            out.push_str(self.one(&parts));
        }
        out.push('"');
        out
    }

    fn value(&self, depth: usize) -> String {
        match self.pick(if depth > 3 { 3 } else { 5 }) {
            0 => self.string(),
            1 => self
                .one(&[
                    "12345678901234567890123",
                    "-0",
                    "1.0",
                    "1e400",
                    "0.1E-7",
                    "9007199254740993",
                    "-0.00",
                ])
                .to_owned(),
            2 => self.one(&["true", "false", "null"]).to_owned(),
            3 => self.object(depth + 1, ""),
            _ => {
                let items: Vec<String> =
                    (0..self.pick(4)).map(|_| format!("{}{}", self.blank(), self.value(depth + 1))).collect();
                format!("[{}{}]", items.join(","), self.blank())
            }
        }
    }

    /// An object of odd members, `fixed` (members as text) somewhere among them.
    fn object(&self, depth: usize, fixed: &str) -> String {
        let count = self.pick(4);
        let place = self.pick(count + 1);
        let mut members = Vec::new();
        for number in 0..=count {
            if number == place && !fixed.is_empty() {
                members.push(fixed.to_owned());
            }
            if number < count {
                let mut member = String::new();
                let _ = write!(
                    member,
                    "{}\"x{number}.{}\"{}:{}",
                    self.blank(),
                    self.one(&["é", "", "y/z"]),
                    self.blank(),
                    self.blank()
                );
                member.push_str(&self.value(depth));
                members.push(member);
            }
        }
        format!("{{{}{}}}", members.join(","), self.blank())
    }
}

#[test]
fn a_thousand_messages_pass_both_ways_unchanged() {
    let generator = Generator(Memory::new());
    let own = format!(r#"{{"name":"postern","version":"{}"}}"#, env!("CARGO_PKG_VERSION"));
    for round in 0..1_000 {
        let modern = round % 2 == 0;
        let bench = bench(if modern { EraSetting::Modern } else { EraSetting::Legacy });
        let reserved = r#""io.modelcontextprotocol/clientCapabilities":{ } ,"io.modelcontextprotocol/clientInfo":INFO, "progressToken" : TOKEN,"io.modelcontextprotocol/protocolVersion":"2026-07-28""#;
        let kept = if modern { reserved } else { r#""progressToken" : TOKEN"# };
        let meta = generator.object(1, kept);
        let arguments = generator.value(0);
        let params = generator.object(0, &format!(r#""arguments" :{arguments}, "_meta":{meta},"name":"t""#));
        let template = generator.object(
            0,
            &format!(r#""id" : CLIENT ,"method":"tools/call","params": {params},"jsonrpc":"2.0""#),
        );
        let id =
            generator.one(&["0", "\"\\u0030\"", "1.50", "-7", "\"😀\"", "123456789012345678901234567890"]);
        let token = generator.one(&["\"t\"", "1.0", "0"]);
        let text = template.replace("CLIENT", id).replace("TOKEN", token).replace("INFO", "{ }");
        // A result of any shape.
        let result = generator.object(0, r#""resultType":"complete""#);
        let reply = generator.object(0, &format!(r#""result":{result},"id":$ID ,"jsonrpc":"2.0""#));
        let sent = reply.clone();
        let stream = generator.pick(2) == 0 && !reply.contains(['\n', '\r']);
        bench.serve(move |seen| match seen.method.as_str() {
            "tools/call" if stream => Reply::events(&[&format!("data: {reply}\n\n")]),
            "tools/call" => Reply::json(&reply),
            _ => sessionless_server(seen),
        });
        let client = ClientSide {
            capabilities: "{ }".into(),
            progress_token: Some(token.to_owned()),
            ..if modern { modern_client() } else { legacy_client() }
        };
        let heard = bench.run(bench.call(&client, &text)).expect("an answer");
        let seen = bench.seen().pop().expect("a request");
        let expected = template.replace("CLIENT", &seen.id).replace("TOKEN", &seen.id).replace("INFO", &own);
        assert_eq!(seen.body, expected, "round {round}");
        assert_eq!(heard.answer, sent.replace("$ID", &seen.id), "round {round}");
    }
}
