//! The settings as operators replace them. The gateway that serves does not know where its own came from; whoever
//! keeps it does, behind [`Bundles`].

use super::order::Fields;
use crate::arrival::Head;
use crate::error::Refusal;
use crate::limits;
use crate::stage::audit::Outcome;
use crate::stage::authenticate::Operator;
use serde_json::{Value, json};
use std::future::Future;
use std::pin::Pin;

/// Which settings serve.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Counted from 1; 0 for settings that no operator pushed.
    pub version: u64,
    /// SHA-256 of their text, in hexadecimal.
    pub sha256: String,
    /// Why newer ones do not serve; for anybody to read.
    pub problem: Option<String>,
}

/// What an operator asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Order {
    /// Which bundles there are.
    Show,
    /// A text in the place of the settings.
    Push {
        /// TOML.
        text: String,
        /// Under which conditions.
        change: Change,
    },
    /// Earlier settings in the place of these.
    Rollback {
        /// Their version; by default that of the ones before.
        to: Option<u64>,
        /// Under which conditions.
        change: Change,
    },
}

/// Under which conditions something is changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Change {
    /// The version that has to be the active one.
    pub expect: Option<u64>,
    /// Also if this operator could not undo it.
    pub force: bool,
    /// Everything but the change itself.
    pub dry_run: bool,
}

/// What came of an order.
#[derive(Debug)]
pub struct Settled {
    /// HTTP status.
    pub status: u16,
    /// What the operator is told.
    pub body: Value,
    /// Why it was not done, for the audit trail.
    pub without: Option<(Outcome, &'static str)>,
    /// Version and SHA-256 of what it was about.
    pub bundle: Option<(u64, String)>,
}

impl Settled {
    /// It was done.
    #[must_use]
    pub const fn done(body: Value) -> Self {
        Self { status: 200, body, without: None, bundle: None }
    }

    /// It was refused; `reason` is a short, stable name.
    #[must_use]
    pub fn refused(status: u16, reason: &'static str, message: &str) -> Self {
        Self::not(status, (Outcome::Refused, reason), message)
    }

    /// Something broke on the way.
    #[must_use]
    pub fn broken(reason: &'static str, message: &str) -> Self {
        Self::not(503, (Outcome::Broken, reason), message)
    }

    fn not(status: u16, without: (Outcome, &'static str), message: &str) -> Self {
        let body = json!({ "error": { "kind": without.1, "message": message } });
        Self { status, body, without: Some(without), bundle: None }
    }

    /// With one more member in the body.
    #[must_use]
    pub fn with(mut self, key: &str, value: Value) -> Self {
        if let Some(body) = self.body.as_object_mut() {
            body.insert(key.to_owned(), value);
        }
        self
    }

    /// With the bundle that it was about.
    #[must_use]
    pub fn about(mut self, version: u64, sha256: &str) -> Self {
        self.bundle = Some((version, sha256.to_owned()));
        self
    }
}

/// Whoever keeps the settings. Orders are rare, so that their futures are on the heap.
pub trait Bundles {
    /// Which settings serve here.
    fn standing(&self) -> Standing;
    /// Does what `operator` asks for in the request `head`.
    fn carry_out<'a>(
        &'a self,
        order: Order,
        operator: &'a Operator,
        head: &'a Head,
    ) -> Pin<Box<dyn Future<Output = Settled> + 'a>>;
}

/// Nobody keeps them: a gateway that was made by hand.
impl Bundles for () {
    fn standing(&self) -> Standing {
        Standing::default()
    }

    fn carry_out<'a>(
        &'a self,
        _: Order,
        _: &'a Operator,
        _: &'a Head,
    ) -> Pin<Box<dyn Future<Output = Settled> + 'a>> {
        Box::pin(async { Settled::refused(409, "not_stored", "the settings are in no store") })
    }
}

/// `POST bundle`.
pub(super) fn push(fields: &Fields) -> Result<Order, Refusal> {
    fields.only(&["text", "expect", "force", "dry_run"])?;
    let missing = || Refusal::InvalidParams("`text` is missing: the settings, as TOML".to_owned());
    let text = fields.text("text")?.ok_or_else(missing)?;
    if text.len() > limits::BUNDLE_BYTES {
        return Err(Refusal::TooLarge);
    }
    Ok(Order::Push { text, change: change(fields)? })
}

/// `POST bundle/rollback`.
pub(super) fn rollback(fields: &Fields) -> Result<Order, Refusal> {
    fields.only(&["to", "expect", "force", "dry_run"])?;
    Ok(Order::Rollback { to: fields.number("to")?, change: change(fields)? })
}

fn change(fields: &Fields) -> Result<Change, Refusal> {
    Ok(Change {
        expect: fields.number("expect")?,
        force: fields.flag("force")?,
        dry_run: fields.flag("dry_run")?,
    })
}
