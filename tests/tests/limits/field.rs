//! A gateway with some tenants under the same rules, one upstream, and agents that call its tool.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use postern_tests::bed::{Era, set_up};
use postern_tests::client::{Call, Line, Reply};
use postern_tests::request::{HOST, MODERN};
use postern_tests::script;
use postern_tests::token::{Flaw, Issuer};
use postern_tests::upstream::{Answer, Handler, Seen, Upstream};
use serde_json::Value;
use tokio::task::JoinSet;

use crate::ground::{Gateway, Ground};

/// The only tool, as agents see it.
const TOOL: &str = "a__echo";

/// What a field is made of.
#[derive(Clone, Copy)]
pub struct Plan<'a> {
    /// How many tenants there are: each has accounts of its own.
    pub tenants: usize,
    /// The names of the agents of each.
    pub agents: &'a [&'a str],
    /// TOML lines of each tenant: keys first, then tables.
    pub rules: &'a str,
    /// TOML lines of its upstream.
    pub upstream: &'a str,
    /// What the tool's results say.
    pub text: &'a str,
    /// How long a call takes, by its arguments.
    pub takes: fn(&str) -> Duration,
}

impl Default for Plan<'_> {
    fn default() -> Self {
        Self {
            tenants: 1,
            agents: &["one"],
            rules: "",
            upstream: "",
            text: "done",
            takes: |_| Duration::ZERO,
        }
    }
}

/// A call that reached the upstream.
#[derive(Debug, Clone)]
pub struct Reached {
    /// The number of its tenant.
    pub tenant: usize,
    /// Its arguments, raw JSON.
    pub arguments: String,
    /// When.
    pub at: Instant,
    /// When its answer was due.
    pub until: Instant,
}

/// The running parts.
pub struct Field {
    pub gateway: Box<dyn Gateway>,
    reached: Arc<Mutex<Vec<Reached>>>,
    tokens: BTreeMap<String, String>,
}

/// How one call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// With a result.
    Granted,
    /// Refused by a limit (429, 1429), with what was told to be left of it.
    Limited(Option<u64>),
    /// Neither: status, and what the body says.
    Other(u16, String),
}

/// How several calls ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    pub granted: usize,
    pub limited: usize,
    pub other: Vec<(u16, String)>,
}

impl Field {
    /// Starts gateway and upstream.
    pub fn start(ground: Ground, plan: Plan<'_>) -> Result<Self> {
        let reached = Arc::new(Mutex::new(Vec::new()));
        let upstream = Upstream::start(handler(&plan, Arc::clone(&reached)))?;
        let issuer = Issuer::new("dev");
        let mut tenants = toml::Table::new();
        for number in 0..plan.tenants {
            let mut text =
                format!("path = '/t/t{number}/mcp'\nissuers = ['dev']\nhosts = ['{HOST}']\n{}\n", plan.rules);
            for agent in plan.agents {
                text += &format!("[agents.{agent}]\nissuer = 'dev'\nclient = '{agent}'\nallow = ['*']\n");
            }
            text += &format!(
                "[upstreams.a]\nurl = 'http://{}/{number}'\nera = 'modern'\ninsecure = true\n{}\n",
                upstream.address, plan.upstream
            );
            let tenant: toml::Table = toml::from_str(&text).context("the settings of a tenant")?;
            tenants.insert(format!("t{number}"), tenant.into());
        }
        let mut all = toml::Table::new();
        all.insert("version".to_owned(), 1.into());
        let issuers = toml::Table::from_iter([("dev".to_owned(), script::issuer(&issuer)?)]);
        all.insert("issuers".to_owned(), issuers.into());
        all.insert("tenants".to_owned(), tenants.into());
        let gateway = ground.start(&toml::to_string(&all)?)?;
        let token = |agent: &&str| ((*agent).to_owned(), issuer.mint(agent, "alice", "limits", Flaw::None));
        Ok(Self { gateway, reached, tokens: plan.agents.iter().map(token).collect() })
    }

    /// A caller of the tool: this agent of that tenant.
    pub fn caller(&self, tenant: usize, agent: &str) -> Caller {
        let token = self.tokens.get(agent).cloned().unwrap_or_default();
        Caller { path: format!("/t/t{tenant}/mcp"), token }
    }

    /// Calls of a tenant's first agent, over `lines` connections at once to all parts of the gateway in turn, each of
    /// which sends its share one after another.
    pub async fn flood(&self, tenant: usize, lines: usize, calls: usize) -> Result<Tally> {
        let agent = self.tokens.keys().next().cloned().unwrap_or_default();
        self.flood_of(tenant, &agent, lines, calls).await
    }

    /// As [`Field::flood`], by an agent of that name.
    pub async fn flood_of(&self, tenant: usize, agent: &str, lines: usize, calls: usize) -> Result<Tally> {
        let addresses = self.gateway.addresses();
        let caller = self.caller(tenant, agent);
        let mut open = JoinSet::new();
        for (line, address) in (0..lines).zip(addresses.iter().copied().cycle()) {
            let (caller, agent, numbers) = (caller.clone(), agent.to_owned(), (line..calls).step_by(lines));
            open.spawn(async move {
                let mut line = Line::open(address).await?;
                let mut tally = Tally::default();
                for number in numbers {
                    let call = caller.call(&format!(r#"{{"who":"{agent}","n":{}}}"#, 100_000 + number));
                    tally.add(Said::of(&line.send(&call).await?));
                }
                anyhow::Ok(tally)
            });
        }
        let mut sum = Tally::default();
        for tally in open.join_all().await {
            sum.merge(tally?);
        }
        // What a gateway says of its own troubles.
        if !sum.other.is_empty() {
            self.gateway.noise().iter().rev().take(20).rev().for_each(|line| println!("{line}"));
        }
        Ok(sum)
    }

    /// One call to one part of the gateway.
    pub async fn one(&self, tenant: usize, agent: &str, at: usize, arguments: &str) -> Result<Said> {
        Ok(Said::of(&self.ask(tenant, agent, at, arguments).await?))
    }

    /// The whole answer to one call.
    pub async fn ask(&self, tenant: usize, agent: &str, at: usize, arguments: &str) -> Result<Reply> {
        let addresses = self.gateway.addresses();
        let address = *addresses.get(at).context("there is such a part")?;
        Line::open(address).await?.send(&self.caller(tenant, agent).call(arguments)).await
    }

    /// Every call that reached the upstream, in order.
    pub fn reached(&self) -> Vec<Reached> {
        self.reached.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Those of a tenant.
    pub fn reached_by(&self, tenant: usize) -> Vec<Reached> {
        let mut reached = self.reached();
        reached.retain(|call| call.tenant == tenant);
        reached
    }

    /// The records so far whose text has all of these parts.
    pub fn records(&self, parts: &[&str]) -> Vec<Value> {
        let lines = self.gateway.records().into_iter();
        let wanted = lines.filter(|line| parts.iter().all(|part| line.contains(part)));
        wanted.filter_map(|line| serde_json::from_str(&line).ok()).collect()
    }

    /// Waits until there are as many such records; they are written when the answer has gone.
    pub async fn until_records(&self, parts: &[&str], many: usize) -> Result<Vec<Value>> {
        let start = Instant::now();
        loop {
            let found = self.records(parts);
            if found.len() >= many {
                return Ok(found);
            }
            ensure!(start.elapsed() < Duration::from_secs(5), "{} records with {parts:?}", found.len());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Who calls, and where.
#[derive(Debug, Clone)]
pub struct Caller {
    path: String,
    token: String,
}

impl Caller {
    /// A call of the tool.
    pub fn call(&self, arguments: &str) -> Call {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"_meta":{{"io.modelcontextprotocol/protocolVersion":"{MODERN}","io.modelcontextprotocol/clientCapabilities":{{}}}},"name":"{TOOL}","arguments":{arguments}}}}}"#
        );
        let headers = [
            ("host", HOST),
            ("content-type", "application/json"),
            ("accept", "application/json, text/event-stream"),
            ("authorization", &format!("Bearer {}", self.token)),
            ("mcp-protocol-version", MODERN),
            ("mcp-method", "tools/call"),
            ("mcp-name", TOOL),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Call { method: "POST".to_owned(), path: self.path.clone(), headers, body: body.into_bytes() }
    }
}

impl Said {
    /// What a reply says.
    pub fn of(reply: &Reply) -> Self {
        let body = reply.last();
        let code = body.pointer("/error/code").and_then(Value::as_i64);
        match (reply.status, code) {
            (200, None) if body.get("result").is_some() => Self::Granted,
            (429, Some(1429)) => Self::Limited(body.pointer("/error/data/remaining").and_then(Value::as_u64)),
            (status, _) => Self::Other(status, reply.text()),
        }
    }
}

impl Tally {
    pub fn add(&mut self, said: Said) {
        match said {
            Said::Granted => self.granted += 1,
            Said::Limited(_) => self.limited += 1,
            Said::Other(status, text) => self.other.push((status, text)),
        }
    }

    pub fn merge(&mut self, other: Self) {
        self.granted += other.granted;
        self.limited += other.limited;
        self.other.extend(other.other);
    }

    /// That every call was granted or refused by a limit.
    pub fn all_well(&self) -> Result<()> {
        ensure!(self.other.is_empty(), "{} calls ended badly: {:?}", self.other.len(), self.other.first());
        Ok(())
    }
}

/// Answers what comes before calls, and calls as the plan says; notes those.
fn handler(plan: &Plan<'_>, reached: Arc<Mutex<Vec<Reached>>>) -> Handler {
    let (text, takes) = (plan.text.to_owned(), plan.takes);
    Arc::new(move |seen: &Seen| {
        if let Some(answer) = set_up(Era::Modern, seen) {
            return answer;
        }
        let at = Instant::now();
        let arguments = seen.raw(&["params", "arguments"]).unwrap_or_default();
        let id = seen.raw(&["id"]).unwrap_or_default();
        let mut answer = Answer::json(format!(
            r#"{{"jsonrpc":"2.0","id":{id},"result":{{"resultType":"complete","content":[{{"type":"text","text":"{text}"}}]}}}}"#
        ));
        answer.delay = takes(&arguments);
        let tenant = seen.path.trim_start_matches('/').parse().unwrap_or(usize::MAX);
        let call = Reached { tenant, arguments, at, until: at + answer.delay };
        reached.lock().unwrap_or_else(PoisonError::into_inner).push(call);
        answer
    })
}

/// The most calls that were under way at once.
pub fn at_once(calls: &[Reached]) -> usize {
    let under_way = |at: Instant| calls.iter().filter(|call| call.at <= at && at < call.until).count();
    calls.iter().map(|call| under_way(call.at)).max().unwrap_or_default()
}

/// Waits until `well` holds, and says so when it does not in time.
pub async fn until<F: Future<Output = Result<bool>>>(
    what: &str,
    within: Duration,
    mut well: impl FnMut() -> F,
) -> Result<()> {
    let start = Instant::now();
    while !well().await? {
        ensure!(start.elapsed() < within, "{what}: not within {within:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// An address of the gateway for each of `many` callers, in turn.
pub fn spread(addresses: &[SocketAddr], many: usize) -> impl Iterator<Item = SocketAddr> {
    addresses.iter().copied().cycle().take(many)
}
