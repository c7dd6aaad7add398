//! Time zones by name: UTC, offsets, and the names of the IANA database in the table `zones.txt`.
//!
//! The table is made by `deploy/zones/zones.py`. A line is a rule and the zones that follow it. Behind `!` stand zones
//! that change their rule within ten years of the day on which the table was made: they are refused, because a rule
//! alone would be wrong for them.

use super::rule::Rule;

const TABLE: &str = include_str!("zones.txt");
/// The longest name that near ones are looked for.
const LONGEST: usize = 40;
/// How many letters in a row may be other ones in a near name.
const MISSPELT: usize = 2;
/// How many near names an error tells at most.
const NEAR: usize = 3;
/// Clocks east of UTC are ahead by 14 hours at most, those west of it behind by 12. In minutes.
const OFFSETS: std::ops::RangeInclusive<i64> = -12 * 60..=14 * 60;

/// A time zone: UTC, a fixed offset, or one that an IANA name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone {
    rule: Rule,
}

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self { rule: Rule::fixed(0) };

    /// The zone of `UTC`, `+05:30`, `-03:00` or an IANA name such as `Europe/Berlin`.
    ///
    /// # Errors
    /// Why there is none, and what to write instead.
    pub fn named(name: &str) -> Result<Self, String> {
        if name.starts_with(['+', '-']) {
            return match offset(name) {
                Some(minutes) => Ok(Self { rule: Rule::fixed(minutes * 60) }),
                None => Err(format!(
                    "`{}` is no offset from UTC: write one from -12:00 to +14:00, such as +05:30",
                    shown(name)
                )),
            };
        }
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.split(' ');
            let rule = words.next().unwrap_or_default();
            if words.any(|word| word == name) {
                return match Rule::parse(rule) {
                    Some(rule) => Ok(Self { rule }),
                    None => Err(refused(name, rule)),
                };
            }
        }
        Err(unknown(name))
    }

    #[cfg(test)]
    pub(super) fn of(rule: Rule) -> Self {
        Self { rule }
    }

    pub(super) fn rule(&self) -> &Rule {
        &self.rule
    }
}

/// The names of the table.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TABLE.lines().filter(|line| !line.starts_with('#')).flat_map(|line| line.split(' ').skip(1))
}

/// The minutes of `+hh:mm` or `-hh:mm`.
fn offset(text: &str) -> Option<i64> {
    let (sign, rest) = text.split_at_checked(1)?;
    let (hours, minutes) = rest.split_once(':')?;
    let number = |digits: &str| -> Option<i64> {
        (digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| digits.parse().ok())?
    };
    let (hours, minutes) = (number(hours)?, number(minutes).filter(|minutes| *minutes < 60)?);
    let all = hours * 60 + minutes;
    Some(if sign == "-" { -all } else { all }).filter(|all| OFFSETS.contains(all))
}

/// Clocks that change otherwise than by one rule.
fn refused(name: &str, rule: &str) -> String {
    let minutes = rule.strip_prefix('!').and_then(Rule::parse).map_or(0, |rule| rule.standard / 60);
    let sign = if minutes < 0 { '-' } else { '+' };
    let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
    format!(
        "the clocks of `{name}` follow no single rule in the coming years: write a fixed offset, such as \
         {sign}{hours:02}:{minutes:02}"
    )
}

fn unknown(name: &str) -> String {
    let near = near(name);
    let remedy = if near.is_empty() {
        "write UTC, an offset such as +01:00, or an IANA name such as Europe/Berlin".to_owned()
    } else {
        let near: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
        format!("did you mean {}?", near.join(" or "))
    };
    format!("there is no time zone `{}`: {remedy}", shown(name))
}

/// A name as an error shows it.
fn shown(name: &str) -> String {
    name.chars().take(LONGEST).collect()
}

/// Names that differ in case only; else the same place elsewhere in the tree; else names with one misspelt spot.
fn near(name: &str) -> Vec<&'static str> {
    if name.is_empty() || name.len() > LONGEST {
        return Vec::new();
    }
    let name = name.trim().replace(' ', "_");
    let place = name.rsplit('/').next().unwrap_or_default();
    let same: Vec<&str> = names().filter(|known| known.eq_ignore_ascii_case(&name)).take(1).collect();
    if !same.is_empty() {
        return same;
    }
    let called = |known: &&str| {
        known.rsplit('/').next().is_some_and(|last| !place.is_empty() && last.eq_ignore_ascii_case(place))
    };
    let there: Vec<&str> = names().filter(called).take(NEAR).collect();
    if !there.is_empty() {
        return there;
    }
    let apart = |known: &str| apart(known, &name);
    let least = names().map(apart).min().unwrap_or(usize::MAX);
    if least > MISSPELT.min(name.len() / 5) {
        return Vec::new();
    }
    names().filter(|known| apart(known) == least).take(NEAR).collect()
}

/// How many letters differ between the common beginning and the common end of two names.
fn apart(known: &str, found: &str) -> usize {
    let same = |(one, other): &(u8, u8)| one.eq_ignore_ascii_case(other);
    let shorter = known.len().min(found.len());
    let begin = known.bytes().zip(found.bytes()).take_while(same).count();
    let end = known.bytes().rev().zip(found.bytes().rev()).take(shorter - begin).take_while(same).count();
    known.len().max(found.len()) - begin - end
}
