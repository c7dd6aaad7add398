//! A service of the operator's own.
//!
//! POST of `{"text","direction","tool","server","agent","user","request"}`; the answer is
//! `{"verdict":"pass"|"block","spans":[{"start","end","type"}],"unit":"codepoint"|"utf16"|"byte"}`. `spans` may be left
//! out, and `unit` is `codepoint` unless it is there. With a key, `postern-signature: t=SECONDS,v1=HEX` is the
//! HMAC-SHA-256 of `SECONDS.BODY`: the time is signed, so that an old request cannot be sent again.

use super::{Adapter, Asked, Reading, parse};
use crate::dlp::Why;
use crate::dlp::cut::Size;
use crate::dlp::span::{Found, Unit};
use crate::dlp::wire::Question;
use crate::tenant::Secret;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use serde_json::json;
use sha2::Sha256;
use std::fmt::Write as _;

/// Largest text of one request, in bytes.
const TEXT_BYTES: usize = 256 * 1024;

pub(super) struct Webhook<'a> {
    pub signature: Option<&'a Secret>,
}

#[derive(Deserialize)]
struct Answer {
    verdict: Word,
    #[serde(default)]
    spans: Vec<Item>,
    #[serde(default)]
    unit: Counted,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Pass,
    Block,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "lowercase")]
enum Counted {
    #[default]
    Codepoint,
    Utf16,
    Byte,
}

#[derive(Deserialize)]
struct Item {
    start: usize,
    end: usize,
    #[serde(rename = "type")]
    kind: String,
}

impl Adapter for Webhook<'_> {
    fn size(&self) -> Size {
        Size::Bytes(TEXT_BYTES)
    }

    fn question(&self, asked: &Asked<'_>, texts: &[&str]) -> Question {
        let about = asked.about;
        let body = json!({
            "text": texts.first().copied().unwrap_or_default(),
            "direction": about.direction.name(),
            "tool": about.tool,
            "server": about.server,
            "agent": about.agent,
            "user": about.user,
            "request": about.request,
        })
        .to_string();
        let mut headers = Vec::new();
        if let Some(key) = self.signature {
            headers.push(("postern-signature", signature(key, asked.now_ms / 1_000, &body)));
        }
        Question { url: asked.dlp.url.clone(), headers, body }
    }

    fn read(&self, body: &[u8], _texts: &[&str]) -> Result<(Reading, Unit), Why> {
        let answer: Answer = parse(body)?;
        let unit = match answer.unit {
            Counted::Codepoint => Unit::Point,
            Counted::Utf16 => Unit::Utf16,
            Counted::Byte => Unit::Byte,
        };
        let found = |item: Item| Found { start: item.start, end: item.end, kind: item.kind, score: 100 };
        Ok(match answer.verdict {
            Word::Block => (Reading::Block, unit),
            Word::Pass => (Reading::Found(vec![answer.spans.into_iter().map(found).collect()]), unit),
        })
    }
}

fn signature(key: &Secret, seconds: u64, body: &str) -> String {
    let mut header = format!("t={seconds},v1=");
    // A key of any length is taken (RFC 2104, 2).
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.0.as_bytes()) {
        mac.update(format!("{seconds}.{body}").as_bytes());
        for byte in mac.finalize().into_bytes() {
            let _ = write!(header, "{byte:02x}");
        }
    }
    header
}
