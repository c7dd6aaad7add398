//! Ten thousand questions, each with a near miss: one literal is another. No two of them have the same fingerprint. And the
//! same literal in another form has the same one.

use postern_semantic::text::{Argument, Free, Options, Question, Value};

const KEY: &[u8; 16] = b"sixteen bytes ok";
const EACH: usize = 1_250;

struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % below
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len())]
    }

    fn from(&mut self, alphabet: &str, length: usize) -> String {
        (0..length).map(|_| char::from(self.pick(alphabet.as_bytes()))).collect()
    }

    /// The text with one of its characters replaced by another of the same kind.
    fn slip(&mut self, text: &str) -> String {
        loop {
            let at = self.roll(text.len());
            let old = text.as_bytes()[at];
            let alphabet = match old {
                b'0'..=b'9' => "0123456789",
                b'a'..=b'z' => "abcdefghijklmnopqrstuvwxyz",
                b'A'..=b'Z' => "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
                _ => continue,
            };
            let new = self.pick(alphabet.as_bytes());
            if new != old {
                return format!("{}{}{}", &text[..at], char::from(new), &text[at + 1..]);
            }
        }
    }
}

fn fingerprint(text: &str) -> u64 {
    let argument = Argument { name: "query", value: Value::Text(text), free: Free::Always };
    Question::read(&[argument], &Options { fold: true, names: true, day: "2026-11-29" }).fingerprint(KEY)
}

const FRAMES: &[&str] = &[
    "What do we know about {}?",
    "please look at {} for me",
    "Show everything with {}, and only that",
    "{} - what is it",
    "is it {}",
    "can you check ({}) again",
    "Find {}.",
    "does the report mention {} or not?",
];

/// Every kind's near misses: no pair may have one fingerprint.
fn all_apart(seed: u64, mut pair: impl FnMut(&mut Dice) -> (String, String)) {
    let mut dice = Dice(seed);
    for _ in 0..EACH {
        let (a, b) = pair(&mut dice);
        let frame = dice.pick(FRAMES);
        let (a, b) = (frame.replace("{}", &a), frame.replace("{}", &b));
        assert_ne!(fingerprint(&a), fingerprint(&b), "{a} | {b}");
    }
}

const DIGITS: &str = "0123456789";
const CAPITALS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const SMALL: &str = "abcdefghijklmnopqrstuvwxyz";

#[test]
fn ids() {
    all_apart(3, |dice| {
        let id = match dice.roll(7) {
            0 => format!("INC{}", dice.from(DIGITS, 7)),
            1 => format!("{}-{}", dice.from(CAPITALS, 3), dice.from(DIGITS, 4)),
            2 => format!(
                "{}-{}-4{}",
                dice.from("0123456789abcdef", 8),
                dice.from("0123456789abcdef", 4),
                dice.from(DIGITS, 3)
            ),
            3 => format!("v{}.{}.{}", dice.roll(9), dice.roll(30), dice.roll(30)),
            4 => format!("{}_{}", dice.from(SMALL, 5), dice.from(SMALL, 4)),
            5 => format!("0x{}", dice.from("0123456789abcdef", 8)),
            _ => format!("PO#{}/{}", dice.from(DIGITS, 5), dice.from(CAPITALS, 2)),
        };
        let slip = dice.slip(&id);
        (id, slip)
    });
}

const WORDS: &[&str] = &[
    "zero", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen",
];

#[test]
fn numbers() {
    all_apart(5, |dice| {
        loop {
            let form = dice.roll(6);
            let number = |dice: &mut Dice| match form {
                0 => format!("{} rows", dice.roll(3_000)),
                1 => format!("{},{:03} people", 1 + dice.roll(900), dice.roll(1_000)),
                2 => format!("{}.{}", dice.roll(50), 1 + dice.roll(99)),
                3 => format!("{}%", dice.roll(101)),
                4 => format!("{} of them", dice.pick(WORDS)),
                _ => format!("twenty-{} hours", dice.pick(&WORDS[1..9])),
            };
            let (a, b) = (number(dice), number(dice));
            if a != b {
                return (a, b);
            }
        }
    });
}

const MONTHS: &[&str] = &[
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn date(form: usize, year: usize, month: usize, day: usize) -> String {
    let name = MONTHS[month - 1];
    let ending = match day {
        1 | 21 | 31 => "st",
        2 | 22 => "nd",
        3 | 23 => "rd",
        _ => "th",
    };
    match form {
        0 => format!("{year}-{month:02}-{day:02}"),
        1 => format!("{day} {name} {year}"),
        2 => format!("{name} {day}{ending}, {year}"),
        3 => format!("the {day}{ending} of {name} {year}"),
        4 => format!("{day:02}.{month:02}.{year}"),
        5 => format!("{} {day}, {year}", &name[..3]),
        6 => format!("{month}/{day}/{year}"),
        7 => format!("{name} {day}"),
        _ => format!("{day}{ending} of {name}"),
    }
}

#[test]
fn dates() {
    all_apart(7, |dice| {
        loop {
            let one = (2020 + dice.roll(10), 1 + dice.roll(12), 1 + dice.roll(28));
            let form = dice.roll(9);
            let two = match dice.roll(3) {
                0 if form < 7 => (2020 + dice.roll(10), one.1, one.2),
                1 => (one.0, 1 + dice.roll(12), one.2),
                _ => (one.0, one.1, 1 + dice.roll(28)),
            };
            if one != two {
                return (date(form, one.0, one.1, one.2), date(form, two.0, two.1, two.2));
            }
        }
    });
}

fn time(form: usize, hours: usize, minutes: usize) -> String {
    let (half, noon) =
        (if hours.is_multiple_of(12) { 12 } else { hours % 12 }, if hours < 12 { "am" } else { "pm" });
    match form {
        0 => format!("{hours:02}:{minutes:02}"),
        1 => format!("{half}:{minutes:02} {noon}"),
        2 => format!("{half}:{minutes:02}{}", noon.to_uppercase()),
        3 => format!("{half}.{minutes:02}{noon}"),
        _ => format!("{half}:{minutes:02} {}.m.", &noon[..1]),
    }
}

#[test]
fn times() {
    all_apart(11, |dice| {
        loop {
            let (one, two) = ((dice.roll(24), dice.roll(60)), (dice.roll(24), dice.roll(60)));
            let form = dice.roll(5);
            if one != two {
                return (time(form, one.0, one.1), time(form, two.0, two.1));
            }
        }
    });
}

#[test]
fn amounts() {
    let signs = ["$", "€", "£", "¥", "₹"];
    let words =
        ["dollars", "euros", "pounds", "yen", "rupees", "francs", "USD", "EUR", "GBP", "JPY", "CHF", "bucks"];
    all_apart(13, |dice| {
        loop {
            let (form, amount) = (dice.roll(4), 2 + dice.roll(5_000));
            let other = if dice.roll(2) == 0 { amount } else { 2 + dice.roll(5_000) };
            let (at, next) = (dice.roll(words.len()), dice.roll(words.len()));
            let unit = |at: usize| {
                let at = at % words.len();
                if form < 2 { signs[at % signs.len()] } else { words[at] }
            };
            let write = |amount: usize, unit: &str| match form {
                0 => format!("{unit}{amount}"),
                1 => format!("{amount}.50{unit}"),
                2 => format!("{amount} {unit}"),
                _ => format!("{unit} {amount}"),
            };
            let same = |a: &str, b: &str| {
                let sort = |unit: &str| {
                    words.iter().position(|word| *word == unit).map(|at| {
                        if at == 11 {
                            0
                        } else if at > 5 {
                            at - 6
                        } else {
                            at
                        }
                    })
                };
                a == b
                    || form > 1
                        && (sort(a) == sort(b)
                            || sort(a).max(sort(b)) == Some(5)
                            || sort(a).max(sort(b)) == Some(4))
            };
            if amount != other || !same(unit(at), unit(next)) {
                return (write(amount, unit(at)), write(other, unit(next)));
            }
        }
    });
}

#[test]
fn addresses() {
    all_apart(17, |dice| {
        let (host, path) = (dice.from(SMALL, 6), dice.from(SMALL, 5));
        let tail = dice.pick(&["", "?id=7", "/Index.html", "#top", "?a=b&c=d"]);
        let scheme = dice.pick(&["https://", "http://", "www.", "ftp://"]);
        (
            format!("{scheme}{host}.example/{path}{tail}"),
            format!("{scheme}{host}.example/{}{tail}", dice.slip(&path)),
        )
    });
}

#[test]
fn mail() {
    all_apart(19, |dice| {
        let name = dice.from(SMALL, 6) + dice.pick(&["", ".x", "+tag", "_1"]);
        let host = dice.from(SMALL, 5);
        let (name_b, host_b) = if dice.roll(2) == 0 {
            (dice.slip(&name), host.clone())
        } else {
            (name.clone(), dice.slip(&host))
        };
        (format!("{name}@{host}.example"), format!("{name_b}@{host_b}.example"))
    });
}

#[test]
fn quotes() {
    all_apart(23, |dice| {
        let words = (0..1 + dice.roll(4))
            .map(|_| {
                let n = 3 + dice.roll(5);
                dice.from(SMALL, n)
            })
            .collect::<Vec<_>>()
            .join(" ");
        let (open, close) = dice.pick(&[
            ("\"", "\""),
            ("“", "”"),
            ("'", "'"),
            ("`", "`"),
            ("‘", "’"),
            ("«", "»"),
            ("„", "“"),
        ]);
        let other = dice.slip(&words);
        (format!("{open}{words}{close}"), format!("{open}{other}{close}"))
    });
}

#[test]
fn other_forms_of_the_same_meet() {
    let mut dice = Dice(29);
    for _ in 0..EACH {
        let (year, month, day) = (2020 + dice.roll(10), 1 + dice.roll(12), 13 + dice.roll(15));
        let (hours, minutes) = (13 + dice.roll(11), dice.roll(60));
        let mut say = || {
            let (on, at) = (date(dice.roll(7), year, month, day), time(dice.roll(5), hours, minutes));
            format!("book it on {on} at {at}")
        };
        let (a, b) = (say(), say());
        assert_eq!(fingerprint(&a), fingerprint(&b), "{a} | {b}");
    }
}
