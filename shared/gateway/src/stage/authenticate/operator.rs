//! Operators: who may use the admin API of a tenant. They need no entry among its agents, and being an agent makes
//! nobody an operator.

use super::Authenticator;
use super::token::{self, Token};
use crate::error::Refusal;
use crate::platform::Platform;
use crate::tenant::{Mark, Tenant};
use std::rc::Rc;

/// An operator: the proof that a request may use the admin API of a tenant. Only this module makes one.
#[derive(Debug)]
pub struct Operator {
    tenant: Rc<Tenant>,
    subject: String,
    token_id: Option<String>,
}

impl Operator {
    /// The tenant whose operator it is.
    #[must_use]
    pub fn tenant(&self) -> &Rc<Tenant> {
        &self.tenant
    }

    /// `sub` of the token.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// `jti` of the token (Entra: `uti`).
    #[must_use]
    pub fn token_id(&self) -> Option<&str> {
        self.token_id.as_deref()
    }
}

impl Authenticator {
    /// Authenticates an operator of `tenant` by the value of an `Authorization` header. No verdict is kept: the few
    /// uses of the admin API are worth a signature each.
    ///
    /// # Errors
    /// As [`Authenticator::authenticate`]; [`Refusal::InsufficientScope`] for a good token that is no operator's.
    /// A tenant without an admin API has no operators.
    pub async fn operator<P: Platform>(
        &self,
        platform: &P,
        tenant: &Rc<Tenant>,
        authorization: Option<&str>,
    ) -> Result<Operator, Refusal> {
        let text = token::bearer(authorization)?;
        let admin = tenant.admin.as_ref().ok_or(Refusal::BadToken("no_admin"))?;
        let (token, _) = self.proven(platform, tenant, text, platform.now_ms()).await?;
        if !is_marked(&token, &admin.mark)? {
            return Err(Refusal::InsufficientScope);
        }
        Ok(Operator { tenant: Rc::clone(tenant), subject: token.subject().to_owned(), token_id: token.id() })
    }
}

fn is_marked(token: &Token<'_>, mark: &Mark) -> Result<bool, Refusal> {
    match mark {
        Mark::Role(role) => token.has_role(role).map_err(Refusal::BadToken),
        Mark::Scope(scope) => Ok(token.has_scopes(std::slice::from_ref(scope))),
    }
}
