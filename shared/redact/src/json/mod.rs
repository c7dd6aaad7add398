//! Redaction of text and JSON: findings are replaced where they stand, and every other byte stays as it is.

mod cursor;
mod echo;
mod find;
mod label;
mod string;
#[cfg(test)]
mod tests;
mod walk;

use crate::engine::{Context, Engine, Finding};
use crate::path::Path;
use crate::view::Unescaped;
use echo::Echoes;
use find::{Inside, Kind, Look, Site};
use std::ops::Range;

/// What becomes of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replacement {
    /// It stays.
    Keep,
    /// Another text takes its place; a number becomes a string.
    Text(String),
    /// Another text takes its place, and zero that of a number, which stays one: for documents that keep to a schema.
    TextOrZero(String),
    /// The whole value becomes zero: `0` for a number, an empty string for a string. In plain text and keys the finding
    /// is cut out.
    Zero,
    /// The whole value becomes `null`. In plain text and keys the finding is cut out.
    Null,
    /// The member of the object that has the value goes, with its name and its comma. A value that is no member's, but an
    /// array's or the whole document, becomes `null`. In plain text and keys the finding is cut out.
    Remove,
}

/// Says what becomes of a finding, whose place is given in bytes of the whole text or document. The value is as it is
/// written there, but for the escapes of JSON strings.
pub type Replace<'a> = dyn FnMut(&Finding<'_>, &str, &Path<'_>) -> Replacement + 'a;

impl Engine {
    /// Replaces what is sensitive in a JSON document; none if nothing changed. The result is JSON if the document is; what
    /// is no JSON, or is nested deeper than 127 levels, is taken for text.
    pub fn redact_json(
        &self,
        json: &str,
        context: &Context<'_>,
        replace: &mut Replace<'_>,
    ) -> Option<String> {
        let inside = Look::Values(self).document(json, &Path::root(context));
        redact(json, inside, context, replace)
    }

    /// The same, but what is found anywhere in the document is also found elsewhere in it as it is written, although nothing
    /// there says what it is: in strings and those within, in names of members that do not look like names of fields, and
    /// as a number of nine digits or more. An echo stands as words of its own and has at least four code points, at most
    /// 256 bytes. It is asked for as the value is, with its type, level and word, but with its own path.
    ///
    /// A document may have more than 4,096 distinct values, or than 128 KB of them. Then the echoes of the surest are not
    /// looked for: those are the ones that are known by themselves. Nothing is looked for where nothing was found.
    pub fn redact_json_with_echoes(
        &self,
        json: &str,
        context: &Context<'_>,
        replace: &mut Replace<'_>,
    ) -> Option<String> {
        let path = Path::root(context);
        let mut inside = Look::Values(self).document(json, &path);
        if let Some(echoes) = Echoes::of(json, &inside) {
            inside = echo::with(inside, Look::Echoes(&echoes, self).document(json, &path));
        }
        redact(json, inside, context, replace)
    }

    /// Replaces what is sensitive in a text; none if nothing changed. A text that is a JSON object or array is walked.
    pub fn redact_text(
        &self,
        text: &str,
        context: &Context<'_>,
        replace: &mut Replace<'_>,
    ) -> Option<String> {
        let inside = Look::Values(self).value(text, &Path::root(context), 0);
        redact(text, inside, context, replace)
    }
}

/// Second step: asks what becomes of the findings, and does it.
fn redact(
    text: &str,
    inside: Inside<'_>,
    context: &Context<'_>,
    replace: &mut Replace<'_>,
) -> Option<String> {
    if inside.is_empty() {
        return None;
    }
    let mut redaction = Redaction { about: context.about, replace, number: false };
    let outcome = redaction.inside(text, inside, &Path::root(context), &Origin::Whole);
    apply(text, &outcome.edits)
}

/// A new text for a range.
struct Edit {
    at: Range<usize>,
    text: String,
    /// It takes away a member of an object, whose comma goes as well.
    member: bool,
}

impl Edit {
    const fn new(at: Range<usize>, text: String) -> Self {
        Self { at, text, member: false }
    }
}

/// What becomes of a value as a whole. Where several are asked for, the last of these counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Whole {
    Zero,
    Null,
    Remove,
}

impl Whole {
    /// Done to the value of a site that is written in a range, with its quotes.
    fn edit(self, site: &Site<'_>, at: Range<usize>) -> Edit {
        let text = match (self, site.member) {
            (Self::Remove, Some(start)) => {
                return Edit { at: start..at.end, text: String::new(), member: true };
            }
            (Self::Zero, _) if site.kind == Kind::Number => "0",
            (Self::Zero, _) => "\"\"",
            (Self::Null | Self::Remove, _) => "null",
        };
        Edit::new(at, text.to_owned())
    }
}

/// What becomes of a text.
#[derive(Default)]
struct Outcome {
    /// Changes within it.
    edits: Vec<Edit>,
    /// What takes the place of the whole value instead.
    whole: Option<Whole>,
}

/// Where a text came from, up to the whole document.
enum Origin<'a> {
    Whole,
    /// It is what a string says that begins at an offset of another text.
    String {
        says: &'a Unescaped<'a>,
        start: usize,
        within: &'a Origin<'a>,
    },
    /// It is a part of another text.
    Part {
        start: usize,
        within: &'a Origin<'a>,
    },
}

impl Origin<'_> {
    fn original(&self, range: Range<usize>) -> Range<usize> {
        let (range, start, within) = match self {
            Self::Whole => return range,
            Self::String { says, start, within } => (says.original(range), start, within),
            Self::Part { start, within } => (range, start, within),
        };
        within.original(start + range.start..start + range.end)
    }
}

/// A redaction under way.
struct Redaction<'a, 'r> {
    about: &'a str,
    replace: &'a mut Replace<'r>,
    /// Whether it is at a number.
    number: bool,
}

impl Redaction<'_, '_> {
    fn inside(&mut self, text: &str, inside: Inside<'_>, path: &Path<'_>, origin: &Origin<'_>) -> Outcome {
        match inside {
            Inside::Text(findings) => self.text(text, findings, path, origin),
            Inside::Json(sites) => {
                let edits = sites.into_iter().flat_map(|site| self.site(text, site, origin)).collect();
                Outcome { edits: with_commas(text, edits), whole: None }
            }
        }
    }

    fn text(
        &mut self,
        text: &str,
        findings: Vec<Finding<'_>>,
        path: &Path<'_>,
        origin: &Origin<'_>,
    ) -> Outcome {
        let mut outcome = Outcome::default();
        for finding in findings {
            let at = finding.start..finding.end;
            let (text, whole) = match self.ask(finding, text, path, origin) {
                Replacement::Keep => continue,
                Replacement::TextOrZero(_) if self.number => (String::new(), Some(Whole::Zero)),
                Replacement::Text(text) | Replacement::TextOrZero(text) => (text, None),
                Replacement::Zero => (String::new(), Some(Whole::Zero)),
                Replacement::Null => (String::new(), Some(Whole::Null)),
                Replacement::Remove => (String::new(), Some(Whole::Remove)),
            };
            outcome.whole = outcome.whole.max(whole);
            outcome.edits.push(Edit::new(at, text));
        }
        outcome
    }

    fn ask(&mut self, finding: Finding<'_>, text: &str, path: &Path<'_>, origin: &Origin<'_>) -> Replacement {
        let value = text.get(finding.start..finding.end).unwrap_or("");
        let original = origin.original(finding.start..finding.end);
        (self.replace)(&Finding { start: original.start, end: original.end, ..finding }, value, path)
    }

    /// Redacts a part of a document; the changes are in bytes of the document.
    fn site(&mut self, json: &str, mut site: Site<'_>, origin: &Origin<'_>) -> Vec<Edit> {
        let names = std::mem::take(&mut site.names);
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let context = Context { path: &names, about: self.about };
        let (path, raw) = (Path::root(&context), json.get(site.at.clone()).unwrap_or(""));
        let (start, inside) = (site.at.start, std::mem::take(&mut site.inside));
        if site.kind == Kind::Number {
            let origin = Origin::Part { start, within: origin };
            self.number = true;
            let outcome = self.inside(find::whole_number(raw), inside, &path, &origin);
            self.number = false;
            let number = site.at.clone();
            let edits = outcome.edits.into_iter().map(|edit| match outcome.whole {
                Some(whole) => whole.edit(&site, number.clone()),
                None => Edit::new(number.clone(), format!("\"{}\"", string::encode(&edit.text))),
            });
            return edits.collect();
        }
        let says = string::decode(raw);
        let origin = Origin::String { says: &says, start, within: origin };
        let outcome = self.inside(says.text(), inside, &path, &origin);
        if let Some(whole) = outcome.whole.filter(|_| site.kind == Kind::String) {
            return vec![whole.edit(&site, start.saturating_sub(1)..site.at.end + 1)];
        }
        let written = outcome.edits.into_iter().map(|edit| {
            let at = says.original(edit.at);
            Edit::new(start + at.start..start + at.end, string::encode(&edit.text))
        });
        written.collect()
    }
}

/// The changes of a document, in its order, with those commas that go with a member: the one before it, but the one behind
/// if all members before it go too.
fn with_commas(json: &str, edits: Vec<Edit>) -> Vec<Edit> {
    let mut done: Vec<Edit> = Vec::with_capacity(edits.len());
    // Where the members that an object began with have gone up to.
    let mut begins = None;
    for mut edit in edits {
        if edit.member {
            // What became of its name.
            while done.last().is_some_and(|last| last.at.start >= edit.at.start) {
                done.pop();
            }
            let before = json.get(..edit.at.start).unwrap_or("").trim_ascii_end();
            if begins != Some(edit.at.start) && before.ends_with(',') {
                edit.at.start = before.len() - 1;
            } else {
                let behind = json.get(edit.at.end..).unwrap_or("").trim_ascii_start();
                let rest = behind.strip_prefix(',').map(str::trim_ascii_start);
                edit.at.end = rest.map_or(edit.at.end, |rest| json.len() - rest.len());
                begins = Some(edit.at.end);
            }
        }
        done.push(edit);
    }
    done
}

/// The text with its changes, which are in its order; none if there are none. Whatever they are, it never has what they
/// replace.
fn apply(text: &str, edits: &[Edit]) -> Option<String> {
    let changes = edits.iter().any(|edit| text.get(edit.at.clone()) != Some(&edit.text));
    if !changes {
        return None;
    }
    let mut redacted = String::with_capacity(text.len());
    let mut done = 0;
    for edit in edits {
        redacted.push_str(text.get(done..edit.at.start).unwrap_or(""));
        redacted.push_str(&edit.text);
        done = done.max(edit.at.end);
    }
    redacted.push_str(text.get(done..).unwrap_or(""));
    Some(redacted)
}
