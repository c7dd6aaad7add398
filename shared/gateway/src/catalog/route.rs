//! From a name or URI that an agent says to the upstream that has it.
//!
//! Unknown and not allowed are one answer, and an upstream that the caller may not use is not even asked for
//! its list.

use super::refresh::{self, Source};
use super::uris::{self, Uris};
use super::wait::{self, Task};
use super::{Catalog, Item, ListKind, Listing, names};
use crate::error::{Error, Fault, Refusal};
use crate::platform::Platform;
use crate::stage::authenticate::Caller;
use crate::stage::authorize::{allows, allows_upstream};
use crate::tenant::Tenant;
use crate::upstream::{Link, Links};
use std::rc::Rc;

/// Where a call goes.
#[derive(Clone)]
pub struct Route {
    /// The upstream.
    pub link: Rc<Link>,
    /// The name or URI at the upstream.
    pub original: String,
    /// The listed item; none for a resource that is not listed (one of a template, or linked in a result).
    pub item: Option<Rc<Item>>,
}

/// The caller's resources, and which upstreams could not be asked.
struct Table {
    uris: Rc<Uris>,
    faults: Vec<Fault>,
}

impl Catalog {
    /// The tool with this exposed name.
    ///
    /// # Errors
    /// [`Refusal::UnknownTool`] when it is not listed by its upstream or not allowed to the caller; a fault when
    /// the upstream cannot be listed.
    pub async fn tool<P: Platform>(
        &self,
        platform: &P,
        links: &Links,
        caller: &Caller,
        exposed: &str,
    ) -> Result<Route, Error> {
        let route = self.named(platform, links, caller, ListKind::Tools, exposed).await?;
        route.ok_or_else(|| Refusal::UnknownTool(exposed.to_owned()).into())
    }

    /// The same after another look at the upstream, which complained of headers that were made after the list.
    /// `None` when it was looked at lately, or has no such tool any more.
    pub async fn tool_anew<P: Platform>(
        &self,
        platform: &P,
        links: &Links,
        caller: &Caller,
        exposed: &str,
    ) -> Option<Route> {
        let tenant = caller.tenant();
        let alias = owner(tenant, exposed).filter(|alias| allows(caller.agent(), alias, exposed))?;
        let link = links.of(tenant, alias)?;
        let source = self.source(platform, &link, ListKind::Tools)?;
        let before = source.clone().get().await.ok()?;
        let item = source.look_again(&before).await?.get(exposed).cloned()?;
        Some(Route { link, original: item.original.clone(), item: Some(item) })
    }

    /// The prompt with this exposed name; also what a completion's `ref/prompt` names.
    ///
    /// # Errors
    /// As [`Catalog::tool`], with [`Refusal::UnknownPrompt`].
    pub async fn prompt<P: Platform>(
        &self,
        platform: &P,
        links: &Links,
        caller: &Caller,
        exposed: &str,
    ) -> Result<Route, Error> {
        let route = self.named(platform, links, caller, ListKind::Prompts, exposed).await?;
        route.ok_or_else(|| Refusal::UnknownPrompt(exposed.to_owned()).into())
    }

    /// The resource with this URI, or, for a completion's `ref/resource`, the template written like this.
    ///
    /// # Errors
    /// [`Refusal::UnknownResource`] when no upstream that the caller may use has it, or two do and neither is
    /// named; a fault when none has it and one of them cannot be listed.
    pub async fn resource<P: Platform>(
        &self,
        platform: &P,
        links: &Links,
        caller: &Caller,
        uri: &str,
    ) -> Result<Route, Error> {
        let table = self.table(platform, links, caller).await;
        let mut found = self.at(links, caller, &table.uris, uri);
        if found.is_none() && self.look_again_everywhere(platform, links, caller).await {
            found = self.at(links, caller, &self.known_uris(caller), uri);
        }
        match (found, table.faults.into_iter().next()) {
            (Some(route), _) => Ok(route),
            (None, Some(fault)) => Err(fault.into()),
            (None, None) => Err(Refusal::UnknownResource(uri.to_owned()).into()),
        }
    }

    fn at(&self, links: &Links, caller: &Caller, uris: &Uris, uri: &str) -> Option<Route> {
        // Braces are not allowed in URIs (RFC 3986), so this can only be a template.
        let (kind, found) = if uri.contains('{') {
            (ListKind::Templates, uris.route_template(uri))
        } else {
            (ListKind::Resources, uris.route(uri))
        };
        let (alias, original) = found?;
        let link = links.of(caller.tenant(), alias)?;
        let known = self.slot(caller.tenant(), alias, kind).and_then(|slot| slot.known());
        let original = original.into_owned();
        let item = known.and_then(|listing| listing.get(&original).cloned());
        Some(Route { link, original, item })
    }

    async fn named<P: Platform>(
        &self,
        platform: &P,
        links: &Links,
        caller: &Caller,
        kind: ListKind,
        exposed: &str,
    ) -> Result<Option<Route>, Error> {
        let tenant = caller.tenant();
        let Some(link) = owner(tenant, exposed)
            .filter(|alias| allows(caller.agent(), alias, exposed))
            .and_then(|alias| links.of(tenant, alias))
        else {
            return Ok(None);
        };
        let Some(source) = self.source(platform, &link, kind) else {
            return Ok(None);
        };
        let listing = source.clone().get().await.map_err(|fault| link.fault(fault))?;
        let mut item = listing.get(exposed).cloned();
        if item.is_none() {
            let newer: Option<Rc<Listing>> = source.look_again(&listing).await;
            item = newer.and_then(|listing| listing.get(exposed).cloned());
        }
        Ok(item.map(|item| Route { link, original: item.original.clone(), item: Some(item) }))
    }

    /// The sources of these lists of all upstreams whose resources the caller may use, in order.
    pub(super) fn resource_sources<P: Platform>(
        &self,
        platform: &P,
        links: &Links,
        caller: &Caller,
    ) -> Vec<Source<P>> {
        let usable = links.all(caller.tenant()).iter();
        usable
            .filter(|link| allows_upstream(caller.agent(), &link.upstream().alias))
            .flat_map(|link| [ListKind::Resources, ListKind::Templates].map(|kind| (link, kind)))
            .filter_map(|(link, kind)| self.source(platform, link, kind))
            .collect()
    }

    async fn table<P: Platform>(&self, platform: &P, links: &Links, caller: &Caller) -> Table {
        let sources = self.resource_sources(platform, links, caller);
        let faults = refresh::all(sources).await.into_iter().filter_map(|(source, listed)| {
            let fault = listed.err()?;
            Some(source.link.fault(fault))
        });
        let faults = faults.collect();
        Table { uris: self.known_uris(caller), faults }
    }

    /// Whether any list is newer now.
    async fn look_again_everywhere<P: Platform>(&self, platform: &P, links: &Links, caller: &Caller) -> bool {
        let sources = self.resource_sources(platform, links, caller).into_iter();
        let tasks = sources.filter_map(|source| {
            let known = source.slot.known()?;
            let task: Task<'_, bool> = Box::pin(async move { source.look_again(&known).await.is_some() });
            Some(task)
        });
        wait::all(tasks.collect()).await.contains(&true)
    }

    /// Whether a list that the routing table is made of is not known.
    pub(super) fn is_cold(&self, caller: &Caller) -> bool {
        let tenant = caller.tenant();
        let kinds = [ListKind::Resources, ListKind::Templates];
        let unknown =
            |alias: &str, kind| self.slot(tenant, alias, kind).is_none_or(|slot| slot.known().is_none());
        let usable =
            tenant.upstreams.iter().filter(|upstream| allows_upstream(caller.agent(), &upstream.alias));
        usable.into_iter().any(|upstream| kinds.into_iter().any(|kind| unknown(&upstream.alias, kind)))
    }

    /// The routing table of a caller's resources from what the isolate knows now.
    pub(super) fn known_uris(&self, caller: &Caller) -> Rc<Uris> {
        let tenant = caller.tenant();
        let usable = tenant.upstreams.iter().map(|upstream| upstream.alias.as_str());
        let usable = usable.filter(|alias| allows_upstream(caller.agent(), alias));
        let known = |alias, kind| self.slot(tenant, alias, kind).and_then(|slot| slot.known());
        let sources: Vec<uris::Source> = usable
            .map(|alias| uris::Source {
                alias: alias.to_owned(),
                resources: known(alias, ListKind::Resources),
                templates: known(alias, ListKind::Templates),
            })
            .collect();
        self.table_of(tenant, caller.agent(), &sources)
    }
}

impl Catalog {
    /// Whether the isolate knows of a tool with this exposed name at the upstream `alias`, without asking anybody.
    #[must_use]
    pub fn has_tool(&self, tenant: &Tenant, alias: &str, exposed: &str) -> bool {
        let known = self.slot(tenant, alias, ListKind::Tools).and_then(|slot| slot.known());
        known.is_some_and(|listing| listing.get(exposed).is_some())
    }
}

/// The alias of the upstream whose name this would be: by its prefix, or the one that has no prefix.
pub fn owner<'a>(tenant: &'a Tenant, exposed: &'a str) -> Option<&'a str> {
    let prefixed = names::alias_of(exposed).and_then(|alias| tenant.upstream(alias));
    prefixed.or_else(|| tenant.upstream("")).map(|upstream| upstream.alias.as_str())
}
