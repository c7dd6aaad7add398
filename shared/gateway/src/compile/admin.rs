//! `[tenants.NAME.admin]`.

use super::Findings;
use crate::settings::{TenantSettings, join};
use crate::tenant::{Admin, Issuer, Mark};
use std::rc::Rc;

/// The role of operators where the settings name none.
const ROLE: &str = "postern.operator";
/// Longest role or scope, in bytes.
const MARK_BYTES: usize = 200;

/// The admin API of the tenant at `path`; `None` when it is off.
pub fn compile(
    path: &str,
    tenant: &TenantSettings,
    issuers: &[Rc<Issuer>],
    findings: &mut Findings,
) -> Option<Admin> {
    let settings = tenant.admin.as_ref()?;
    let path = join(path, "admin");
    if tenant.anonymous {
        let remedy = "give the admin API to a tenant with `issuers`, or remove it";
        findings.problem(&path, "with `anonymous = true` nobody can be known as an operator", remedy);
    }
    let mark = match (&settings.role, &settings.scope) {
        (Some(_), Some(_)) => {
            findings.problem(&path, "both `role` and `scope` are given", "keep the one that tokens have");
            Mark::Role(ROLE.to_owned())
        }
        (None, Some(scope)) => {
            check_mark(&join(&path, "scope"), scope, findings);
            if issuers.iter().any(|issuer| issuer.scopes.contains(scope)) {
                let message = "an issuer's `scopes` has it: every agent would be an operator";
                findings.problem(&join(&path, "scope"), message, "choose one that only operators are given");
            }
            Mark::Scope(scope.clone())
        }
        (role, None) => {
            let role = role.as_deref().unwrap_or(ROLE);
            check_mark(&join(&path, "role"), role, findings);
            Mark::Role(role.to_owned())
        }
    };
    Some(Admin { mark, bundle: settings.bundle })
}

/// What stands in a list of scopes (RFC 6749 3.3) and, by the same rule, in one of roles.
fn check_mark(path: &str, mark: &str, findings: &mut Findings) {
    let plain = mark.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte));
    if mark.is_empty() || mark.len() > MARK_BYTES || !plain {
        let remedy = "write up to 200 printable characters, without spaces and quotes";
        findings.problem(path, "no token can have it", remedy);
    }
}
