//! One page of a merged list, as one caller may see it.
//!
//! Upstreams in the order of their aliases, items in the upstream's own order: deterministic, and the same for
//! everybody with the same rights. On the hot path everything is in memory: one look-up, one copy.

use super::expose::{Viewer, expose_meta};
use super::listing::Listing;
use super::uris::Uris;
use super::{Catalog, Client, Item, ListKind, refresh, rights};
use crate::codec;
use crate::error::{Error, Fault, Refusal, UpstreamFault};
use crate::limits;
use crate::mcp::json::quote;
use crate::mcp::seal::{Binding, Purpose, Sealer};
use crate::mcp::{Edits, Era, Json};
use crate::platform::Platform;
use crate::stage::authenticate::Caller;
use crate::stage::authorize::{allows, allows_upstream, may_use};
use crate::tenant::Agent;
use crate::upstream::{Link, Links};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::rc::Rc;

/// Life of a cursor in ms: a client that pages does it at once.
const CURSOR_MS: u64 = 3_600_000;
/// Bytes of a cursor's payload.
const CURSOR_BYTES: usize = 256;

/// A page, and what is missing from it.
#[derive(Debug)]
pub struct Page {
    /// The raw JSON result object.
    pub result: String,
    /// Upstreams that could not be listed, for the audit trail.
    pub skipped: Vec<(String, UpstreamFault)>,
}

/// The items of a page: their texts with commas between them.
#[derive(Debug)]
pub(super) struct Text {
    items: String,
    /// The last item, when there is more behind it.
    last: Option<Place>,
}

/// An item's place in a merged list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    alias: String,
    /// Of the name or URI at the upstream: of bounded length, whatever the URI's is.
    item: [u8; 16],
}

/// What a cursor says, besides the alias that it is sealed for.
#[derive(Serialize, Deserialize)]
struct Cursor {
    version: String,
    kind: u8,
    item: [u8; 16],
}

/// One upstream's part of a merged list.
struct Part {
    link: Rc<Link>,
    listing: Rc<Listing>,
}

impl Catalog {
    /// One page of the list of `kind` as `caller` may see it, for a client like `to`.
    ///
    /// An upstream that cannot be listed is skipped and noted; the list is then good for no time at all.
    ///
    /// # Errors
    /// [`Refusal::BadCursor`] for a cursor that is not ours, not this caller's, of another configuration, or
    /// whose place is gone; a fault when none of the caller's upstreams can be listed.
    #[allow(
        clippy::too_many_arguments,
        reason = "each is another owner's; a struct for one call says no more"
    )]
    pub async fn page<P: Platform>(
        &self,
        platform: &P,
        links: &Links,
        sealer: &Sealer,
        caller: &Caller,
        kind: ListKind,
        cursor: Option<&str>,
        to: Client,
    ) -> Result<Page, Error> {
        // Before anything is asked for: a bad cursor costs no upstream anything.
        let start = cursor.map(|cursor| unseal(platform, sealer, caller, kind, cursor)).transpose()?;
        let (parts, skipped) = self.parts(platform, links, caller, kind).await?;
        let now = platform.now_ms();
        let text = self.text(caller, kind, to, &parts, start.as_ref())?;
        let ttl = parts.iter().map(|part| part.listing.left_ms(now)).min().unwrap_or_default();
        let ttl = if skipped.is_empty() { ttl } else { 0 };
        let next = text.last.as_ref().map(|place| seal(platform, sealer, caller, kind, place)).transpose()?;
        let skipped =
            skipped.into_iter().map(|(link, fault)| (link.upstream().alias.clone(), fault)).collect();
        Ok(Page { result: result(kind, to, &text.items, next.as_deref(), ttl), skipped })
    }

    #[allow(clippy::type_complexity, reason = "two lists, used once")]
    async fn parts<P: Platform>(
        &self,
        platform: &P,
        links: &Links,
        caller: &Caller,
        kind: ListKind,
    ) -> Result<(Vec<Part>, Vec<(Rc<Link>, UpstreamFault)>), Error> {
        let usable = links.all(caller.tenant()).iter().filter(|link| visible(caller.agent(), link, kind));
        let usable: Vec<&Rc<Link>> = usable.collect();
        // How a URI is shown depends on the templates too, and the other way round.
        let kinds: &[ListKind] = match kind {
            ListKind::Tools => &[ListKind::Tools],
            ListKind::Prompts => &[ListKind::Prompts],
            ListKind::Resources => &[ListKind::Resources, ListKind::Templates],
            ListKind::Templates => &[ListKind::Templates, ListKind::Resources],
        };
        let sources = kinds.iter().flat_map(|kind| usable.iter().map(|link| (*link, *kind)));
        let sources = sources.filter_map(|(link, kind)| self.source(platform, link, kind)).collect();
        let mut parts = Vec::with_capacity(usable.len());
        let mut skipped = Vec::new();
        for (source, listed) in refresh::all(sources).await {
            match listed {
                _ if source.slot.kind != kind => {}
                Ok(listing) => parts.push(Part { link: source.link, listing }),
                Err(fault) => skipped.push((source.link, fault)),
            }
        }
        match skipped.first() {
            // An empty list would say that there is nothing, and the agent would believe it.
            Some((link, fault)) if parts.is_empty() => Err(link.fault(*fault).into()),
            _ => Ok((parts, skipped)),
        }
    }

    fn text(
        &self,
        caller: &Caller,
        kind: ListKind,
        to: Client,
        parts: &[Part],
        start: Option<&Place>,
    ) -> Result<Rc<Text>, Error> {
        let apps = parts.iter().any(|part| part.listing.apps);
        let uris = match kind {
            ListKind::Tools | ListKind::Prompts if !apps => None,
            _ => Some(self.known_uris(caller)),
        };
        // Where there is nothing of it in a list, all clients are shown the same.
        let to = Client { apps: to.apps && apps, ..to };
        let reader = Reader { caller, kind, to, uris: uris.as_deref() };
        let assemble = || reader.assemble(parts, start);
        if start.is_some() {
            return assemble().map(Rc::new).ok_or_else(|| Refusal::BadCursor.into());
        }
        let mut generations: Vec<u64> = parts.iter().map(|part| part.listing.generation).collect();
        generations.push(uris.as_ref().map_or(0, |uris| uris.generation));
        let Client { revision, apps } = to;
        let rights = rights(caller.tenant(), caller.agent());
        let key = format!("{}\n{revision}\n{apps}\n{rights}", kind.member());
        Ok(self.pages.get_or(&key, &generations, || {
            let text = assemble().unwrap_or(Text { items: String::new(), last: None });
            let weight = text.items.len();
            (text, weight)
        }))
    }
}

/// Whether anything of this kind at the upstream may be the agent's.
fn visible(agent: &Agent, link: &Link, kind: ListKind) -> bool {
    let alias = &link.upstream().alias;
    match kind {
        ListKind::Tools | ListKind::Prompts => may_use(agent, alias),
        ListKind::Resources | ListKind::Templates => allows_upstream(agent, alias),
    }
}

/// Whom a page is made for.
struct Reader<'a> {
    caller: &'a Caller,
    kind: ListKind,
    to: Client,
    /// None where nothing in the lists is a URI of a resource.
    uris: Option<&'a Uris>,
}

impl Reader<'_> {
    /// The items after `start`, at most a page of them. `None` when `start` is not there (any more).
    fn assemble(&self, parts: &[Part], start: Option<&Place>) -> Option<Text> {
        let mut items = String::new();
        let mut count = 0_usize;
        let mut last: Option<(&str, &Item)> = None;
        let mut begun = start.is_none();
        for part in parts {
            let alias = part.link.upstream().alias.as_str();
            for item in &part.listing.items {
                if !begun {
                    begun = start
                        .is_some_and(|place| place.alias == alias && place.item == digest(&item.original));
                    continue;
                }
                if !self.sees(alias, item) {
                    continue;
                }
                if count >= limits::PAGE_ITEMS {
                    let place = last
                        .map(|(alias, item)| Place { alias: alias.to_owned(), item: digest(&item.original) });
                    return Some(Text { items, last: place });
                }
                if count > 0 {
                    items.push(',');
                }
                count = count.saturating_add(1);
                self.push(&mut items, alias, item);
                last = Some((alias, item));
            }
        }
        begun.then_some(Text { items, last: None })
    }

    fn sees(&self, alias: &str, item: &Item) -> bool {
        match self.kind {
            // A client without MCP Apps would show its model what is for views only.
            ListKind::Tools if item.for_views && !self.to.apps => false,
            ListKind::Tools | ListKind::Prompts => allows(self.caller.agent(), alias, &item.exposed),
            ListKind::Resources | ListKind::Templates => true,
        }
    }

    fn push(&self, out: &mut String, alias: &str, item: &Item) {
        let text = item.text_for(self.to.revision);
        let exposed = self.uris.and_then(|uris| match self.kind {
            ListKind::Tools | ListKind::Prompts => None,
            ListKind::Resources => Some(uris.expose(alias, &item.original)),
            ListKind::Templates => Some(uris.expose_template(alias, &item.original)),
        });
        let exposed = exposed.filter(|exposed| *exposed != item.original);
        if exposed.is_none() && !item.apps {
            out.push_str(text);
            return;
        }
        let Ok(json) = Json::parse(text.as_bytes(), &limits::RESPONSE) else { return };
        let mut edits = Edits::new();
        if let Some(exposed) = exposed {
            edits.set_string(&json, json.root(), self.kind.key(), &exposed);
        }
        if let Some(meta) = json.get(json.root(), "_meta") {
            let viewer = Viewer { caller: self.caller, client: self.to, alias };
            expose_meta(json.value(meta), &viewer, self.uris, &mut edits);
        }
        out.push_str(&edits.apply(text));
    }
}

fn result(kind: ListKind, to: Client, items: &str, next: Option<&str>, ttl_ms: u64) -> String {
    let mut out = String::with_capacity(items.len().saturating_add(512));
    out.push_str("{\"");
    out.push_str(kind.member());
    out.push_str("\":[");
    out.push_str(items);
    out.push(']');
    if let Some(next) = next {
        out.push_str(",\"nextCursor\":");
        quote(&mut out, next);
    }
    if to.revision.era() == Era::Modern {
        // Always private: what is listed depends on who asks.
        out.push_str(",\"resultType\":\"complete\",\"ttlMs\":");
        out.push_str(&ttl_ms.to_string());
        out.push_str(",\"cacheScope\":\"private\"");
    }
    out.push('}');
    out
}

fn digest(original: &str) -> [u8; 16] {
    let mut out = [0; 16];
    for (to, from) in out.iter_mut().zip(Sha256::digest(original.as_bytes())) {
        *to = from;
    }
    out
}

fn seal<P: Platform>(
    platform: &P,
    sealer: &Sealer,
    caller: &Caller,
    kind: ListKind,
    place: &Place,
) -> Result<String, Error> {
    const BROKEN: Error = Error::Fault(Fault::Internal("a list cursor is over its bound"));
    let tenant = caller.tenant();
    let cursor = Cursor { version: tenant.version.clone(), kind: kind as u8, item: place.item };
    let payload = codec::encode(&cursor, CURSOR_BYTES).map_err(|_| BROKEN)?;
    let binding = Binding {
        tenant: &tenant.name,
        endpoint: &tenant.path,
        principal: *caller.principal(),
        alias: &place.alias,
    };
    let mut nonce = [0; 24];
    platform.fill(&mut nonce);
    let now = platform.now_ms();
    sealer.seal(Purpose::Cursor, &binding, now, CURSOR_MS, nonce, &payload).map_err(|_| BROKEN)
}

fn unseal<P: Platform>(
    platform: &P,
    sealer: &Sealer,
    caller: &Caller,
    kind: ListKind,
    cursor: &str,
) -> Result<Place, Refusal> {
    let tenant = caller.tenant();
    let opened = sealer
        .open(Purpose::Cursor, &tenant.name, &tenant.path, caller.principal(), platform.now_ms(), cursor)
        .map_err(|_| Refusal::BadCursor)?;
    let cursor: Cursor = codec::decode(&opened.payload, CURSOR_BYTES).map_err(|_| Refusal::BadCursor)?;
    // A changed configuration may have changed what the caller sees: it starts again.
    if cursor.version != tenant.version || cursor.kind != kind as u8 {
        return Err(Refusal::BadCursor);
    }
    Ok(Place { alias: opened.alias, item: cursor.item })
}
