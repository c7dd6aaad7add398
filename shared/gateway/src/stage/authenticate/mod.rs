//! Stage `authenticate`: from an `Authorization` header to a [`Caller`], or to one opaque refusal.
//!
//! The order is by cost: header, verdict cache, strict parse, issuer, header and claim rules (no signature is
//! looked at for a token that could not be accepted anyway), key, signature, scopes, agent. Scopes come after
//! the signature, because only they are answered with anything but the opaque 401.

mod jwks;
mod keys;
mod metadata;
mod operator;
mod token;
mod verdicts;
#[cfg(feature = "jwt")]
mod verify;

pub use keys::{Key, KeySet, KeySetError};
pub use metadata::{challenge, metadata, unknown_tenant};
pub use operator::Operator;
pub use token::{Signed, normal_typ};
#[cfg(feature = "jwt")]
pub use verify::verify_here;

use crate::error::Refusal;
use crate::platform::Platform;
use crate::tenant::{Agent, Issuer, Tenant};
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::rc::Rc;
use token::Token;
use verdicts::Verdicts;

/// The agent that everybody is at a tenant with `anonymous = true`.
pub const ANONYMOUS: &str = "anonymous";

/// Who calls: the proof that a request was authenticated at a tenant. Only this module makes one.
#[derive(Debug)]
pub struct Caller {
    tenant: Rc<Tenant>,
    agent: Rc<Agent>,
    principal: [u8; 32],
    subject: String,
    token_id: Option<String>,
    object_id: Option<String>,
    account: Rc<str>,
    expires_ms: Option<u64>,
}

impl Caller {
    fn new(
        tenant: &Rc<Tenant>,
        agent: &Rc<Agent>,
        issuer: &str,
        subject: &str,
        token_id: Option<String>,
    ) -> Self {
        let mut digest = Sha256::new();
        for part in [issuer, &tenant.name, &agent.name, subject] {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        Self {
            tenant: Rc::clone(tenant),
            agent: Rc::clone(agent),
            principal: digest.finalize().into(),
            subject: subject.to_owned(),
            token_id,
            object_id: None,
            expires_ms: None,
            account: [&tenant.name, "/agent/", &agent.name].concat().into(),
        }
    }

    /// The tenant at which the request arrived.
    #[must_use]
    pub fn tenant(&self) -> &Rc<Tenant> {
        &self.tenant
    }

    /// The agent that the token's client is configured as.
    #[must_use]
    pub fn agent(&self) -> &Rc<Agent> {
        &self.agent
    }

    /// SHA-256 over issuer, tenant, agent and subject, each with its length in front: what sealed tokens and
    /// pooled sessions are bound to.
    #[must_use]
    pub fn principal(&self) -> &[u8; 32] {
        &self.principal
    }

    /// `sub` of the token; empty for the agent `anonymous`.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// `jti` of the token (Entra: `uti`), for the audit trail and revocation.
    #[must_use]
    pub fn token_id(&self) -> Option<&str> {
        self.token_id.as_deref()
    }

    /// Whom Microsoft's services know the subject as: Entra's `oid`, as its `sub` is another one for each application; else
    /// `sub`.
    #[must_use]
    pub fn user(&self) -> &str {
        self.object_id.as_deref().unwrap_or(&self.subject)
    }

    /// When the token is accepted no longer, in Unix ms; `None` for the agent `anonymous`, who has none.
    #[must_use]
    pub const fn expires_ms(&self) -> Option<u64> {
        self.expires_ms
    }

    /// Name of the agent's account: `TENANT/agent/NAME`. Neither of the two has a slash.
    #[must_use]
    pub fn account(&self) -> &Rc<str> {
        &self.account
    }
}

/// Checks tokens; keeps key sets and verdicts in the isolate. One per bundle, dropped with it.
#[derive(Default)]
pub struct Authenticator {
    verdicts: RefCell<Verdicts>,
    rings: jwks::Rings,
}

impl Authenticator {
    /// With empty caches.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Authenticates one request at `tenant` by the value of its `Authorization` header.
    ///
    /// # Errors
    /// [`Refusal::NoToken`], [`Refusal::BadToken`] with the reason for the audit trail, or
    /// [`Refusal::InsufficientScope`] for a good token without a required scope.
    pub async fn authenticate<P: Platform>(
        &self,
        platform: &P,
        tenant: &Rc<Tenant>,
        authorization: Option<&str>,
    ) -> Result<Rc<Caller>, Refusal> {
        if tenant.anonymous {
            return anonymous(tenant);
        }
        let text = token::bearer(authorization)?;
        let key = verdicts::digest(tenant, text);
        let now_ms = platform.now_ms();
        if let Some(caller) = self.verdicts.borrow().get(&key, now_ms) {
            return Ok(caller);
        }
        let (caller, until_ms) = Box::pin(self.check(platform, tenant, text, now_ms)).await?;
        self.verdicts.borrow_mut().put(key, Rc::clone(&caller), now_ms, until_ms);
        Ok(caller)
    }

    async fn check<P: Platform>(
        &self,
        platform: &P,
        tenant: &Rc<Tenant>,
        text: &str,
        now_ms: u64,
    ) -> Result<(Rc<Caller>, u64), Refusal> {
        let (token, issuer) = self.proven(platform, tenant, text, now_ms).await?;
        let client = token.claim(&issuer.agent_claim).ok_or(Refusal::BadToken("agent_claim"))?;
        let agent = agent_of(tenant, issuer, &client).ok_or(Refusal::BadToken("agent_unknown"))?;
        let mut caller = Caller::new(tenant, agent, &issuer.url, token.subject(), token.id());
        caller.object_id = token.claim("oid");
        caller.expires_ms = Some(token.accepted_until_ms());
        Ok((Rc::new(caller), token.expires_ms()))
    }

    /// A token that one of the tenant's issuers made for this gateway, whoever it is for.
    async fn proven<'t, 's, P: Platform>(
        &self,
        platform: &P,
        tenant: &'t Tenant,
        text: &'s str,
        now_ms: u64,
    ) -> Result<(Token<'s>, &'t Rc<Issuer>), Refusal> {
        let token = Token::parse(text).map_err(Refusal::BadToken)?;
        let issuer = issuer_of(tenant, &token)?;
        token.check(issuer, now_ms).map_err(Refusal::BadToken)?;
        let key = self.rings.key(platform, issuer, token.kid()).await.map_err(Refusal::BadToken)?;
        key.fits(&token, issuer).map_err(Refusal::BadToken)?;
        if !platform.verify(&key, token.signed(issuer), now_ms).await {
            return Err(Refusal::BadToken("signature"));
        }
        if !token.has_scopes(&issuer.scopes) {
            return Err(Refusal::InsufficientScope);
        }
        Ok((token, issuer))
    }
}

/// The issuer whose URL is the token's `iss`, byte for byte, among the tenant's own.
fn issuer_of<'t>(tenant: &'t Tenant, token: &Token<'_>) -> Result<&'t Rc<Issuer>, Refusal> {
    tenant.issuers.iter().find(|issuer| issuer.url == token.issuer()).ok_or(Refusal::BadToken("iss"))
}

fn agent_of<'t>(tenant: &'t Tenant, issuer: &Issuer, client: &str) -> Option<&'t Rc<Agent>> {
    tenant.agents.iter().find(|agent| {
        agent.issuer.as_deref() == Some(&issuer.name) && agent.client.as_deref() == Some(client)
    })
}

fn anonymous(tenant: &Rc<Tenant>) -> Result<Rc<Caller>, Refusal> {
    let agent = tenant.agents.iter().find(|agent| agent.name == ANONYMOUS).ok_or(Refusal::NoToken)?;
    Ok(Rc::new(Caller::new(tenant, agent, "", "", None)))
}

#[cfg(all(test, feature = "jwt"))]
pub(crate) mod tests;
