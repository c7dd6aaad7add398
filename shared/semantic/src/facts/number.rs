//! Numbers: digits with separators, signs, currency and units, and number words.

use super::lex::{Token, What};
use super::words::{self, Entry, Sense};

/// What is a number from its first to its last character: `$1,250.50`, `-5`, `3rd`, `5k`, `10GB`, `20°C`, `#7`.
pub(super) fn whole(small: &str, text: &str) -> Option<What> {
    let start = small.find(|c: char| c.is_ascii_digit())?;
    let end = small.rfind(|c: char| c.is_ascii_digit())? + 1;
    let (before, digits, after) = (small.get(..start)?, small.get(start..end)?, small.get(end..)?);
    // ".5", "-5", "$-5": point and sign belong to the number.
    let (before, point) = before.strip_suffix('.').map_or((before, ""), |rest| (rest, "0."));
    let (before, sign) = match before.strip_suffix(['-', '−']) {
        Some(rest) => (rest, "-"),
        None => (before.strip_suffix('+').unwrap_or(before), ""),
    };
    // The sign may stand before the currency as well.
    let (before, sign) = match before.strip_prefix(['-', '−']) {
        Some(rest) if sign.is_empty() => (rest, "-"),
        _ => (before, sign),
    };
    let money = if before.is_empty() || before == "#" {
        None
    } else {
        Some(unit(before).filter(|unit| is_money(unit))?)
    };
    let mut value = sign.to_owned() + point + &plain_digits(digits)?;
    if matches!(after, "st" | "nd" | "rd" | "th") {
        return (money.is_none() && sign.is_empty() && !digits.contains(['.', ',']))
            .then_some(What::Number(value, true));
    }
    // A capital M, or one behind an amount of money, is a million; another is a metre.
    let large = money.is_some() || text.ends_with(['M', 'B']);
    let (zeros, after) = match after {
        "k" => (3, ""),
        "m" | "b" if large => (if after == "m" { 6 } else { 9 }, ""),
        "mn" | "mm" if money.is_some() => (6, ""),
        "bn" => (9, ""),
        _ => (0, after),
    };
    if zeros > 0 {
        value = shift(&value, zeros);
    }
    // "502s", "1990s": so many of something, no seconds.
    let after = if after == "s" && digits.len() > 2 { "" } else { after };
    let behind = if after.is_empty() { None } else { Some(unit(after)?) };
    Some(What::Number(with_unit(value, money.or(behind)), false))
}

/// The unit that a text is, as a whole.
fn unit(small: &str) -> Option<&'static Entry> {
    let (entry, _) = words::find(&|n| (n == 0).then_some(small))?;
    (entry.sense == Sense::Unit).then_some(entry)
}

pub(super) fn is_money(unit: &Entry) -> bool {
    unit.label == "pound" || unit.label.starts_with(|c: char| c.is_ascii_uppercase())
}

/// Units of time: key of the list, how many make one of another, and the label of that.
const TIMES: &[(&str, u64, &str)] = &[
    ("second", 60, "minute"),
    ("minute", 60, "hour"),
    ("hour", 24, "day"),
    ("day", 7, "week"),
    ("month", 12, "year"),
];

/// A number with its unit. Cents that are zero go, and a unit that goes without saying; one of that is `1 -`. Whole
/// hours of minutes are hours, whole weeks of days are weeks, half an hour is 30 minutes, and so on.
pub(super) fn with_unit(value: String, unit: Option<&'static Entry>) -> String {
    match unit {
        None => value,
        Some(unit) if is_money(unit) => shift(&value, 0) + " " + unit.label,
        Some(unit) => {
            let day = unit.label == "-" && unit.key.starts_with('d');
            let (mut value, mut label) = (value, if day { "day" } else { unit.label });
            for (small, many, large) in TIMES {
                let halves = value.strip_suffix(".5").and_then(|whole| whole.parse::<u64>().ok());
                let halves = halves.filter(|whole| label == *large && *whole < 1000 && many % 2 == 0);
                if let Some(whole) = halves {
                    (value, label) = ((whole * many + many / 2).to_string(), small);
                }
                let count = value.parse::<u64>().ok().filter(|n| label == *small && *n > 0 && n % many == 0);
                if let Some(count) = count {
                    (value, label) = ((count / many).to_string(), large);
                }
            }
            match label {
                "-" | "day" if value == "1" => value + " -",
                "-" | "day" => value,
                _ => value + " " + label,
            }
        }
    }
}

/// Digits without the separators of thousands. None where a comma or a second point means something else.
fn plain_digits(digits: &str) -> Option<String> {
    if !digits.bytes().all(|b| b.is_ascii_digit() || b == b',' || b == b'.')
        || digits.matches('.').count() > 1
    {
        return None;
    }
    let whole = digits.split('.').next()?;
    let mut groups = whole.split(',');
    let first = groups.next()?;
    if whole.contains(',') && (first.is_empty() || first.len() > 3 || !groups.all(|group| group.len() == 3)) {
        return None;
    }
    (!digits.get(whole.len()..)?.contains(',')).then(|| digits.replace(',', ""))
}

/// A decimal number times ten to the power of `zeros`, without zeros at the end of its fraction.
pub(super) fn shift(value: &str, zeros: usize) -> String {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let moved = fraction.len().min(zeros);
    let (up, rest) = fraction.split_at_checked(moved).unwrap_or((fraction, ""));
    let mut out = whole.to_owned() + up;
    out.extend(std::iter::repeat_n('0', zeros - moved));
    if out.starts_with('0') {
        let digits = out.trim_start_matches('0');
        out = if digits.is_empty() { "0".to_owned() } else { digits.to_owned() };
    }
    match rest.trim_end_matches('0') {
        "" => out,
        rest => out + "." + rest,
    }
}

/// A number that stands at a place of the text.
pub(super) struct Number {
    pub value: String,
    pub ordinal: bool,
    /// `one` and `first`, which often count nothing.
    pub faint: bool,
    /// How many tokens it takes.
    pub used: usize,
}

/// The number that begins with the token, in digits or in words.
pub(super) fn at(tokens: &[Token<'_>]) -> Option<Number> {
    let first = tokens.first()?;
    let mut number = match &first.what {
        What::Number(value, ordinal) => {
            let faint = *ordinal && value == "1";
            Number { value: value.clone(), ordinal: *ordinal, faint, used: 1 }
        }
        What::Word => match first.found {
            // "a couple of", "half an"
            Some((entry, used)) if used > 1 && entry.sense == Sense::Number => {
                Number { value: decimal(entry.label), ordinal: false, faint: false, used }
            }
            _ => in_words(tokens)?,
        },
        _ => return None,
    };
    while let Some(zeros) = tokens.get(number.used).and_then(zeros).filter(|_| !number.value.contains(' ')) {
        number.value = shift(&number.value, zeros);
        (number.faint, number.used) = (false, number.used + 1);
    }
    // "and a half"
    let word = |n: usize| tokens.get(number.used + n).map(|token| token.small);
    if (word(0), word(1), word(2)) == (Some("and"), Some("a"), Some("half"))
        && !number.value.contains(['.', ' '])
    {
        number.value.push_str(".5");
        (number.faint, number.used) = (false, number.used + 3);
    }
    Some(number)
}

fn zeros(token: &Token<'_>) -> Option<usize> {
    token.sense().filter(|entry| entry.sense == Sense::Zeros)?.label.parse().ok()
}

/// The value of a label, which may begin with its point.
fn decimal(label: &str) -> String {
    if label.starts_with('.') { "0".to_owned() + label } else { label.to_owned() }
}

/// "two hundred and fifty-three", "a thousand", "half", "twenty-first".
fn in_words(tokens: &[Token<'_>]) -> Option<Number> {
    let (mut total, mut current) = (0_u64, None::<u64>);
    let (mut used, mut ordinal) = (0, false);
    for (n, token) in tokens.iter().enumerate() {
        if token.what != What::Word || n > 0 && token.apart {
            break;
        }
        let next_counts =
            || tokens.get(n + 1).and_then(Token::sense).is_some_and(|next| next.sense == Sense::Number);
        if token.small == "and" && used > 0 && current.unwrap_or(100) % 100 == 0 && next_counts() {
            continue;
        }
        if matches!(token.small, "a" | "an") && n == 0 && tokens.get(1).and_then(zeros).is_some() {
            continue;
        }
        let Some(entry) = token.sense() else { break };
        let value: u64 = entry.label.parse().unwrap_or(0);
        match entry.sense {
            Sense::Number if entry.label.starts_with('.') => {
                let number = Number { value: decimal(entry.label), ordinal: false, faint: false, used: 1 };
                return (n == 0).then_some(number);
            }
            Sense::Number | Sense::Ordinal if fits(current, value) => {
                current = Some(current.unwrap_or(0) + value);
                ordinal = entry.sense == Sense::Ordinal;
            }
            Sense::Zeros if value == 2 && current.is_none_or(|n| n < 100) => {
                current = Some(current.unwrap_or(1) * 100)
            }
            Sense::Zeros if value > 2 => {
                let factor = 10_u64.checked_pow(u32::try_from(value).ok()?)?;
                total = total.checked_add(current.unwrap_or(1).checked_mul(factor)?)?;
                current = None;
            }
            _ => break,
        }
        used = n + 1;
        if ordinal {
            break;
        }
    }
    let value = total.checked_add(current.unwrap_or(0))?;
    (used > 0).then(|| Number { value: value.to_string(), ordinal, faint: value == 1, used })
}

/// Whether a number word goes on with what came before: "twenty five", "hundred five", not "five twenty".
fn fits(current: Option<u64>, value: u64) -> bool {
    match current {
        None => true,
        Some(n) if n >= 100 && n % 100 == 0 => value < 100,
        Some(n) => n % 100 >= 20 && n % 10 == 0 && value < 10 && value > 0,
    }
}
