//! The table itself: what is open or proves nothing is found.

use super::*;

const CONTROL: &str = "[[control]]\nname = 'tag'\nredact = {}\neffect = 'hides'\n";
const PATH: &str = "[[path]]\nname = 'text'\nway = 'response'\ncase = 'redact-results-text'\nholds = ['tools/call', '\"text\"']\n";

fn table(controls: &str, paths: &str) -> Table {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    Table::of(controls, paths, cases).unwrap_or_else(|error| panic!("{controls}\n{paths}\n{error:#}"))
}

#[test]
fn what_is_whole_is_no_problem() {
    assert_eq!(table(CONTROL, PATH).problems(), Vec::<String>::new());
    let (suite, cells) = table(CONTROL, PATH).cells("tag").expect("cells");
    assert_eq!((suite.cases.len(), cells.len()), (1, 1));
    assert_eq!((cells[0].case.name.as_str(), cells[0].effect), ("text", Effect::Hides));
}

/// Controls, paths, and a part of the one problem.
#[test]
fn what_is_not_is_one() {
    let limits = "[[control]]\nname = 'limits'\ncases = ['limits-rate']\nproves = { code = 1429 }\n";
    for (controls, paths, part) in [
        // Cells.
        ("[[control]]\nname = 'x'\n".to_owned(), PATH.to_owned(), "x x text: nothing proves it"),
        (format!("{CONTROL}ways = ['request']\n"), PATH.to_owned(), "nothing proves it"),
        (limits.replace("limits-rate", "limits-none"), PATH.to_owned(), "there is no case limits-none"),
        (limits.replace("1429", "1430"), PATH.to_owned(), "limits-rate does not expect it"),
        (limits.replace("proves = { code = 1429 }", ""), PATH.to_owned(), "limits-rate does not expect it"),
        (
            CONTROL.to_owned(),
            format!("{PATH}[[cell]]\ncontrol = 'tag'\npaths = ['text']\n"),
            "nothing proves it",
        ),
        (
            CONTROL.to_owned(),
            format!("{PATH}[[cell]]\ncontrol = 'tags'\npaths = ['text']\nnone = 'x'\n"),
            "no control",
        ),
        (
            CONTROL.to_owned(),
            format!("{PATH}[[cell]]\ncontrol = 'tag'\npaths = ['texts']\nnone = 'x'\n"),
            "no path",
        ),
        // Paths.
        (
            CONTROL.to_owned(),
            PATH.replace("results-text", "results-none"),
            "there is no case redact-results-none",
        ),
        (CONTROL.to_owned(), PATH.replace("'response'", "'request'"), "plants no value there"),
        (CONTROL.to_owned(), PATH.replace("tools/call", "prompts/get"), "plants no value there"),
        (
            CONTROL.to_owned(),
            PATH.replace("redact-results-text", "redact-results-are-tagged"),
            "plants no value there",
        ),
        (
            CONTROL.to_owned(),
            PATH.replace("redact-results-text", "redact-requests-client-at-initialize")
                .replace("'tools/call', '\"text\"'", "'initialize'")
                .replace("response", "own"),
            "does not say that the value is lacking",
        ),
        (
            CONTROL.to_owned(),
            "[[path]]\nname = 'x'\nway = 'list'\ncases = ['none']\n".to_owned(),
            "no case none expects",
        ),
    ] {
        let problems = table(&controls, &paths).problems();
        assert!(problems.iter().any(|problem| problem.contains(part)), "{controls}{paths}{problems:?}");
    }
    assert_eq!(table(limits, PATH).problems(), Vec::<String>::new());
}
