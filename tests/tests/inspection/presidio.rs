//! The analyzer of Presidio from PyPI, with its own recognisers.

use std::path::PathBuf;
use std::process::Command;

use postern::dlp::{Verdict, Why};
use postern_tests::process::{Running, free_address, tool, top};

use crate::{Bench, dlp, run};

/// Starting it takes seconds: one for all.
#[test]
fn the_real_analyzer_understands_and_is_understood() {
    let cache = std::env::var("POSTERN_CACHE")
        .or_else(|_| std::env::var("HOME").map(|home| home + "/.cache/postern"));
    let python = PathBuf::from(cache.expect("a home")).join("presidio/bin/python");
    let address = free_address().expect("a port");
    let mut command = Command::new(tool("POSTERN_PRESIDIO_PYTHON", &[python]).expect("Presidio"));
    command.arg(top().join("tests/upstreams/presidio.py")).args(["--port", &address.port().to_string()]);
    let mut server = Running::start(command).expect("the server");
    server.until_it_listens(address).expect("it listens");
    let base =
        format!("kind = \"presidio\"\nurl = \"http://{address}\"\ninsecure = true\ndeadline_ms = 5000\n");
    run(async {
        for (more, json, expected) in [
            (
                "",
                r#"{"content":[{"type":"text","text":"é😀 pay 4111 1111 1111 1111 now"}]}"#,
                Some(r#"{"content":[{"type":"text","text":"é😀 pay [CREDIT_CARD] now"}]}"#),
            ),
            (
                "",
                r#"{"note":"Ω","card":4111111111111111,"mail":"jo@example.com"}"#,
                Some(r#"{"note":"Ω","card":"[CREDIT_CARD]","mail":"[EMAIL_ADDRESS]"}"#),
            ),
            (
                "",
                r#"["from DE89 3704 0044 0532 0130 00","and \"10.1.2.3\""]"#,
                Some(r#"["from [IBAN_CODE]","and \"[IP_ADDRESS]\""]"#),
            ),
            (
                "types = ['US_SSN']",
                r#"["4111 1111 1111 1111, 536-22-8726"]"#,
                Some(r#"["4111 1111 1111 1111, [US_SSN]"]"#),
            ),
            ("score = 0.9", r#"["536-22-8726"]"#, None),
            ("", r#"["nothing to be found here"]"#, None),
        ] {
            let (verdict, note) = Bench::new().inspect(&dlp(&format!("{base}{more}\n")), json).await;
            let expected = expected.map_or(Verdict::Pass, |json| Verdict::Changed(json.to_owned()));
            assert_eq!((verdict, note.why), (expected, None), "{more} {json}");
        }
        for (more, why) in
            [("types = ['NO_SUCH_TYPE']", Why::Unavailable), ("language = 'xx'", Why::Unavailable)]
        {
            let (_, note) = Bench::new().inspect(&dlp(&format!("{base}{more}\n")), r#"["text"]"#).await;
            assert_eq!(note.why, Some(why), "{more}");
        }
        // Larger than one request takes: a number across the border is found.
        let json = format!(r#"["{}4111 1111 1111 1111{}"]"#, "a ".repeat(49_995), " b".repeat(100));
        let (verdict, note) =
            Bench::new().inspect(&dlp(&format!("{base}types = ['CREDIT_CARD']\n")), &json).await;
        let expected = Verdict::Changed(json.replace("4111 1111 1111 1111", "[CREDIT_CARD]"));
        assert_eq!((verdict == expected, note.why), (true, None));
    });
}
