//! Protection scopes: whether content of a kind and place is judged at all, and whether somebody waits for it.

use crate::dlp::Why;
use crate::limits;
use serde::Deserialize;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

/// How long scopes are used, in ms: as Microsoft's own client keeps them.
pub(super) const LIFE_MS: u64 = 4 * 3_600_000;
/// No asking for so long after one that failed, in ms.
const RETRY_MS: u64 = 10_000;

/// Scopes as they were computed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Computed {
    /// The tag by which Purview says whether they still hold.
    pub etag: Option<String>,
    scopes: Vec<Scope>,
}

#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
struct Scope {
    #[serde(default)]
    activities: String,
    #[serde(default)]
    execution_mode: String,
    #[serde(default)]
    locations: Vec<Location>,
    #[serde(default)]
    policy_actions: Vec<Action>,
}

#[derive(Debug, Deserialize, PartialEq, Eq)]
struct Location {
    #[serde(default)]
    value: String,
}

/// What a policy wants done (`dlpActionInfo`, `restrictAccessAction`).
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(super) struct Action {
    action: Option<String>,
    restriction_action: Option<String>,
}

impl Action {
    /// Whether it forbids; others only record, or warn.
    pub fn blocks(&self) -> bool {
        let is = |text: &Option<String>, wanted: &str| {
            text.as_ref().is_some_and(|text| text.eq_ignore_ascii_case(wanted))
        };
        is(&self.action, "blockAccess") || is(&self.restriction_action, "block")
    }
}

/// How content is to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Before it goes on.
    Inline,
    /// Some time after.
    Offline,
    /// Not at all, but recorded.
    Nowhere,
}

impl Computed {
    /// Reads the answer of `compute`.
    ///
    /// # Errors
    /// [`Why::Malformed`].
    pub fn read(body: &[u8], etag: Option<String>) -> Result<Self, Why> {
        #[derive(Deserialize)]
        struct Answer {
            value: Vec<Scope>,
        }
        let answer: Answer = crate::dlp::parse(body)?;
        Ok(Self { etag: etag.filter(|etag| fits(etag)), scopes: answer.value })
    }

    /// How content of this `activity` at one of these `places` is to be shown, and whether it is forbidden whatever it
    /// says. The answer may name more than was asked about, so each scope is looked at.
    pub fn mode(&self, activity: &str, places: &[&str]) -> (Mode, bool) {
        let (mut mode, mut blocks) = (Mode::Nowhere, false);
        for scope in self.scopes.iter().filter(|scope| scope.is_of(activity, places)) {
            blocks |= scope.policy_actions.iter().any(Action::blocks);
            // A mode that nobody knows yet: rather wait than let it go.
            let inline = !scope.execution_mode.eq_ignore_ascii_case("evaluateOffline");
            mode = if inline || mode == Mode::Inline { Mode::Inline } else { Mode::Offline };
        }
        (mode, blocks)
    }
}

impl Scope {
    fn is_of(&self, activity: &str, places: &[&str]) -> bool {
        let active = self.activities.split(',').any(|named| named.trim().eq_ignore_ascii_case(activity));
        // Without places it is of all of them.
        let placed = self.locations.is_empty()
            || self.locations.iter().any(|location| {
                location.value.eq_ignore_ascii_case("all")
                    || places.iter().any(|place| location.value.eq_ignore_ascii_case(place))
            });
        active && placed
    }
}

/// A tag is sent back in a header.
fn fits(etag: &str) -> bool {
    !etag.is_empty()
        && etag.len() <= 1_024
        && etag.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
}

/// The scopes of everybody for whom they were computed; at most [`limits::DLP_SCOPES`], the oldest leaving first.
#[derive(Default)]
pub(in crate::dlp) struct Scopes {
    map: RefCell<HashMap<String, Known>>,
    order: RefCell<VecDeque<String>>,
}

#[derive(Default)]
struct Known {
    computed: Option<Rc<Computed>>,
    until_ms: u64,
    /// Until when nobody else asks: somebody does, or has failed a moment ago.
    busy_until_ms: Cell<u64>,
}

impl Scopes {
    /// The scopes of `key`, while they hold.
    pub(super) fn get(&self, key: &str, now_ms: u64) -> Option<Rc<Computed>> {
        let map = self.map.borrow();
        map.get(key).filter(|known| now_ms < known.until_ms)?.computed.clone()
    }

    /// Claims the asking for `key` for `ms`; false while another has it.
    pub(super) fn claim(&self, key: &str, now_ms: u64, ms: u64) -> bool {
        let mut map = self.map.borrow_mut();
        let known = map.entry(key.to_owned()).or_insert_with(|| {
            self.order.borrow_mut().push_back(key.to_owned());
            Known::default()
        });
        let free = now_ms >= known.busy_until_ms.get();
        if free {
            known.busy_until_ms.set(now_ms.saturating_add(ms));
        }
        let mut order = self.order.borrow_mut();
        if order.len() > limits::DLP_SCOPES
            && let Some(oldest) = order.pop_front()
        {
            map.remove(&oldest);
        }
        free
    }

    /// What the asking for `key` came to.
    pub(super) fn put(&self, key: &str, computed: Option<Computed>, now_ms: u64) {
        if let Some(known) = self.map.borrow_mut().get_mut(key) {
            match computed {
                Some(computed) => {
                    known.computed = Some(Rc::new(computed));
                    known.until_ms = now_ms.saturating_add(LIFE_MS);
                    known.busy_until_ms.set(0);
                }
                None => known.busy_until_ms.set(now_ms.saturating_add(RETRY_MS)),
            }
        }
    }

    /// Forgets `computed`, which Purview says do not hold any more, unless there are newer ones.
    pub(super) fn forget(&self, key: &str, computed: &Rc<Computed>) {
        if let Some(known) = self.map.borrow_mut().get_mut(key)
            && known.computed.as_ref().is_some_and(|current| Rc::ptr_eq(current, computed))
        {
            known.computed = None;
        }
    }
}
