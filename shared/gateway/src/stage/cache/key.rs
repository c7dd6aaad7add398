//! What tells one question from another, as a keyed digest: nobody who reads the store can try what was asked, and
//! nothing in it is in clear.

use super::locker::Locker;
use super::meaning::Meaning;
use super::question::{Shape, items};
use crate::mcp::{Kind, Raw};
use crate::stage::authenticate::Caller;
use crate::stage::authorize;
use crate::stage::redact::Plan;
use crate::tenant::{CacheMode, CacheScope, Caching, Credential, Tenant, Upstream};
use hmac::{Hmac, Mac as _};
use postern_semantic::group::Digest;
use postern_semantic::text::{Options, Question};
use sha2::Sha256;

/// The format of keys and of what lies under them. Raised when either changes its meaning.
const FORMAT: u8 = 1;
/// Bytes of arguments up to which they are read as a question. Longer ones, and what is no object, are equal when they are
/// the same text.
const READ_BYTES: usize = 64 * 1024;

/// HMAC-SHA-256 of everything that an answer depends on.
pub type Key = [u8; 32];

/// A call of a tool, and all that its answer depends on.
pub struct Call<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// What its tool's settings say.
    pub caching: &'a Caching,
    /// Where the tool is.
    pub upstream: &'a Upstream,
    /// The tool's exposed name.
    pub name: &'a str,
    /// Digest of the tool as it is listed.
    pub definition: &'a [u8; 32],
    /// What its input schema says of its arguments.
    pub shape: &'a Shape,
    /// What is inspected.
    pub plan: Option<&'a Plan>,
    /// The arguments as the upstream is to mean them: tokens restored, and nothing masked.
    pub arguments: Option<Raw<'a>>,
    /// The arguments as they leave, where that is not the same.
    pub sent: Option<Raw<'a>>,
}

impl Call<'_> {
    /// Who shares the answer: a number for the kind, and who.
    fn shared_by(&self) -> (u8, &[u8]) {
        let agent = self.caller.agent();
        match &self.caching.scope {
            CacheScope::Agent => (2, agent.name.as_bytes()),
            CacheScope::Group(group) if agent.groups.contains(group) => (3, group.as_bytes()),
            CacheScope::Tenant => (4, &[]),
            CacheScope::Principal | CacheScope::Group(_) => (1, self.caller.principal()),
        }
    }

    /// Whether one principal alone gets the answer again.
    pub(super) fn is_private(&self) -> bool {
        self.shared_by().0 == 1
    }

    /// The key, with what else the upstream could act on from `more`; and what the question has to be compared by, where its
    /// tool answers by meaning. `day` is the day of the call. Also
    /// says whether the question means that day.
    pub(super) fn keys(
        &self,
        locker: &Locker,
        epoch: u64,
        day: &str,
        more: impl FnOnce(&mut Parts),
    ) -> (Key, Option<Meaning>, bool) {
        let mut parts = locker.parts(b'a');
        let tenant: &Tenant = self.caller.tenant();
        let (kind, who) = self.shared_by();
        parts.part(&[FORMAT, kind]);
        for part in [tenant.name.as_bytes(), tenant.path.as_bytes(), who] {
            parts.part(part);
        }
        let Upstream { alias, url, credential, .. } = self.upstream;
        for part in [alias, url, self.name] {
            parts.part(part.as_bytes());
        }
        parts.part(self.definition);
        parts.part(authorize::ANSWERS);
        self.redaction(locker, &mut parts);
        if let Credential::Header { name, value } = credential {
            parts.part(name.as_bytes());
            parts.part(value.as_bytes());
        }
        parts.part(&epoch.to_be_bytes());
        parts.part(&[u8::from(self.caching.fold), u8::from(self.arguments.is_some())]);
        more(&mut parts);
        let read =
            |arguments: Raw<'_>| arguments.kind() == Kind::Object && arguments.text().len() <= READ_BYTES;
        let question = self.arguments.is_none_or(read).then(|| self.question(day));
        let meaning = question.as_ref().and_then(|question| self.meaning(question, locker, parts.clone()));
        let exact = match &question {
            Some(question) => question.exact(),
            None => self.arguments.map(Raw::text).unwrap_or_default(),
        };
        parts.part(&[b'e', u8::from(question.is_some())]);
        parts.part(exact.as_bytes());
        parts.part(self.sent.map(Raw::text).unwrap_or_default().as_bytes());
        (parts.finish(), meaning, question.is_some_and(|question| question.today()))
    }

    fn question(&self, day: &str) -> Question {
        let Caching { fold, names, free, .. } = self.caching;
        let items = items(self.arguments, self.shape, free);
        let arguments: Vec<_> = items.iter().map(|item| item.argument()).collect();
        Question::read(&arguments, &Options { fold: *fold, names: *names, day })
    }

    /// None for a question without free text, and for one that leaves as another than it came: what is put in the place
    /// of a value says less than the value.
    fn meaning(&self, question: &Question, locker: &Locker, mut parts: Parts) -> Option<Meaning> {
        if self.caching.mode == CacheMode::Exact || self.sent.is_some() {
            return None;
        }
        let embedded = question.text()?.to_owned();
        parts.part(b"g");
        parts.part(self.caching.model.as_deref().unwrap_or_default().as_bytes());
        parts.part(&question.fingerprint(&locker.facts).to_be_bytes());
        Some(Meaning {
            group: parts.finish(),
            text: Digest::of(question.exact().as_bytes()),
            embedded,
            definition: *self.definition,
        })
    }

    /// Everything that decides what redaction makes of the call and of its answer.
    fn redaction(&self, locker: &Locker, parts: &mut Parts) {
        let settings = self.plan.and_then(Plan::redaction).map(|redaction| locker.settings(redaction));
        parts.part(settings.as_ref().map_or(&[], |digest| digest.as_slice()));
        if let Some(plan) = self.plan {
            plan.describe(&mut |part| parts.part(part));
        }
    }
}

/// A digest in the making. Each part comes with its length, so that no two lists of parts give the same.
#[derive(Clone)]
pub struct Parts(Hmac<Sha256>);

impl Parts {
    pub(super) const fn new(digest: Hmac<Sha256>) -> Self {
        Self(digest)
    }

    /// Adds a part.
    pub fn part(&mut self, bytes: &[u8]) {
        self.0.update(&(bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    pub(super) fn finish(self) -> Key {
        self.0.finalize().into_bytes().into()
    }
}
