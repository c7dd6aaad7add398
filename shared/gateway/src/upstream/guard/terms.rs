//! By which rules a request is sent: those of its upstream, and of its tool where that has some of its own.

use super::{Guard, Sharing};
use crate::error::UpstreamFault;
use crate::platform::Platform;
use crate::tenant::{Tenant, Tool, ToolBreaker, Upstream};
use crate::upstream::Link;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// Guards of single tools that are kept for one upstream. Only tools with places or a breaker of their own have one.
const TOOLS: usize = 1_000;

/// By which rules a request is sent.
#[derive(Clone)]
pub struct Terms {
    /// Its deadlines.
    pub deadlines: Deadlines,
    /// Whose breaker counts it, and whose word stops it.
    pub(crate) scope: Rc<Guard>,
    /// The guard of its tool, if that has places of its own.
    pub(super) tool: Option<Rc<Guard>>,
    /// Whether the gateway sends it on its own account: a list. Then nobody counts it, and it may always wait for a
    /// place, since there are few of them.
    pub(super) own: bool,
}

/// The deadlines of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// Until the head of a stream, or the whole of any other answer, in ms.
    pub first_byte_ms: u32,
    /// Longest silence in a stream, in ms.
    pub idle_ms: u32,
    /// When the answer must be complete, in Unix ms.
    pub end: u64,
}

impl Deadlines {
    /// Those of `upstream`, for what must be complete by `end` (Unix ms).
    pub(crate) const fn of(upstream: &Upstream, end: u64) -> Self {
        Self { first_byte_ms: upstream.first_byte_ms, idle_ms: upstream.idle_ms, end }
    }
}

impl Terms {
    /// Why nothing may be sent now, if so.
    pub(super) fn refuses(&self, now: u64) -> Option<UpstreamFault> {
        self.scope.refuses(now)
    }
}

/// The guards of one upstream.
pub(crate) struct Guards {
    /// The upstream's own.
    pub(crate) own: Rc<Guard>,
    /// Those of its tools, by their names at the upstream.
    tools: RefCell<HashMap<String, Rc<Guard>>>,
    /// Calls that several callers wait for, of all upstreams.
    pub(crate) sharing: Rc<Sharing>,
    /// The longest time that a call may take, in ms.
    pub(crate) longest_ms: u32,
}

impl Guards {
    pub(crate) fn new(upstream: &Upstream, tenant: &Tenant, sharing: &Rc<Sharing>) -> Self {
        let own = Guard::new(None, upstream.breaker, upstream.places);
        let of_tools = tenant.tools.iter().filter_map(|tool| tool.total_ms);
        Self {
            own: Rc::new(own),
            tools: RefCell::default(),
            sharing: Rc::clone(sharing),
            longest_ms: of_tools.fold(upstream.total_ms, u32::max),
        }
    }

    /// The guard of the tool called `name` at the upstream.
    fn tool(&self, tool: &Tool, name: &str, now: u64) -> Rc<Guard> {
        let mut tools = self.tools.borrow_mut();
        if let Some(guard) = tools.get(name) {
            return Rc::clone(guard);
        }
        if tools.len() >= TOOLS {
            // Upstreams that change their tools all the time: what is neither used nor closed to calls may go, and
            // if that is not enough, all that is not used.
            let used = |guard: &Rc<Guard>| Rc::strong_count(guard) > 1;
            tools.retain(|_, guard| used(guard) || guard.refuses(now).is_some());
            if tools.len() >= TOOLS {
                tools.retain(|_, guard| used(guard));
            }
        }
        let breaker = match tool.breaker {
            ToolBreaker::Own(rule) => rule,
            ToolBreaker::Upstreams => None,
        };
        let guard = Rc::new(Guard::new(Some(name.to_owned()), breaker, tool.places));
        tools.insert(name.to_owned(), Rc::clone(&guard));
        guard
    }
}

impl Link {
    /// By which rules a call is sent that begins now: of a tool with settings of its own, called `name` at the
    /// upstream, or of anything else.
    pub fn terms<P: Platform>(&self, platform: &P, tool: Option<&Tool>, name: &str) -> Terms {
        let (upstream, now) = (self.upstream(), platform.now_ms());
        let mut deadlines = Deadlines::of(upstream, now.saturating_add(u64::from(upstream.total_ms)));
        let mut scope = &self.guards.own;
        let own;
        let mut places = None;
        if let Some(tool) = tool {
            let total_ms = tool.total_ms.unwrap_or(upstream.total_ms);
            deadlines = Deadlines {
                first_byte_ms: tool.first_byte_ms.unwrap_or(upstream.first_byte_ms),
                idle_ms: tool.idle_ms.unwrap_or(upstream.idle_ms),
                end: now.saturating_add(u64::from(total_ms)),
            };
            let own_breaker = tool.breaker != ToolBreaker::Upstreams;
            if own_breaker || tool.places.is_some() {
                own = self.guards.tool(tool, name, now);
                places = tool.places.is_some().then(|| Rc::clone(&own));
                if own_breaker {
                    scope = &own;
                }
            }
        }
        Terms { deadlines, scope: Rc::clone(scope), tool: places, own: false }
    }

    /// By which rules the gateway's own lists are asked for.
    pub fn own_terms<P: Platform>(&self, platform: &P) -> Terms {
        Terms { own: true, ..self.terms(platform, None, "") }
    }

    /// Calls that several callers wait for.
    pub(crate) fn sharing(&self) -> &Rc<Sharing> {
        &self.guards.sharing
    }
}
