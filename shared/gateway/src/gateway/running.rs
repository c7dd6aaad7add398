//! Calls in call of legacy clients, so that `notifications/cancelled`, which arrives in another request,
//! finds its call. Kept in the isolate: a notification that lands on another isolate is lost, as the
//! protocol allows (MCP 2025-11-25, Cancellation: fire and forget).

use crate::platform::Platform;
use crate::stage::redact::Cleared;
use crate::upstream::{Link, Session};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// Most calls kept track of. Beyond it a call cannot be cancelled by notification, only by leaving.
const MOST: usize = 10_000;

type Key = (String, String);

/// All of them, by session key and request id (raw JSON).
#[derive(Default)]
pub(crate) struct Running {
    calls: Rc<RefCell<HashMap<Key, Rc<Call>>>>,
}

/// One call.
pub(crate) struct Call {
    cancelled: Cell<bool>,
    link: Rc<Link>,
    session: Session,
    upstream_id: String,
}

impl Call {
    /// Tells a legacy upstream. A modern one sees its stream close when the call's own request next wakes.
    pub fn tell<P: Platform>(self: Rc<Self>, platform: &P) {
        let here = platform.clone();
        platform.defer(Box::pin(async move {
            if let Session::Sealed(session) = &self.session {
                let text = format!(
                    r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{}}}}}"#,
                    self.upstream_id
                );
                // The call may be over: nothing is left to do then.
                let _ = self.link.post(&here, session, Cleared::own(text)).await;
            }
        }));
    }
}

/// Takes the call off the list when it is over.
pub(crate) struct Listed {
    calls: Rc<RefCell<HashMap<Key, Rc<Call>>>>,
    key: Key,
    call: Rc<Call>,
}

impl Listed {
    /// Whether the client cancelled the call: no answer is due then.
    pub fn cancelled(&self) -> bool {
        self.call.cancelled.get()
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        let mut calls = self.calls.borrow_mut();
        if calls.get(&self.key).is_some_and(|call| Rc::ptr_eq(call, &self.call)) {
            calls.remove(&self.key);
        }
    }
}

impl Running {
    /// Takes note of a call.
    pub fn enter(
        &self,
        session: &str,
        id: &str,
        link: Rc<Link>,
        at: Session,
        upstream_id: String,
    ) -> Option<Listed> {
        let key = (session.to_owned(), id.to_owned());
        let call = Rc::new(Call { cancelled: Cell::new(false), link, session: at, upstream_id });
        let mut calls = self.calls.borrow_mut();
        if calls.len() >= MOST {
            return None;
        }
        calls.insert(key.clone(), Rc::clone(&call));
        Some(Listed { calls: Rc::clone(&self.calls), key, call })
    }

    /// Marks a call as cancelled, and gives it, if it is here.
    pub fn cancel(&self, session: &str, id: &str) -> Option<Rc<Call>> {
        let call = self.calls.borrow().get(&(session.to_owned(), id.to_owned())).cloned()?;
        call.cancelled.set(true);
        Some(call)
    }
}
