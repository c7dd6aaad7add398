//! The gateway: what happens to a request, on one page.
//!
//! request in -> **site** (host, origin) -> **authenticate** (token -> `Caller`) -> **read** (bounded, strict)
//! -> **classify** (era) -> **admit** (limits, loops: charged -> `Ticket`) -> **authorize** and **route** (catalog) ->
//! **redact** (-> `Outbound`) -> **cache** (answered, or a `Slot`) -> **upstream** -> **relay** (redacted, settled, kept) ->
//! **audit** -> answer.

pub(crate) mod admin;
mod admission;
mod answers;
mod asking;
mod asks;
mod batch;
mod behind;
mod cached;
mod capabilities;
mod consent;
mod dialogue;
mod ended;
mod errand;
mod forward;
mod inspection;
mod legacy;
mod listen;
mod names;
mod patient;
mod relay;
mod running;
mod scene;
mod serve;
mod shared;
mod state;
mod target;
mod tasks;
mod view;

#[cfg(test)]
mod tests;

use crate::arrival::{Head, Place};
use crate::catalog::Catalog;
use crate::dlp::Inspectors;
use crate::error::{Error, Refusal};
use crate::ledger::loops::Digests;
use crate::limits;
use crate::mcp::seal::Sealer;
use crate::platform::{Body, FetchError, Platform};
use crate::reply::Reply;
use crate::stage::admit::Admit;
use crate::stage::audit::Trail;
use crate::stage::authenticate::{self, Authenticator};
use crate::stage::cache::Cache;
use crate::tenant::{Bundle, Tenant};
use crate::upstream::Links;
use admin::{Bundles, Standing};
use ended::Ended;
use names::RequestNames;
use running::Running;
use scene::Scene;
use std::cell::Cell;
use std::rc::Rc;

/// The gateway's Implementation object (MCP, `serverInfo`), raw JSON.
pub(crate) const SERVER_INFO: &str =
    concat!(r#"{"name":"postern","title":"Postern","version":""#, env!("CARGO_PKG_VERSION"), r#""}"#);

/// One configuration at work, with the caches that belong to it. Replaced whole when the configuration is.
pub struct Gateway {
    pub(crate) bundle: Bundle,
    pub(crate) sealer: Sealer,
    pub(crate) authenticator: Authenticator,
    pub(crate) links: Links,
    pub(crate) catalog: Catalog,
    pub(crate) running: Running,
    /// Sessions of legacy clients that they have ended.
    pub(crate) ended: Rc<Ended>,
    pub(crate) admit: Admit,
    pub(crate) digests: Digests,
    /// Answers of tools that are given again.
    pub(crate) cache: Rc<Cache>,
    /// External services that texts are shown to.
    pub(crate) inspectors: Inspectors,
    names: RequestNames,
    /// Streams that are listened on.
    pub(crate) seats: listen::Seats,
    /// Whether another configuration is at work.
    retired: Cell<bool>,
}

impl Gateway {
    /// A gateway for a compiled configuration.
    #[must_use]
    pub fn new(bundle: Bundle, sealer: Sealer) -> Rc<Self> {
        let links = Links::new(&bundle);
        let catalog = Catalog::new(&bundle);
        let digests = Digests::new(sealer.digest_key());
        let cache = Rc::new(Cache::new(&bundle, &sealer));
        Rc::new(Self {
            bundle,
            sealer,
            authenticator: Authenticator::new(),
            links,
            catalog,
            running: Running::default(),
            ended: Rc::default(),
            admit: Admit::new(),
            digests,
            cache,
            inspectors: Inspectors::new(),
            names: RequestNames::default(),
            seats: listen::Seats::default(),
            retired: Cell::new(false),
        })
    }

    /// Another configuration is at work from now on: what is answered by this one comes to its end, and what would go on
    /// for long ends.
    pub fn retire(&self) {
        self.retired.set(true);
    }

    pub(crate) const fn is_retired(&self) -> bool {
        self.retired.get()
    }

    /// Answers one HTTP request. `body` is read only when the caller may send one; `bundles` is what operators reach
    /// beyond this gateway.
    pub async fn handle<P: Platform, B: Body>(
        self: &Rc<Self>,
        platform: &P,
        bundles: &dyn Bundles,
        head: Head,
        body: B,
    ) -> Reply {
        let request = self.names.next(platform);
        let reply = match head.place() {
            Place::Health => self.health(&head, &bundles.standing()),
            Place::Metadata(path) => self.metadata(&head, path),
            Place::Endpoint(path) => {
                let trail = Trail::begin(platform, &request);
                match self.bundle.tenant(path).cloned() {
                    Some(tenant) => self.endpoint(platform, &head, &tenant, body, trail).await,
                    None => Box::pin(self.elsewhere(platform, bundles, &head, body, trail)).await,
                }
            }
        };
        reply.with("postern-request", request)
    }

    async fn endpoint<P: Platform, B: Body>(
        self: &Rc<Self>,
        platform: &P,
        head: &Head,
        tenant: &Rc<Tenant>,
        body: B,
        trail: Trail<P>,
    ) -> Reply {
        // Before anything else, and never shared: a page of a foreign site learns nothing, not even a 401.
        if let Err(refusal) = head.check_site(&tenant.hosts, &tenant.origins) {
            return refuse(head, Some(tenant), &refusal, trail);
        }
        if head.is_preflight() {
            trail.skip();
            return head.share(head.preflight());
        }
        head.share(self.enter(platform, head, tenant, body, trail).await)
    }

    async fn enter<P: Platform, B: Body>(
        self: &Rc<Self>,
        platform: &P,
        head: &Head,
        tenant: &Rc<Tenant>,
        body: B,
        mut trail: Trail<P>,
    ) -> Reply {
        let token = head.headers.get("authorization");
        let caller = match self.authenticator.authenticate(platform, tenant, token).await {
            Ok(caller) => caller,
            Err(refusal) => return refuse(head, Some(tenant), &refusal, trail),
        };
        trail.caller(&caller);
        trail.stage("authenticate");
        // Tokens in the query are forbidden (OAuth 2.1, MCP Authorization), and no endpoint takes another.
        if head.query {
            return refuse(head, Some(tenant), &Refusal::InvalidRequest("the URL has a query"), trail);
        }
        let scene = Scene { gateway: Rc::clone(self), platform: platform.clone(), caller };
        match head.method.as_str() {
            "POST" => {}
            "DELETE" => return serve::end_session(&scene, head, trail).await,
            "GET" => match Box::pin(listen::get(&scene, head, trail)).await {
                Ok(reply) => return reply,
                Err(trail) => return refuse(head, Some(tenant), &Refusal::MethodNotAllowed, trail),
            },
            _ => return refuse(head, Some(tenant), &Refusal::MethodNotAllowed, trail),
        }
        match read(head, body).await {
            Ok(bytes) => {
                trail.count("bytes_in", bytes.len() as u64);
                trail.stage("read");
                serve::body(&scene, head, &bytes, trail).await
            }
            Err(refusal) => refuse(head, Some(tenant), &refusal, trail),
        }
    }

    /// What is no endpoint: the admin API, or nothing of ours.
    async fn elsewhere<P: Platform, B: Body>(
        self: &Rc<Self>,
        platform: &P,
        bundles: &dyn Bundles,
        head: &Head,
        body: B,
        trail: Trail<P>,
    ) -> Reply {
        match admin::Visit::of(head) {
            Some(visit) => admin::answer(self, platform, bundles, &visit, body, trail).await,
            None => self.nobody(head, trail),
        }
    }

    /// Below `/t/` a tenant that does not exist answers a stranger like one that does: no 401, 403 or preflight
    /// tells them apart. Any other path is nothing of ours.
    fn nobody<P: Platform>(&self, head: &Head, trail: Trail<P>) -> Reply {
        if !head.path.starts_with("/t/") {
            return refuse(head, None, &Refusal::NotFound, trail);
        }
        if let Err(refusal) = self.check_any_site(head) {
            return refuse(head, None, &refusal, trail);
        }
        if head.is_preflight() {
            trail.skip();
            return head.share(head.preflight());
        }
        let refusal = authenticate::unknown_tenant(head.headers.get("authorization"));
        head.share(refuse(head, None, &refusal, trail))
    }

    /// Whether `Host` is some tenant's, and `Origin`, if any, its own.
    fn check_any_site(&self, head: &Head) -> Result<(), Refusal> {
        let hosts: Vec<String> =
            self.bundle.tenants.iter().flat_map(|tenant| tenant.hosts.iter().cloned()).collect();
        head.check_site(&hosts, &[])
    }

    /// RFC 9728: the document of one endpoint, or, at the root, of the only endpoint there is.
    fn metadata(&self, head: &Head, path: &str) -> Reply {
        let tenant = match (path, self.bundle.tenants.as_slice()) {
            ("", [only]) => Some(only),
            ("", _) => None,
            (path, _) => self.bundle.tenant(path),
        };
        let known = tenant.filter(|tenant| head.check_host(&tenant.hosts).is_ok() && !tenant.anonymous);
        match known {
            Some(tenant) if head.method == "GET" || head.method == "HEAD" => {
                let resource = tenant.resource(head.scheme(), &head.host());
                Reply::json(200, authenticate::metadata(tenant, &resource))
                    .with("cache-control", "public, max-age=3600".to_owned())
                    .with("access-control-allow-origin", "*".to_owned())
            }
            _ => Reply::empty(404).with("access-control-allow-origin", "*".to_owned()),
        }
    }

    fn health(&self, head: &Head, standing: &Standing) -> Reply {
        if head.method != "GET" && head.method != "HEAD" {
            return Reply::empty(405).with("allow", "GET".to_owned());
        }
        let open: Vec<&str> = self.bundle.open_settings.iter().map(String::as_str).collect();
        let mut body = serde_json::json!({
            "status": "ok", "version": env!("CARGO_PKG_VERSION"), "open_settings": open,
            "bundle": { "version": standing.version, "sha256": standing.sha256 },
        });
        if let (Some(problem), Some(body)) = (&standing.problem, body.as_object_mut()) {
            body.insert("bundle_problem".to_owned(), problem.as_str().into());
        }
        Reply::json(200, body.to_string()).with("cache-control", "no-store".to_owned())
    }
}

async fn read<B: Body>(head: &Head, body: B) -> Result<Vec<u8>, Refusal> {
    head.check_media()?;
    body.whole(limits::REQUEST_BYTES).await.map_err(|error| match error {
        FetchError::TooLarge => Refusal::TooLarge,
        FetchError::Unreachable => Refusal::InvalidRequest("the body broke off"),
    })
}

/// A refusal before any message was read.
fn refuse<P: Platform>(
    head: &Head,
    tenant: Option<&Rc<Tenant>>,
    refusal: &Refusal,
    mut trail: Trail<P>,
) -> Reply {
    let error = Error::Refusal(refusal.clone());
    trail.error(&error);
    trail.close();
    let row = error.row();
    let reply = Reply::json(row.status, row.message(None));
    match refusal {
        Refusal::NoToken | Refusal::BadToken(_) | Refusal::InsufficientScope => {
            let tenant = tenant.map(Rc::as_ref);
            reply.with("www-authenticate", authenticate::challenge(tenant, &head.metadata_url(), refusal))
        }
        Refusal::MethodNotAllowed => reply.with("allow", "GET, POST, DELETE, OPTIONS".to_owned()),
        _ => reply,
    }
}
