//! Stage `audit`: one structured record per call and per refusal, whatever the ending.
//!
//! A record has names, sizes, times and decisions; never a payload, a token or a header value.

use super::authenticate::{Caller, Operator};
use super::cache::Score;
use super::redact::{Plan, Tally, quoted};
use crate::error::Error;
use crate::mcp::json::quote;
use crate::platform::Platform;

/// What the fields of every record begin with.
const REQUEST: &str = ",\"request\":\"";

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A result, or an upstream's own JSON-RPC error, was passed on.
    Answered,
    /// The gateway refused.
    Refused,
    /// Something broke.
    Broken,
    /// The agent left before the answer.
    Abandoned,
}

impl Outcome {
    const fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Broken => "broken",
            Self::Abandoned => "abandoned",
        }
    }
}

/// The growing record of one message. Appended to the journal exactly once: by [`Trail::close`], or when it
/// is dropped, which is what happens when the agent leaves.
pub struct Trail<P: Platform> {
    platform: P,
    began_ms: u64,
    last_ms: u64,
    stages: String,
    fields: String,
    tally: Tally,
    dropped: u32,
    act: &'static str,
    outcome: Outcome,
    open: bool,
}

impl<P: Platform> Trail<P> {
    /// Begins a record. `request` is the id that the agent sees in `postern-request`.
    #[must_use]
    pub fn begin(platform: &P, request: &str) -> Self {
        let now = platform.now_ms();
        let mut trail = Self {
            platform: platform.clone(),
            began_ms: now,
            last_ms: now,
            stages: String::with_capacity(96),
            fields: String::with_capacity(448),
            tally: Tally::default(),
            dropped: 0,
            act: "",
            outcome: Outcome::Abandoned,
            open: true,
        };
        trail.note("request", request);
        trail
    }

    /// Adds a text field. The key is ours; the value is escaped.
    pub fn note(&mut self, key: &'static str, value: &str) {
        self.key(key);
        // A name is at most 1 KB (`limits`), but 256 bytes say enough of a hostile one.
        quote(&mut self.fields, head(value, 256));
    }

    /// Adds a text field that an agent wrote: a name that may be anything.
    pub fn say(&mut self, key: &'static str, caller: &Caller, text: &str) {
        self.note(key, &quoted(caller.tenant(), text));
    }

    /// Adds how much of the messages is inspected.
    pub fn inspected(&mut self, plan: &Plan) {
        let (requests, responses) = plan.depths();
        self.note("inspect", responses.name());
        if requests != responses {
            self.note("inspect_requests", requests.name());
        }
    }

    /// The id that the agent sees in `postern-request`.
    #[must_use]
    pub fn request(&self) -> &str {
        // It is the first field, and needs no escapes.
        self.fields.strip_prefix(REQUEST).and_then(|rest| rest.split('"').next()).unwrap_or_default()
    }

    /// Where what is found is counted.
    pub fn tally(&mut self) -> &mut Tally {
        &mut self.tally
    }

    /// Counts notifications that went no further.
    pub const fn dropped(&mut self, more: u32) {
        self.dropped = self.dropped.saturating_add(more);
    }

    /// Says what an operator does, as `method`. It may be said again, when more of it is known: the last one counts.
    pub fn act(&mut self, name: &'static str) {
        self.act = name;
    }

    /// Adds a number.
    pub fn count(&mut self, key: &'static str, value: u64) {
        self.key(key);
        number(&mut self.fields, value);
    }

    /// Adds what the cache had to do with the call, how old its answer was, in ms, and why it was given to this question.
    pub fn cache(&mut self, kind: &str, age_ms: Option<u64>, score: Option<&Score>) {
        self.key("cache");
        self.fields.push_str("{\"kind\":\"");
        self.fields.push_str(kind);
        self.fields.push('"');
        if let Some(age_ms) = age_ms {
            self.fields.push_str(",\"age_ms\":");
            number(&mut self.fields, age_ms);
        }
        if let Some(Score { score, band, nearest }) = score {
            let why = format!(r#","score":{score:.4},"band":{band},"nearest":"{nearest}""#);
            self.fields.push_str(&why);
        }
        self.fields.push('}');
    }

    fn key(&mut self, key: &'static str) {
        for part in [",\"", key, "\":"] {
            self.fields.push_str(part);
        }
    }

    /// Ends a stage: what has passed since the last one ended is its time. On Workers the clock moves with
    /// I/O only, so a pure stage shows 0 there.
    pub fn stage(&mut self, name: &'static str) {
        let now = self.platform.now_ms();
        for part in [if self.stages.is_empty() { "\"" } else { ",\"" }, name, "\":"] {
            self.stages.push_str(part);
        }
        number(&mut self.stages, now.saturating_sub(self.last_ms));
        self.last_ms = now;
    }

    /// Adds who is calling.
    pub fn caller(&mut self, caller: &Caller) {
        self.note("tenant", &caller.tenant().name);
        self.note("agent", &caller.agent().name);
        if !caller.subject().is_empty() {
            self.note("subject", caller.subject());
        }
        if let Some(token_id) = caller.token_id() {
            self.note("token_id", token_id);
        }
        self.note("config", &caller.tenant().version);
    }

    /// Adds which operator is calling.
    pub fn operator(&mut self, operator: &Operator) {
        self.note("operator", operator.subject());
        if let Some(token_id) = operator.token_id() {
            self.note("token_id", token_id);
        }
        self.note("config", &operator.tenant().version);
    }

    /// Notes that there is no result for a reason that is no [`Error`]: a short, stable name.
    pub fn without(&mut self, outcome: Outcome, reason: &str) {
        self.outcome = outcome;
        self.note("reason", reason);
    }

    /// Notes why there is no result.
    pub fn error(&mut self, error: &Error) {
        let row = error.row();
        self.note("reason", row.kind);
        match error {
            Error::Refusal(refusal) => {
                self.outcome = Outcome::Refused;
                match refusal {
                    crate::error::Refusal::BadToken(why) => self.note("detail", why),
                    crate::error::Refusal::Limited(limited) => self.note("limit", &limited.rule),
                    crate::error::Refusal::Blocked { what, way } => {
                        self.note("blocked", what);
                        self.note("blocked_in", way);
                    }
                    crate::error::Refusal::AskDenied(what) => self.note("ask_denied", what),
                    _ => {}
                }
            }
            Error::Fault(fault) => {
                self.outcome = Outcome::Broken;
                match fault {
                    crate::error::Fault::Upstream { alias, kind } => {
                        self.note("upstream_fault", kind.name());
                        self.note("fault_at", alias);
                        if let crate::error::UpstreamFault::Status(status) = kind {
                            self.count("upstream_status", u64::from(*status));
                        }
                    }
                    crate::error::Fault::Ledger(fault) => self.note("ledger", fault.name()),
                    crate::error::Fault::Rendezvous(fault) => self.note("rendezvous", fault.name()),
                    crate::error::Fault::Internal(what) => self.note("detail", what),
                }
            }
        }
    }

    /// Notes that there is an answer, and its size in bytes.
    pub fn answer(&mut self, bytes: usize) {
        self.outcome = Outcome::Answered;
        self.count("bytes_out", bytes as u64);
    }

    /// A record for one of several messages in one request, with what is known so far.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self {
            platform: self.platform.clone(),
            began_ms: self.began_ms,
            last_ms: self.last_ms,
            stages: self.stages.clone(),
            fields: self.fields.clone(),
            tally: self.tally.clone(),
            dropped: self.dropped,
            act: self.act,
            outcome: Outcome::Abandoned,
            open: true,
        }
    }

    /// Gives the record up: for what is no call and no refusal, such as a CORS preflight.
    pub fn skip(mut self) {
        self.open = false;
    }

    /// Appends the record.
    pub fn close(mut self) {
        self.append();
    }

    fn append(&mut self) {
        if !std::mem::take(&mut self.open) {
            return;
        }
        if !self.act.is_empty() {
            self.note("method", self.act);
        }
        if !self.tally.is_empty() {
            let members = self.tally.members();
            self.fields.push_str(&members);
        }
        if self.dropped > 0 {
            self.count("dropped", u64::from(self.dropped));
        }
        let now = self.platform.now_ms();
        let mut line = String::with_capacity(128 + self.fields.len() + self.stages.len());
        line.push_str("{\"audit\":1,\"time_ms\":");
        number(&mut line, self.began_ms);
        line.push_str(",\"outcome\":\"");
        line.push_str(self.outcome.name());
        line.push_str("\",\"total_ms\":");
        number(&mut line, now.saturating_sub(self.began_ms));
        line.push_str(&self.fields);
        line.push_str(",\"stages_ms\":{");
        line.push_str(&self.stages);
        line.push_str("}}");
        self.platform.append(&line);
    }
}

impl<P: Platform> Drop for Trail<P> {
    fn drop(&mut self) {
        self.append();
    }
}

/// Decimal digits, without the machinery of formatting: a record has a dozen numbers.
fn number(out: &mut String, value: u64) {
    let mut digits = [b'0'; 20];
    let mut rest = value;
    let mut at = digits.len();
    while let Some(digit) = at.checked_sub(1).and_then(|before| digits.get_mut(before)) {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
        at -= 1;
        if rest == 0 {
            break;
        }
    }
    out.push_str(std::str::from_utf8(digits.get(at..).unwrap_or_default()).unwrap_or_default());
}

/// The longest prefix of `text` of at most `most` bytes that ends between characters.
fn head(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or(text)
}
