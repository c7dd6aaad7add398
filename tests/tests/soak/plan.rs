//! How long the soak lasts, who takes part, and when which upstream is down.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// The upstreams, by alias: the first half is modern, the other legacy with sessions.
pub const UPSTREAMS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// The name of a resource that all clients of an upstream subscribe to.
pub const SHARED: &str = "shared";

/// Microseconds since the soak began.
pub type Micros = u64;

/// The era of a client or an upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Era {
    /// 2026-07-28.
    Modern,
    /// 2025-11-25, with sessions.
    Legacy,
}

/// The era of an upstream.
pub const fn era_of(upstream: usize) -> Era {
    if upstream < UPSTREAMS.len() / 2 { Era::Modern } else { Era::Legacy }
}

/// The clock that all sides share. It begins when it is first looked at.
#[derive(Debug, Clone, Default)]
pub struct Clock(Arc<OnceLock<Instant>>);

impl Clock {
    fn start(&self) -> Instant {
        *self.0.get_or_init(Instant::now)
    }

    /// The time since it began.
    pub fn now(&self) -> Micros {
        u64::try_from(self.start().elapsed().as_micros()).unwrap_or(Micros::MAX)
    }

    /// Waits for a time since then.
    pub async fn until(&self, at: Micros) {
        tokio::time::sleep_until((self.start() + Duration::from_micros(at)).into()).await;
    }
}

/// An upstream that is down for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    /// Which.
    pub upstream: usize,
    /// From when on its connections are cut and its port refuses.
    pub down: Micros,
    /// When it listens again.
    pub back: Micros,
    /// Whether it ends its streams as an orderly shutdown does, or resets its connections.
    pub orderly: bool,
}

/// A subject of a notification.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// `notifications/resources/updated` of this URI.
    Updated(String),
    /// `notifications/tools/list_changed`.
    Tools,
    /// `notifications/prompts/list_changed`.
    Prompts,
    /// `notifications/resources/list_changed`.
    Resources,
}

/// The three lists.
pub const LISTS: [What; 3] = [What::Tools, What::Prompts, What::Resources];

impl What {
    /// The method of the notification.
    pub const fn method(&self) -> &'static str {
        match self {
            Self::Updated(_) => "notifications/resources/updated",
            Self::Tools => "notifications/tools/list_changed",
            Self::Prompts => "notifications/prompts/list_changed",
            Self::Resources => "notifications/resources/list_changed",
        }
    }

    /// The member of a listen request's filter that asks for it; none for an update.
    pub const fn member(&self) -> Option<&'static str> {
        match self {
            Self::Updated(_) => None,
            Self::Tools => Some("toolsListChanged"),
            Self::Prompts => Some("promptsListChanged"),
            Self::Resources => Some("resourcesListChanged"),
        }
    }

    /// From a notification; `None` for any other.
    pub fn read(method: &str, uri: Option<&str>) -> Option<Self> {
        if method == "notifications/resources/updated" {
            return Some(Self::Updated(uri?.to_owned()));
        }
        LISTS.iter().find(|list| list.method() == method).cloned()
    }
}

/// The URI of a client's own resource, or of the shared one, at an upstream.
pub fn uri(upstream: usize, name: &str) -> String {
    format!("soak://{}/{name}", UPSTREAMS[upstream])
}

/// The upstream of a URI.
pub fn upstream_of(uri: &str) -> Option<usize> {
    let alias = uri.strip_prefix("soak://")?.split('/').next()?;
    UPSTREAMS.iter().position(|found| *found == alias)
}

/// The client whose own resource that is.
pub fn owner_of(uri: &str) -> Option<usize> {
    uri.rsplit('/').next()?.parse().ok()
}

/// What a client asks for, and what it may.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Its era.
    pub era: Era,
    /// Its principal.
    pub agent: usize,
    /// The upstreams whose resources it subscribes to and may use.
    pub may: Vec<usize>,
    /// The upstreams that it asks for in vain.
    pub may_not: Vec<usize>,
    /// The lists whose changes it wants to hear of. A legacy client cannot choose.
    pub lists: Vec<What>,
}

impl Ask {
    /// Whether it asked for that, and may have it.
    pub fn has(&self, client: usize, what: &What) -> bool {
        match what {
            What::Updated(uri) => self.may.iter().any(|at| {
                [client.to_string(), SHARED.to_owned()].iter().any(|name| self::uri(*at, name) == *uri)
            }),
            list => self.lists.contains(list),
        }
    }
}

/// Sizes and times, in microseconds.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Listening clients.
    pub clients: usize,
    /// Principals.
    pub agents: usize,
    /// Calls in a second, over all upstreams.
    pub calls_per_s: u32,
    /// From the first client on until all leave.
    pub lasts: Micros,
    /// Within which all clients come.
    pub ramp: Micros,
    /// How often a resource of a client's own is updated at each upstream.
    pub own_every: Micros,
    /// How often what all subscribe to is updated, and each list changes.
    pub all_every: Micros,
    /// Who is down when.
    pub outages: Vec<Outage>,
    /// How long an upstream sends nothing before it goes down: what it has sent is to be read by then.
    pub quiet: Micros,
    /// Longest time without a stream to an upstream that is there.
    pub reconnect: Micros,
    /// How long a client that is about to leave has heard nothing more: what was sent before is to be there by then.
    pub drain: Micros,
    /// How often memory is measured.
    pub memory_every: Micros,
    /// Clients that leave early, and come back as others: one in so many, none if 0. Odd, so that both eras are among them.
    pub churn: usize,
}

/// A second.
pub const SECOND: Micros = 1_000_000;

impl Plan {
    /// The whole of it: ten minutes, 200 clients, each upstream down six times.
    pub fn full() -> Self {
        let mut outages = Vec::new();
        for round in 0..6 {
            for upstream in 0..UPSTREAMS.len() {
                let down = (30 + 90 * round + 15 * upstream as u64) * SECOND;
                let orderly = (round as usize + upstream).is_multiple_of(2);
                outages.push(Outage { upstream, down, back: down + 6 * SECOND, orderly });
            }
        }
        Self {
            clients: 200,
            agents: 20,
            calls_per_s: 50,
            lasts: 600 * SECOND,
            ramp: 15 * SECOND,
            own_every: 8 * SECOND,
            all_every: 20 * SECOND,
            outages,
            quiet: SECOND / 2,
            reconnect: 20 * SECOND,
            drain: 3 * SECOND,
            memory_every: 5 * SECOND,
            churn: 9,
        }
    }

    /// The short form: each upstream is down once.
    pub fn short() -> Self {
        let down = |upstream: usize| (5_000 + 1_200 * upstream as u64) * 1_000;
        let outage = |upstream: usize| Outage {
            upstream,
            down: down(upstream),
            back: down(upstream) + 2 * SECOND,
            orderly: upstream.is_multiple_of(2),
        };
        Self {
            clients: 40,
            agents: 10,
            calls_per_s: 20,
            lasts: 28 * SECOND,
            ramp: 2 * SECOND,
            own_every: SECOND,
            all_every: 3 * SECOND,
            outages: (0..UPSTREAMS.len()).map(outage).collect(),
            quiet: SECOND / 2,
            reconnect: 12 * SECOND,
            drain: 2 * SECOND,
            memory_every: SECOND,
            churn: 9,
        }
    }

    /// Upstreams that an agent may not use: every second agent lacks one.
    pub fn may_not(&self, agent: usize) -> Vec<usize> {
        if agent % 2 == 1 { vec![agent / 2 % UPSTREAMS.len()] } else { Vec::new() }
    }

    /// What the clients ask a gateway for. Half of them are legacy; every second modern one wants no word of two lists.
    pub fn asks(&self) -> Vec<Ask> {
        let ask = |client: usize| {
            let agent = client / 2 % self.agents;
            let may_not = self.may_not(agent);
            let may = (0..UPSTREAMS.len()).filter(|at| !may_not.contains(at)).collect();
            let (era, lists) = match client % 4 {
                0 => (Era::Modern, vec![What::Tools]),
                2 => (Era::Modern, LISTS.to_vec()),
                _ => (Era::Legacy, LISTS.to_vec()),
            };
            Ask { era, agent, may, may_not, lists }
        };
        (0..self.clients).map(ask).collect()
    }

    /// What the clients ask the upstreams for where there is no gateway: each listens at one, in its era.
    pub fn direct_asks(&self) -> Vec<Ask> {
        let ask = |client: usize| {
            let upstream = client % UPSTREAMS.len();
            Ask {
                era: era_of(upstream),
                agent: 0,
                may: vec![upstream],
                may_not: Vec::new(),
                lists: LISTS.to_vec(),
            }
        };
        (0..self.clients).map(ask).collect()
    }

    /// Whether an upstream is down by the plan, or so shortly ago that callers may still be told so.
    pub fn may_be_down(&self, upstream: usize, at: Micros) -> bool {
        let near = |outage: &Outage| outage.down < at + SECOND && at < outage.back + self.reconnect;
        self.outages.iter().any(|outage| outage.upstream == upstream && near(outage))
    }

    /// When a client comes and leaves, one time or two.
    pub fn visits(&self, client: usize) -> Vec<(Micros, Micros)> {
        let from = self.ramp * client as u64 / self.clients as u64;
        if self.churn > 0 && client % self.churn == self.churn - 1 {
            // When it comes back, the last of its first visit has been read.
            let (leaves, pause) = (self.lasts / 5, 2 * self.drain + SECOND);
            return vec![(from, leaves), (leaves + pause, self.lasts)];
        }
        vec![(from, self.lasts)]
    }
}
