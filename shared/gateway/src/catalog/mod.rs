//! Many upstreams as one server: names, lists, routes, capabilities.

mod capabilities;
mod change;
mod expose;
mod fetch;
mod item;
mod kept;
mod listing;
mod names;
mod page;
mod refresh;
mod route;
mod shown;
mod slot;
mod template;
mod uris;
mod wait;

#[cfg(all(test, feature = "jwt"))]
mod tests;

pub use capabilities::Surface;
pub use expose::Viewer;
pub use item::Item;
pub use listing::{Listing, Note};
pub use page::Page;
pub use route::{Route, owner};
pub use uris::Uris;

use crate::mcp::{Json, Method, Revision};
use crate::platform::Platform;
use crate::tenant::{Agent, Bundle, Tenant};
use crate::upstream::Link;
use crate::upstream::flight::Flights;
use capabilities::Portrait;
use kept::Kept;
use refresh::Source;
use slot::Slot;
use std::collections::HashMap;
use std::rc::Rc;

/// Assembled pages kept in the isolate: their number and bytes. A page is made anew in a millisecond.
const PAGES: (usize, usize) = (256, 8 * 1024 * 1024);
/// Routing tables of resources kept in the isolate: their number and, as weight, their URIs.
const TABLES: (usize, usize) = (256, 50_000);

/// Everything that is listed, for every tenant of one configuration. Nothing here is shared between tenants.
pub struct Catalog {
    shelves: HashMap<String, HashMap<String, Shelf>>,
    /// One fetch of each list at a time.
    flights: Rc<Flights<usize>>,
    pages: Kept<page::Text>,
    tables: Kept<Uris>,
}

/// What is remembered of one upstream.
struct Shelf {
    /// In the order of [`ListKind::ALL`].
    slots: [Rc<Slot>; 4],
    portrait: Rc<Portrait>,
}

impl Catalog {
    /// An empty catalog of the bundle's upstreams. Nothing is asked for until somebody wants it.
    #[must_use]
    pub fn new(bundle: &Bundle) -> Self {
        let mut numbers = 0..;
        let mut slot = |kind| Rc::new(Slot::new(kind, numbers.next().unwrap_or_default()));
        let mut shelves: HashMap<String, HashMap<String, Shelf>> = HashMap::new();
        for tenant in &bundle.tenants {
            let shelf = shelves.entry(tenant.name.clone()).or_default();
            for upstream in &tenant.upstreams {
                let slots = ListKind::ALL.map(&mut slot);
                shelf.insert(upstream.alias.clone(), Shelf { slots, portrait: Rc::default() });
            }
        }
        Self {
            shelves,
            flights: Rc::new(Flights::new()),
            pages: Kept::new(PAGES.0, PAGES.1),
            tables: Kept::new(TABLES.0, TABLES.1),
        }
    }

    fn shelf(&self, tenant: &Tenant, alias: &str) -> Option<&Shelf> {
        self.shelves.get(&tenant.name)?.get(alias)
    }

    fn slot(&self, tenant: &Tenant, alias: &str, kind: ListKind) -> Option<&Rc<Slot>> {
        self.shelf(tenant, alias)?.slots.get(kind as usize)
    }

    fn portrait(&self, tenant: &Tenant, alias: &str) -> Option<Rc<Portrait>> {
        self.shelf(tenant, alias).map(|shelf| Rc::clone(&shelf.portrait))
    }

    fn source<P: Platform>(&self, platform: &P, link: &Rc<Link>, kind: ListKind) -> Option<Source<P>> {
        let slot = self.slot(link.tenant(), &link.upstream().alias, kind)?;
        Some(Source {
            platform: platform.clone(),
            link: Rc::clone(link),
            slot: Rc::clone(slot),
            flights: Rc::clone(&self.flights),
        })
    }

    /// The routing table over `sources`, which are what `agent` may use.
    fn table_of(&self, tenant: &Tenant, agent: &Agent, sources: &[uris::Source]) -> Rc<Uris> {
        let generations: Vec<u64> = sources.iter().flat_map(uris::Source::generations).collect();
        self.tables.get_or(&rights(tenant, agent), &generations, || Uris::build(sources))
    }
}

/// What decides what an agent sees: agents with the same rights share what is derived from them.
fn rights(tenant: &Tenant, agent: &Agent) -> String {
    let mut key = tenant.name.clone();
    for pattern in &agent.allow {
        key.push('\n');
        key.push_str(pattern.as_str());
    }
    key
}

/// What decides how a client is shown things, whoever uses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// The revision that it speaks.
    pub revision: Revision,
    /// Whether it declared MCP Apps.
    pub apps: bool,
}

/// The four kinds of lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ListKind {
    /// `tools/list`
    Tools,
    /// `prompts/list`
    Prompts,
    /// `resources/list`
    Resources,
    /// `resources/templates/list`
    Templates,
}

impl ListKind {
    /// All of them, in the order of their slots.
    pub(crate) const ALL: [Self; 4] = [Self::Tools, Self::Prompts, Self::Resources, Self::Templates];

    /// The method that lists it.
    #[must_use]
    pub const fn method(self) -> Method {
        match self {
            Self::Tools => Method::ToolsList,
            Self::Prompts => Method::PromptsList,
            Self::Resources => Method::ResourcesList,
            Self::Templates => Method::ResourcesTemplatesList,
        }
    }

    /// The member of the result that holds the items.
    #[must_use]
    pub const fn member(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Prompts => "prompts",
            Self::Resources => "resources",
            Self::Templates => "resourceTemplates",
        }
    }

    /// The member of an item that identifies it.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Tools | Self::Prompts => "name",
            Self::Resources => "uri",
            Self::Templates => "uriTemplate",
        }
    }

    /// The server capability that stands for it.
    const fn capability(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Prompts => "prompts",
            Self::Resources | Self::Templates => "resources",
        }
    }

    /// Whether a server with these capabilities (raw ServerCapabilities object) offers it.
    fn offered_by(self, capabilities: &str) -> bool {
        Json::parse(capabilities.as_bytes(), &crate::limits::RESPONSE)
            .is_ok_and(|json| json.get(json.root(), self.capability()).is_some())
    }
}
