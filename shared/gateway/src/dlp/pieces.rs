//! A message as the one text that services are shown, and back.
//!
//! Each string is a line. Before it stands the name of its member, because services look for words beside a value;
//! such a name is context and never replaced. Names that are no identifiers (an e-mail address, a number) are lines of
//! their own, and so are numbers long enough to say something. Left out is what the protocol needs: `jsonrpc`, ids,
//! methods, the name of a called tool, cursors, kinds of content, and bytes of pictures and sounds.

use super::span::Span;
use super::{Direction, Why};
use crate::limits;
use crate::mcp::{self, Edits, Json, Kind, Raw};
use std::borrow::Cow;

/// Fewest characters of a number that is shown. Shorter ones identify nobody.
const NUMBER_CHARS: usize = 6;
/// Longest name of a member that is only context, in bytes, and the digits it may have: `address_line_1` is one.
const NAME_BYTES: usize = 64;
const NAME_DIGITS: usize = 3;
/// Kinds of content (MCP 2026-07-28, `ContentBlock`).
const CONTENT: [&str; 5] = ["text", "image", "audio", "resource", "resource_link"];
/// Members of params and results that carry the protocol.
const PROTOCOL: [&str; 6] =
    ["cursor", "nextCursor", "requestState", "resultType", "cacheScope", "protocolVersion"];

/// A text made of a message.
#[derive(Debug)]
pub(super) struct Document {
    /// What is shown.
    pub text: String,
    /// What may be replaced, in order.
    pieces: Vec<Piece>,
}

/// A part of the text, and where it comes from.
#[derive(Debug)]
struct Piece {
    start: usize,
    end: usize,
    /// Where it lies in the message, with its quotes.
    at: mcp::Span,
    /// Whether it is a number: replaced as a whole, by a string.
    number: bool,
}

impl Document {
    /// The text of `json`, one strict JSON value.
    ///
    /// # Errors
    /// [`Why::Unreadable`] when it is none, [`Why::TooLarge`] beyond [`limits::DLP_TEXT_BYTES`].
    pub fn of(json: &str, direction: Direction) -> Result<Self, Why> {
        let parsed = Json::parse(json.as_bytes(), &limits::RESPONSE).map_err(|_| Why::Unreadable)?;
        let mut walk = Walk { text: String::new(), pieces: Vec::new(), direction, context: None };
        walk.message(parsed.value(parsed.root()));
        if walk.text.len() > limits::DLP_TEXT_BYTES {
            return Err(Why::TooLarge);
        }
        Ok(Self { text: walk.text, pieces: walk.pieces })
    }

    /// `json`, which it was made of, with `[TYPE]` instead of what `spans` cover; `None` when that is nothing. The spans
    /// are in order and do not overlap.
    ///
    /// # Errors
    /// [`Why::Unreplaceable`] when two members of an object would be called the same.
    pub fn replace(&self, json: &str, spans: &[Span]) -> Result<Option<String>, Why> {
        let mut edits = Edits::new();
        let mut spans = spans.iter().peekable();
        for piece in &self.pieces {
            while spans.next_if(|span| span.end <= piece.start).is_some() {}
            // The last one may reach into the next piece, too.
            let here: Vec<&Span> = spans.clone().take_while(|span| span.start < piece.end).collect();
            match here.first() {
                None => {}
                Some(first) if piece.number => edits.replace_string(piece.at, &tag(first)),
                Some(_) => edits.replace_string(piece.at, &self.without(piece, &here)),
            }
        }
        if edits.is_empty() {
            return Ok(None);
        }
        let changed = edits.apply(json);
        match Json::parse(changed.as_bytes(), &limits::RESPONSE) {
            Ok(_) => Ok(Some(changed)),
            Err(_) => Err(Why::Unreplaceable),
        }
    }

    /// The content of a piece with tags in place of spans.
    fn without(&self, piece: &Piece, spans: &[&Span]) -> String {
        let mut content = String::new();
        let mut at = piece.start;
        for span in spans {
            content.push_str(self.text.get(at..span.start.max(at)).unwrap_or_default());
            content.push_str(&tag(span));
            at = span.end.min(piece.end);
        }
        content.push_str(self.text.get(at..piece.end).unwrap_or_default());
        content
    }
}

fn tag(span: &Span) -> String {
    format!("[{}]", span.kind)
}

struct Walk<'a> {
    text: String,
    pieces: Vec<Piece>,
    direction: Direction,
    /// The name that stands before the next scalar.
    context: Option<Cow<'a, str>>,
}

impl<'a> Walk<'a> {
    /// A whole message, or any other value.
    fn message(&mut self, root: Raw<'a>) {
        if root.get("jsonrpc").is_none() {
            return self.value(root);
        }
        let method = root.get("method").and_then(Raw::string).unwrap_or_default();
        let named = matches!(&*method, "tools/call" | "prompts/get");
        for (name, value) in root.members() {
            match &*name {
                "jsonrpc" | "id" | "method" => {}
                "params" | "result" => {
                    self.members(value, |name| named && name == "name" || PROTOCOL.contains(&name))
                }
                "error" => self.members(value, |name| name == "code"),
                _ => self.value(value),
            }
        }
    }

    fn value(&mut self, value: Raw<'a>) {
        // Far too much already: the rest would only be thrown away.
        if self.text.len() > limits::DLP_TEXT_BYTES {
            return;
        }
        match value.kind() {
            Kind::Object => self.object(value),
            Kind::Array => {
                for element in value.elements() {
                    self.value(element);
                }
                self.context = None;
            }
            Kind::String => {
                if let Some(content) = value.string() {
                    self.line(&content, value.span(), false);
                }
            }
            Kind::Number if value.text().len() >= NUMBER_CHARS => self.line(value.text(), value.span(), true),
            _ => self.context = None,
        }
    }

    /// An object, without what only says which kind of content it is, and without bytes that are no text. Agents send
    /// no content, so that what they call `data` is shown.
    fn object(&mut self, object: Raw<'a>) {
        let text = |name| object.get(name).and_then(Raw::string);
        let kind = text("type").filter(|kind| CONTENT.contains(&&**kind));
        let answered = self.direction == Direction::Response;
        let medium = answered && matches!(kind.as_deref(), Some("image" | "audio"));
        let blob = answered && text("blob").is_some() && text("uri").is_some();
        self.members(object, |name| match name {
            "type" => kind.is_some(),
            "data" => medium,
            "blob" => blob,
            _ => false,
        });
    }

    fn members(&mut self, object: Raw<'a>, left_out: impl Fn(&str) -> bool) {
        if object.kind() != Kind::Object {
            return self.value(object);
        }
        let mut members = object.members();
        while let Some((name, at, value)) = members.next_at() {
            self.context = None;
            if left_out(&name) {
                continue;
            }
            if name == "_meta" {
                self.members(value, is_reserved);
                continue;
            }
            if is_identifier(&name) {
                self.context = Some(name);
            } else {
                self.line(&name, at, false);
            }
            self.value(value);
        }
        self.context = None;
    }

    fn line(&mut self, content: &str, at: mcp::Span, number: bool) {
        let context = self.context.take();
        if content.is_empty() {
            return;
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        if let Some(name) = context {
            self.text.push_str(&name);
            self.text.push_str(": ");
        }
        let start = self.text.len();
        self.text.push_str(content);
        self.pieces.push(Piece { start, end: self.text.len(), at, number });
    }
}

/// Members of `_meta` that carry the protocol (MCP 2026-07-28, `_meta`).
fn is_reserved(name: &str) -> bool {
    name == "progressToken" || name.starts_with("io.modelcontextprotocol/")
}

/// Whether a name only says what its value is.
fn is_identifier(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.$".contains(&byte);
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    (1..=NAME_BYTES).contains(&name.len()) && digits <= NAME_DIGITS && name.bytes().all(plain)
}
