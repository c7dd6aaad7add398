//! The binary content of a message.

use super::{Media, as_text, stripped};
use crate::mcp::{Edits, Kind, Raw};
use base64::Engine as _;
use base64::alphabet::{Alphabet, STANDARD, URL_SAFE};
use base64::engine::general_purpose::STANDARD as PADDED;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::borrow::Cow;

/// Says what takes the place of a text; none if it stays.
type Redact<'a> = dyn FnMut(&str) -> Option<String> + 'a;

/// What becomes of the binary content of a message.
#[derive(Debug, Clone, Default)]
pub struct Blobs {
    /// New values of its `data` and `blob` members: pictures and sounds without metadata, texts redacted. They lie in
    /// the message's document.
    pub edits: Edits,
    /// There is content that could not be looked into: of no known kind, damaged, or no base64. It stays as it is.
    pub unreadable: bool,
}

impl Blobs {
    /// Looks at the content of one JSON-RPC message, or of one `params` or `result`: blocks of tools' results, of
    /// prompts, of sampling in both directions (`tool_result` as well), and what resources hold, also in questions and
    /// answers of `input_required` (MCP 2025-11-25 and 2026-07-28, schema: `ContentBlock`, `SamplingMessageContentBlock`,
    /// `BlobResourceContents`). Not at arguments, structured content and `_meta`, whose strings are nobody's blobs, nor
    /// at `data:` URLs. Elicitation has no binary content.
    ///
    /// `redact` is given the texts among it.
    #[must_use]
    pub fn of(message: Raw<'_>, redact: &mut Redact<'_>) -> Self {
        let mut search = Search { blobs: Self::default(), redact };
        let text = message.text();
        // A name may be spelled with escapes; all of its characters are ASCII.
        if text.contains("\"data\"") || text.contains("\"blob\"") || text.contains("\\u00") {
            search.body(message);
        }
        search.blobs
    }
}

struct Search<'r, 'f> {
    blobs: Blobs,
    redact: &'r mut Redact<'f>,
}

impl Search<'_, '_> {
    /// Does the same to every element of an array, or to one value.
    fn each<'a>(&mut self, values: Option<Raw<'a>>, mut visit: impl FnMut(&mut Self, Raw<'a>)) {
        let Some(values) = values else { return };
        if values.kind() == Kind::Array {
            return values.elements().for_each(|value| visit(self, value));
        }
        visit(self, values);
    }

    /// A message, what a request asks with, or what an answer holds. Depth is bounded by the document's.
    fn body(&mut self, body: Raw<'_>) {
        for (name, value) in body.members() {
            match &*name {
                "params" | "result" => self.body(value),
                "content" => self.each(Some(value), Self::block),
                "contents" => self.each(Some(value), Self::resource),
                "messages" => self.each(Some(value), |search, message| {
                    search.each(message.get("content"), Self::block);
                }),
                "inputRequests" | "inputResponses" => {
                    value.members().for_each(|(_, asked)| self.body(asked));
                }
                _ => {}
            }
        }
    }

    /// The answer to an elicitation has its fields in the place of blocks: one may be called `data`.
    fn block(&mut self, block: Raw<'_>) {
        let media = |kind: Cow<'_, str>| matches!(&*kind, "image" | "audio");
        let is_media =
            block.get("mimeType").is_some() || block.get("type").and_then(Raw::string).is_some_and(media);
        for (name, value) in block.members() {
            match &*name {
                "data" if is_media => self.binary(value),
                "resource" => self.resource(value),
                // The result of a tool, as sampling messages have it.
                "content" => self.each(Some(value), Self::block),
                _ => {}
            }
        }
    }

    fn resource(&mut self, resource: Raw<'_>) {
        if let Some(blob) = resource.get("blob") {
            self.binary(blob);
        }
    }

    fn binary(&mut self, value: Raw<'_>) {
        let Some(bytes) = value.string().and_then(|encoded| decode(&encoded)) else {
            self.blobs.unreadable = true;
            return;
        };
        let new = match as_text(&bytes) {
            Some(text) => (self.redact)(&text.content).map(|content| text.encode(&content)),
            None => match stripped(&bytes) {
                Media::Clean => None,
                Media::Stripped(bytes) => Some(bytes),
                Media::Unreadable => {
                    self.blobs.unreadable = true;
                    None
                }
            },
        };
        if let Some(new) = new {
            self.blobs.edits.replace_string(value.span(), &PADDED.encode(new));
        }
    }
}

/// Base64 (RFC 4648 section 4, as the schema of MCP says). What others write is taken too: the other alphabet, no
/// padding, broken lines.
fn decode(encoded: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let engine = |alphabet: &Alphabet| GeneralPurpose::new(alphabet, LENIENT);
    let blank = |byte: &u8| byte.is_ascii_whitespace();
    let engine =
        engine(if encoded.bytes().any(|byte| matches!(byte, b'-' | b'_')) { &URL_SAFE } else { &STANDARD });
    if encoded.as_bytes().iter().any(blank) {
        let dense: Vec<u8> = encoded.bytes().filter(|byte| !blank(byte)).collect();
        return engine.decode(dense).ok();
    }
    engine.decode(encoded).ok()
}
