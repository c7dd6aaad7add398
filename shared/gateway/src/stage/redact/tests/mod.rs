//! Plans of a tenant with two agents and two upstreams, whose settings are those of operators.

mod policy;
mod tokens;

use super::{Plan, Tally};
use crate::compile;
use crate::error::Error;
use crate::tenant::{Tenant, Way};
use std::rc::Rc;

/// A card, an address, and a value that is found at the level 65 alone: of nobody's.
const PAN: &str = "4539578763621486";
const EMAIL: &str = "jane@corp.example.org";
const DOUBTFUL: &str = "AB123456C";

const OLD: &str = "k1:AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn secrets(name: &str) -> Option<String> {
    match name {
        "KEYS" => Some(format!("k2:AgECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=,{OLD}")),
        "OLD" => Some(OLD.to_owned()),
        _ => None,
    }
}

/// The tenant `acme`: what stands in its table `redact` (and in tables behind it), what its upstream `a` says, and its agent
/// `alice`.
fn tenant(redact: &str, upstream: &str, agent: &str) -> Rc<Tenant> {
    tenant_named("acme", redact, upstream, agent)
}

fn tenant_named(name: &str, redact: &str, upstream: &str, agent: &str) -> Rc<Tenant> {
    made(name, &format!("[tenants.{name}.redact]\n{redact}"), upstream, agent)
}

/// A tenant that redacts nothing.
fn without() -> Rc<Tenant> {
    made("acme", "", "", "")
}

fn made(name: &str, redact: &str, upstream: &str, agent: &str) -> Rc<Tenant> {
    let text = format!(
        "version = 1\n[issuers.idp]\nurl = 'https://idp.example'\naudiences = ['x']\nalgorithms = ['EdDSA']\n\
         agent_claim = 'azp'\n[tenants.{name}]\nissuers = ['idp']\nhosts = ['gw.example']\n\
         [tenants.{name}.agents.alice]\nclient = 'alice'\nallow = ['*']\ngroups = ['care']\n{agent}\n\
         [tenants.{name}.agents.bob]\nclient = 'bob'\nallow = ['*']\n\
         [tenants.{name}.upstreams.a]\nurl = 'https://a.example/mcp'\n{upstream}\n\
         [tenants.{name}.upstreams.b]\nurl = 'https://b.example/mcp'\n{redact}\n"
    );
    let (bundle, _) =
        compile::check(&text, &secrets).unwrap_or_else(|problems| panic!("{redact}\n{problems}"));
    Rc::clone(&bundle.tenants[0])
}

/// The plan of a call by `agent`, on behalf of a person who is told by a number.
fn plan_of(tenant: &Rc<Tenant>, agent: &str, person: u8, alias: &str, name: Option<&str>) -> Option<Plan> {
    let agent = tenant.agents.iter().find(|found| found.name == agent).expect("an agent");
    let upstream = tenant.upstream(alias).expect("an upstream");
    let tool = name.and_then(|name| tenant.tool(name)).map(Rc::as_ref);
    Plan::new(tenant, Some((Rc::clone(agent), [person; 32])), upstream, name, tool).expect("detectors work")
}

/// That of alice's call of this tool at `a`.
fn plan(tenant: &Rc<Tenant>, name: &str) -> Plan {
    plan_of(tenant, "alice", 1, "a", Some(name)).expect("it is on")
}

/// An answer as it passes (none: as it is), and the members of the record.
fn answer(plan: &Plan, text: &str) -> (Result<(), Error>, Option<String>, String) {
    let mut tally = Tally::default();
    let json = crate::mcp::Json::parse(text.as_bytes(), &crate::limits::RESPONSE).expect("JSON");
    let outcome = plan.message(&json, json.root(), Way::Response, &mut tally);
    let (outcome, changed) = match outcome {
        Ok(changed) => (Ok(()), changed.map(|json| json.text().to_owned())),
        Err(error) => (Err(error), None),
    };
    (outcome, changed, tally.members())
}

/// A request as it leaves before tokens are values again, and the members of the record.
fn request(plan: &Plan, text: &str) -> (String, String) {
    let mut tally = Tally::default();
    let changed = plan.json(text, Way::Request, &mut tally).expect("it passes");
    (changed.unwrap_or_else(|| text.to_owned()), tally.members())
}
