//! Splices: edits of a checked text that leave every other byte as it came.

use super::text::{key_is, quote};
use super::{Json, Kind, Node, Raw, Span};
use std::cmp::Reverse;

/// Edits of one document, collected first and applied in one pass.
///
/// Setting and removing members of one object may be mixed; for one member the last call wins. An edit inside a
/// value that is itself replaced or removed is dropped with it.
#[derive(Debug, Clone, Default)]
pub struct Edits {
    /// New texts, back to back: one buffer for all of them.
    texts: String,
    splices: Vec<Splice>,
    objects: Vec<Object>,
}

#[derive(Debug, Clone, Copy)]
struct Splice {
    span: Span,
    with: Piece,
}

/// A range of [`Edits::texts`].
#[derive(Debug, Clone, Copy)]
struct Piece {
    start: usize,
    end: usize,
}

/// An object with edited members.
#[derive(Debug, Clone)]
struct Object {
    span: Span,
    members: Vec<Member>,
    /// New members as `"name":value`, with the quoted name and the value apart.
    added: Vec<(Piece, Piece)>,
}

#[derive(Debug, Clone, Copy)]
struct Member {
    key: Span,
    value: Span,
    fate: Fate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Kept,
    Replaced { start: usize, end: usize },
    Removed,
}

/// An object to be edited.
#[derive(Clone, Copy)]
enum Place<'a> {
    Tape(&'a Json<'a>, Node),
    Text(Raw<'a>),
}

impl<'a> Place<'a> {
    fn value(self) -> Raw<'a> {
        match self {
            Self::Tape(json, node) => json.value(node),
            Self::Text(object) => object,
        }
    }

    /// Its members: from the tape, unless that has none of them, which it does not below its last level.
    fn members(self) -> Vec<Member> {
        let member = |(key, value)| Member { key, value, fate: Fate::Kept };
        if let Self::Tape(json, node) = self {
            let members: Vec<_> = json.member_spans(node).map(member).collect();
            if !members.is_empty() {
                return members;
            }
        }
        let mut walk = self.value().members();
        std::iter::from_fn(|| walk.next_raw()).map(|(_, _, key, value)| member((key, value.span()))).collect()
    }
}

impl Edits {
    /// No edits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether applying them changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.splices.is_empty() && self.objects.is_empty()
    }

    /// Replaces a value (or any byte range on value boundaries) by `with`, which is JSON text.
    pub fn replace(&mut self, span: Span, with: impl AsRef<str>) {
        let with = self.keep(with.as_ref());
        self.splices.push(Splice { span, with });
    }

    /// Replaces a value by the string `content`, quoted here.
    pub fn replace_string(&mut self, span: Span, content: &str) {
        let with = self.keep_quoted(content);
        self.splices.push(Splice { span, with });
    }

    /// Gives the member `key` of `object` the value `raw_value`, JSON text: replaces its value or appends it. Does
    /// nothing when `object` is no object.
    pub fn set(&mut self, json: &Json<'_>, object: Node, key: &str, raw_value: impl AsRef<str>) {
        let value = self.keep(raw_value.as_ref());
        self.set_piece(Place::Tape(json, object), key, value);
    }

    /// As [`Edits::set`] with a string, quoted here.
    pub fn set_string(&mut self, json: &Json<'_>, object: Node, key: &str, content: &str) {
        let value = self.keep_quoted(content);
        self.set_piece(Place::Tape(json, object), key, value);
    }

    /// Removes the member `key` of `object`, if it is there.
    pub fn remove(&mut self, json: &Json<'_>, object: Node, key: &str) {
        self.remove_at(Place::Tape(json, object), key);
    }

    /// As [`Edits::set`], for an object anywhere in the document.
    pub fn set_in(&mut self, object: Raw<'_>, key: &str, raw_value: impl AsRef<str>) {
        let value = self.keep(raw_value.as_ref());
        self.set_piece(Place::Text(object), key, value);
    }

    /// As [`Edits::remove`], for an object anywhere in the document.
    pub fn remove_in(&mut self, object: Raw<'_>, key: &str) {
        self.remove_at(Place::Text(object), key);
    }

    fn remove_at(&mut self, place: Place<'_>, key: &str) {
        let (index, name) = self.object(place, key);
        let object = place.value();
        let Some(entry) = self.objects.get_mut(index) else { return };
        if let Some(member) = entry.members.iter_mut().find(|m| is_named(object, m, key)) {
            member.fate = Fate::Removed;
        }
        let texts = &self.texts;
        entry.added.retain(|(added, _)| texts.get(added.start..added.end) != texts.get(name.start..name.end));
    }

    /// The whole text with all edits.
    #[must_use]
    pub fn apply(self, text: &str) -> String {
        let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
        self.apply_within(text, Span { start: 0, end })
    }

    /// The part `span` of the text with the edits inside it: one message of a batch, or one value.
    #[must_use]
    pub fn apply_within(mut self, text: &str, span: Span) -> String {
        for object in std::mem::take(&mut self.objects) {
            self.lower(&object);
        }
        // Outer edits first, so that what lies inside them is skipped.
        self.splices.sort_by_key(|splice| (splice.span.start, Reverse(splice.span.end)));
        let mut out = String::with_capacity(span.range().len() + self.texts.len());
        let mut at = span.start;
        for splice in &self.splices {
            if splice.span.start < at || splice.span.end > span.end {
                continue;
            }
            out.push_str(text.get(at as usize..splice.span.start as usize).unwrap_or(""));
            out.push_str(self.texts.get(splice.with.start..splice.with.end).unwrap_or(""));
            at = splice.span.end;
        }
        out.push_str(text.get(at as usize..span.end as usize).unwrap_or(""));
        out
    }

    fn keep(&mut self, text: &str) -> Piece {
        let start = self.texts.len();
        self.texts.push_str(text);
        Piece { start, end: self.texts.len() }
    }

    fn keep_quoted(&mut self, content: &str) -> Piece {
        let start = self.texts.len();
        quote(&mut self.texts, content);
        Piece { start, end: self.texts.len() }
    }

    fn set_piece(&mut self, place: Place<'_>, key: &str, value: Piece) {
        let object = place.value();
        if object.kind() != Kind::Object {
            return;
        }
        let (index, name) = self.object(place, key);
        let Some(entry) = self.objects.get_mut(index) else { return };
        if let Some(member) = entry.members.iter_mut().find(|m| is_named(object, m, key)) {
            member.fate = Fate::Replaced { start: value.start, end: value.end };
            return;
        }
        let texts = &self.texts;
        let same = |added: &Piece| texts.get(added.start..added.end) == texts.get(name.start..name.end);
        match entry.added.iter_mut().find(|(added, _)| same(added)) {
            Some(added) => added.1 = value,
            None => entry.added.push((name, value)),
        }
    }

    /// The entry of `object`, made on its first edit, and `key` quoted.
    fn object(&mut self, place: Place<'_>, key: &str) -> (usize, Piece) {
        let name = self.keep_quoted(key);
        let span = place.value().span();
        let index = self.objects.iter().position(|known| known.span == span).unwrap_or_else(|| {
            self.objects.push(Object { span, members: place.members(), added: Vec::new() });
            self.objects.len() - 1
        });
        (index, name)
    }

    /// Turns an object's edits into splices with the right commas.
    fn lower(&mut self, object: &Object) {
        let mut kept = false;
        // Where the text before the current member ends.
        let mut before = None;
        for (i, member) in object.members.iter().enumerate() {
            match member.fate {
                Fate::Kept => kept = true,
                Fate::Replaced { start, end } => {
                    kept = true;
                    self.splices.push(Splice { span: member.value, with: Piece { start, end } });
                }
                Fate::Removed => {
                    // After a kept member its comma goes too; before any, the comma that follows.
                    let next = object.members.get(i + 1).map_or(member.value.end, |next| next.key.start);
                    let span = match before {
                        Some(start) if kept => Span { start, end: member.value.end },
                        _ => Span { start: member.key.start, end: next },
                    };
                    self.splices.push(Splice { span, with: Piece { start: 0, end: 0 } });
                }
            }
            before = Some(member.value.end);
        }
        if object.added.is_empty() {
            return;
        }
        let start = self.texts.len();
        for (i, (name, value)) in object.added.iter().enumerate() {
            if kept || i > 0 {
                self.texts.push(',');
            }
            self.texts.extend_from_within(name.start..name.end);
            self.texts.push(':');
            self.texts.extend_from_within(value.start..value.end);
        }
        let at = before.unwrap_or(object.span.start + 1);
        let with = Piece { start, end: self.texts.len() };
        self.splices.push(Splice { span: Span { start: at, end: at }, with });
    }
}

/// Whether `member` of `object` is named `key`.
fn is_named(object: Raw<'_>, member: &Member, key: &str) -> bool {
    let base = object.span().start;
    let range = (member.key.start + 1 - base) as usize..(member.key.end - 1 - base) as usize;
    let name = object.text().get(range).unwrap_or("");
    key_is(name, name.contains('\\'), key)
}
