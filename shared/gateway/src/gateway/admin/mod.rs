//! The admin API: `/t/TENANT/admin/v1/...`. JSON for operators, off unless the tenant has `[tenants.NAME.admin]`.
//!
//! To all who are no operators it is not there: a tenant without it, a tenant that does not exist and a request without
//! a good token answer alike. A page is one arm of [`Work::of`] and one of [`work`].

mod accounts;
mod bundles;
mod cache;
mod order;
#[cfg(all(test, feature = "jwt"))]
mod tests;

pub use bundles::{Bundles, Change, Order, Settled, Standing};

use super::{Gateway, read, refuse};
use crate::arrival::Head;
use crate::error::Refusal;
use crate::platform::{Body, Platform};
use crate::reply::Reply;
use crate::stage::audit::Trail;
use crate::stage::authenticate::Operator;
use order::Fields;
use serde_json::json;
use std::rc::Rc;

/// A request to the admin API, before anything is known of who sends it.
pub(super) struct Visit<'h> {
    head: &'h Head,
    tenant: &'h str,
    /// The path below `/t/TENANT/admin/v1`, without its slash.
    page: &'h str,
}

impl<'h> Visit<'h> {
    /// `None` when the path is another one.
    pub fn of(head: &'h Head) -> Option<Self> {
        let (tenant, rest) = head.path.strip_prefix("/t/")?.split_once('/')?;
        let rest = rest.strip_prefix("admin/v1")?;
        let page = if rest.is_empty() { rest } else { rest.strip_prefix('/')? };
        Some(Self { head, tenant, page })
    }
}

/// What an operator may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Index,
    BundleShow,
    BundlePush,
    BundleRollback,
    AccountShow,
    AccountChange,
    CacheShow,
    CachePurge,
}

/// Why a path and an HTTP method are no work.
enum NoWork {
    /// There is no such page.
    Page,
    /// The page knows these methods only.
    Method(&'static str),
}

impl Work {
    fn of(method: &str, page: &str) -> Result<Self, NoWork> {
        match (page, method) {
            ("", "GET") => Ok(Self::Index),
            ("", _) => Err(NoWork::Method("GET")),
            ("bundle", "GET") => Ok(Self::BundleShow),
            ("bundle", "POST") => Ok(Self::BundlePush),
            ("bundle", _) => Err(NoWork::Method("GET, POST")),
            ("bundle/rollback", "POST") => Ok(Self::BundleRollback),
            ("bundle/rollback", _) => Err(NoWork::Method("POST")),
            (cache::PAGE, "GET") => Ok(Self::CacheShow),
            (cache::PAGE, "POST") => Ok(Self::CachePurge),
            (cache::PAGE, _) => Err(NoWork::Method("GET, POST")),
            (page, "GET") if accounts::is_page(page) => Ok(Self::AccountShow),
            (page, "POST") if accounts::is_page(page) => Ok(Self::AccountChange),
            (page, _) if accounts::is_page(page) => Err(NoWork::Method("GET, POST")),
            _ => Err(NoWork::Page),
        }
    }

    /// What stands as `method` in the audit trail; of a change of an account, until it is known which one.
    const fn name(self) -> &'static str {
        match self {
            Self::Index => "admin/index",
            Self::BundleShow => "admin/bundle/show",
            Self::BundlePush => "admin/bundle/push",
            Self::BundleRollback => "admin/bundle/rollback",
            Self::AccountShow => "admin/accounts/show",
            Self::AccountChange => "admin/accounts/change",
            Self::CacheShow => "admin/cache/show",
            Self::CachePurge => "admin/cache/purge",
        }
    }

    /// Whether this is for operators of all tenants only.
    const fn reaches_all(self) -> bool {
        matches!(self, Self::BundleShow | Self::BundlePush | Self::BundleRollback)
    }
}

impl Gateway {
    /// Whether the operator who sends the request `head` to `tenant` could do so again with this gateway, and change
    /// the bundle.
    ///
    /// # Errors
    /// Why not; a clause.
    pub(crate) async fn admits<P: Platform>(
        &self,
        platform: &P,
        tenant: &str,
        head: &Head,
    ) -> Result<(), &'static str> {
        let tenant = self.bundle.named(tenant).ok_or("there is no such tenant")?;
        if !tenant.admin.as_ref().is_some_and(|admin| admin.bundle) {
            return Err("its operators may not change the bundle");
        }
        head.check_host(&tenant.hosts).map_err(|_| "it is not reached at this host")?;
        let token = head.headers.get("authorization");
        let known = self.authenticator.operator(platform, tenant, token).await;
        known.map(drop).map_err(|_| "it does not take the token of this request for an operator's")
    }
}

/// Answers a request to the admin API, whoever sends it.
pub(super) async fn answer<P: Platform, B: Body>(
    gateway: &Rc<Gateway>,
    platform: &P,
    bundles: &dyn Bundles,
    visit: &Visit<'_>,
    body: B,
    mut trail: Trail<P>,
) -> Reply {
    let head = visit.head;
    let work = Work::of(&head.method, visit.page);
    trail.act(work.as_ref().map_or("admin", |work| work.name()));
    let Some(tenant) = gateway.bundle.named(visit.tenant).filter(|tenant| tenant.admin.is_some()) else {
        return gateway.nobody(head, trail);
    };
    trail.note("tenant", &tenant.name);
    // Up to here, and for everybody without a good token, all is as in `nobody`.
    if let Err(refusal) = gateway.check_any_site(head) {
        return refuse(head, None, &refusal, trail);
    }
    if head.is_preflight() {
        trail.skip();
        return head.share(head.preflight());
    }
    let token = head.headers.get("authorization");
    let operator = match gateway.authenticator.operator(platform, tenant, token).await {
        Ok(operator) => operator,
        Err(refusal) => return head.share(refuse(head, None, &refusal, trail)),
    };
    trail.operator(&operator);
    trail.stage("authenticate");
    match work {
        Err(_) => trail.note("name", visit.page),
        Ok(Work::AccountShow | Work::AccountChange) => {
            trail.note("name", &accounts::name(tenant, visit.page));
        }
        Ok(_) => {}
    }
    let reply = match enter(visit, &operator, work) {
        Ok(work) => {
            let context = Context { gateway, platform, bundles, visit, operator: &operator };
            work_for(&context, work, body, trail).await
        }
        Err(Denied::Refusal(refusal)) => refuse(head, None, &refusal, trail),
        Err(Denied::Method(allowed)) => {
            let mut reply = refuse(head, None, &Refusal::MethodNotAllowed, trail);
            reply.headers.retain(|(name, _)| *name != "allow");
            reply.with("allow", allowed.to_owned())
        }
    };
    reply.with("cache-control", "no-store".to_owned())
}

enum Denied {
    Refusal(Refusal),
    Method(&'static str),
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

/// What an operator is let in for. No page of a browser has business here, not even one of the own origin.
fn enter(visit: &Visit<'_>, operator: &Operator, work: Result<Work, NoWork>) -> Result<Work, Denied> {
    let (head, tenant) = (visit.head, operator.tenant());
    head.check_host(&tenant.hosts)?;
    if head.headers.get("origin").is_some() {
        return Err(Refusal::BadOrigin.into());
    }
    if head.query {
        return Err(Refusal::InvalidRequest("the URL has a query").into());
    }
    let reaches_all = tenant.admin.as_ref().is_some_and(|admin| admin.bundle);
    match work {
        Ok(work) if reaches_all || !work.reaches_all() => Ok(work),
        Ok(_) | Err(NoWork::Page) => Err(Refusal::NotFound.into()),
        Err(NoWork::Method(allowed)) => Err(Denied::Method(allowed)),
    }
}

/// What work is done with.
struct Context<'a, P> {
    gateway: &'a Gateway,
    platform: &'a P,
    bundles: &'a dyn Bundles,
    visit: &'a Visit<'a>,
    operator: &'a Operator,
}

/// Does the work and closes the record.
async fn work_for<P: Platform, B: Body>(
    context: &Context<'_, P>,
    work: Work,
    body: B,
    mut trail: Trail<P>,
) -> Reply {
    match carry_out(context, work, body, &mut trail).await {
        Ok(settled) => {
            if let Some((version, sha256)) = &settled.bundle {
                trail.count("bundle_version", *version);
                trail.note("bundle_sha256", sha256);
            }
            let text = settled.body.to_string();
            match settled.without {
                Some((outcome, reason)) => trail.without(outcome, reason),
                None => trail.answer(text.len()),
            }
            Reply::json(settled.status, text)
        }
        Err(refusal) => refuse(context.visit.head, None, &refusal, trail),
    }
}

async fn carry_out<P: Platform, B: Body>(
    context: &Context<'_, P>,
    work: Work,
    body: B,
    trail: &mut Trail<P>,
) -> Result<Settled, Refusal> {
    let Context { gateway, platform, bundles, visit, operator } = *context;
    let head = visit.head;
    let order = match work {
        Work::Index => return Ok(index(operator)),
        Work::BundleShow => Order::Show,
        Work::BundlePush => bundles::push(&fields(head, body, trail).await?)?,
        Work::BundleRollback => bundles::rollback(&fields(head, body, trail).await?)?,
        Work::CacheShow => return Ok(cache::show(gateway, operator.tenant(), platform.now_ms())),
        Work::CachePurge => {
            let fields = fields(head, body, trail).await?;
            return cache::purge(gateway, platform, operator.tenant(), &fields, trail).await;
        }
        Work::AccountShow | Work::AccountChange => {
            let Some(account) = accounts::Account::of(operator.tenant(), visit.page) else {
                return Ok(accounts::nowhere(visit.page));
            };
            if work == Work::AccountShow {
                return Ok(account.show(platform, trail).await);
            }
            let change = account.change(&fields(head, body, trail).await?, trail)?;
            return Ok(account.carry_out(platform, &change, trail).await);
        }
    };
    if let Order::Push { change, .. } | Order::Rollback { change, .. } = &order
        && change.dry_run
    {
        trail.note("dry_run", "yes");
    }
    Ok(bundles.carry_out(order, operator, head).await)
}

/// The members of a body.
async fn fields<P: Platform, B: Body>(head: &Head, body: B, trail: &mut Trail<P>) -> Result<Fields, Refusal> {
    let bytes = read(head, body).await?;
    trail.count("bytes_in", bytes.len() as u64);
    trail.stage("read");
    Fields::parse(bytes)
}

/// Who the operator is to this gateway, and what is there for it.
fn index(operator: &Operator) -> Settled {
    let tenant = operator.tenant();
    let bundle = tenant.admin.as_ref().is_some_and(|admin| admin.bundle);
    let mut pages = if bundle { vec!["bundle", "bundle/rollback"] } else { Vec::new() };
    pages.extend(accounts::PAGES);
    pages.push(cache::PAGE);
    Settled::done(json!({
        "tenant": tenant.name, "operator": operator.subject(), "version": env!("CARGO_PKG_VERSION"),
        "pages": pages,
    }))
}
