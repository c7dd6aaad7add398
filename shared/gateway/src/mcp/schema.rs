//! Output schemas of tools whose results are redacted (MCP, Tools: Output Schema; JSON Schema 2020-12 and draft-07).
//!
//! A client validates `structuredContent` against the tool's `outputSchema`. What redaction leaves of a valid value
//! must be valid too, so the schema is loosened by what redaction may do to a value:
//! - a string, or a name that the schema does not declare, becomes another string of any form;
//! - a number becomes `0`;
//! - with `removable`, any member of an object may be missing.
//!
//! Nothing else changes: types stay, elements keep their places, and names that stand in `properties` are public and
//! stay. So every keyword is kept that a value cannot stop to satisfy by these changes, and its subschemas are
//! loosened in their turn; every other one goes.

#[cfg(test)]
mod tests;

use super::json::{Kind, Raw, Span};
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// `schema` so that it accepts what redaction leaves of whatever it accepted; none if it already does. All that need
/// not change stays byte for byte.
///
/// A schema whose references cannot be followed (to another document, below a nested `$id`, into what had to go) keeps
/// its outermost type only.
#[must_use]
pub fn loosened(schema: Raw<'_>, removable: bool) -> Option<String> {
    let mut loosening = Loosening {
        text: schema.text(),
        base: schema.span().start,
        removable,
        out: String::new(),
        done: 0,
        places: HashSet::new(),
        wanted: HashSet::new(),
        lost: false,
    };
    loosening.schema(schema, Some(ROOT), true);
    if loosening.lost || !loosening.wanted.is_subset(&loosening.places) {
        return Some(outermost(schema).to_owned());
    }
    if loosening.done == 0 {
        return None;
    }
    loosening.flush(loosening.text.len());
    Some(loosening.out)
}

/// What is left of a schema that is given up: it accepts everything, and is a legal one where only objects are
/// (revisions before 2026-07-28).
fn outermost(schema: Raw<'_>) -> &'static str {
    let of_objects = schema.get("type").and_then(Raw::string).is_some_and(|kind| kind == "object");
    if of_objects { r#"{"type":"object"}"# } else { "{}" }
}

/// Keywords that a value may stop to satisfy, or that mean nothing without such a one. `maxContains` because more
/// elements may fit, `minProperties` because two names may become one, `unevaluated...` because what evaluated a
/// member may have gone, `discriminator` and `format...` because ajv refuses them alone.
const CUT: &[&str] = &[
    "format",
    "formatMinimum",
    "formatMaximum",
    "formatExclusiveMinimum",
    "formatExclusiveMaximum",
    "pattern",
    "minLength",
    "maxLength",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "maxContains",
    "minProperties",
    "patternProperties",
    "unevaluatedProperties",
    "unevaluatedItems",
    "if",
    "then",
    "else",
    "discriminator",
];

/// What becomes of one member of a schema.
enum Fate {
    /// It stays as it is.
    Kept,
    /// It goes.
    Cut,
    /// It holds a schema, or an array of them.
    Schemas,
    /// It holds an object of schemas.
    Named,
    /// It is a `oneOf` whose alternatives may come to overlap.
    AnyOf,
}

/// What decides about the members of one schema beside themselves.
#[derive(Clone, Copy)]
struct Beside {
    any_of: bool,
    patterns: bool,
}

/// A place in the schema, as a hash of the JSON pointer or anchor that leads there.
type Place = u64;

const ROOT: Place = 0;
const ANCHORS: Place = 1;

fn below(place: Place, token: &str) -> Place {
    let mut hasher = DefaultHasher::new();
    (place, token).hash(&mut hasher);
    hasher.finish()
}

/// One walk over a schema, which writes the new one as it goes.
struct Loosening<'a> {
    text: &'a str,
    /// Where the text begins in its document.
    base: u32,
    removable: bool,
    out: String,
    /// How much of the text is written or cut.
    done: usize,
    /// Where the walk was, as far as it is still to be found there.
    places: HashSet<Place>,
    /// Where references point.
    wanted: HashSet<Place>,
    /// There was a reference that cannot be followed.
    lost: bool,
}

impl<'a> Loosening<'a> {
    /// Walks over one schema; `place` is none below what was renamed. Depth is bounded by the document's.
    fn schema(&mut self, schema: Raw<'a>, place: Option<Place>, outermost: bool) {
        self.places.extend(place);
        let beside = beside(schema);
        let mut kept = false;
        let mut before = self.range(schema.span()).0 + 1;
        for (keyword, value) in schema.members() {
            let (start, end) = self.range(value.span());
            let place = place.map(|place| below(place, &keyword));
            match self.fate(&keyword, value, beside) {
                Fate::Kept => self.point(&keyword, value, outermost),
                Fate::Cut => {
                    self.cut(before, end, kept);
                    before = end;
                    continue;
                }
                Fate::Schemas => self.schemas(value, place),
                Fate::Named => {
                    for (name, schema) in value.members() {
                        self.schema(schema, place.map(|place| below(place, &name)), false);
                    }
                }
                Fate::AnyOf => {
                    self.rename(before, start, r#""anyOf""#);
                    self.schemas(value, None);
                }
            }
            kept = true;
            before = end;
        }
    }

    fn schemas(&mut self, value: Raw<'a>, place: Option<Place>) {
        if value.kind() != Kind::Array {
            return self.schema(value, place, false);
        }
        for (i, schema) in value.elements().enumerate() {
            self.schema(schema, place.map(|place| below(place, &i.to_string())), false);
        }
    }

    fn fate(&self, keyword: &str, value: Raw<'_>, beside: Beside) -> Fate {
        let cut_if = |cut: bool| if cut { Fate::Cut } else { Fate::Kept };
        match keyword {
            "const" => cut_if(!steady(value)),
            "enum" => cut_if(!value.elements().all(steady)),
            "minimum" => cut_if(!number(value).is_some_and(|least| least <= 0.0)),
            "maximum" => cut_if(!number(value).is_some_and(|most| most >= 0.0)),
            "exclusiveMinimum" => cut_if(!number(value).is_some_and(|under| under < 0.0)),
            "exclusiveMaximum" => cut_if(!number(value).is_some_and(|over| over > 0.0)),
            "uniqueItems" => cut_if(value.bool() != Some(false)),
            "required" | "dependentRequired" => cut_if(self.removable),
            "not" => cut_if(!by_type(value)),
            "oneOf" if value.elements().all(by_type) => Fate::Schemas,
            "oneOf" => {
                if beside.any_of {
                    Fate::Cut
                } else {
                    Fate::AnyOf
                }
            }
            // The new name may match any pattern, or none.
            "additionalProperties" if beside.patterns => Fate::Cut,
            "dependencies" if self.removable && value.members().any(|(_, it)| it.kind() == Kind::Array) => {
                Fate::Cut
            }
            "allOf"
            | "anyOf"
            | "items"
            | "prefixItems"
            | "additionalItems"
            | "contains"
            | "additionalProperties"
            | "propertyNames" => Fate::Schemas,
            "properties" | "$defs" | "definitions" | "dependentSchemas" | "dependencies" => Fate::Named,
            other => cut_if(CUT.contains(&other)),
        }
    }

    /// Notes where a reference points, or an anchor is.
    fn point(&mut self, keyword: &str, value: Raw<'_>, outermost: bool) {
        let Some(name) = value.string() else { return };
        match keyword {
            "$ref" | "$dynamicRef" | "$recursiveRef" => match target(&name) {
                Some(place) => _ = self.wanted.insert(place),
                None => self.lost = true,
            },
            "$anchor" | "$dynamicAnchor" => _ = self.places.insert(below(ANCHORS, &name)),
            // Draft-07 has anchors here.
            "$id" => match name.strip_prefix('#') {
                Some(name) => _ = self.places.insert(below(ANCHORS, name)),
                None => self.lost |= !outermost,
            },
            _ => {}
        }
    }

    /// Where a value lies in the text.
    fn range(&self, span: Span) -> (usize, usize) {
        ((span.start.saturating_sub(self.base)) as usize, (span.end.saturating_sub(self.base)) as usize)
    }

    /// Writes the text up to `end`.
    fn flush(&mut self, end: usize) {
        self.out.push_str(self.text.get(self.done..end).unwrap_or(""));
        self.done = self.done.max(end);
    }

    /// Leaves out a member that ends at `end`; `before` is where the one before it ends, or the bracket. After a kept
    /// member its comma goes too; before any, the comma that follows.
    fn cut(&mut self, before: usize, end: usize, kept: bool) {
        self.flush(before);
        let rest = self.text.get(end..).unwrap_or("");
        let blanks = rest.len() - rest.trim_start().len();
        let comma = !kept && rest.get(blanks..).is_some_and(|rest| rest.starts_with(','));
        self.done = if comma { end + blanks + 1 } else { end };
    }

    /// Gives another name, in quotes, to the member whose value starts at `start`.
    fn rename(&mut self, before: usize, start: usize, name: &str) {
        let between = self.text.get(before..start).unwrap_or("");
        let (Some(open), Some(close)) = (between.find('"'), between.rfind('"')) else { return };
        self.flush(before + open);
        self.out.push_str(name);
        self.done = before + close + 1;
    }
}

fn beside(schema: Raw<'_>) -> Beside {
    let mut beside = Beside { any_of: false, patterns: false };
    for (keyword, _) in schema.members() {
        beside.any_of |= keyword == "anyOf";
        beside.patterns |= keyword == "patternProperties";
    }
    beside
}

/// Whether redaction leaves a value as it is.
fn steady(value: Raw<'_>) -> bool {
    match value.kind() {
        Kind::True | Kind::False | Kind::Null => true,
        Kind::Number => number(value) == Some(0.0),
        Kind::String => false,
        Kind::Array => value.elements().all(steady),
        Kind::Object => value.members().next().is_none(),
    }
}

/// Whether a schema looks at nothing but the type of a value: then redaction changes nothing about whether it holds,
/// either way. Not with `integer`, because a fraction that becomes 0 becomes one.
fn by_type(schema: Raw<'_>) -> bool {
    let whole = |kind: Raw<'_>| kind.string().is_none_or(|kind| kind == "integer");
    match schema.kind() {
        Kind::True | Kind::False => true,
        Kind::Object => schema.members().all(|(keyword, value)| match &*keyword {
            "type" if value.kind() == Kind::Array => !value.elements().any(whole),
            "type" => !whole(value),
            "title" | "description" | "$comment" => true,
            _ => false,
        }),
        _ => false,
    }
}

fn number(value: Raw<'_>) -> Option<f64> {
    value.text().parse().ok().filter(|_| value.kind() == Kind::Number)
}

/// The place that a reference within the document points to (RFC 6901 section 6 for pointers).
fn target(reference: &str) -> Option<Place> {
    let fragment = decoded(reference.strip_prefix('#')?)?;
    if fragment.is_empty() {
        return Some(ROOT);
    }
    let Some(pointer) = fragment.strip_prefix('/') else { return Some(below(ANCHORS, &fragment)) };
    let token = |token: &str| token.replace("~1", "/").replace("~0", "~");
    Some(pointer.split('/').fold(ROOT, |place, part| below(place, &token(part))))
}

/// Percent-encoding undone; none if it is malformed.
fn decoded(fragment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (digits, tail) = rest.split_at_checked(2)?;
        rest = tail;
        let digit = |digit: &u8| char::from(*digit).to_digit(16);
        let value = digits.iter().try_fold(0, |value, it| Some(value << 4 | digit(it)?))?;
        bytes.push(u8::try_from(value).ok()?);
    }
    String::from_utf8(bytes).ok()
}
