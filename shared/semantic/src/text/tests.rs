use super::*;

const KEY: &[u8; 16] = b"0123456789abcdef";
/// `free` or `literal`, a tab, and a text.
const SHAPES: &str = include_str!("../../tests/cases/shapes.txt");
const RELATIVE: &str = include_str!("../../tests/cases/relative.txt");

fn options() -> Options<'static> {
    Options { fold: true, names: true, day: "2026-11-29" }
}

fn text<'a>(name: &'a str, value: &'a str) -> Argument<'a> {
    Argument { name, value: Value::Text(value), free: Free::Perhaps }
}

fn read(arguments: &[Argument<'_>]) -> Question {
    Question::read(arguments, &options())
}

#[test]
fn prose_is_free_and_the_rest_literal() {
    let mut count = [0, 0];
    for line in SHAPES.lines() {
        let (shape, value) = line.split_once('\t').unwrap();
        let free = read(&[text("q", value)]).text().is_some();
        assert_eq!(free, shape == "free", "{value:?}");
        count[usize::from(free)] += 1;
    }
    assert!(count[0] > 20 && count[1] > 20);
    let never = Argument { free: Free::Never, ..text("q", "how do i do that") };
    assert_eq!(read(&[never]).text(), None);
    let always = Argument { free: Free::Always, ..text("q", "vpn") };
    assert_eq!(read(&[always]).text(), Some("q: vpn"));
}

#[test]
fn what_is_embedded_stands_in_the_order_of_the_schema() {
    let number = Argument { name: "limit", value: Value::Literal("5"), free: Free::Perhaps };
    let question = read(&[
        text("topic", "the printer"),
        number,
        text("question", "Why is it  jammed?"),
        text("id", "P-1"),
    ]);
    assert_eq!(question.text(), Some("topic: the printer ; question: Why is it  jammed?"));
    assert_eq!(question.exact(), "2:id=3:P-15:limit:1:58:question~16:why is it jammed5:topic~11:the printer");
    assert_eq!(read(&[number]).text(), None);
    let long = "word ".repeat(LONGEST / 5 + 1);
    assert_eq!(read(&[text("q", &long)]).text(), None);
    assert!(read(&[text("q", &long)]).exact().len() > LONGEST);
}

#[test]
fn only_calls_that_ask_the_same_are_equal() {
    let literal = |value| Argument { name: "a", value: Value::Literal(value), free: Free::Perhaps };
    let calls: &[&[Argument<'_>]] = &[
        &[],
        &[text("a", "")],
        &[text("a", "1")],
        &[literal("1")],
        &[literal("\"1\"")],
        &[literal("null")],
        &[text("a", "1"), text("b", "2")],
        &[text("a", "2"), text("b", "1")],
        &[text("a", "1b=1:2")],
        &[text("a", "11:b=1:2")],
        &[text("a", "1"), text("a", "2")],
        &[text("a", "one two three")],
        &[text("a", "one two"), text("b", "three four")],
        &[text("a", "one two b: three four")],
        &[text("a", "one two1:b~10:three four")],
        &[text("ab", "one two")],
        &[text("a", "today")],
        &[text("a", "now is it")],
        &[text("a", "@2026-11-29")],
        &[text("", "a"), text("a", "")],
    ];
    for (at, a) in calls.iter().enumerate() {
        for b in calls.iter().skip(at + 1) {
            assert_ne!(read(a).exact(), read(b).exact(), "{a:?} {b:?}");
        }
    }
    let (a, b) = (text("a", "What is it?"), text("b", "x"));
    assert_eq!(read(&[a, b]).exact(), read(&[b, text("a", "what  IS it")]).exact());
    assert_eq!(read(&[a, b]).fingerprint(KEY), read(&[b, text("a", "what  IS it")]).fingerprint(KEY));
    let strict = Options { fold: false, ..options() };
    assert_ne!(
        Question::read(&[a], &strict).exact(),
        Question::read(&[text("a", "what is it")], &strict).exact()
    );
}

#[test]
fn the_fingerprint_is_of_facts_and_of_what_is_literal() {
    let ask = |query: &str, id: &str| read(&[text("query", query), text("id", id)]).fingerprint(KEY);
    let one = ask("How do I turn on the lamp?", "7");
    assert_eq!(one, ask("Please help me to enable the lamp", "7"));
    assert_ne!(one, ask("How do I turn off the lamp?", "7"));
    assert_ne!(one, ask("How do I turn on the lamp?", "8"));
    let question = read(&[text("query", "How do I turn on the lamp?")]);
    assert_ne!(question.fingerprint(KEY), question.fingerprint(b"another key here"));
    assert_ne!(
        question.fingerprint(KEY),
        read(&[text("ask", "How do I turn on the lamp?")]).fingerprint(KEY)
    );
    // A fact is of the argument that it stands in.
    let two = |a: &str, b: &str| read(&[text("a", a), text("b", b)]).fingerprint(KEY);
    assert_ne!(two("the lamp is off", "the door is blue"), two("the door is blue", "the lamp is off"));
    assert_ne!(two("the lamp is off", "and the door"), two("the lamp and", "the door is off"));
}

#[test]
fn relative_time_words_bring_the_day_in() {
    for line in RELATIVE.lines() {
        let (relative, value) = line.split_once('\t').unwrap();
        let other = Options { day: "2026-11-30", ..options() };
        for free in [Free::Never, Free::Perhaps, Free::Always] {
            let argument = Argument { free, ..text("q", value) };
            let (today, tomorrow) = (read(&[argument]), Question::read(&[argument], &other));
            assert_eq!(today.today(), relative == "day", "{value}");
            assert_eq!(today.exact() != tomorrow.exact(), relative == "day", "{value}");
            assert_eq!(today.fingerprint(KEY) != tomorrow.fingerprint(KEY), relative == "day", "{value}");
        }
    }
}
