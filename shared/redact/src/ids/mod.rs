//! Numbers that name people, companies and accounts.

mod accounts;
mod africa;
mod americas;
mod asia;
mod birth;
mod calls;
mod cards;
mod east;
mod german;
mod id;
mod mixed;
mod north;
mod phone;
mod ragged;
mod run;
mod south;
#[cfg(test)]
mod tests;
mod us;
mod west;

use crate::entry::Entry;
use crate::scan::{Scan, is_word};
use crate::words::Words;
pub(crate) use east::{bg_vat, cz_vat, lt_vat, ro_cnp, ro_vat};
use id::{Id, Laid, Ragged};
pub(crate) use north::lv_vat;
use run::{MOST, Run, Window, begins, gap};
use std::sync::LazyLock;

/// How sure an identifier must be to be found as it is between other groups, and how sure to be found at all.
const STRONG: u8 = 80;
const WEAK: u8 = 60;

/// Fewest digits of an identifier.
const FEWEST: usize = 6;

/// Every identifier of digits alone.
static IDS: &[&[Id]] = &[
    accounts::IDS,
    africa::IDS,
    americas::IDS,
    asia::IDS,
    cards::IDS,
    east::IDS,
    german::IDS,
    north::IDS,
    phone::IDS,
    south::IDS,
    us::IDS,
    west::IDS,
];

/// Identifiers by how many digits they may have.
struct ByCount {
    /// Without separators, or in any groups.
    plain: Vec<Vec<&'static Id>>,
    /// With anything between their groups.
    ragged: Vec<Vec<&'static Id>>,
    /// As they are usually written.
    laid: Vec<Vec<Laid>>,
}

static BY_COUNT: LazyLock<ByCount> = LazyLock::new(|| {
    let mut plain: Vec<Vec<_>> = (0..=MOST).map(|_| Vec::new()).collect();
    let mut ragged = plain.clone();
    let mut laid: Vec<Vec<_>> = (0..=MOST).map(|_| Vec::new()).collect();
    for id in IDS.iter().flat_map(|group| group.iter()) {
        for count in id.lengths {
            if let Some(ids) = plain.get_mut(usize::from(*count)) {
                ids.push(id);
            }
            if let Some(ids) = ragged.get_mut(usize::from(*count)).filter(|_| id.ragged != Ragged::Never) {
                ids.push(id);
            }
        }
        for layout in id.layouts() {
            if let Some(layouts) = laid.get_mut(layout.count) {
                layouts.push(layout);
            }
        }
    }
    ByCount { plain, ragged, laid }
});

/// Every type of this module.
pub(crate) fn entries() -> impl Iterator<Item = &'static Entry> {
    let ids = IDS.iter().flat_map(|group| group.iter()).map(|id| &id.entry);
    let others = [birth::ENTRIES, cards::ENTRIES, mixed::ENTRIES];
    ids.chain(others.into_iter().flat_map(|group| group.iter().copied()))
}

/// Looks at a run of digits that begins a word; returns where it ends.
pub(crate) fn digits(scan: &mut Scan<'_>, start: usize) -> usize {
    let mut at = start;
    // Whether the last group was a single digit, and the separator behind it.
    let mut single = (false, 0);
    loop {
        let mut end = at;
        while end - at <= MOST && scan.at(end).is_ascii_digit() {
            end += 1;
        }
        if at == start && ragged::goes_on(scan, end) {
            ragged::digits(scan, start);
        }
        // Within single digits no value begins.
        let within = end - at == 1 && single == (true, scan.before(at)) && scan.before(at) == scan.at(end);
        let next = match end - at {
            1..=4 if within || gap(scan, end, end - at).is_none() => {
                beside_words(scan, at, end);
                phone::digits(scan, at, end, end - at);
                gap(scan, end, end - at).map(|_| end + 1)
            }
            _ => {
                let run = Run::read(scan, at);
                end = run.first_end;
                if end - at <= MOST {
                    looked_at(scan, &run, at);
                }
                run.next
            }
        };
        let Some(next) = next else { return end };
        single = (end - at == 1, scan.at(end));
        at = next;
    }
}

/// Looks at a group of digits that words before it may speak of.
fn beside_words(scan: &mut Scan<'_>, start: usize, end: usize) {
    birth::digits(scan, start, end);
    cards::digits(scan, start, end);
}

/// Looks at the values that begin at `start`, which is where `run` begins.
fn looked_at(scan: &mut Scan<'_>, run: &Run, start: usize) {
    beside_words(scan, start, run.first_end);
    mixed::digits(scan, start, run.end);
    let all = run.digits(run.count.saturating_sub(1));
    phone::digits(scan, start, run.first_end, all);
    if all < FEWEST || !begins(scan, start) {
        return;
    }
    for last in 0..run.count {
        let digits = run.digits(last);
        if digits >= FEWEST
            && let Some(window) = run.window(scan, last)
        {
            if last == 0 {
                plain(scan, &window);
            } else {
                grouped(scan, &window);
            }
        }
    }
}

/// Identifiers without separators.
fn plain(scan: &mut Scan<'_>, window: &Window<'_>) {
    for id in BY_COUNT.plain.get(window.values.len()).into_iter().flatten() {
        found(scan, window, id, id.entry.bare, id.entry.context);
    }
}

/// Identifiers in groups: as they are usually written, or else in groups that nobody uses for them.
fn grouped(scan: &mut Scan<'_>, window: &Window<'_>) {
    for layout in BY_COUNT.laid.get(window.values.len()).into_iter().flatten() {
        let Some(level) = layout.level(window) else { continue };
        // In a row of groups anything can be found: only what is sure by itself, and not too sure.
        let level = if window.whole || level >= STRONG { level } else { level.min(WEAK) };
        if window.whole || level >= WEAK {
            found(scan, window, layout.id, level, layout.id.entry.context);
        }
    }
    if window.may_be_regrouped() {
        for id in BY_COUNT.plain.get(window.values.len()).into_iter().flatten() {
            // Two groups are too common to be anything but what is sure by itself.
            if window.groups.len() > 2 || id.regrouped > 0 {
                found(scan, window, id, id.regrouped, id.entry.context.saturating_sub(5));
            }
        }
    }
}

/// Notes an identifier whose digits pass.
fn found(scan: &mut Scan<'_>, window: &Window<'_>, id: &'static Id, bare: u8, context: u8) {
    let known = (id.check)(window.values) && (!id.named || is_named(scan, window.start, &id.entry));
    if known && !is_of_another(scan, window.start, id.entry.name) {
        scan.sure(window.start, window.end, &id.entry, bare, context);
        if id.entry.name == cards::NAME {
            cards::behind(scan, window.end);
        }
    }
}

/// How far before digits one of their own words may be, in bytes.
const NAMED: usize = 32;

/// Whether one of some words stands shortly before `start`, and no letters with a hyphen between.
fn is_named(scan: &Scan<'_>, start: usize, entry: &Entry) -> bool {
    let from = scan.text.floor_char_boundary(start.saturating_sub(NAMED));
    let before = scan.slice(from, start);
    !before.ends_with('-') && Words::of(before).any(|said| entry.phrases().any(|word| said.is(word)))
}

/// The countries whose VAT numbers have their code before them (Directive 2006/112/EC, article 215, and others).
const PREFIXES: &str =
    "AT BE BG CH CY CZ DE DK EE EL ES FI FR GB HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK";

/// Whether the code of a country stands before digits, and a type is that of another one: `GB 770 381 235`.
fn is_of_another(scan: &Scan<'_>, start: usize, name: &str) -> bool {
    let first = start.saturating_sub(3);
    let code = scan.slice(first, first + 2);
    if !code.bytes().all(|byte| byte.is_ascii_uppercase()) || scan.at(first + 2) != b' ' || first + 3 > start
    {
        return false;
    }
    let known = |code: &str| code.len() == 2 && PREFIXES.split(' ').any(|prefix| prefix == code);
    let own = match name.split_once('_').map_or("", |(own, _)| own) {
        "UK" => "GB",
        "GR" => "EL",
        own => own,
    };
    own != code && known(own) && known(code) && !is_word(scan.before(first))
}
