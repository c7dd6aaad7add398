//! Reads an upstream's list, page by page, in the gateway's own name.

use super::ListKind;
use super::listing::Fetched;
use super::shown;
use crate::error::{Fault, UpstreamFault};
use crate::limits;
use crate::mcp::json::quote;
use crate::mcp::revisions::drop_task_support;
use crate::mcp::{Edits, Era, Json, Kind, Message, Outcome, Raw, Revision};
use crate::platform::Platform;
use crate::stage::redact::{Outbound, Tally};
use crate::upstream::{Ask, ClientSide, FromUpstream, GATEWAY, Link, Session};
use std::collections::HashSet;
use std::rc::Rc;

/// JSON-RPC: the method does not exist. Servers that declare `resources` often have no templates.
const METHOD_NOT_FOUND: i64 = -32601;

/// Lists are read for all clients, those with MCP Apps among them; what is for these only, others are not shown. A legacy
/// upstream would want a session of its own for that.
const APPS: &str =
    r#"{"extensions":{"io.modelcontextprotocol/ui":{"mimeTypes":["text/html;profile=mcp-app"]}}}"#;

/// One page of an upstream's list.
struct Page {
    items: Vec<String>,
    /// Items that may not be shown.
    withheld: u32,
    next: Option<String>,
    ttl_ms: Option<u64>,
}

/// Fetches the whole list, within the limits.
///
/// # Errors
/// The upstream's fault. A list of which a page failed is no list: tools would seem to have gone.
pub(super) async fn fetch<P: Platform>(
    platform: &P,
    link: &Rc<Link>,
    kind: ListKind,
    tally: &mut Tally,
) -> Result<Fetched, UpstreamFault> {
    let upstream = link.upstream();
    let default_ttl = u64::from(upstream.list_ttl_ms);
    let mut fetched = Fetched {
        at_ms: platform.now_ms(),
        ttl_ms: default_ttl,
        offered: false,
        truncated: false,
        withheld: 0,
        items: Vec::new(),
    };
    // Not asking is the proper way to learn that there are none (MCP, Lifecycle: capabilities).
    let about = link.about(platform).await.map_err(kind_of)?;
    if !kind.offered_by(&about.capabilities) {
        return Ok(fetched);
    }
    fetched.offered = true;
    let mut ttl: Option<u64> = None;
    let mut bytes = 0_usize;
    let mut seen = HashSet::new();
    let mut cursor: Option<String> = None;
    for _ in 0..limits::LIST_PAGES {
        let Some(mut page) = page(platform, link, about.era, kind, cursor.as_deref(), tally).await? else {
            return Ok(fetched);
        };
        if kind == ListKind::Tools && !about.has_legacy_tasks() {
            page.items.iter_mut().for_each(without_tasks);
        }
        // The whole list is no fresher than its stalest page.
        ttl = page.ttl_ms.map(|page_ttl| ttl.map_or(page_ttl, |so_far| so_far.min(page_ttl))).or(ttl);
        fetched.withheld = fetched.withheld.saturating_add(page.withheld);
        for item in page.items {
            bytes = bytes.saturating_add(item.len());
            if fetched.items.len() >= limits::LIST_ITEMS || bytes > limits::LIST_BYTES {
                fetched.truncated = true;
                break;
            }
            fetched.items.push(item);
        }
        fetched.ttl_ms = ttl.unwrap_or(default_ttl);
        match page.next {
            None => return Ok(fetched),
            // A cursor that comes again would go round for ever.
            Some(next) if fetched.truncated || !seen.insert(next.clone()) => break,
            Some(next) => cursor = Some(next),
        }
    }
    fetched.truncated = true;
    Ok(fetched)
}

/// One page, or `None` when the upstream has no such method after all.
async fn page<P: Platform>(
    platform: &P,
    link: &Rc<Link>,
    era: Era,
    kind: ListKind,
    cursor: Option<&str>,
    tally: &mut Tally,
) -> Result<Option<Page>, UpstreamFault> {
    let text = request(kind, cursor);
    // A cursor that makes the gateway's own request unacceptable (too long) is the upstream's mistake.
    let json =
        Json::parse_owned(text.into_bytes(), &limits::REQUEST).map_err(|_| UpstreamFault::Malformed)?;
    let Ok(Message::Request(request)) = Message::read(&json, json.root()) else {
        return Err(UpstreamFault::Malformed);
    };
    // Modern, so that nothing is sent on: no log level was asked for.
    let client = ClientSide {
        revision: Revision::V2026_07_28,
        capabilities: if era == Era::Modern { APPS } else { "{}" }.to_owned(),
        log_level: None,
        progress_token: None,
        principal: GATEWAY,
    };
    let terms = link.own_terms(platform);
    let ask = Ask {
        outbound: &Outbound::own(&json, request),
        edits: Edits::new(),
        name: None,
        param_headers: Vec::new(),
        client: &client,
        terms: &terms,
    };
    let mut exchange = link.open(platform, &Session::Pooled, ask).await.map_err(kind_of)?;
    // Bounded by the exchange: events, bytes and time.
    while let Some(message) = exchange.next().await.map_err(kind_of)? {
        if let FromUpstream::Answer { json, response } = message {
            return match response.outcome {
                Outcome::Result(result) => read(link, json.value(result), kind, tally).map(Some),
                Outcome::Error(error) => {
                    let code = json.get(error, "code").and_then(|code| json.integer(code));
                    if code == Some(METHOD_NOT_FOUND) { Ok(None) } else { Err(UpstreamFault::Error) }
                }
            };
        }
    }
    Err(UpstreamFault::NoAnswer)
}

/// A tool without what it says of tasks of 2025-11-25 (`execution.taskSupport`), which nobody could begin.
fn without_tasks(item: &mut String) {
    if !item.contains("taskSupport") {
        return;
    }
    let Ok(json) = Json::parse(item.as_bytes(), &limits::RESPONSE) else { return };
    let mut edits = Edits::new();
    drop_task_support(json.value(json.root()), &mut edits);
    *item = edits.apply(&item.clone());
}

fn kind_of(fault: Fault) -> UpstreamFault {
    match fault {
        Fault::Upstream { kind, .. } => kind,
        // A broken invariant of the link: never expected, and the list cannot be had.
        Fault::Internal(_) | Fault::Ledger(_) | Fault::Rendezvous(_) => UpstreamFault::Error,
    }
}

fn request(kind: ListKind, cursor: Option<&str>) -> String {
    let mut text = format!(r#"{{"jsonrpc":"2.0","id":0,"method":"{}","params":{{"#, kind.method().name());
    if let Some(cursor) = cursor {
        text.push_str(r#""cursor":"#);
        quote(&mut text, cursor);
    }
    text.push_str("}}");
    text
}

/// Reads a list result. Unknown members are of no interest here: the items keep theirs.
fn read(link: &Link, result: Raw<'_>, kind: ListKind, tally: &mut Tally) -> Result<Page, UpstreamFault> {
    let list = result
        .get(kind.member())
        .filter(|list| list.kind() == Kind::Array)
        .ok_or(UpstreamFault::Malformed)?;
    let next = result.get("nextCursor").and_then(|cursor| cursor.string()).map(Into::into);
    // A negative or fractional `ttlMs` is no permission to keep anything.
    let ttl_ms =
        result.get("ttlMs").map(|ttl| ttl.integer().and_then(|ttl| u64::try_from(ttl).ok()).unwrap_or(0));
    let (mut items, mut withheld) = (Vec::new(), 0_u32);
    for item in list.elements().take(limits::LIST_ITEMS) {
        match shown::item(link, kind, item.text(), tally)? {
            Some(item) => items.push(item.into_owned()),
            None => withheld = withheld.saturating_add(1),
        }
    }
    Ok(Page { items, withheld, next, ttl_ms })
}
