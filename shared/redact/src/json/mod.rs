//! Redaction of text and JSON: findings are replaced where they stand, and every other byte stays as it is.

mod find;
mod string;
#[cfg(test)]
mod tests;
mod walk;

use crate::engine::{Context, Engine, Finding};
use crate::path::Path;
use crate::view::Unescaped;
use find::{Inside, Kind, Site};
use std::ops::Range;

/// What becomes of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replacement {
    /// It stays.
    Keep,
    /// Another text takes its place; a number becomes a string.
    Text(String),
    /// The whole value becomes zero: `0` for a number, an empty string for a string. In plain text and keys the finding
    /// is cut out.
    Zero,
    /// The whole value becomes `null`. In plain text and keys the finding is cut out.
    Null,
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
        let inside = find::document(self, json, &Path::root(context));
        redact(json, inside, context, replace)
    }

    /// Replaces what is sensitive in a text; none if nothing changed. A text that is a JSON object or array is walked.
    pub fn redact_text(
        &self,
        text: &str,
        context: &Context<'_>,
        replace: &mut Replace<'_>,
    ) -> Option<String> {
        let inside = find::value(self, text, &Path::root(context), 0);
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
    let mut redaction = Redaction { about: context.about, replace };
    let outcome = redaction.inside(text, inside, &Path::root(context), &Origin::Whole);
    apply(text, &outcome.edits)
}

/// A new text for a range.
struct Edit {
    at: Range<usize>,
    text: String,
}

/// What becomes of a text.
#[derive(Default)]
struct Outcome {
    /// Changes within it.
    edits: Vec<Edit>,
    /// What takes the place of the whole value instead.
    whole: Option<&'static str>,
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
}

impl Redaction<'_, '_> {
    fn inside(&mut self, text: &str, inside: Inside<'_>, path: &Path<'_>, origin: &Origin<'_>) -> Outcome {
        match inside {
            Inside::Text(findings) => self.text(text, findings, path, origin),
            Inside::Json(sites) => {
                let edits = sites.into_iter().flat_map(|site| self.site(text, site, origin)).collect();
                Outcome { edits, whole: None }
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
            let cut = match self.ask(finding, text, path, origin) {
                Replacement::Keep => continue,
                Replacement::Text(text) => text,
                Replacement::Zero => {
                    outcome.whole = outcome.whole.or(Some("\"\""));
                    String::new()
                }
                Replacement::Null => {
                    outcome.whole = Some("null");
                    String::new()
                }
            };
            outcome.edits.push(Edit { at, text: cut });
        }
        outcome
    }

    fn ask(&mut self, finding: Finding<'_>, text: &str, path: &Path<'_>, origin: &Origin<'_>) -> Replacement {
        let value = text.get(finding.start..finding.end).unwrap_or("");
        let original = origin.original(finding.start..finding.end);
        (self.replace)(&Finding { start: original.start, end: original.end, ..finding }, value, path)
    }

    /// Redacts a part of a document; the changes are in bytes of the document.
    fn site(&mut self, json: &str, site: Site<'_>, origin: &Origin<'_>) -> Vec<Edit> {
        let names: Vec<_> = site.names.iter().map(String::as_str).collect();
        let context = Context { path: &names, about: self.about };
        let (path, raw) = (Path::root(&context), json.get(site.at.clone()).unwrap_or(""));
        match (site.kind, site.inside) {
            (Kind::Number, Inside::Text(findings)) => {
                let origin = Origin::Part { start: site.at.start, within: origin };
                let asked =
                    findings.into_iter().map(|it| self.ask(it, find::whole_number(raw), &path, &origin));
                asked.filter_map(number).map(|text| Edit { at: site.at.clone(), text }).collect()
            }
            (kind, inside) => {
                let says = string::decode(raw);
                let start = site.at.start;
                let origin = Origin::String { says: &says, start, within: origin };
                let outcome = self.inside(says.text(), inside, &path, &origin);
                if let Some(whole) = outcome.whole.filter(|_| kind == Kind::String) {
                    let quotes = start.saturating_sub(1)..site.at.end + 1;
                    return vec![Edit { at: quotes, text: whole.to_owned() }];
                }
                let written = outcome.edits.into_iter().map(|edit| {
                    let at = says.original(edit.at);
                    Edit { at: start + at.start..start + at.end, text: string::encode(&edit.text) }
                });
                written.collect()
            }
        }
    }
}

/// What is written for a number, if it changes.
fn number(replacement: Replacement) -> Option<String> {
    match replacement {
        Replacement::Keep => None,
        Replacement::Text(text) => Some(format!("\"{}\"", string::encode(&text))),
        Replacement::Zero => Some("0".to_owned()),
        Replacement::Null => Some("null".to_owned()),
    }
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
