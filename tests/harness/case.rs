//! The format of `tests/cases/*.toml`: a case is a tenant, the scripts of its upstreams, requests with what is
//! expected of each answer, and what the upstreams and the audit trail are expected to have seen.
//!
//! Every case is a tenant of its own, so that all of them share one gateway and no cache. JSON stands in TOML
//! strings. `${...}` is replaced: in requests by what earlier steps captured, in scripts by parts of the request
//! that is answered (`${id}`, `${progress}`, `${arguments}`, `${uri}`, `${last-event-id}`), in settings by `${upstream}` and `${case}`.
//! Before all that, `${canary}` and `${base64 TEXT}` are replaced in the text of the file ([`crate::suite`]).

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::token::Flaw;

/// A settings fixture: `tests/cases/settings/NAME.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixture {
    /// The tenant's settings.
    pub tenant: toml::Table,
    /// Scripts by upstream alias, asked after those of the case.
    #[serde(default)]
    pub upstream: BTreeMap<String, Vec<Rule>>,
}

/// One case.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Unlike all others; also the tenant's name.
    pub name: String,
    /// The settings fixture.
    #[serde(default)]
    pub settings: String,
    /// The client's revision, unless a step names its own.
    #[serde(default)]
    pub era: String,
    /// Laid over the fixture's tenant settings, member by member.
    #[serde(default)]
    pub tenant: toml::Table,
    /// Scripts by upstream alias.
    #[serde(default)]
    pub upstream: BTreeMap<String, Vec<Rule>>,
    /// What is sent, in this order.
    pub step: Vec<Step>,
    /// The JSON-RPC methods (or `GET`, `DELETE`, `response`) that each upstream is to have seen, in this order,
    /// without those of the set-up (discover, initialize, lists) unless they are named here. Absent: not one
    /// request of any kind. `METHOD?` may be missing.
    pub saw: Option<BTreeMap<String, Vec<String>>>,
    /// The order of `saw` means nothing: for what leaves side by side.
    #[serde(default)]
    pub any_order: bool,
    /// It is about what memory holds between requests: not for hosts where they may meet different memories.
    #[serde(default)]
    pub one_memory: bool,
    /// What the requests of `saw` are to look like: by upstream and place.
    #[serde(default)]
    pub sent: BTreeMap<String, Vec<Sent>>,
    /// Further audit records that are there anyway are no fault: for messages that arrive together.
    #[serde(default)]
    pub together: bool,
    /// Audit records, each contained in some record of this case.
    #[serde(default)]
    pub audit: Vec<String>,
}

/// One answer of a scripted upstream. The first rule that fits answers.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// JSON-RPC method, `response`, or HTTP method for a request without a JSON-RPC body. Absent: any.
    pub on: Option<String>,
    /// Headers that the request needs to carry.
    #[serde(default)]
    pub needs: BTreeMap<String, String>,
    /// A text that the request needs to have in its body.
    pub has: Option<String>,
    /// How often the rule may answer. Absent: always.
    pub times: Option<usize>,
    /// Time before the head, in ms.
    #[serde(default)]
    pub delay_ms: u64,
    /// HTTP status.
    pub status: Option<u16>,
    /// Response headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// A JSON-RPC result with the request's id.
    pub result: Option<String>,
    /// A JSON-RPC error object with the request's id.
    pub error: Option<String>,
    /// Any other body.
    pub body: Option<String>,
    /// A modern list result of many items.
    pub many: Option<Many>,
    /// An event stream.
    pub events: Option<Vec<Emit>>,
    /// This many NUL bytes after the body.
    #[serde(default)]
    pub zeros: u64,
    /// What happens after the body.
    pub then: Option<Then>,
}

/// A list: `count` items under `key`, with their number for `${n}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Many {
    /// `tools`, `prompts`...
    pub key: String,
    /// One item.
    pub item: String,
    /// How many.
    pub count: usize,
}

/// The end of a bad answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Then {
    /// The connection breaks.
    Break,
    /// Nothing more comes.
    Hang,
}

/// A part of an event stream.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Emit {
    /// An event with this data.
    Data(String),
    /// An event with a JSON-RPC result.
    Result(String),
    /// An event with a JSON-RPC error.
    Error(String),
    /// These bytes.
    Raw(String),
    /// Silence, in ms.
    WaitMs(u64),
}

/// One request and its answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The client's revision: decides the headers and the `_meta` of `rpc`. `none`: no header but those named.
    pub era: Option<String>,
    /// Time before it is sent, in ms.
    #[serde(default)]
    pub after_ms: u64,
    /// HTTP method.
    #[serde(default = "post")]
    pub method: String,
    /// Path. Absent: the tenant's endpoint.
    pub path: Option<String>,
    /// JSON-RPC method of a well-formed message.
    pub rpc: Option<String>,
    /// Its id as JSON; empty for a notification.
    #[serde(default = "one")]
    pub id: String,
    /// Its params as a JSON object.
    pub params: Option<String>,
    /// Further members of `params._meta`, such as `"progressToken":1`.
    pub meta: Option<String>,
    /// Client capabilities that a modern message declares.
    #[serde(default = "object")]
    pub capabilities: String,
    /// Any other body. `${repeat N TEXT}` stands for TEXT N times.
    pub body: Option<String>,
    /// Any other body, in hexadecimal digits.
    pub body_hex: Option<String>,
    /// Headers that are set or replaced.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Headers that are sent besides those, also when that makes two of one name.
    #[serde(default)]
    pub also: BTreeMap<String, String>,
    /// Headers that are not sent.
    #[serde(default)]
    pub without: Vec<String>,
    /// The agent: the `client_id` of the token, or `nobody` for no token.
    #[serde(default = "developer")]
    pub who: String,
    /// The person behind the agent.
    #[serde(default = "alice")]
    pub subject: String,
    /// The issuer of the token.
    #[serde(default = "dev")]
    pub issuer: String,
    /// What is wrong with the token.
    #[serde(default = "flawless")]
    pub flaw: Flaw,
    /// Bodies that are posted while the answer is a stream that is still open: one for each request that comes on it, in this
    /// order, with the headers of this step. `${ask}` is the id of that request.
    #[serde(default)]
    pub answers: Vec<String>,
    /// Bodies that are posted in this order as soon as the answer has begun, with the headers of this step. Each is to be
    /// answered without an error.
    #[serde(default)]
    pub meanwhile: Vec<String>,
    /// The client leaves its stream, which would go on.
    pub leave: Option<Leave>,
    /// Kept for later steps: `header NAME`, `event` for the id of the last event, a JSON pointer into the last message of the answer, or `first` and
    /// one into the first message.
    #[serde(default)]
    pub capture: BTreeMap<String, String>,
    /// What is expected.
    #[serde(default)]
    pub expect: Expect,
}

/// When a client leaves a stream.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leave {
    /// After so many messages.
    #[serde(default = "endless")]
    pub after: usize,
    /// At the latest after this time, in ms, from the first of them.
    #[serde(default = "three_seconds")]
    pub ms: u64,
}

/// What is expected of an answer. Members that are absent are not looked at, but the status always is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// HTTP status.
    pub status: u16,
    /// Code of a JSON-RPC error.
    pub code: Option<i64>,
    /// Its exact message.
    pub message: Option<String>,
    /// Contained in its `data`.
    pub data: Option<String>,
    /// Contained in a JSON-RPC result.
    pub result: Option<String>,
    /// Equal to the JSON-RPC result.
    pub result_is: Option<String>,
    /// Contained in the last message or body.
    pub has: Option<String>,
    /// The body's text.
    pub text: Option<String>,
    /// No body.
    pub empty: bool,
    /// Contained in each message of an event stream, in order, the last included.
    pub events: Option<Vec<String>>,
    /// The error carries no id.
    pub no_id: bool,
    /// Headers: the exact value, or `~` and a part of it.
    pub headers: BTreeMap<String, String>,
    /// Headers that must not be there.
    pub absent: Vec<String>,
    /// Texts that must not stand in the body.
    pub lacks: Vec<String>,
    /// Byte for byte the answer of the step with this number, after `swap`.
    pub like: Option<usize>,
    /// Pairs: what stands in the other answer, and what must stand here instead.
    pub swap: Vec<(String, String)>,
    /// The answer is there within this time, in ms.
    pub within_ms: Option<u64>,
}

impl Default for Expect {
    fn default() -> Self {
        Self {
            status: 200,
            code: None,
            message: None,
            data: None,
            result: None,
            result_is: None,
            has: None,
            text: None,
            empty: false,
            events: None,
            no_id: false,
            headers: BTreeMap::new(),
            absent: Vec::new(),
            lacks: Vec::new(),
            like: None,
            swap: Vec::new(),
            within_ms: None,
        }
    }
}

/// What a request to an upstream is to look like.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sent {
    /// Contained in the body.
    pub has: Option<String>,
    /// The raw text of members of the body, by path (`params.arguments`).
    pub raw: BTreeMap<String, String>,
    /// Paths (`params._meta`) that must not be there.
    pub no: Vec<String>,
    /// Headers: the exact value, or `~` and a part of it.
    pub headers: BTreeMap<String, String>,
    /// Headers that must not be there.
    pub absent: Vec<String>,
    /// Texts that must stand neither in the body nor in a header.
    pub lacks: Vec<String>,
    /// At most this many bytes of the answer's body were taken.
    pub taken_at_most: Option<u64>,
}

const fn endless() -> usize {
    usize::MAX
}

const fn three_seconds() -> u64 {
    3_000
}

fn post() -> String {
    "POST".to_owned()
}

fn one() -> String {
    "1".to_owned()
}

fn object() -> String {
    "{}".to_owned()
}

fn developer() -> String {
    "developer".to_owned()
}

fn alice() -> String {
    "alice".to_owned()
}

fn dev() -> String {
    "dev".to_owned()
}

fn flawless() -> Flaw {
    Flaw::None
}
