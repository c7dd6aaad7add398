//! The judge, judged: evidence of a quiet minute, and what is changed in it.

use crate::judge::judge;
use crate::log::{Evidence, Heard, Held, Parting, Presence, Sent, Stored};
use crate::plan::{self, Ask, Era, Micros, Outage, Plan, SECOND, SHARED, What};

/// Two clients listen to upstream `a` for a minute; each has a stream, and is sent an update of its own at 10, 20... s,
/// which it gets 1 ms later.
fn quiet_minute() -> (Evidence, Plan, Vec<Ask>) {
    let ask = |era| Ask { era, agent: 0, may: vec![0], may_not: vec![1], lists: vec![What::Tools] };
    let mut evidence = Evidence::default();
    for client in 0..2 {
        let stream = client as u64 + 1;
        evidence.held.push(Held { upstream: 0, client, stream, from: 0, to: None });
        let (to, parting) = (60 * SECOND, Parting::Left);
        evidence.present.push(Presence { client, from: 0, to, parting });
        for number in 1..6 {
            let (at, what) = (number * 10 * SECOND, What::Updated(plan::uri(0, &client.to_string())));
            evidence.sent.push(Sent {
                at,
                upstream: 0,
                number,
                what: what.clone(),
                to: vec![client],
                stream,
            });
            evidence.heard.push(Heard { at: at + 1_000, client, what, tag: Some((0, number)) });
        }
    }
    let plan = Plan { outages: Vec::new(), ..Plan::short() };
    (evidence, plan, vec![ask(Era::Modern), ask(Era::Legacy)])
}

/// Lost, made good, over-reported, unexplained, foreign, apart.
fn counts(change: impl FnOnce(&mut Evidence)) -> [usize; 6] {
    let (mut evidence, plan, asks) = quiet_minute();
    change(&mut evidence);
    let it = judge(&evidence, &plan, &asks);
    [it.lost.len(), it.made_good, it.over_reported, it.unexplained.len(), it.foreign.len(), it.apart.len()]
}

fn own(client: usize) -> What {
    What::Updated(plan::uri(0, &client.to_string()))
}

/// The stream of client 0 is cut at 30.1 s, and there again at 33 s.
fn cut(evidence: &mut Evidence) {
    evidence.held[0].to = Some(30_100_000);
    evidence.held.push(Held { upstream: 0, client: 0, stream: 9, from: 33 * SECOND, to: None });
    let (down, back) = (30_100_000, 32 * SECOND);
    evidence.outages.push(Outage { upstream: 0, down, back, orderly: false });
}

#[test]
fn a_quiet_minute_is_well() {
    assert_eq!(counts(|_| {}), [0; 6]);
    // Without numbers too.
    assert_eq!(counts(|all| all.heard.iter_mut().for_each(|heard| heard.tag = None)), [0; 6]);
}

#[test]
fn what_is_not_heard_is_lost() {
    assert_eq!(counts(|all| drop(all.heard.remove(2))), [1, 0, 0, 0, 0, 0]);
    let untagged = |all: &mut Evidence| all.heard.iter_mut().for_each(|heard| heard.tag = None);
    assert_eq!(
        counts(|all| {
            untagged(all);
            all.heard.remove(2);
        }),
        [1, 0, 0, 0, 0, 0]
    );
    // What another client heard is of no use to this one.
    assert_eq!(counts(|all| all.heard[2].client = 1), [1, 0, 0, 0, 1, 0]);
    // Not to one that was away.
    assert_eq!(
        counts(|all| {
            all.heard.remove(4);
            all.present[0].to = 49 * SECOND;
        }),
        [0; 6]
    );
}

#[test]
fn what_was_cut_may_be_made_good() {
    assert_eq!(
        counts(|all| {
            cut(all);
            all.heard.remove(2);
        }),
        [1, 0, 0, 0, 0, 0]
    );
    let again = |all: &mut Evidence, at| {
        all.heard.push(Heard { at, client: 0, what: own(0), tag: None });
    };
    assert_eq!(
        counts(|all| {
            cut(all);
            all.heard.remove(2);
            again(all, 33 * SECOND);
        }),
        [0, 1, 1, 0, 0, 0]
    );
    // Told again without an outage, it is lost nevertheless, and nobody knows what it was told for.
    assert_eq!(
        counts(|all| {
            all.heard.remove(2);
            again(all, 33 * SECOND);
        }),
        [1, 0, 0, 1, 0, 0]
    );
}

#[test]
fn what_was_kept_has_to_be_fetched() {
    let kept = |all: &mut Evidence| {
        cut(all);
        let what = own(0);
        let (at, since) = (31 * SECOND, 30_100_000);
        all.stored.push(Stored { at, since, upstream: 0, number: 77, what, to: vec![0] });
    };
    assert_eq!(counts(kept), [1, 0, 0, 0, 0, 0]);
    // Not by one whose session was another.
    let other = |all: &mut Evidence| {
        kept(all);
        all.present[0].from = 30_500_000;
        all.heard.retain(|heard| heard.at > 30_500_000 || heard.client == 1);
    };
    assert_eq!(counts(other)[0], 0);
    let fetched = |all: &mut Evidence| {
        kept(all);
        let (at, what) = (33 * SECOND, own(0));
        all.sent.push(Sent { at, upstream: 0, number: 77, what: what.clone(), to: vec![0], stream: 9 });
        all.heard.push(Heard { at, client: 0, what, tag: Some((0, 77)) });
    };
    assert_eq!(counts(fetched), [0; 6]);
    let told = |all: &mut Evidence| {
        kept(all);
        all.heard.push(Heard { at: 33 * SECOND, client: 0, what: own(0), tag: None });
    };
    assert_eq!(counts(told), [0, 1, 1, 0, 0, 0]);
}

#[test]
fn nobody_hears_what_is_not_for_it() {
    let hear =
        |what: What, tag| counts(|all| all.heard.push(Heard { at: 45 * SECOND, client: 0, what, tag }));
    assert_eq!(hear(What::Updated(plan::uri(1, SHARED)), None)[4], 1);
    assert_eq!(hear(own(1), None)[4], 1);
    assert_eq!(hear(What::Prompts, None)[4], 1);
    // Of an upstream that it may not use, by the number, or because nobody else had anything to say.
    assert_eq!(hear(What::Tools, Some((1, 5)))[4], 1);
    assert_eq!(hear(What::Tools, None)[3], 1);
    let subscribed = |all: &mut Evidence| {
        all.held.push(Held { upstream: 1, client: 0, stream: 1, from: 0, to: None });
    };
    assert_eq!(counts(subscribed), [0, 0, 0, 0, 1, 0]);
}

#[test]
fn nobody_stays_apart() {
    let without = |from: Micros, to: Micros| {
        counts(|all| {
            cut(all);
            all.held[0].to = Some(from);
            all.held[2].from = to;
        })
    };
    assert_eq!(without(30_100_000, 37 * SECOND)[5], 0);
    assert_eq!(without(30_100_000, 45 * SECOND)[5], 1);
    assert_eq!(without(17_000_000, 33 * SECOND)[5], 1);
    assert!(counts(|all| all.held.truncate(1))[5] > 0);
}
