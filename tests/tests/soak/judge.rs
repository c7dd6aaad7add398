//! What is to be said of the evidence.
//!
//! **Lost** is a notification that an upstream wrote to a stream which was up, and which a client for whom that stream stood
//! did not get although it was connected from then on until it was to be there. An upstream that goes down sends nothing for
//! [`Plan::quiet`] before, so what it cut was read. A client that leaves reads on until it has heard nothing for [`Plan::drain`]. Lost as well is what a
//! session-bound upstream kept while its session had no stream and nobody fetched afterwards.
//!
//! **Made good** is one of these at an interruption (of the stream, within [`EDGE`], or of the client's own) when the client
//! was told of the same thing once more, within [`Plan::reconnect`] and [`LATE`], by what is no other notification: it knows
//! that it has to look.
//!
//! Whose stream it is, is told by what it is subscribed to: each client has resources of its own. A stream that hears of lists
//! alone, as a gateway has one for a legacy client that has not subscribed to anything yet, has no name on it and is nobody's.
//!
//! Streams must be there too, else nothing could be lost: a client that is connected, and an upstream that is up, are
//! **apart** for [`Plan::reconnect`] at most.

use std::collections::{BTreeMap, BTreeSet};

use crate::log::{Evidence, Heard, Held, Parting, Presence};
use crate::plan::{self, Ask, Era, Micros, Outage, Plan, SECOND, UPSTREAMS, What, era_of};

/// The longest that a notification may take.
const LATE: Micros = 15 * SECOND;
/// What is told as slow.
pub const SLOW: Micros = 2 * SECOND;
/// How long before the end of a stream a notification is one at an interruption.
const EDGE: Micros = SECOND;
/// How far two clocks readings of one moment may lie apart: what is heard may be noted before what is sent.
const SKEW: Micros = 5_000;

/// The verdict.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Notifications times the clients that were to get them.
    pub expected: usize,
    pub delivered: usize,
    pub made_good: usize,
    pub lost: Vec<String>,
    /// Heard though no upstream had sent it, at an outage or at the beginning of a stream.
    pub over_reported: usize,
    /// As above, without such a reason.
    pub unexplained: Vec<String>,
    /// Heard more than once.
    pub twice: Vec<String>,
    /// Sent before or after the time in which the client was counted as connected.
    pub aside: usize,
    /// Of what a client did not ask for or may not use, heard or only asked of an upstream.
    pub foreign: Vec<String>,
    /// Clients and upstreams that were apart for too long.
    pub apart: Vec<String>,
    /// The longest time that they were.
    pub longest_apart: Micros,
    /// Legacy clients without a stream at an upstream that was down when their session began. Nothing is sent there that could be
    /// lost.
    pub silent: usize,
    /// Whether numbers came through.
    pub numbered: bool,
    /// Those that took longer than [`SLOW`].
    pub slow: Vec<String>,
    /// How long notifications took, sorted.
    pub took: Vec<Micros>,
    /// Streams of clients that the other side ended.
    pub ended: usize,
}

impl Verdict {
    /// Everything that is wrong, each with its first examples.
    pub fn wrong(&self) -> Vec<String> {
        let kinds = [
            ("lost", &self.lost),
            ("not asked for, or not allowed", &self.foreign),
            ("heard of what nobody had sent", &self.unexplained),
            ("apart from an upstream that is there", &self.apart),
        ];
        let some = |(name, all): &(&str, &Vec<String>)| {
            let first = all.iter().take(8).cloned().collect::<Vec<_>>().join("\n    ");
            format!("{} {name}:\n    {first}", all.len())
        };
        kinds.iter().filter(|(_, all)| !all.is_empty()).map(some).collect()
    }
}

/// One notification that one client is to get.
struct Due<'a> {
    at: Micros,
    upstream: usize,
    number: u64,
    client: usize,
    what: &'a What,
    /// Whether it came at an interruption.
    edge: bool,
    /// Whether an upstream kept it, and did not write it yet.
    stored: bool,
}

impl Due<'_> {
    /// As it stands in a report.
    fn told(&self, asks: &[Ask]) -> String {
        let (at, name, era) = (self.at / 1_000, UPSTREAMS[self.upstream], asks[self.client].era);
        format!("{at} ms: {name}-{} {:?} to client {} ({era:?})", self.number, self.what, self.client)
    }
}

/// Judges.
pub fn judge(evidence: &Evidence, plan: &Plan, asks: &[Ask]) -> Verdict {
    let mut verdict = Verdict {
        numbered: evidence.heard.iter().any(|heard| heard.tag.is_some()),
        ended: evidence.present.iter().filter(|present| present.parting == Parting::Ended).count(),
        ..Verdict::default()
    };
    deliveries(evidence, plan, asks, &mut verdict);
    foreign(evidence, asks, &mut verdict);
    apart(evidence, plan, asks, &mut verdict);
    verdict.took.sort_unstable();
    verdict
}

/// Where a client was connected at a time.
fn presence(evidence: &Evidence, client: usize, at: Micros) -> Option<&Presence> {
    evidence
        .present
        .iter()
        .find(|present| present.client == client && (present.from..=present.to).contains(&at))
}

/// Whom each notification was due to.
fn due<'a>(evidence: &'a Evidence, plan: &Plan, asks: &[Ask]) -> Vec<Due<'a>> {
    let ends: BTreeMap<(usize, u64), Micros> =
        evidence.held.iter().filter_map(|held| Some(((held.upstream, held.stream), held.to?))).collect();
    let wants = |client: usize, what: &What| match what {
        What::Updated(uri) => plan::owner_of(uri).is_none_or(|owner| owner == client),
        _ => true,
    } && asks.get(client).is_some_and(|ask| ask.has(client, what));
    let mut all = Vec::new();
    for sent in &evidence.sent {
        let cut = ends.get(&(sent.upstream, sent.stream)).is_some_and(|end| *end < sent.at + EDGE);
        for client in sent.to.iter().filter(|client| wants(**client, &sent.what)) {
            let Some(present) = presence(evidence, *client, sent.at) else { continue };
            let left = present.parting == Parting::Ended && present.to < sent.at + EDGE;
            all.push(Due {
                at: sent.at,
                upstream: sent.upstream,
                number: sent.number,
                client: *client,
                what: &sent.what,
                edge: cut || left,
                stored: false,
            });
        }
    }
    let written: BTreeSet<(usize, u64, usize)> =
        all.iter().map(|due| (due.upstream, due.number, due.client)).collect();
    for stored in &evidence.stored {
        for client in stored.to.iter().filter(|client| wants(**client, &stored.what)) {
            // Whoever stays that long afterwards has a stream again.
            let stays =
                |present: &Presence| present.to > stored.at + plan.reconnect && present.from <= stored.since;
            let here = presence(evidence, *client, stored.at).is_some_and(stays);
            if here && !written.contains(&(stored.upstream, stored.number, *client)) {
                all.push(Due {
                    at: stored.at,
                    upstream: stored.upstream,
                    number: stored.number,
                    client: *client,
                    what: &stored.what,
                    edge: true,
                    stored: true,
                });
            }
        }
    }
    all.sort_by_key(|due| due.at);
    all
}

fn deliveries(evidence: &Evidence, plan: &Plan, asks: &[Ask], verdict: &mut Verdict) {
    let mut heard: BTreeMap<(usize, &What), Vec<(&Heard, bool)>> = BTreeMap::new();
    for one in &evidence.heard {
        heard.entry((one.client, &one.what)).or_default().push((one, false));
    }
    let (mut gone, late) = (Vec::new(), LATE + plan.reconnect);
    let mut pairs: BTreeSet<(usize, u64, usize)> = BTreeSet::new();
    for due in due(evidence, plan, asks) {
        // Two streams may carry one notification while the one takes the other's place.
        if !pairs.insert((due.upstream, due.number, due.client)) {
            continue;
        }
        verdict.expected += 1;
        let ears = heard.get_mut(&(due.client, due.what));
        let found = ears.into_iter().flatten().find(|(heard, used)| match heard.tag {
            Some(tag) => !used && tag == (due.upstream, due.number),
            // Where numbers come through, what has none is the gateway's own.
            None => !verdict.numbered && !used && (due.at..=due.at + LATE).contains(&(heard.at + SKEW)),
        });
        match found {
            Some((heard, used)) => {
                *used = true;
                verdict.delivered += 1;
                let took = heard.at.saturating_sub(due.at);
                verdict.took.push(took);
                if took > SLOW {
                    verdict.slow.push(format!("{}, after {} ms", due.told(asks), took / 1_000));
                }
            }
            None => gone.push(due),
        }
    }
    for due in gone {
        let ears = heard.get(&(due.client, due.what));
        // Another notification that is only on time says nothing of this one.
        let again = ears.into_iter().flatten();
        let again =
            again.filter(|(_, used)| !used).any(|(heard, _)| (due.at..=due.at + late).contains(&heard.at));
        if due.edge && again {
            verdict.made_good += 1;
        } else {
            let kept = if due.stored { ", kept for its session and never fetched" } else { "" };
            verdict.lost.push(format!("{}{kept}", due.told(asks)));
        }
    }
    let sent: BTreeSet<(usize, u64, usize)> = evidence
        .sent
        .iter()
        .flat_map(|sent| sent.to.iter().map(|to| (sent.upstream, sent.number, *to)))
        .collect();
    let nameless = nameless(evidence);
    let all = || heard.values().flatten();
    let mut told: BTreeSet<(usize, (usize, u64))> =
        all().filter(|(_, used)| *used).filter_map(|(one, _)| Some((one.client, one.tag?))).collect();
    for (one, _) in all().filter(|(_, used)| !used) {
        match one.tag.filter(|(upstream, number)| sent.contains(&(*upstream, *number, one.client))) {
            Some(tag) if told.insert((one.client, tag)) => verdict.aside += 1,
            Some((upstream, number)) => {
                let (at, name, era) = (one.at / 1_000, UPSTREAMS[upstream], asks[one.client].era);
                let what = &one.what;
                verdict
                    .twice
                    .push(format!("{at} ms: {name}-{number} {what:?} to client {} ({era:?})", one.client));
            }
            None if one.tag.is_some_and(|tag| nameless.contains(&tag)) => {}
            None => over(one, evidence, late, verdict),
        }
    }
}

/// What was sent on streams with no name on them, by upstream and number.
fn nameless(evidence: &Evidence) -> BTreeSet<(usize, u64)> {
    let nameless = evidence.sent.iter().filter(|sent| sent.to.is_empty());
    nameless.map(|sent| (sent.upstream, sent.number)).collect()
}

/// Something that was heard and that no upstream sent to that client.
fn over(heard: &Heard, evidence: &Evidence, late: Micros, verdict: &mut Verdict) {
    let of = match &heard.what {
        What::Updated(uri) => plan::upstream_of(uri),
        _ => heard.tag.map(|(upstream, _)| upstream),
    };
    let outage = |outage: &Outage| {
        of.is_none_or(|upstream| upstream == outage.upstream)
            && outage.down < heard.at + SECOND
            && heard.at < outage.back + late
    };
    let begins = |present: &Presence| {
        present.client == heard.client && present.from < heard.at + SECOND && heard.at < present.from + late
    };
    if evidence.outages.iter().any(outage) || evidence.present.iter().any(begins) {
        verdict.over_reported += 1;
    } else {
        let at = heard.at / 1_000;
        verdict
            .unexplained
            .push(format!("{at} ms: client {} {:?} {:?}", heard.client, heard.what, heard.tag));
    }
}

fn foreign(evidence: &Evidence, asks: &[Ask], verdict: &mut Verdict) {
    for heard in &evidence.heard {
        let Some(ask) = asks.get(heard.client) else { continue };
        let may = heard.tag.is_none_or(|(upstream, _)| ask.may.contains(&upstream));
        if !may || !ask.has(heard.client, &heard.what) {
            let at = heard.at / 1_000;
            verdict
                .foreign
                .push(format!("{at} ms: client {} heard {:?} {:?}", heard.client, heard.what, heard.tag));
        }
    }
    for held in &evidence.held {
        if asks.get(held.client).is_some_and(|ask| !ask.may.contains(&held.upstream)) {
            let (at, name) = (held.from / 1_000, UPSTREAMS[held.upstream]);
            verdict
                .foreign
                .push(format!("{at} ms: client {} was subscribed to at upstream {name}", held.client));
        }
    }
}

/// Whether a legacy client began its session while a legacy upstream was down, or not yet asked again: there is none at that
/// upstream then.
fn began_without(evidence: &Evidence, plan: &Plan, ask: &Ask, upstream: usize, from: Micros) -> bool {
    let near = |outage: &Outage| outage.down < from && from < outage.back + plan.reconnect;
    let mut outages = evidence.outages.iter().filter(|outage| outage.upstream == upstream);
    ask.era == Era::Legacy && era_of(upstream) == Era::Legacy && outages.any(near)
}

/// Looks for times without a stream that stands for a client at an upstream which is up.
fn apart(evidence: &Evidence, plan: &Plan, asks: &[Ask], verdict: &mut Verdict) {
    let mut held: BTreeMap<(usize, usize), Vec<&Held>> = BTreeMap::new();
    for one in &evidence.held {
        held.entry((one.client, one.upstream)).or_default().push(one);
    }
    for present in &evidence.present {
        let Some(ask) = asks.get(present.client) else { continue };
        for upstream in &ask.may {
            let streams = held.get(&(present.client, *upstream)).map(Vec::as_slice).unwrap_or_default();
            let mut streams =
                streams.iter().filter(|held| held.to.is_none_or(|to| to > present.from)).peekable();
            if streams.peek().is_none() && began_without(evidence, plan, ask, *upstream, present.from) {
                verdict.silent += 1;
                continue;
            }
            let covered = streams.map(|held| (held.from, held.to.unwrap_or(Micros::MAX)));
            let down = evidence.outages.iter().filter(|outage| outage.upstream == *upstream);
            let mut covers: Vec<(Micros, Micros)> =
                covered.chain(down.map(|outage| (outage.down, outage.back))).collect();
            covers.sort_unstable();
            covers.push((present.to, Micros::MAX));
            let mut at = present.from;
            for (from, to) in covers {
                let gap = from.min(present.to).saturating_sub(at);
                verdict.longest_apart = verdict.longest_apart.max(gap);
                if gap > plan.reconnect {
                    let (client, name) = (present.client, UPSTREAMS[*upstream]);
                    let (from, to) = (at / 1_000, (at + gap) / 1_000);
                    verdict.apart.push(format!(
                        "client {client} ({:?}) from upstream {name}: {from} to {to} ms",
                        ask.era
                    ));
                }
                at = at.max(to);
            }
        }
    }
}
