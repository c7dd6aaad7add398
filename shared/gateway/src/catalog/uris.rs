//! Whose a resource URI is, and under which URI a resource is shown: for one caller. Pure.
//!
//! A URI is shown as the upstream has it if, and only if, reading it as it stands leads back to that upstream.
//! Else (two upstreams have it, or another's template takes it) it is shown as `gw-{alias}+{original}`, which
//! leads there by its own words. So whatever a caller is shown, it can read, and from the right upstream.
//!
//! URIs of [`CLOSED`] schemes are shown so as soon as the caller may read from a second upstream, and keep their scheme:
//! `ui://gw-{alias}/{rest}`. Clients know them by it (MCP Apps: a view whose URI has another scheme is an error), and the last
//! part of a skill's path is its name (SEP-2640).

use super::listing::Listing;
use super::template::Template;
use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

/// Templates that take part in routing, over all of a caller's upstreams: each is tried for every unlisted URI.
const TEMPLATES: usize = 1_000;

/// What one upstream that the caller may use has. A list that is not known may hold anything.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub alias: String,
    pub resources: Option<Rc<Listing>>,
    pub templates: Option<Rc<Listing>>,
}

impl Source {
    /// What tells two tables of the same upstreams apart; 0 for a list that is not known.
    pub(super) fn generations(&self) -> [u64; 2] {
        [&self.resources, &self.templates].map(|list| list.as_ref().map_or(0, |listing| listing.generation))
    }
}

/// One upstream (its place), or several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    One(usize),
    Several,
}

/// The routing table of one caller's resources.
#[derive(Debug, Default)]
pub struct Uris {
    /// The same for the same content.
    pub(super) generation: u64,
    aliases: Vec<String>,
    exact: HashMap<String, Owner>,
    templates: Vec<(Template, usize)>,
    shapes: HashMap<String, Owner>,
    /// `scheme://authority` of what is listed.
    sites: HashMap<String, Owner>,
    /// Who has any resource of the schemes that always collide.
    closed: HashMap<&'static str, Owner>,
    any: Option<Owner>,
}

/// Schemes whose URIs mean something to one server only, and which all servers use alike (MCP Apps, SEP-2640).
const CLOSED: [&str; 2] = ["ui://", "skill://"];

impl Uris {
    /// The table over the upstreams that a caller may use, in the order of their aliases.
    /// With it comes its weight: how many URIs it holds.
    pub(super) fn build(sources: &[Source]) -> (Self, usize) {
        let mut uris = Self::default();
        for (place, source) in sources.iter().enumerate() {
            uris.aliases.push(source.alias.clone());
            for generation in source.generations() {
                // Order counts, so that no two lists can be swapped.
                uris.generation = uris.generation.rotate_left(7).wrapping_mul(31).wrapping_add(generation);
            }
            if source.resources.as_ref().is_none_or(|listing| listing.offered) {
                uris.any = Some(if uris.any.is_none() { Owner::One(place) } else { Owner::Several });
            }
            for item in source.resources.iter().flat_map(|listing| &listing.items) {
                own(&mut uris.exact, item.original.clone(), place);
                uris.site(&item.original, place);
            }
            for item in source.templates.iter().flat_map(|listing| &listing.items) {
                let Some(template) = Template::parse(&item.original) else { continue };
                if uris.templates.len() < TEMPLATES {
                    own(&mut uris.shapes, template.shape(), place);
                    uris.site(template.prefix(), place);
                    uris.templates.push((template, place));
                }
            }
        }
        let weight = uris.exact.len().saturating_add(uris.templates.len());
        (uris, weight)
    }

    /// The upstream's alias and the URI at it; `None` when no upstream has it, or no single one.
    #[must_use]
    pub fn route<'a>(&'a self, uri: &'a str) -> Option<(&'a str, Cow<'a, str>)> {
        // Before all else: no upstream can take over another's rewritten URIs by listing them.
        if let Some(rewritten) = self.rewritten(uri) {
            return Some(rewritten);
        }
        let place = self.plain(uri)?;
        self.aliases.get(place).map(|alias| (alias.as_str(), Cow::Borrowed(uri)))
    }

    /// Whether the caller may read from the upstream `alias`.
    pub(super) fn has(&self, alias: &str) -> bool {
        self.aliases.iter().any(|known| known == alias)
    }

    /// The URI under which the caller is shown `original` of the upstream `alias`.
    #[must_use]
    pub fn expose<'a>(&self, alias: &str, original: &'a str) -> Cow<'a, str> {
        if self.aliases.len() > 1 && closed(original).is_some() {
            return rewrite(alias, original);
        }
        match self.route(original) {
            Some((owner, same)) if owner == alias && same == original => Cow::Borrowed(original),
            _ => rewrite(alias, original),
        }
    }

    /// The template under which the caller is shown `original` of the upstream `alias`.
    #[must_use]
    pub fn expose_template<'a>(&self, alias: &str, original: &'a str) -> Cow<'a, str> {
        let Some(place) = self.aliases.iter().position(|known| known == alias) else {
            return rewrite(alias, original);
        };
        let shape = Template::parse(original).map(|template| template.shape());
        let owner = shape.and_then(|shape| self.shapes.get(&shape));
        let alone = self.aliases.len() == 1;
        // A template that is not understood takes part in no routing: alone it is read by the only upstream.
        let mine = owner == Some(&Owner::One(place)) && closed(original).is_none();
        let borrowed = alone || mine && self.rewritten(original).is_none();
        if borrowed { Cow::Borrowed(original) } else { rewrite(alias, original) }
    }

    /// The way back of [`Uris::expose_template`].
    #[must_use]
    pub fn route_template<'a>(&'a self, template: &'a str) -> Option<(&'a str, Cow<'a, str>)> {
        if let Some(rewritten) = self.rewritten(template) {
            return Some(rewritten);
        }
        let shape = Template::parse(template)?.shape();
        match self.shapes.get(&shape) {
            Some(&Owner::One(place)) => {
                self.aliases.get(place).map(|alias| (alias.as_str(), Cow::Borrowed(template)))
            }
            Some(Owner::Several) | None => None,
        }
    }

    /// Undoes what [`rewrite`] does, for the aliases that the caller may use. URL parsers lower the case of schemes and
    /// authorities.
    fn rewritten<'a>(&'a self, uri: &'a str) -> Option<(&'a str, Cow<'a, str>)> {
        if let Some(scheme) = closed(uri) {
            let (alias, rest) = uri.get(scheme.len()..)?.split_once('/')?;
            return Some((self.marked(alias)?, Cow::Owned(format!("{scheme}{rest}"))));
        }
        let (alias, original) = uri.split_once('+')?;
        Some((self.marked(alias)?, Cow::Borrowed(original)))
    }

    /// The alias in `gw-{alias}`.
    fn marked(&self, marked: &str) -> Option<&str> {
        let (head, name) = (marked.get(..3)?, marked.get(3..)?);
        let is_marked = head.eq_ignore_ascii_case("gw-");
        let mut named = self.aliases.iter().filter(|alias| is_marked && !alias.is_empty());
        let exact = named.clone().find(|alias| in_scheme(alias) == name);
        let alias = exact.or_else(|| named.find(|alias| in_scheme(alias).eq_ignore_ascii_case(name)))?;
        Some(alias)
    }

    /// Exact URI, then the most specific template, then the only upstream with that scheme and authority, then
    /// the only upstream with resources at all. Never a guess between two.
    fn plain(&self, uri: &str) -> Option<usize> {
        if self.is_closed(uri) {
            return None;
        }
        let owner = self
            .exact
            .get(uri)
            .copied()
            .or_else(|| self.by_template(uri))
            .or_else(|| self.sites.get(site(uri)?).copied())
            .or(self.any)?;
        match owner {
            Owner::One(place) => Some(place),
            Owner::Several => None,
        }
    }

    fn by_template(&self, uri: &str) -> Option<Owner> {
        let mut best: Option<((usize, usize), Owner)> = None;
        for (template, place) in self.templates.iter().filter(|(template, _)| template.matches(uri)) {
            let weight = template.weight();
            match &mut best {
                Some((heaviest, _)) if *heaviest > weight => {}
                Some((heaviest, owner)) if *heaviest == weight => {
                    if *owner != Owner::One(*place) {
                        *owner = Owner::Several;
                    }
                }
                _ => best = Some((weight, Owner::One(*place))),
            }
        }
        best.map(|(_, owner)| owner)
    }

    fn is_closed(&self, uri: &str) -> bool {
        closed(uri).is_some_and(|scheme| self.closed.get(scheme) == Some(&Owner::Several))
    }

    fn site(&mut self, uri: &str, place: usize) {
        if let Some(scheme) = closed(uri) {
            own(&mut self.closed, scheme, place);
        }
        if let Some(site) = site(uri) {
            own(&mut self.sites, site.to_owned(), place);
        }
    }
}

fn own<K: Eq + std::hash::Hash>(owners: &mut HashMap<K, Owner>, key: K, place: usize) {
    let mine = Owner::One(place);
    let owner = owners.entry(key).or_insert(mine);
    if *owner != mine {
        *owner = Owner::Several;
    }
}

/// `scheme://authority` of a URI that goes on after it. URIs without an authority have none.
fn site(uri: &str) -> Option<&str> {
    let after = uri.find("://")?.checked_add(3)?;
    let end = uri.get(after..)?.find('/')?;
    uri.get(..after.checked_add(end)?)
}

/// The scheme of a URI, if it is one of [`CLOSED`].
fn closed(uri: &str) -> Option<&'static str> {
    CLOSED.into_iter().find(|scheme| uri.starts_with(scheme))
}

fn rewrite(alias: &str, original: &str) -> Cow<'static, str> {
    let alias = in_scheme(alias);
    let scheme = closed(original);
    Cow::Owned(match scheme.and_then(|scheme| Some((scheme, original.get(scheme.len()..)?))) {
        Some((scheme, rest)) => format!("{scheme}gw-{alias}/{rest}"),
        None => format!("gw-{alias}+{original}"),
    })
}

/// An alias as part of a URI scheme (RFC 3986 section 3.1), which has no `_`; aliases have no `.`.
fn in_scheme(alias: &str) -> Cow<'_, str> {
    if alias.contains('_') { Cow::Owned(alias.replace('_', ".")) } else { Cow::Borrowed(alias) }
}
