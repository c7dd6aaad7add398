//! Values that were found somewhere in a document, where they stand elsewhere in it with nothing that says what they are.

use super::find::{self, Inside};
use super::string;
use crate::engine::{Engine, Finding};
use crate::lexicon::fnv;
use crate::order;
use std::collections::VecDeque;
use std::ops::Range;

/// A shorter value is no echo, in code points: it may be any word.
const FEWEST: usize = 4;
/// A longer value is not looked for, in bytes: blocks of keys and what is encoded are known by themselves.
const LONGEST: usize = 256;
/// How many distinct values are looked for, and how many bytes they have together.
const MOST: usize = 4_096;
const MOST_BYTES: usize = 128 * 1024;

/// Finds values, all in one pass (Aho and Corasick, Efficient string matching, 1975).
pub(super) struct Echoes<'e> {
    /// The root and the prefixes of values.
    nodes: Vec<Node>,
    /// The nodes of the first bytes; the root is no first byte's.
    first: [u32; 256],
    values: Vec<Value<'e>>,
}

struct Value<'e> {
    bytes: usize,
    finding: Finding<'e>,
}

/// A prefix of a value. Numbers of nodes; 0, the root, is none.
#[derive(Default)]
struct Node {
    byte: u8,
    child: u32,
    sibling: u32,
    /// The longest other prefix that it ends with.
    fail: u32,
    /// The longest value that it ends with, counted from 1, and the one behind `shorter`, a node, the next.
    value: u32,
    shorter: u32,
}

impl<'e> Echoes<'e> {
    /// Of what was found in a document, if any of it can have an echo.
    ///
    /// There is room for 4,096 values and 128 KB. The least sure come first where there are more: the surest are known by
    /// themselves wherever they stand.
    pub fn of(text: &str, inside: &Inside<'e>) -> Option<Self> {
        let mut found = Vec::new();
        gather(text, inside, &mut found);
        // Of what was found as several the surest stands first, and those of one value stand beside each other.
        found = order::by(found, |(_, finding)| order::parts([order::rest(finding.level.into(), 7)]));
        found = order::by(found, |(value, _)| fnv(value));
        found.dedup_by(|(other, _), (value, _)| value == other);
        found = order::by(found, |(_, finding)| u64::from(finding.level));
        let mut echoes = Self { nodes: vec![Node::default()], first: [0; 256], values: Vec::new() };
        let mut room = MOST_BYTES;
        for (value, finding) in found.into_iter().take(MOST) {
            let Some(left) = room.checked_sub(value.len()) else { break };
            room = left;
            echoes.learn(&value, finding);
        }
        echoes.link();
        (!echoes.values.is_empty()).then_some(echoes)
    }

    fn node(&self, at: u32) -> Option<&Node> {
        self.nodes.get(at as usize)
    }

    /// The prefix with another byte; the root if there is none.
    fn next(&self, at: u32, byte: u8) -> u32 {
        if at == 0 {
            return self.first.get(usize::from(byte)).copied().unwrap_or(0);
        }
        let mut child = self.node(at).map_or(0, |node| node.child);
        while child != 0 {
            let Some(node) = self.node(child).filter(|node| node.byte != byte) else { break };
            child = node.sibling;
        }
        child
    }

    fn learn(&mut self, value: &str, finding: Finding<'e>) {
        let mut at = 0;
        for byte in value.bytes() {
            let known = self.next(at, byte);
            at = if known == 0 { self.add(at, byte) } else { known };
        }
        self.values.push(Value { bytes: value.len(), finding });
        // Neither has more than some hundred thousand.
        let number = self.values.len() as u32;
        if let Some(node) = self.nodes.get_mut(at as usize) {
            node.value = number;
        }
    }

    fn add(&mut self, above: u32, byte: u8) -> u32 {
        let new = self.nodes.len() as u32;
        let mut node = Node { byte, ..Node::default() };
        if let Some(above) = self.nodes.get_mut(above as usize) {
            node.sibling = std::mem::replace(&mut above.child, new);
        }
        self.nodes.push(node);
        if let Some(first) = self.first.get_mut(usize::from(byte)).filter(|_| above == 0) {
            *first = new;
        }
        new
    }

    /// Says of each prefix what it ends with, the shortest first.
    fn link(&mut self) {
        let mut queue: VecDeque<u32> = self.first.iter().copied().filter(|at| *at != 0).collect();
        while let Some(at) = queue.pop_front() {
            let (mut child, fail) = self.node(at).map_or((0, 0), |node| (node.child, node.fail));
            while child != 0 {
                let Some(&Node { byte, sibling, .. }) = self.node(child) else { break };
                let fail = self.step(fail, byte);
                let ends = self.node(fail).map_or((0, 0), |node| (node.value, node.shorter));
                let shorter = if ends.0 == 0 { ends.1 } else { fail };
                if let Some(node) = self.nodes.get_mut(child as usize) {
                    (node.fail, node.shorter) = (fail, shorter);
                }
                queue.push_back(child);
                child = sibling;
            }
        }
    }

    /// The longest prefix that a text ends with which ended with one before this byte.
    fn step(&self, mut at: u32, byte: u8) -> u32 {
        loop {
            let next = self.next(at, byte);
            if next != 0 || at == 0 {
                return next;
            }
            at = self.node(at).map_or(0, |node| node.fail);
        }
    }

    /// The values that stand in a text as whole words, apart from each other. Of those that overlap the longest stands, and
    /// what another has more is one of its own.
    pub fn find(&self, engine: &Engine, text: &str) -> Vec<Finding<'e>> {
        let mut found: Vec<Finding<'_>> = Vec::new();
        let mut at = 0;
        for (place, byte) in text.bytes().enumerate() {
            at = self.step(at, byte);
            if at == 0 {
                continue;
            }
            let Some(mut new) = self.ends(text, at, place + 1) else { continue };
            while let Some(last) = found.pop_if(|last| last.end > new.start) {
                if last.start < new.start {
                    new.start = last.end;
                    found.push(last);
                }
            }
            found.push(new);
        }
        found.retain(|it| !engine.is_own(text, it.start, it.end));
        found
    }

    /// The longest value that ends at a place in a text where this prefix does.
    fn ends(&self, text: &str, mut at: u32, end: usize) -> Option<Finding<'e>> {
        let is_part = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
        let mut apart = None;
        while at != 0 {
            let node = self.node(at)?;
            let value = node.value.checked_sub(1).and_then(|value| self.values.get(value as usize));
            if let Some(value) = value {
                let apart =
                    *apart.get_or_insert_with(|| !is_part(text.get(end..).and_then(|it| it.chars().next())));
                let start = end.checked_sub(value.bytes)?;
                if apart && !is_part(text.get(..start)?.chars().next_back()) {
                    return Some(Finding { start, end, ..value.finding });
                }
            }
            at = node.shorter;
        }
        None
    }
}

/// Gathers the values of a document that may have echoes.
fn gather<'e>(text: &str, inside: &Inside<'e>, values: &mut Vec<(String, Finding<'e>)>) {
    match inside {
        Inside::Text(findings) => {
            for finding in findings {
                let value = text.get(finding.start..finding.end).unwrap_or("");
                if value.len() <= LONGEST && value.chars().nth(FEWEST - 1).is_some() {
                    values.push((value.to_owned(), *finding));
                }
            }
        }
        Inside::Json(sites) => {
            for site in sites {
                let raw = text.get(site.at.clone()).unwrap_or("");
                if site.kind == find::Kind::Number {
                    gather(find::whole_number(raw), &site.inside, values);
                } else {
                    gather(string::decode(raw).text(), &site.inside, values);
                }
            }
        }
    }
}

/// What was found, with its echoes.
pub(super) fn with<'e>(found: Inside<'e>, echoes: Inside<'e>) -> Inside<'e> {
    match (found, echoes) {
        (Inside::Text(found), Inside::Text(echoes)) => Inside::Text(beside(found, echoes)),
        (Inside::Json(found), Inside::Json(echoes)) => {
            let all = found.into_iter().chain(echoes).collect();
            let mut sites: Vec<find::Site<'_>> = Vec::new();
            for site in order::by(all, |site| site.at.start as u64) {
                match sites.last_mut().filter(|known| known.at.start == site.at.start) {
                    None => sites.push(site),
                    Some(known) => known.inside = with(std::mem::take(&mut known.inside), site.inside),
                }
            }
            Inside::Json(sites)
        }
        (found, _) => found,
    }
}

/// Findings of a text with its echoes. An echo takes the place of what lies within it; what overlaps it otherwise stands, and
/// the echo is what is left and right of it.
fn beside<'e>(mut found: Vec<Finding<'e>>, echoes: Vec<Finding<'e>>) -> Vec<Finding<'e>> {
    let at = |it: &Finding<'_>| -> Range<usize> { it.start..it.end };
    let within = |it: &Finding<'_>| {
        let next = echoes.partition_point(|echo| echo.end < it.end);
        echoes.get(next).is_some_and(|echo| echo.start <= it.start && at(echo) != at(it))
    };
    found.retain(|it| !within(it));
    let mut rest = Vec::new();
    for mut echo in echoes {
        let behind = found.partition_point(|it| it.end <= echo.start);
        if let Some(first) = found.get(behind).filter(|it| it.start <= echo.start) {
            echo.start = first.end;
        }
        let before = found.partition_point(|it| it.start < echo.end).checked_sub(1);
        if let Some(last) = before.and_then(|at| found.get(at)).filter(|it| it.end >= echo.end) {
            echo.end = last.start;
        }
        if echo.start < echo.end {
            rest.push(echo);
        }
    }
    found.extend(rest);
    order::by(found, |it| it.start as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::strict;
    use crate::{Context, Engine, Replacement};
    use std::time::{Duration, Instant};

    /// Echoes of values, which are all of one type.
    fn echoes(values: &[String]) -> Option<Echoes<'static>> {
        let text: String = values.concat();
        let entry = Engine::types()[0].into();
        let mut start = 0;
        let findings = values.iter().map(|value| {
            start += value.len();
            Finding { start: start - value.len(), end: start, entry, level: 75, word: None }
        });
        Echoes::of(&text, &Inside::Text(findings.collect()))
    }

    /// Whether each byte belongs to a value that stands as words of its own, by looking everywhere.
    fn covered(values: &[String], text: &str) -> Vec<bool> {
        let mut covered = vec![false; text.len()];
        let is_part = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
        for value in values.iter().filter(|value| value.chars().count() >= FEWEST) {
            for start in 0..text.len() {
                let end = start + value.len();
                let stands = text.get(start..end) == Some(value)
                    && !is_part(text[..start].chars().next_back())
                    && !is_part(text[end..].chars().next());
                if stands {
                    covered[start..end].fill(true);
                }
            }
        }
        covered
    }

    #[test]
    fn all_that_stands_there_is_found() {
        let mut state = 1_u64;
        let mut below = |limit: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as usize % limit
        };
        let mut some = 0;
        for _ in 0..20_000 {
            let mut text = |most: usize| -> String {
                (0..below(most)).map(|_| ["a", "b", " ", "é", "-", "a "][below(6)]).collect()
            };
            let values: Vec<_> = (0..4).map(|_| text(9)).collect();
            let text: String = (0..8)
                .map(|at| values.get(at % 2 * 9 + at / 2).cloned().unwrap_or_else(|| text(4)))
                .collect();
            let found = echoes(&values).map_or_else(Vec::new, |echoes| echoes.find(strict(), &text));
            let mut bytes = vec![false; text.len()];
            for it in &found {
                assert!(it.start < it.end && !bytes[it.start..it.end].contains(&true));
                bytes[it.start..it.end].fill(true);
            }
            assert_eq!(bytes, covered(&values, &text), "{values:?} in {text:?}");
            some += usize::from(!found.is_empty());
        }
        assert!(some > 1_000, "{some}");
    }

    #[test]
    fn the_least_sure_come_first_where_there_are_too_many() {
        let emails: String = (0..MOST).map(|at| format!("\"ada{at}@example.com\",")).collect();
        let json = format!("{{\"a\":[{emails}0],\"surname\":\"Okoro\",\"b\":\"Okoro\"}}");
        let mut people = 0;
        strict().redact_json_with_echoes(&json, &Context::default(), &mut |finding, _, _| {
            people += usize::from(finding.entry.name == "PERSON");
            Replacement::Keep
        });
        assert_eq!(people, 2);
    }

    #[test]
    fn time_is_linear() {
        // Values that end with each other, and begin like each other.
        let values = |count: usize| -> Vec<String> {
            (4..count + 4).flat_map(|many| [format!("{}b", "a ".repeat(many)), "a".repeat(many)]).collect()
        };
        let time = |count: usize, bytes: usize| {
            let (values, text) =
                (values(count), "a a a aaaaaaaaaaaaaaaaaaaaaaac ".repeat(bytes / 31) + "aaaa");
            let round = || {
                let start = Instant::now();
                let found = echoes(&values).map_or(0, |echoes| echoes.find(strict(), &text).len());
                assert_eq!(found, 1);
                start.elapsed()
            };
            (0..3).map(|_| round()).min().unwrap_or_default().max(Duration::from_millis(1))
        };
        // A hundred times the text: ten thousand times the time, were it quadratic. Clocks of busy machines are not exact.
        let (short, long) = (time(100, 16_000), time(100, 1_600_000));
        assert!(long < short * 1_000, "{short:?}, then {long:?}");
    }
}
