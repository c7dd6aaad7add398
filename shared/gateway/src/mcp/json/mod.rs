//! JSON without a tree: one strict pass over the bytes leaves an index ("tape") of the few outer members that
//! the gateway reads, and deeper values are walked on demand. The text itself is never rebuilt, so whatever is
//! not edited leaves byte for byte as it came.

mod edit;
#[cfg(test)]
mod edit_tests;
mod raw;
mod scan;
#[cfg(test)]
mod tests;
mod text;

pub use edit::Edits;
pub use raw::{Elements, Members, Raw};
pub use text::quote;

use std::borrow::Cow;
use std::fmt;

/// What a document may measure. The values in use are in `limits`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The whole text, in bytes.
    pub bytes: usize,
    /// Nested arrays and objects.
    pub depth: usize,
    /// Values of any kind.
    pub nodes: usize,
    /// One member name, in bytes between the quotes.
    pub key_bytes: usize,
    /// One string value, in bytes between the quotes.
    pub string_bytes: usize,
    /// One number, in characters.
    pub number_chars: usize,
}

/// Why a text was refused. Positions are byte offsets; the text of an error never repeats the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonError {
    /// No value at all.
    Empty,
    /// More bytes than [`Bounds::bytes`].
    TooLarge,
    /// A byte order mark before the value.
    Bom,
    /// Not UTF-8 from this offset on.
    Utf8 {
        /// Byte offset.
        at: usize,
    },
    /// Not JSON (RFC 8259) at this offset.
    Syntax {
        /// Byte offset.
        at: usize,
    },
    /// More nesting than [`Bounds::depth`].
    TooDeep,
    /// More values than [`Bounds::nodes`].
    TooManyNodes,
    /// A member name over [`Bounds::key_bytes`].
    KeyTooLong,
    /// A string over [`Bounds::string_bytes`].
    StringTooLong,
    /// A number over [`Bounds::number_chars`].
    NumberTooLong,
    /// The same member name twice in one object, escapes undone.
    DuplicateKey {
        /// Byte offset of the later one.
        at: usize,
    },
    /// Half a surrogate pair as `\uXXXX`.
    LoneSurrogate {
        /// Byte offset.
        at: usize,
    },
    /// U+0000, escaped (raw it is a syntax error).
    Nul {
        /// Byte offset.
        at: usize,
    },
    /// Something after the value.
    Trailing {
        /// Byte offset.
        at: usize,
    },
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the text is empty"),
            Self::TooLarge => f.write_str("the text is too large"),
            Self::Bom => f.write_str("the text starts with a byte order mark"),
            Self::Utf8 { at } => write!(f, "invalid UTF-8 at byte {at}"),
            Self::Syntax { at } => write!(f, "invalid JSON at byte {at}"),
            Self::TooDeep => f.write_str("arrays and objects are nested too deeply"),
            Self::TooManyNodes => f.write_str("too many values"),
            Self::KeyTooLong => f.write_str("a member name is too long"),
            Self::StringTooLong => f.write_str("a string is too long"),
            Self::NumberTooLong => f.write_str("a number is too long"),
            Self::DuplicateKey { at } => write!(f, "duplicate member name at byte {at}"),
            Self::LoneSurrogate { at } => write!(f, "lone surrogate at byte {at}"),
            Self::Nul { at } => write!(f, "NUL character at byte {at}"),
            Self::Trailing { at } => write!(f, "unexpected text after the value at byte {at}"),
        }
    }
}

impl std::error::Error for JsonError {}

/// The six JSON types, `true` and `false` apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `{...}`
    Object,
    /// `[...]`
    Array,
    /// `"..."`
    String,
    /// A number.
    Number,
    /// `true`
    True,
    /// `false`
    False,
    /// `null`
    Null,
}

/// A byte range of the document's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The range for slicing.
    #[must_use]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A value on the tape of the [`Json`] that handed it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node(u32);

/// One value on the tape. Children follow their parent, so a subtree is the range up to `next`.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// The value with its quotes or brackets.
    value: Span,
    /// The member name with its quotes; empty for the root and for elements.
    key: Span,
    /// The tape index just after this value's subtree.
    next: u32,
    kind: Kind,
    /// The member name contains a backslash.
    escaped_key: bool,
}

/// What a foreign [`Node`] reads as.
const NOWHERE: Entry = Entry {
    value: Span { start: 0, end: 0 },
    key: Span { start: 0, end: 0 },
    next: 0,
    kind: Kind::Null,
    escaped_key: false,
};

/// A checked document: its text and the tape.
///
/// The tape holds the root, and members reached through objects only, down to depth 3 (`params._meta.key`); if the
/// root is an array, its elements are depth 1 and the same holds one level deeper. Values below are reached by
/// [`Json::value`], which walks the text again without checking it again.
#[derive(Debug, Clone)]
pub struct Json<'a> {
    text: Cow<'a, str>,
    tape: Vec<Entry>,
}

impl<'a> Json<'a> {
    /// Checks `bytes` as one JSON text and indexes its outer members.
    ///
    /// # Errors
    /// The first violation of RFC 8259, of `bounds`, or of this gateway's stricter rules (duplicate names, lone
    /// surrogates, NUL, byte order mark).
    pub fn parse(bytes: &'a [u8], bounds: &Bounds) -> Result<Self, JsonError> {
        let text = scan::utf8(bytes, bounds)?;
        Ok(Self { tape: scan::scan(text, bounds)?, text: Cow::Borrowed(text) })
    }
}

impl Json<'static> {
    /// As [`Json::parse`], keeping the text.
    ///
    /// # Errors
    /// As [`Json::parse`].
    pub fn parse_owned(bytes: Vec<u8>, bounds: &Bounds) -> Result<Self, JsonError> {
        let tape = scan::scan(scan::utf8(&bytes, bounds)?, bounds)?;
        // `utf8` passed, so this cannot fail; the check is not repeated for borrowed texts.
        let text =
            String::from_utf8(bytes).map_err(|e| JsonError::Utf8 { at: e.utf8_error().valid_up_to() })?;
        Ok(Self { text: Cow::Owned(text), tape })
    }
}

impl Json<'_> {
    /// The whole text as it came.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The outermost value.
    #[must_use]
    pub fn root(&self) -> Node {
        Node(0)
    }

    /// The type of a value.
    #[must_use]
    pub fn kind(&self, node: Node) -> Kind {
        self.entry(node).kind
    }

    /// Where a value lies, quotes and brackets included.
    #[must_use]
    pub fn span(&self, node: Node) -> Span {
        self.entry(node).value
    }

    /// A value's text as it came.
    #[must_use]
    pub fn raw(&self, node: Node) -> &str {
        self.slice(self.span(node))
    }

    /// A value as a walkable view, also of what is below the tape.
    #[must_use]
    pub fn value(&self, node: Node) -> Raw<'_> {
        let span = self.span(node);
        Raw::at(self.slice(span), span.start)
    }

    /// The member of `object` named exactly `key`, escapes undone. `None` also when `object` is no object, or lies
    /// at the tape's last level (use [`Json::value`] there).
    #[must_use]
    pub fn get(&self, object: Node, key: &str) -> Option<Node> {
        self.members_raw(object)
            .find(|&(name, escaped, _)| text::key_is(name, escaped, key))
            .map(|(_, _, n)| n)
    }

    /// The members of `object` in order. None when it is no object or lies at the tape's last level.
    pub fn members(&self, object: Node) -> impl Iterator<Item = (Cow<'_, str>, Node)> {
        self.members_raw(object).map(|(name, escaped, node)| (text::unescape(name, escaped), node))
    }

    /// Where the names (with quotes) and values of `object` lie, as far as the tape has them.
    fn member_spans(&self, object: Node) -> impl Iterator<Item = (Span, Span)> {
        let wanted = self.kind(object) == Kind::Object;
        self.children(object)
            .filter(move |_| wanted)
            .map(|node| (self.entry(node).key, self.entry(node).value))
    }

    /// The elements of a root array; none for any other node (use [`Json::value`] there).
    pub fn elements(&self, array: Node) -> impl Iterator<Item = Node> {
        let wanted = self.kind(array) == Kind::Array;
        self.children(array).filter(move |_| wanted)
    }

    /// A string's content, escapes undone.
    #[must_use]
    pub fn string(&self, node: Node) -> Option<Cow<'_, str>> {
        self.value(node).string()
    }

    /// A number written without fraction and exponent that fits 64 bits.
    #[must_use]
    pub fn integer(&self, node: Node) -> Option<i64> {
        self.value(node).integer()
    }

    /// `true` or `false`.
    #[must_use]
    pub fn bool(&self, node: Node) -> Option<bool> {
        match self.kind(node) {
            Kind::True => Some(true),
            Kind::False => Some(false),
            _ => None,
        }
    }

    fn entry(&self, node: Node) -> &Entry {
        self.tape.get(node.0 as usize).unwrap_or(&NOWHERE)
    }

    fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    fn children(&self, parent: Node) -> impl Iterator<Item = Node> {
        let end = self.entry(parent).next;
        let mut at = parent.0.saturating_add(1);
        std::iter::from_fn(move || {
            let here = at;
            // `next` is greater than its own index for every entry but the placeholder of a foreign node.
            at = self.tape.get(here as usize).filter(|_| here < end)?.next.max(here.saturating_add(1));
            Some(Node(here))
        })
    }

    /// Members as (name between the quotes, whether it has escapes, value).
    fn members_raw(&self, object: Node) -> impl Iterator<Item = (&str, bool, Node)> {
        let wanted = self.kind(object) == Kind::Object;
        self.children(object).filter(move |_| wanted).map(|node| {
            let entry = self.entry(node);
            let name = Span { start: entry.key.start + 1, end: entry.key.end.saturating_sub(1) };
            (self.slice(name), entry.escaped_key, node)
        })
    }
}
