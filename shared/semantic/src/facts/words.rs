//! The word lists. Each file has lines `label: word, word, several words`, with the label `=` for words that are their own;
//! `#` begins a comment. A language has a folder.

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

pub(super) const FILES: &[(Sense, &str)] = &[
    (Sense::Number, include_str!("words/en/numbers.txt")),
    (Sense::Ordinal, include_str!("words/en/ordinals.txt")),
    (Sense::Zeros, include_str!("words/en/zeros.txt")),
    (Sense::Month, include_str!("words/en/months.txt")),
    (Sense::Unit, include_str!("words/en/units.txt")),
    (Sense::Not, include_str!("words/en/negation.txt")),
    (Sense::Side, include_str!("words/en/sides.txt")),
    (Sense::Name, include_str!("words/en/names.txt")),
    (Sense::Plain, include_str!("words/en/plain.txt")),
    (Sense::Common, include_str!("words/en/common.txt")),
];

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

static RELATIVE: LazyLock<List> =
    LazyLock::new(|| index(&[(Sense::Relative, include_str!("words/en/relative.txt"))]));
static WORDS: LazyLock<List> = LazyLock::new(|| index(FILES));

/// The list of files. Of two entries with the same key the one of the earlier file stands.
fn index(files: &[(Sense, &'static str)]) -> List {
    let mut entries: Vec<Entry> = Vec::with_capacity(4096);
    let mut places = Vec::with_capacity(4096);
    for (sense, text) in files {
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((label, keys)) = line.split_once(':') else { continue };
            // The usual side of a group.
            let sense = if label == "-" && *sense == Sense::Side { Sense::Plain } else { *sense };
            // The label of a name is one of its forms.
            let own = Some(label).filter(|label| sense == Sense::Name && *label != "=");
            let keys = own.into_iter().chain(keys.split(',').map(str::trim)).filter(|key| !key.is_empty());
            for key in keys {
                let label = if label == "=" { key } else { label };
                places.push((key, entries.len()));
                entries.push(Entry { key, label, sense });
            }
        }
    }
    super::sort(&mut places);
    places.dedup_by(|next, kept| next.0 == kept.0);
    let entries: Vec<Entry> = places.iter().filter_map(|(_, at)| entries.get(*at).copied()).collect();
    let start = |number: usize| entries.partition_point(|entry| bucket(entry.key) < number) as u16;
    let starts = (0..=27 * 28 + 1).map(start).collect();
    List { entries, starts }
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
