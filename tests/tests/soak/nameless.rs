//! Streams with no name on them: those that a gateway holds at modern upstreams for legacy clients, whose subscriptions it
//! has not told them. Nobody can say whose one of them is, but they can be counted, and so can those who hear what is sent on
//! them.

use std::collections::{BTreeMap, BTreeSet};

use crate::judge::{EDGE, Verdict};
use crate::log::{Evidence, NAMELESS};
use crate::plan::{Ask, Era, Micros, Plan, SECOND, UPSTREAMS, era_of};

/// How long the streams of a client that has left may be there still.
const LINGERS: Micros = 20 * SECOND;

/// Whether streams for such a client at such an upstream may have no name.
pub fn may_be(ask: &Ask, upstream: usize) -> bool {
    ask.era == Era::Legacy && era_of(upstream) == Era::Modern
}

/// The notifications that were sent on such streams, by upstream and number.
pub fn numbers(evidence: &Evidence) -> BTreeSet<(usize, u64)> {
    let nameless = evidence.sent.iter().filter(|sent| sent.to.is_empty());
    nameless.map(|sent| (sent.upstream, sent.number)).collect()
}

/// Whether all that was sent on them was heard, and whether there were enough of them.
pub fn judge(evidence: &Evidence, plan: &Plan, asks: &[Ask], verdict: &mut Verdict) {
    let known: BTreeSet<(usize, usize)> =
        evidence.held.iter().map(|held| (held.client, held.upstream)).collect();
    for upstream in 0..UPSTREAMS.len() {
        let of = |client: &usize| {
            let ask = asks.get(*client).filter(|ask| may_be(ask, upstream) && ask.may.contains(&upstream));
            ask.is_some() && !known.contains(&(*client, upstream))
        };
        let clients: BTreeSet<usize> = (0..asks.len()).filter(of).collect();
        verdict.silent += clients.len();
        if !clients.is_empty() {
            heard(evidence, upstream, &clients, verdict);
            there(evidence, plan, upstream, &clients, verdict);
        }
    }
}

fn heard(evidence: &Evidence, upstream: usize, clients: &BTreeSet<usize>, verdict: &mut Verdict) {
    let ends: BTreeMap<u64, Micros> = evidence
        .held
        .iter()
        .filter(|held| held.upstream == upstream && held.client == NAMELESS)
        .filter_map(|held| Some((held.stream, held.to?)))
        .collect();
    // Streams on which each was sent, and when; and those who heard it.
    let mut sent: BTreeMap<u64, (usize, Micros)> = BTreeMap::new();
    for one in evidence.sent.iter().filter(|sent| sent.upstream == upstream && sent.to.is_empty()) {
        if ends.get(&one.stream).is_none_or(|end| *end > one.at + EDGE) {
            let (streams, at) = sent.entry(one.number).or_default();
            (*streams, *at) = (*streams + 1, one.at);
        }
    }
    let mut ears: BTreeMap<u64, BTreeSet<usize>> = BTreeMap::new();
    for heard in evidence.heard.iter().filter(|heard| clients.contains(&heard.client)) {
        if let Some((_, number)) = heard.tag.filter(|(of, _)| *of == upstream) {
            ears.entry(number).or_default().insert(heard.client);
        }
    }
    for (number, (streams, at)) in sent {
        let gone = evidence.present.iter().filter(|present| {
            clients.contains(&present.client) && present.to < at && at < present.to + LINGERS
        });
        let due = streams.saturating_sub(gone.count());
        let got = ears.get(&number).map_or(0, BTreeSet::len);
        verdict.expected += due;
        verdict.delivered += due.min(got);
        if got < due {
            let (ms, name) = (at / 1_000, UPSTREAMS[upstream]);
            let text =
                format!("{ms} ms: {name}-{number} on {due} streams without a name, heard by {got} clients");
            verdict.lost.push(text);
        }
    }
}

fn there(
    evidence: &Evidence,
    plan: &Plan,
    upstream: usize,
    clients: &BTreeSet<usize>,
    verdict: &mut Verdict,
) {
    let held: Vec<_> =
        evidence.held.iter().filter(|held| held.upstream == upstream && held.client == NAMELESS).collect();
    for at in (0..plan.lasts / SECOND).map(|second| second * SECOND) {
        let down = evidence.outages.iter().any(|outage| {
            outage.upstream == upstream && outage.down <= at && at < outage.back + plan.reconnect
        });
        let stays = evidence.present.iter().filter(|present| {
            clients.contains(&present.client) && present.from + plan.reconnect < at && at < present.to
        });
        let (wanted, open) = (
            stays.count(),
            held.iter().filter(|held| held.from <= at && held.to.is_none_or(|to| at < to)).count(),
        );
        if !down && open < wanted {
            let (ms, name) = (at / 1_000, UPSTREAMS[upstream]);
            verdict
                .apart
                .push(format!("{ms} ms: {open} streams at upstream {name} for {wanted} legacy clients"));
        }
    }
}
