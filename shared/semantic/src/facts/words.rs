//! The word lists, as `build.rs` packs them; `words/README.md` says what they are.

use crate::order::order;
use std::ops::Range;
use std::sync::LazyLock;

/// What a word of the lists is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sense {
    /// An everyday word, or the usual side of a group: no fact, and no name however it is written.
    Plain,
    /// An everyday word too, but in capitals it is a name.
    Common,
    /// Turns the text around.
    Not,
    /// The other side of an exclusive group.
    Side,
    /// Kelvin, kilometres, weeks. The label `-` is the unit that goes without saying.
    Unit,
    /// A number word; the label is its value.
    Number,
    /// `third`; the label is its value.
    Ordinal,
    /// `hundred`, `million`; the label is how many zeros.
    Zeros,
    /// A month; the label is its number.
    Month,
    /// A name that is known however it is written.
    Name,
    /// A relative time word: no fact, but the day counts.
    Relative,
}

/// A word or words in a row, and what they are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub key: &'static str,
    pub label: &'static str,
    pub sense: Sense,
}

static RELATIVE: LazyLock<List> =
    LazyLock::new(|| index(include_str!(concat!(env!("OUT_DIR"), "/relative.txt"))));
static WORDS: LazyLock<List> = LazyLock::new(|| index(include_str!(concat!(env!("OUT_DIR"), "/words.txt"))));

/// Entries by key, and where those begin that share their first two letters.
struct List {
    entries: Vec<Entry>,
    starts: Vec<u16>,
}

/// The number of a key's first two letters. It grows with the key.
fn bucket(key: &str) -> usize {
    let bytes = key.as_bytes();
    let number = |at: usize| usize::from(bytes.get(at).copied().unwrap_or(0).clamp(b'`', b'{') - b'`');
    match number(0) {
        0 => 0,
        27 => 27 * 28,
        first => first * 28 + number(1),
    }
}

/// The list of what `build.rs` packed. It is made once, and for good.
fn index(packed: &'static str) -> List {
    let mut keys: Vec<u8> = Vec::with_capacity(2 * packed.len());
    let mut places: Vec<(Range<usize>, &str, Sense)> = Vec::with_capacity(packed.len() / 4);
    for line in packed.lines() {
        let Some((head, words)) = line.split_once(':') else { continue };
        let (Some(sense), Some(label)) = (head.bytes().next(), head.get(1..)) else { continue };
        let (mut words, mut last) = (words.as_bytes(), 0..0);
        while let [alike, rest @ ..] = words {
            let length = rest.iter().position(u8::is_ascii_uppercase).unwrap_or(rest.len());
            let (own, behind) = rest.split_at_checked(length).unwrap_or_default();
            let start = keys.len();
            keys.extend_from_within(last.start..last.start + usize::from(alike.saturating_sub(b'A')));
            keys.extend_from_slice(own);
            last = start..keys.len();
            places.push((last.clone(), label, sense_of(sense)));
            words = behind;
        }
    }
    let keys: &'static str = String::from_utf8(keys).unwrap_or_default().leak();
    let entry = |(place, label, sense): &(Range<usize>, &'static str, Sense)| {
        let key = keys.get(place.clone()).unwrap_or_default();
        Entry { key, label: if *label == "=" { key } else { label }, sense: *sense }
    };
    let unsorted: Vec<Entry> = places.iter().map(entry).collect();
    let key = |at: usize| unsorted.get(at).map(|entry| entry.key);
    let places = order(unsorted.len(), &|one, other| key(one).cmp(&key(other)));
    let entries: Vec<Entry> = places.into_iter().filter_map(|at| unsorted.get(at).copied()).collect();
    let start = |number: usize| entries.partition_point(|entry| bucket(entry.key) < number) as u16;
    let starts = (0..=27 * 28 + 1).map(start).collect();
    List { entries, starts }
}

/// What the letter of a file says.
fn sense_of(letter: u8) -> Sense {
    match letter {
        b'n' => Sense::Number,
        b'o' => Sense::Ordinal,
        b'z' => Sense::Zeros,
        b'm' => Sense::Month,
        b'u' => Sense::Unit,
        b't' => Sense::Not,
        b's' => Sense::Side,
        b'a' => Sense::Name,
        b'c' => Sense::Common,
        b'r' => Sense::Relative,
        _ => Sense::Plain,
    }
}

/// The longest entry that the words begin with, and how many of them it takes. The first word may have an ending of
/// grammar (`turned off`). Words are in small letters; `word(n)` is the n-th, none past the end of what belongs together.
pub(super) fn find<'a>(word: &dyn Fn(usize) -> Option<&'a str>) -> Option<(&'static Entry, usize)> {
    longest(&WORDS, word)
}

/// The same in the list of relative time words.
pub(super) fn relative<'a>(word: &dyn Fn(usize) -> Option<&'a str>) -> bool {
    longest(&RELATIVE, word).is_some()
}

fn longest<'a>(
    list: &'static List,
    word: &dyn Fn(usize) -> Option<&'a str>,
) -> Option<(&'static Entry, usize)> {
    let first = word(0)?;
    let mut best = from(list, first, word);
    if best.is_none_or(|(_, count)| count == 1) {
        let mut buffer = String::new();
        for (cut, added) in endings(first) {
            let stem = first.get(..first.len().saturating_sub(cut)).unwrap_or_default();
            buffer.clear();
            buffer.push_str(stem);
            buffer.push_str(added);
            let found = from(list, &buffer, word).filter(|(entry, _)| bends(entry.sense));
            match (best, found) {
                (Some((_, old)), Some((_, new))) if new <= old => {}
                (_, Some(_)) => best = found,
                _ => {}
            }
        }
    }
    best
}

fn bends(sense: Sense) -> bool {
    matches!(sense, Sense::Plain | Sense::Common | Sense::Not | Sense::Side | Sense::Unit)
}

fn from<'a>(
    list: &'static List,
    first: &str,
    word: &dyn Fn(usize) -> Option<&'a str>,
) -> Option<(&'static Entry, usize)> {
    let at = bucket(first);
    let range = usize::from(*list.starts.get(at)?)..usize::from(*list.starts.get(at + 1)?);
    let near = list.entries.get(range)?;
    let start = near.partition_point(|entry| entry.key < first);
    let mut best = None;
    // Entries of several words follow the word that they begin with.
    for entry in near.get(start..)? {
        let Some(rest) = entry.key.strip_prefix(first) else { break };
        if rest.is_empty() {
            best = Some((entry, 1));
        } else if let Some(rest) = rest.strip_prefix(' ') {
            let count = rest.split(' ').count();
            let same = rest.split(' ').enumerate().all(|(n, key)| word(n + 1) == Some(key));
            if same && best.is_none_or(|(_, old)| old <= count) {
                best = Some((entry, count + 1));
            }
        } else {
            break;
        }
    }
    best
}

/// How a word may be without its ending: how many bytes go, and what comes in their place.
fn endings(word: &str) -> impl Iterator<Item = (usize, &'static str)> {
    let bytes = word.as_bytes();
    let doubled = |at: usize| {
        let last = bytes.len().checked_sub(at + 1).and_then(|at| bytes.get(at));
        let before = bytes.len().checked_sub(at + 2).and_then(|at| bytes.get(at));
        last == before
    };
    let ways: &[(usize, &str)] = if bytes.len() < 4 {
        &[]
    } else if word.ends_with("ies") {
        &[(3, "y"), (1, "")]
    } else if word.ends_with("ied") {
        &[(3, "y")]
    } else if word.ends_with("es") {
        &[(1, ""), (2, "")]
    } else if word.ends_with('s') && !word.ends_with("ss") {
        &[(1, "")]
    } else if word.ends_with("ed") {
        if doubled(2) { &[(3, ""), (2, "")] } else { &[(2, ""), (1, "")] }
    } else if word.ends_with("ing") && bytes.len() > 5 {
        if doubled(3) { &[(4, ""), (3, "")] } else { &[(3, ""), (3, "e")] }
    } else {
        &[]
    };
    ways.iter().copied()
}

/// Whether a word that is in no list turns the text around by what it begins or ends with: `unpaved`, `nontoxic`,
/// `sugarless`.
pub(super) fn is_negated(word: &str) -> bool {
    let un = word.starts_with("un")
        && !["under", "uni", "unfort", "untie"].iter().any(|other| word.starts_with(other));
    let non = word.len() > 6 && word.starts_with("non") && word != "nonetheless";
    let less = word.ends_with("less")
        && !matches!(word, "regardless" | "nevertheless" | "nonetheless" | "doubtless");
    word.len() > 5 && (un || non || less)
}
