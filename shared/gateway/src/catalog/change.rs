//! An upstream says that a list of its has changed.

use super::{Catalog, ListKind};
use crate::mcp::Method;
use crate::platform::Platform;
use crate::stage::authenticate::Caller;
use crate::stage::authorize::{allows, allows_upstream, may_gain};
use crate::upstream::Link;
use std::rc::Rc;

impl ListKind {
    /// The lists that a notification is about.
    #[must_use]
    pub const fn changed_by(method: Method) -> &'static [Self] {
        match method {
            Method::ToolsListChanged => &[Self::Tools],
            Method::PromptsListChanged => &[Self::Prompts],
            Method::ResourcesListChanged => &[Self::Resources, Self::Templates],
            _ => &[],
        }
    }
}

impl Catalog {
    /// What is known of these lists is old, here and in the store: whoever lists next has the upstream asked.
    pub fn changed<P: Platform>(&self, platform: &P, link: &Rc<Link>, kinds: &[ListKind]) {
        for source in kinds.iter().filter_map(|kind| self.source(platform, link, *kind)) {
            source.spoil();
        }
    }

    /// Whether the caller may use anything that is listed there, or may be: to others it is no matter that it has changed.
    /// Call it before [`Catalog::changed`], so that what has gone counts too.
    pub async fn concerns<P: Platform>(
        &self,
        platform: &P,
        link: &Rc<Link>,
        caller: &Caller,
        kind: ListKind,
    ) -> bool {
        let alias = link.upstream().alias.as_str();
        match kind {
            ListKind::Resources | ListKind::Templates => return allows_upstream(caller.agent(), alias),
            ListKind::Tools | ListKind::Prompts => {}
        }
        if may_gain(caller.agent(), alias) {
            return true;
        }
        // Its policy names single things: one of this kind, and of this upstream?
        let Some(source) = self.source(platform, link, kind) else { return false };
        let before = source.slot.known();
        let named = |listing: &super::Listing| {
            listing.items.iter().any(|item| allows(caller.agent(), alias, &item.exposed))
        };
        if before.is_some_and(|listing| named(&listing)) {
            return true;
        }
        source.spoil();
        source.get().await.is_ok_and(|listing| named(&listing))
    }
}
