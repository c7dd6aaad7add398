//! From hits to findings: how sure each is where it stands, and which one stands where several overlap.

mod near;

use crate::column::{Cell, Tables};
use crate::engine::{Context, Finding};
use crate::lexicon::{Lexicon, Mention, fnv};
use crate::order;
use crate::overlap;
use crate::scan::Hit;
use crate::words::{has_any, is_any, is_in};
use near::{mentions_near, names_of_columns};

/// How far a word may be from what it speaks of, in bytes.
const NEAR: usize = 300;
/// How much more text around a value is searched for words, so that one which is cut in two is too far away.
const WORDS: usize = 96;
/// The same for what is nothing by itself: no check says that the word means it.
const CLOSE: usize = 50;
/// How far behind a word the value begins that it speaks of.
const NEXT: usize = 24;
/// From which level on a value is what it is, whatever stands beside it.
const CERTAIN: u8 = 75;
/// What may stand between a label and its value: words, and names of HTML.
pub(crate) const LINKS: &[&str] = &[
    "is", "was", "as", "at", "given", "no", "nr", "num", "number", "id", "value", "th", "td", "dt", "dd",
    "span", "b", "class", "strong", "v",
];
/// How many hits before a word are looked at for one that it is a part of.
const BEFORE: usize = 8;
/// How far before a value a word may be that denies it.
const DENIES: usize = 32;
/// Most letters of what is shortened: `no.`, `nr.`, `ref.`.
const SHORTENED: usize = 4;
/// What the distance of a word costs at most, where values overlap.
const FAR: u8 = 12;
/// Below which level something is little by itself.
const LITTLE: u8 = 60;
/// How sure a value in groups is at least if it is all of a text.
const ALL: u8 = 65;
/// Up to which level a word can deny what something is.
const DISTINCT: u8 = 85;
/// What a denial costs.
const DENIAL: u8 = 20;

/// A hit and how sure it is.
struct Weighed<'e> {
    hit: Hit<'e>,
    level: u8,
    /// To the word that speaks of it.
    distance: usize,
    word: Option<&'e str>,
}

/// The findings of at least `level` in `text`, from its beginning on.
pub(crate) fn resolve<'e>(
    lexicon: &'e Lexicon,
    text: &str,
    context: &Context<'_>,
    hits: Vec<Hit<'e>>,
    level: u8,
) -> Vec<Finding<'e>> {
    let mut hits = hits;
    if context.path.is_empty() {
        for hit in hits.iter_mut().filter(|hit| is_all(text, hit)) {
            hit.bare = hit.bare.max(ALL);
        }
    }
    hits.retain(|hit| hit.bare.max(hit.context) >= level);
    let mut around = Around::new(lexicon, text, context, &hits);
    // A long number may be a dozen things, of which nothing around speaks.
    let spoken = around.spoken();
    hits.retain(|hit| hit.bare >= level || spoken.binary_search(&fnv(hit.entry.name)).is_ok());
    around.places = order::by(hits.iter().map(Placed::from).collect(), |place| place.start as u64);
    let mut tables = Tables::default();
    let weigh = |hit: Hit<'e>| around.weigh(hit, tables.cell(text, &(hit.start..hit.end)));
    let weighed: Vec<Weighed> = hits.into_iter().map(weigh).filter(|it| it.level >= level).collect();
    // The surest first, where a word counts the less the farther it is, then the one whose word is nearest, or says
    // most (`philippine passport`), then the longest.
    let sure = |it: &Weighed<'_>| match it.word {
        Some(_) => it.level.saturating_sub(u8::try_from(it.distance / 8).unwrap_or(FAR).min(FAR)),
        None => it.level,
    };
    let weighed = order::by(weighed, |it| {
        let (says, length) = (it.word.map_or(0, str::len), it.hit.end - it.hit.start);
        order::parts([
            order::rest(usize::from(sure(it)), 7),
            (it.distance, 10),
            order::rest(says, 6),
            order::rest(length, 13),
            (it.hit.start, 28),
        ])
    });
    let found = weighed.into_iter().map(|Weighed { hit, level, word, .. }| Finding {
        start: hit.start,
        end: hit.end,
        entry: hit.entry,
        level,
        word,
    });
    overlap::first_come(found.collect())
}

/// Where a hit stands.
struct Placed<'a> {
    start: usize,
    end: usize,
    name: &'a str,
    bare: u8,
}

impl<'a> From<&Hit<'a>> for Placed<'a> {
    fn from(hit: &Hit<'a>) -> Self {
        Self { start: hit.start, end: hit.end, name: hit.entry.name, bare: hit.bare }
    }
}

/// Whether what stands between a label and a value links them: separators, markup, a few words.
fn links(between: &str) -> bool {
    !has_any(between, b"\n,;") && words_link(between)
}

/// Whether all words of a text only lead to a value, or are part of it: `order no. SO-1234`, but not `my order with`.
fn words_link(text: &str) -> bool {
    let mut words = text.split(|it: char| !it.is_alphanumeric());
    words.all(|word| word.bytes().all(|byte| byte.is_ascii_uppercase()) || is_any(word, LINKS))
}

const fn is_part(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-')
}

/// Whether what stands between two values has a label of the second one.
fn labels(between: &str) -> bool {
    (has_any(between, b":=|>\t") || ends_sentence(between)) && between.contains(char::is_alphabetic)
}

/// Whether a value is what it is even as an order's number: it has a grammar of its own, or check digits and more.
fn is_distinct(hit: &Hit<'_>) -> bool {
    hit.bare > DISTINCT || hit.bare >= CERTAIN && matches!(hit.entry.name, "VIN" | "MAC_ADDRESS")
}

/// Whether a text is nothing but a value in groups of letters and digits: nobody writes `M-AB 123` by chance.
fn is_all(text: &str, hit: &Hit<'_>) -> bool {
    let value = text.get(hit.start..hit.end).unwrap_or("");
    text.trim() == value
        && value.bytes().any(|byte| byte.is_ascii_digit())
        && value.bytes().any(|byte| byte.is_ascii_uppercase())
        && has_any(value, b" -/")
}

/// Whether a sentence ends in a text, not only a short word as in `order no. `.
fn ends_sentence(text: &str) -> bool {
    text.match_indices(". ")
        .any(|(at, _)| text.bytes().take(at).rev().take_while(u8::is_ascii_alphabetic).count() > SHORTENED)
        || ["? ", "! ", "). "].iter().any(|end| text.contains(end))
}

/// What stands around the values of a text.
struct Around<'a, 't> {
    text: &'t str,
    lexicon: &'a Lexicon,
    mentions: Vec<Mention>,
    /// The phrases in the names of columns.
    names: Vec<Mention>,
    /// Where hits stand, in order.
    places: Vec<Placed<'a>>,
    /// Of the names above, the nearest first, and of the description.
    above: Vec<Vec<Mention>>,
}

const fn reach(hit: &Hit<'_>) -> usize {
    if hit.bare == 0 { CLOSE } else { NEAR }
}

impl<'a, 't> Around<'a, 't> {
    fn new(lexicon: &'a Lexicon, text: &'t str, context: &Context<'_>, hits: &[Hit<'a>]) -> Self {
        let names = context.path.iter().rev().copied().chain([context.about]);
        let mentions = mentions_near(lexicon, text, hits);
        let above = names.map(|name| lexicon.mentions_in_name(name)).collect();
        let names = names_of_columns(lexicon, text, hits);
        Self { text, lexicon, mentions, names, places: Vec::new(), above }
    }

    /// The types that anything around speaks of: hashes of their names, in order.
    fn spoken(&self) -> Vec<u64> {
        self.lexicon.spoken(self.mentions.iter().chain(&self.names).chain(self.above.iter().flatten()))
    }

    fn weigh(&self, hit: Hit<'a>, cell: Option<Cell>) -> Weighed<'a> {
        let cell = cell.as_ref();
        let named = cell.and_then(|cell| self.column(&hit, cell));
        let near = named.map(|word| (0, word)).or_else(|| self.nearest(&hit, cell));
        let above = self.above(&hit);
        let found = match (near, above) {
            (Some(near), Some(above)) => Some(if near.0 <= above.0 { near } else { above }),
            (near, above) => near.or(above),
        };
        let (distance, word) = found.map_or((usize::MAX, None), |(distance, word)| (distance, Some(word)));
        let sure = if word.is_some() { hit.context.max(hit.bare) } else { hit.bare };
        let denial = self.denied(&hit, cell).filter(|_| !is_distinct(&hit));
        let itself = denial.is_some() && self.speaks_of_itself(&hit);
        let denied = denial.is_some_and(|denial| denial < distance || itself);
        // What is little by itself is nothing then.
        let level = match denied {
            true if hit.bare < LITTLE => hit.bare,
            true if itself => hit.bare.saturating_sub(DENIAL),
            true => sure.saturating_sub(DENIAL),
            false => sure,
        };
        Weighed { hit, level, distance, word }
    }

    /// The phrases in the name of a column.
    fn named(&self, cell: &Cell) -> impl Iterator<Item = &Mention> {
        let from = self.names.partition_point(|mention| mention.start < cell.name.start);
        self.names.iter().skip(from).take_while(|mention| mention.end <= cell.name.end)
    }

    /// Whether a word may speak of what stands in a cell: names of other columns do not, nor do other rows. In its own row
    /// the first of two cells may, or one that is nothing else.
    fn reaches(&self, mention: &Mention, cell: Option<&Cell>) -> bool {
        let Some(cell) = cell else { return true };
        if mention.start < cell.row.start {
            return mention.end <= cell.header.start;
        }
        let is_end = |it: char| matches!(it, '|' | ',' | ';' | '\t' | '\n' | '(');
        let before = self.text.get(..mention.start).unwrap_or("").trim_end_matches([' ', '*', '"', '\'']);
        let behind =
            self.text.get(mention.end..).unwrap_or("").trim_start_matches([' ', '*', '"', '\'', ':']);
        let whole = (before.is_empty() || before.ends_with(is_end)) && behind.starts_with(is_end);
        mention.end <= cell.row.end && (cell.pair || whole)
    }

    /// The phrase in the name of its column that speaks of it.
    fn column(&self, hit: &Hit<'_>, cell: &Cell) -> Option<&'a str> {
        self.named(cell).find_map(|mention| self.lexicon.speaks(mention, hit.entry.name))
    }

    /// The nearest word in the text that speaks of it. One behind it counts as twice as far: it may speak of the next.
    fn nearest(&self, hit: &Hit<'_>, cell: Option<&Cell>) -> Option<(usize, &'a str)> {
        let reach = reach(hit);
        let from = self.mentions.partition_point(|mention| mention.start + reach < hit.start);
        let near = self.mentions.get(from..)?.iter().take_while(|mention| mention.start < hit.end + reach);
        let speaking = near.filter_map(|mention| {
            let word = self.lexicon.speaks(mention, hit.entry.name)?;
            let distance = if mention.start < hit.start {
                hit.start.saturating_sub(mention.end)
            } else {
                2 * mention.start.saturating_sub(hit.end)
            };
            self.reaches(mention, cell).then_some((distance, word, mention))
        });
        // The nearest first: whether a word is taken is the dearest question.
        let speaking = order::by(speaking.collect(), |(distance, ..)| *distance as u64);
        let mut free = speaking.into_iter().filter(|(.., mention)| !self.taken(mention, hit));
        free.next().map(|(distance, word, _)| (distance, word))
    }

    /// Whether a word speaks of another value than this one: of that right behind it, if it can be of a type that the word
    /// speaks of, or is what it is beyond doubt.
    fn taken(&self, mention: &Mention, hit: &Hit<'_>) -> bool {
        let behind = mention.start >= hit.end;
        let from = self.places.partition_point(|place| place.start <= mention.start);
        let mut around = self.places.iter().take(from).rev().take(BEFORE);
        if around.any(|place| mention.end <= place.end && place.bare >= CERTAIN && place.start != hit.start) {
            return true;
        }
        let between = self.text.get(mention.end..hit.start).unwrap_or("");
        if !behind && ends_sentence(between) && self.is_behind(mention) {
            return true;
        }
        if let Some((end, kind)) = self.own_behind(mention) {
            let own = kind.contains(hit.entry.name);
            return behind || !own || labels(self.text.get(end..hit.start).unwrap_or(""));
        }
        let from = self.places.partition_point(|place| place.start < mention.end);
        let next = self.places.iter().skip(from).take_while(|place| place.start <= mention.end + NEXT);
        let mut taken = false;
        for place in next.filter(|place| behind || place.end <= hit.start) {
            let own = place.name == hit.entry.name;
            if own && !behind {
                // A list of such values goes on until there is another label.
                return labels(self.text.get(place.end..hit.start).unwrap_or(""));
            }
            let fits = place.bare >= CERTAIN || self.lexicon.speaks(mention, place.name).is_some();
            taken |= own || fits && links(self.text.get(mention.end..place.start).unwrap_or(""));
        }
        taken
    }

    /// Whether a word stands behind the value that it speaks of: `(555-0126, phone number)`.
    fn is_behind(&self, mention: &Mention) -> bool {
        let from = self.places.partition_point(|place| place.start + NEAR < mention.start);
        let before = self.places.iter().skip(from).take_while(|place| place.end <= mention.start);
        before.into_iter().any(|place| {
            let between = self.text.get(place.end..mention.start).unwrap_or("");
            between.len() <= NEXT
                && self.lexicon.speaks(mention, place.name).is_some()
                && !has_any(between, b"\n.;?")
        })
    }

    /// What this crate has put in the place of the value right behind a word: where it ends, and in capitals what it is.
    fn own_behind(&self, mention: &Mention) -> Option<(usize, String)> {
        let rest = self.text.get(mention.end..)?;
        let mut before = ' ';
        let start = rest.char_indices().take_while(|(at, _)| *at <= NEXT).find_map(|(at, first)| {
            let begins = first == '[' || first.is_ascii_alphanumeric() && !is_part(before);
            before = first;
            if matches!(first, '\n' | ',' | ';') {
                return Some(None);
            }
            if !begins {
                return None;
            }
            let (start, word) = (mention.end + at, rest.get(at..)?.split(|it| !is_part(it)).next()?);
            if self.lexicon.is_own(self.text, start, start + 1) {
                return Some(Some(start));
            }
            (!word.is_empty() && !is_in(word, LINKS)).then_some(None)
        });
        let start = start??;
        let mark = self.text.get(start..)?;
        let end = mark.find(|it: char| !is_part(it) && it != '[').unwrap_or(mark.len());
        Some((start + end, mark.get(..end)?.to_ascii_uppercase().replace('-', "_")))
    }

    /// The nearest name above that speaks of it: its own field is as near as a word beside it.
    fn above(&self, hit: &Hit<'_>) -> Option<(usize, &'a str)> {
        self.above.iter().enumerate().find_map(|(up, mentions)| {
            let word = mentions.iter().find_map(|mention| self.lexicon.speaks(mention, hit.entry.name))?;
            Some((up * 16, word))
        })
    }

    /// Whether a word that speaks of it is a part of it: `SKU: HRA-6149`.
    fn speaks_of_itself(&self, hit: &Hit<'_>) -> bool {
        let from = self.mentions.partition_point(|mention| mention.start < hit.start);
        let mut within = self.mentions.iter().skip(from).take_while(|mention| mention.end <= hit.end);
        within.any(|mention| self.lexicon.speaks(mention, hit.entry.name).is_some())
    }

    /// How far before it a word stands that denies it.
    fn denied(&self, hit: &Hit<'_>, cell: Option<&Cell>) -> Option<usize> {
        let denies = |mention: &Mention| self.lexicon.denies(mention, hit.entry.name);
        let own = self.above.first().is_some_and(|name| name.iter().any(denies))
            || cell.is_some_and(|cell| self.named(cell).any(denies));
        let from = self.mentions.partition_point(|mention| mention.start + NEAR < hit.start);
        let before = self.mentions.get(from..)?.iter().take_while(|mention| mention.start < hit.start);
        let gaps = before
            .filter(|it| denies(it) && self.reaches(it, cell))
            .filter_map(|it| hit.start.checked_sub(it.end));
        let gap = gaps.min().filter(|gap| *gap < DENIES).filter(|gap| {
            // It speaks of the next value only, whatever has been put in that one's place.
            let between = self.text.get(hit.start - gap..hit.start).unwrap_or("");
            let mut slashes = between.match_indices('/').map(|(at, _)| between.get(..at).unwrap_or(""));
            let path = slashes.any(|before| !before.ends_with('<'));
            !between.contains(|it: char| it.is_ascii_digit() || matches!(it, '@' | '[' | '*'))
                && !path
                && !ends_sentence(between)
                && words_link(between)
        });
        gap.or(own.then_some(1))
    }
}

#[cfg(test)]
mod tests;
