//! Every bound in one place, each with its reason.

use crate::mcp::json::Bounds;

/// Largest request body in bytes. MCP arguments are text and small files; 4 MiB is what common servers take.
pub const REQUEST_BYTES: usize = 4 * 1024 * 1024;
/// Largest settings text that is taken from an operator, in bytes: about a hundred tenants with fifty agents each.
pub const BUNDLE_BYTES: usize = 1024 * 1024;
/// Largest upstream answer, or SSE event, in bytes. Four of them fit an isolate of 128 MB with room to spare.
pub const RESPONSE_BYTES: usize = 8 * 1024 * 1024;
/// Bytes of one SSE stream in all: a stream of progress events is small, a flood is not.
pub const STREAM_BYTES: usize = 64 * 1024 * 1024;
/// Events of one SSE stream: a hundred a second for the longest call.
pub const STREAM_EVENTS: u32 = 100_000;
/// Largest access token in bytes (Entra's with 200 groups has about 12 KB).
pub const TOKEN_BYTES: usize = 16 * 1024;
/// Largest header of a token, decoded, in bytes.
pub const TOKEN_HEADER_BYTES: usize = 2 * 1024;
/// Messages in one 2025-03-26 batch: each is a call of its own, and subrequests are bounded by the host.
pub const BATCH_MESSAGES: usize = 32;
/// Upstream pages read for one merged list. Fifty of the usual 50 to 100 items is beyond any agent's context.
pub const LIST_PAGES: usize = 50;
/// Items of one upstream's list: 2,000 tools must fit in 48 MB an isolate.
pub const LIST_ITEMS: usize = 10_000;
/// Bytes of one upstream's list, all pages together: what is kept of it in memory and in the store.
pub const LIST_BYTES: usize = 8 * 1024 * 1024;
/// Items a merged list page carries before a cursor is given.
pub const PAGE_ITEMS: usize = 1_000;
/// Bytes of a tenant's own instructions: they end up in every model's context, before those of up to 16 KiB of upstreams.
pub const TENANT_INSTRUCTIONS: usize = 4 * 1024;
/// Keep-alive comment interval on streams, in ms: a client that half-closes is seen at the next write only.
pub const KEEP_ALIVE_MS: u32 = 15_000;
/// Resources that one stream is listened to for: each is routed, and subscribed to at a legacy upstream by a request of its own.
pub const LISTEN_URIS: usize = 64;
/// Tasks that one stream is listened to for: each is opened and routed.
pub const LISTEN_TASKS: usize = 64;
/// Longest life of a stream that a client listens on, in ms: what it holds (connections, sessions of its own at upstreams)
/// is let go, and what has changed around it (a deployment, a place nearer by) is taken up. Clients listen again at once.
pub const LISTEN_MS: u32 = 3_600_000;
/// How long the acknowledgement of such a stream waits for the upstreams, in ms: what happens after it is told for certain.
pub const LISTEN_ACK_MS: u32 = 2_000;
/// Such streams of one principal in an isolate. A service account may have a worker for each of its users.
pub const LISTENERS_OF_ONE: u32 = 256;
/// Such streams in an isolate: each holds a connection to every upstream, and some ten kilobytes for each of them.
pub const LISTENERS: u32 = 1_024;
/// The first and the longest pause before an upstream's stream is opened again, in ms: an upstream that restarts is back
/// within a second, and one that is down is not to be asked by a thousand streams all the time.
pub const LISTEN_PAUSE_MS: (u32, u32) = (500, 30_000);
/// Bytes of one notification of an upstream that is listened to: it names what has changed, and has none of it.
pub const NOTICE_BYTES: usize = 256 * 1024;
/// Token verdicts kept per isolate: 32 bytes and an `Rc` each.
pub const VERDICTS: usize = 4_096;
/// Longest life of a token verdict in ms, so that a removed agent or key is felt within a minute.
pub const VERDICT_MS: u64 = 60_000;
/// Bytes of the payload of any sealed token: the largest purpose, `requestState`, has 16 KB.
pub const SEALED_BYTES: usize = 32 * 1024;
/// Bytes of an upstream's id of a task: sealed with its tool's name, and perhaps a session, it is a header (`Mcp-Name`) of at most 4 KiB.
pub const TASK_ID_BYTES: usize = 1024;
/// How long a legacy upstream is asked to keep a task of a modern client, in ms: a day, as long as a session lives.
pub const BRIDGED_TASK_MS: u64 = 24 * 60 * 60 * 1000;
/// Keys in one key set, and its bytes.
pub const JWKS_KEYS: usize = 100;
/// Bytes of one key set document.
pub const JWKS_BYTES: usize = 256 * 1024;
/// Pooled legacy sessions kept per isolate, over all upstreams and principals.
pub const POOLED_SESSIONS: usize = 1_000;
/// Idle life of a pooled legacy session in ms: servers drop idle sessions after some minutes.
pub const POOLED_SESSION_MS: u64 = 240_000;
/// Reservations of one account that wait for their settlement: agents that leave thousands of calls open are charged
/// what was estimated.
pub const HOLDS: usize = 4_096;
/// Charges of one account that can still be taken back, and for nothing else are remembered: what is taken back is so
/// within a second or two.
pub const UNDOABLE: usize = 64;
/// Bytes of a stored account: its reservations, with room to spare; a row of a Durable Object takes 2 MB.
pub const ACCOUNT_BYTES: usize = 1024 * 1024;
/// Bytes of one step on an account: the rules of a call, and how some hundreds of earlier calls ended.
pub const TRANSITION_BYTES: usize = 64 * 1024;
/// Bytes of one message at a meeting, sealed: the answer of an agent's user or model. A row of a Durable Object takes 2 MB.
pub const MEETING_BYTES: usize = 1024 * 1024;
/// Messages at one meeting, read or not: a server asks a handful of questions at once, and whoever answers one twice or
/// more is not to fill a store.
pub const MEETING_MESSAGES: usize = 32;
/// How long leaving a message may take, in ms: an agent's user has answered, and is not to answer again for a short trouble.
pub const MEETING_POST_MS: u32 = 2_000;
/// The pause before a rendezvous that cannot be asked is asked again, in ms.
pub const MEETING_PAUSE_MS: u32 = 250;
/// How long a host's own wait for a message lasts before it is begun anew, in ms: a connection that is dead without knowing
/// it is found out then.
pub const MEETING_LOOK_MS: u32 = 15_000;
/// Sessions of legacy clients that an isolate remembers whether they were ended: some 40 bytes each.
pub const ENDED_SESSIONS: usize = 16_384;
/// Accounts that an isolate remembers what it borrowed of: a kilobyte each at most.
pub const DESKS: usize = 4_096;
/// Ended calls of one account that wait to be told: about 100 bytes each, so that a step takes them along.
pub const SETTLES: usize = 256;
/// Tokens of a result of a tool that nobody has called yet.
pub const MEAN_TOKENS: u32 = 500;
/// Requests that no limit counts (`server/discover`, `initialize`, `ping`, notifications) of one principal in a minute and
/// isolate: far more than any client sends.
pub const FREE_PER_MIN: u32 = 1_200;
/// Bytes of text that are shown to an external inspector for one message: more would not be answered within its deadline.
pub const DLP_TEXT_BYTES: usize = 1024 * 1024;
/// Requests to an external inspector for one message: hosts bound the requests of a request, and six run at once.
pub const DLP_REQUESTS: usize = 8;
/// Bytes of an answer of an external inspector: a finding has some hundred.
pub const DLP_ANSWER_BYTES: usize = 2 * 1024 * 1024;
/// Verdicts of external inspectors kept per isolate, each with at most [`DLP_SPANS`] findings.
pub const DLP_VERDICTS: usize = 2_048;
/// Users or agents of one service whose protection scopes are kept per isolate: some hundred bytes each.
pub const DLP_SCOPES: usize = 1_024;
/// Findings of a verdict that is kept; one with more is asked for again.
pub const DLP_SPANS: usize = 64;
/// Answers of tools that an isolate keeps, in each of two halves, and their bytes: a tenth of its memory with their index.
pub const CACHE_ENTRIES: usize = 4_096;
/// Groups of questions that it keeps in each half; their bytes are bounded like those of answers.
pub const CACHE_GROUPS: usize = 512;
/// See [`CACHE_ENTRIES`].
pub const CACHE_BYTES: usize = 4 * 1024 * 1024;
/// Bytes of a file that is deployed with the gateway: Workers take no larger one.
pub const ASSET_BYTES: usize = 25 * 1024 * 1024;

/// The bounds of an agent's request.
pub const REQUEST: Bounds = bounds(REQUEST_BYTES);
/// The bounds of an upstream's message.
pub const RESPONSE: Bounds = bounds(RESPONSE_BYTES);

/// Depth 64 because common parsers stop at 128 and no schema needs more.
const fn bounds(bytes: usize) -> Bounds {
    Bounds {
        bytes,
        depth: 64,
        nodes: 100_000,
        key_bytes: 1024,
        string_bytes: if bytes > 1024 * 1024 { bytes } else { 1024 * 1024 },
        number_chars: 64,
    }
}
