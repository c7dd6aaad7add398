//! Charges over a ledger in memory, whose clock is set by hand.

use super::*;
use crate::compile;
use crate::ledger::RuleKey;
use crate::memory::Memory;
use crate::stage::authenticate::Authenticator;

/// The only agent, under these rules (TOML lines of the tenant).
fn caller(memory: &Memory, rules: &str) -> Rc<Caller> {
    let text = format!(
        "version = 1\n[tenants.acme]\nanonymous = true\nhosts = [\"gw.example\"]\n{rules}\n\
         [tenants.acme.agents.anonymous]\nallow = [\"*\"]\n\
         [tenants.acme.upstreams.a]\nurl = \"https://a.example/mcp\"\n"
    );
    let (bundle, _) = compile::check(&text, &|_: &str| None).unwrap_or_else(|problems| panic!("{problems}"));
    let tenant = Rc::clone(&bundle.tenants[0]);
    memory.run(Authenticator::new().authenticate(memory, &tenant, None)).expect("anonymous")
}

fn call() -> Weighed<'static> {
    Weighed {
        call: true,
        name: Some("a__tool".into()),
        alias: Some("a".into()),
        permitted: true,
        known: true,
        arguments: r#"{"n":1}"#,
        total_ms: 1_000,
        ..Weighed::default()
    }
}

fn charge(memory: &Memory, admit: &Admit, caller: &Rc<Caller>) -> Result<Ticket<Memory>, Error> {
    memory.run(admit.charge(memory, caller, &[call()])).map(|mut tickets| tickets.remove(0))
}

fn ended(result_tokens: u32) -> Ended {
    Ended { result_tokens, carried_out: true, finding: None }
}

/// What an account says is used of its only rule.
fn used(memory: &Memory, caller: &Rc<Caller>) -> u64 {
    let limit = &caller.tenant().limits.rules[0];
    let show = Transition::Show(vec![(limit.key, limit.measure.terms(memory.now_ms()))]);
    let account = AccountName { name: "acme/agent/anonymous", placement: Default::default() };
    match memory.run(memory.apply(account, &show, 1_000)) {
        Ok(Outcome::Shown(shown)) => shown[0].used,
        other => panic!("{other:?}"),
    }
}

fn steps(memory: &Memory) -> usize {
    memory.steps().len()
}

use crate::platform::{Clock as _, Ledger as _};

#[test]
fn nothing_is_asked_without_rules() {
    let memory = Memory::new();
    let caller = caller(&memory, "");
    let admit = Admit::new();
    drop(charge(&memory, &admit, &caller).expect("free"));
    memory.run(memory.run_effects());
    assert_eq!(steps(&memory), 0);
}

#[test]
fn leases_ask_seldom_and_never_exceed() {
    let memory = Memory::new();
    let rules = r#"limits = [{ name = "r", kind = "rate", limit = 2000, precision = "lease" }]"#;
    let caller = caller(&memory, rules);
    let isolates = [Admit::new(), Admit::new(), Admit::new(), Admit::new()];
    // A thousand calls a second for three seconds, over four isolates.
    for at in 0..3_000 {
        memory.advance(1);
        charge(&memory, &isolates[at % 4], &caller).expect("half of the limit");
    }
    assert!(steps(&memory) < 150, "{} of 3,000 calls asked", steps(&memory));
    // And as many as they can at one instant.
    memory.advance(10_000);
    let granted = (0..20_000).filter(|at| charge(&memory, &isolates[at % 4], &caller).is_ok()).count();
    assert!((1_500..=2_000).contains(&granted), "{granted}");
}

/// A block lasts for a second, whatever a second's worth of the limit is.
#[test]
fn blocks_grow_with_what_is_used() {
    let memory = Memory::new();
    let rules =
        r#"limits = [{ name = "q", kind = "quota", limit = 1000000, window = "day", precision = "lease" }]"#;
    let caller = caller(&memory, rules);
    let admit = Admit::new();
    let key = caller.tenant().limits.rules[0].key;
    let desk = admit.desks.of("acme/agent/anonymous");
    let load = |seconds: usize, per_second: u64| {
        let before = steps(&memory);
        for _ in 0..seconds as u64 * per_second {
            memory.advance(1_000 / per_second);
            charge(&memory, &admit, &caller).expect("far below the limit");
        }
        steps(&memory) - before
    };
    // 11, 22, 44 ... 704, and then as many as a second needs.
    assert!((8..=11).contains(&load(4, 1_000)), "a thousand a second");
    // What is no longer used is no longer borrowed.
    load(62, 2);
    assert!(desk.left(key) < 65, "{} of a block", desk.left(key));
}

#[test]
fn several_isolates_share_a_quota() {
    for precision in ["strict", "lease"] {
        let memory = Memory::new();
        let rules = format!(
            r#"limits = [{{ name = "q", kind = "quota", limit = 100, window = "day", precision = "{precision}" }}]"#
        );
        let caller = caller(&memory, &rules);
        let isolates: Vec<Admit> = (0..8).map(|_| Admit::new()).collect();
        let granted = (0..500).filter(|at| charge(&memory, &isolates[at % 8], &caller).is_ok()).count();
        assert_eq!(granted, 100, "{precision}");
    }
}

#[test]
fn one_loan_at_a_time() {
    let memory = Memory::new();
    let rules = r#"limits = [{ name = "q", kind = "quota", limit = 1000, window = "day", precision = "lease", on_fault = "local" }]"#;
    let caller = caller(&memory, rules);
    let admit = Admit::new();
    memory.set_ledger(Ok(10));
    let calls = [call()];
    let at_once = join_all((0..50).map(|_| admit.charge(&memory, &caller, &calls)));
    assert!(memory.run(at_once).iter().all(Result::is_ok));
    assert_eq!(used(&memory, &caller), 50 + 10, "one of them has borrowed");
    // Nothing is borrowed of what is counted here.
    memory.advance(30_000);
    memory.set_ledger(Err(LedgerFault::Unreachable));
    assert!(charge(&memory, &admit, &caller).is_ok());
    memory.set_ledger(Ok(0));
    let steps_before = steps(&memory);
    assert!(charge(&memory, &admit, &caller).is_ok());
    assert_eq!(steps(&memory), steps_before + 1, "the account is asked");
}

#[test]
fn a_lease_is_void_after_its_time_and_at_the_end_of_its_window() {
    let memory = Memory::new();
    let rules =
        r#"limits = [{ name = "q", kind = "quota", limit = 1000, window = "minute", precision = "lease" }]"#;
    let caller = caller(&memory, rules);
    let admit = Admit::new();
    charge(&memory, &admit, &caller).expect("the first");
    charge(&memory, &admit, &caller).expect("of the loan");
    assert_eq!(steps(&memory), 1);
    memory.advance(30_000);
    charge(&memory, &admit, &caller).expect("of a new loan");
    assert_eq!(steps(&memory), 2);
    memory.advance(29_999);
    charge(&memory, &admit, &caller).expect("of it still");
    assert_eq!(steps(&memory), 2);
    memory.advance(1);
    charge(&memory, &admit, &caller).expect("in the next window");
    assert_eq!(steps(&memory), 3);
}

/// A refused charge gives back what was spent of a block: to that block, and to no later one.
#[test]
fn what_was_borrowed_comes_back_to_its_own_block() {
    let memory = Memory::new();
    let rules = r#"limits = [
        { name = "q", kind = "quota", limit = 1000, window = "minute", precision = "lease" },
        { name = "c", kind = "concurrency", limit = 1 },
    ]"#;
    let caller = caller(&memory, rules);
    let admit = Admit::new();
    let key = caller.tenant().limits.rules[0].key;
    let desk = admit.desks.of("acme/agent/anonymous");
    let held = charge(&memory, &admit, &caller).expect("the first");
    let left = desk.left(key);
    assert!(charge(&memory, &admit, &caller).is_err(), "the place is taken");
    assert_eq!(desk.left(key), left, "what was spent is back");
    drop(held);
    memory.run(memory.run_effects());
    let bill = bill::bills(
        &caller,
        &[call()],
        Phase::First,
        &[admit.ticket(&memory, &caller, &call())],
        memory.now_ms(),
    );
    let spent = desk.spend(&bill[0], memory.now_ms());
    assert_eq!((spent.len(), desk.left(key)), (1, left - 1));
    memory.advance(30_000);
    drop(charge(&memory, &admit, &caller).expect("borrows anew"));
    let left = desk.left(key);
    desk.give_back(&spent);
    assert_eq!(desk.left(key), left, "that block is gone");
}

#[test]
fn tokens_are_settled_with_what_was_used_and_stay_as_estimated_otherwise() {
    let memory = Memory::new();
    let caller =
        caller(&memory, r#"limits = [{ name = "t", kind = "tokens", limit = 100000, window = "day" }]"#);
    let admit = Admit::new();
    let ticket = charge(&memory, &admit, &caller).expect("granted");
    let request = u64::from(ticket.request_tokens());
    assert_eq!(used(&memory, &caller), request + 500);
    ticket.ended(ended(7));
    drop(ticket);
    memory.run(memory.run_effects());
    assert_eq!(used(&memory, &caller), request + 7);
    // Nobody knows how it ended. The estimate is the mean by now.
    drop(charge(&memory, &admit, &caller).expect("granted"));
    memory.run(memory.run_effects());
    assert_eq!(used(&memory, &caller), 2 * (request + 7));
}

#[test]
fn what_has_ended_rides_along_or_is_told_behind_an_answer() {
    let memory = Memory::new();
    let caller =
        caller(&memory, r#"limits = [{ name = "t", kind = "tokens", limit = 100000, window = "day" }]"#);
    let admit = Admit::new();
    for _ in 0..10 {
        let ticket = charge(&memory, &admit, &caller).expect("granted");
        ticket.ended(ended(1));
    }
    assert_eq!(steps(&memory), 10, "each took the one before along");
    memory.run(memory.run_effects());
    assert_eq!(steps(&memory), 11, "the last is told by itself");
}

#[test]
fn places_are_free_as_soon_as_calls_end() {
    let memory = Memory::new();
    let caller = caller(&memory, r#"limits = [{ name = "c", kind = "concurrency", limit = 2 }]"#);
    let admit = Admit::new();
    let first = charge(&memory, &admit, &caller).expect("one");
    let second = charge(&memory, &admit, &caller).expect("two");
    assert!(charge(&memory, &admit, &caller).is_err());
    drop(first);
    let before_ms = memory.now_ms();
    memory.run(memory.run_effects());
    assert_eq!(memory.now_ms(), before_ms, "told at once");
    let third = charge(&memory, &admit, &caller).expect("a place is free");
    drop((second, third));
    // A client that never comes back: its place is free when its time is over.
    std::mem::forget(charge(&memory, &admit, &caller));
    memory.advance(31_000);
    let _both =
        [charge(&memory, &admit, &caller).expect("one"), charge(&memory, &admit, &caller).expect("two")];
}

#[test]
fn what_comes_together_is_charged_together() {
    let memory = Memory::new();
    let caller = caller(&memory, r#"limits = [{ name = "q", kind = "quota", limit = 5, window = "day" }]"#);
    let admit = Admit::new();
    let three = [call(), call(), call()];
    assert!(memory.run(admit.charge(&memory, &caller, &three)).is_ok());
    assert!(memory.run(admit.charge(&memory, &caller, &three)).is_err());
    assert_eq!((steps(&memory), used(&memory, &caller)), (2, 3));
    let six = [call(), call(), call(), call(), call(), call()];
    let Err(error) = memory.run(admit.charge(&memory, &caller, &six)) else { panic!("more than the limit") };
    assert_eq!(
        error.row().message,
        "The quota of calls is used up: this request alone is more than the limit"
    );
}

#[test]
fn a_ledger_that_fails_closes_unless_the_rule_says_local() {
    for (fault, name) in [(LedgerFault::Unreachable, "unreachable"), (LedgerFault::Absent, "absent")] {
        let memory = Memory::new();
        let strict =
            caller(&memory, r#"limits = [{ name = "q", kind = "quota", limit = 3, window = "day" }]"#);
        memory.set_ledger(Err(fault));
        let Err(error) = charge(&memory, &Admit::new(), &strict) else { panic!("open") };
        assert_eq!((error.row().status, error.row().code), (503, 1503), "{name}");

        let rule =
            r#"limits = [{ name = "q", kind = "quota", limit = 3, window = "day", on_fault = "local" }]"#;
        let local = caller(&memory, rule);
        let admit = Admit::new();
        for _ in 0..3 {
            assert_eq!(charge(&memory, &admit, &local).expect("counted here").fault(), Some(fault));
        }
        assert!(charge(&memory, &admit, &local).is_err(), "{name}");
        // It is back: the account counts, and nothing of what was counted here.
        memory.set_ledger(Ok(0));
        assert_eq!(charge(&memory, &admit, &local).expect("by the account").fault(), None);
        memory.run(memory.run_effects());
        assert_eq!(used(&memory, &local), 1);
    }
}

#[test]
fn a_slow_ledger_is_waited_for_so_long() {
    let memory = Memory::new();
    let rules =
        "charge_ms = 200\nlimits = [{ name = \"t\", kind = \"tokens\", limit = 5000, window = \"day\" }]";
    let caller = caller(&memory, rules);
    let admit = Admit::new();
    memory.set_ledger(Ok(500));
    let before_ms = memory.now_ms();
    let Err(error) = charge(&memory, &admit, &caller) else { panic!("open") };
    assert_eq!(error, Error::Fault(Fault::Ledger(LedgerFault::Late)));
    assert_eq!(memory.now_ms(), before_ms + 200);
    // What it may have charged all the same is taken back as soon as it can be told.
    memory.set_ledger(Ok(0));
    memory.run(memory.run_effects());
    let told = memory.steps();
    assert!(matches!(&told[..], [(_, Transition::Settle(settles))] if settles[0].undo), "{told:?}");
}

#[test]
fn what_a_late_account_charged_all_the_same_is_settled_there_too() {
    let memory = Memory::new();
    let rules = "charge_ms = 200\nlimits = [{ name = \"c\", kind = \"concurrency\", limit = 1, on_fault = \"local\" }]";
    let caller = caller(&memory, rules);
    let admit = Admit::new();
    memory.set_ledger(Ok(500));
    let ticket = charge(&memory, &admit, &caller).expect("counted here");
    assert_eq!(ticket.fault(), Some(LedgerFault::Late));
    assert!(charge(&memory, &admit, &caller).is_err(), "the only place is taken");
    ticket.ended(ended(0));
    drop(ticket);
    memory.set_ledger(Ok(0));
    memory.run(memory.run_effects());
    let told = memory.steps();
    let Some((_, Transition::Settle(settles))) = told.first() else { panic!("{told:?}") };
    let undone = settles.iter().filter(|settle| settle.undo).count();
    assert_eq!((settles.len(), undone), (2, 1), "one was carried out, and one refused here");
    memory.set_ledger(Ok(500));
    assert!(charge(&memory, &admit, &caller).is_ok(), "the place is free here as well");
}

#[test]
fn what_could_not_be_told_is_told_later_and_bounded() {
    let memory = Memory::new();
    let caller =
        caller(&memory, r#"limits = [{ name = "t", kind = "tokens", limit = 900000, window = "day" }]"#);
    let admit = Admit::new();
    let tickets: Vec<_> = (0..400).map(|_| charge(&memory, &admit, &caller).expect("granted")).collect();
    memory.set_ledger(Err(LedgerFault::Unreachable));
    for ticket in tickets {
        ticket.ended(ended(0));
    }
    memory.run(memory.run_effects());
    memory.set_ledger(Ok(0));
    let before = used(&memory, &caller);
    drop(charge(&memory, &admit, &caller).expect("granted"));
    let steps = memory.steps();
    let Some((_, Transition::Charge(charge))) = steps.last() else { panic!("{steps:?}") };
    assert_eq!(charge.settled.len(), crate::limits::SETTLES);
    assert!(used(&memory, &caller) < before);
}

#[test]
fn what_is_free_is_refused_as_a_flood_only() {
    let memory = Memory::new();
    let caller = caller(&memory, "");
    let admit = Admit::new();
    for _ in 0..crate::limits::FREE_PER_MIN {
        admit.free(&memory, &caller).expect("no flood");
    }
    assert_eq!(admit.free(&memory, &caller), Err(Refusal::Flood));
    memory.advance(60_000);
    assert_eq!(admit.free(&memory, &caller), Ok(()));
}

#[test]
fn rules_are_told_apart_by_what_they_count() {
    let memory = Memory::new();
    let rules = r#"limits = [
        { name = "x", kind = "quota", limit = 5, window = "day" },
        { name = "y", kind = "quota", limit = 5, window = "day" },
        { name = "z", kind = "quota", limit = 5, window = "day", time_zone = "Europe/Berlin" },
    ]"#;
    let caller = caller(&memory, rules);
    let mut keys: Vec<RuleKey> = caller.tenant().limits.rules.iter().map(|rule| rule.key).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 3);
}
