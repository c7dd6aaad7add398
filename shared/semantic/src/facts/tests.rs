use super::*;

/// `text => facts`, `text | text` with other facts, and `text | text` with the same.
const FACTS: &str = include_str!("../../tests/cases/facts.txt");
const APART: &str = include_str!("../../tests/cases/apart.txt");
const SAME: &str = include_str!("../../tests/cases/same.txt");

fn lines(cases: &'static str, joint: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = cases.lines().filter(|line| !line.is_empty() && !line.starts_with("# "));
    lines.map(move |line| line.split_once(joint).unwrap_or_else(|| panic!("{line}")))
}

fn show(text: &str) -> String {
    read(text, true).iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[test]
fn each_rule_finds_its_facts() {
    let mut count = 0;
    for (text, expected) in lines(FACTS, " => ") {
        assert_eq!(show(text), expected.trim(), "{text}");
        count += 1;
    }
    assert!(count > 60);
}

#[test]
fn what_means_something_else_has_other_facts() {
    for (a, b) in lines(APART, " | ") {
        assert_ne!(show(a), show(b), "{a} | {b}");
    }
}

#[test]
fn what_means_the_same_has_the_same_facts() {
    for (a, b) in lines(SAME, " | ") {
        assert_eq!(show(a), show(b), "{a} | {b}");
    }
}

#[test]
fn names_can_be_switched_off() {
    let name = |fact: &Fact| fact.kind == Kind::Name;
    let text = "Does Alice in Paris know user jsmith?";
    assert_eq!(read(text, true).iter().filter(|fact| name(fact)).count(), 3);
    assert!(!read(text, false).iter().any(name));
}

#[test]
fn literals_keep_their_order_and_other_facts_do_not() {
    assert_ne!(show("from 10 to 20"), show("from 20 to 10"));
    assert_eq!(show("rain in Oslo on Monday"), show("on Monday in Oslo, rain"));
}

#[test]
fn work_is_linear() {
    let parts = [
        "'a",
        "\"",
        "`",
        "a'b ",
        "one ",
        "and ",
        "may ",
        "from to ",
        "5-",
        "not ",
        "two hundred and ",
        "x:",
        "'",
        "A ",
        "(",
        "to ",
    ];
    for part in parts {
        let text = part.repeat(100_000 / part.len());
        let start = std::time::Instant::now();
        read(&text, true);
        // A tenth of a second; were it quadratic, minutes.
        assert!(start.elapsed().as_secs() < 10, "{part:?}");
    }
}

#[test]
fn lists_are_well_formed() {
    let mut count = 0;
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/facts/words/en")).unwrap() {
        let path = file.unwrap().path();
        let is_relative = path.ends_with("relative.txt");
        let text = std::fs::read_to_string(path).unwrap();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (label, keys) = line.split_once(':').unwrap_or_else(|| panic!("{line}"));
            assert!(!label.is_empty() && keys.starts_with(' '), "{line}");
            for key in keys.split(',').map(str::trim) {
                assert!(!key.is_empty() && key == key.to_ascii_lowercase(), "{line}");
                let parts: Vec<&str> = key.split(' ').collect();
                let word = |at: usize| parts.get(at).copied();
                if is_relative {
                    assert!(words::relative(&word), "{line}");
                } else {
                    let (entry, used) = words::find(&word).unwrap_or_else(|| panic!("{key}: {line}"));
                    assert_eq!((entry.key, used), (key, parts.len()), "{line}");
                }
                count += 1;
            }
        }
    }
    assert!(count > 5_000);
}
