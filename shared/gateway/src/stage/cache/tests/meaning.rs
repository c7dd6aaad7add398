//! Questions that mean the same, through isolates that share a store and a record.

use super::*;
use crate::ledger::Transition;
use std::collections::HashMap;

/// Ways to ask each of a few things; all of one row have one answer.
const TOPICS: [(&str, &[&str]); 4] = [
    (
        "reset",
        &["reset my password", "forgot the password", "password lost and forgotten", "new password please"],
    ),
    ("vpn", &["connect to the vpn", "vpn will not connect", "vpn connection from home", "set up the vpn"]),
    (
        "print",
        &["printer is out of paper", "the printer jams", "printer does not print", "my print job hangs"],
    ),
    ("leave", &["ask for holiday", "how do holidays work", "request annual leave", "days of holiday left"]),
];
const BEFORE: [&str; 8] = [
    "",
    "please: ",
    "hello, ",
    "how do i ",
    "i need to ",
    "help me to ",
    "what about ",
    "can someone say how to ",
];
const BEHIND: [&str; 6] = ["", " thanks", " at the office", " again", " quickly", " for a colleague"];

fn model() -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/model/static.onnx");
    std::fs::read(path).expect("the static model is in the repository")
}

fn at(world: &World, mode: &str) -> Isolate {
    world.set_asset("static.onnx", model());
    let cache =
        format!("mode = '{mode}', scope = 'tenant', ttl_s = 86400, stale_if_error_s = 600, max_error = 0.05");
    let settings = settings("", "[tenants.acme.cache]\nmodel = 'static'").replace("mode = 'exact', ", &cache);
    isolate(world, KEYS, &settings)
}

/// What came of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Came {
    Exact,
    Semantic(bool),
    Asked,
}

impl Isolate {
    /// A call, answered by the upstream with `answer` if it comes to that.
    fn call(&self, question: &str, answer: &str) -> Came {
        let arguments = format!(r#"{{"query":"{question}"}}"#);
        let slot = self.slot_for(&arguments, "");
        let expected = format!(r#"{{"content":[{{"type":"text","text":"{answer}"}}]}}"#);
        let now_ms = self.world.now_ms();
        let fresh = |entry: &Rc<Entry>| entry.usable(slot.caching().unwrap(), now_ms) == Use::Fresh;
        let exact = self.cache.here(&slot).filter(fresh);
        let exact = exact.or_else(|| self.world.run(self.cache.recall(&self.world, &slot)).filter(fresh));
        if exact.is_some() {
            return Came::Exact;
        }
        let came = match self.world.run(self.cache.alike(&self.world, slot, Wish::default())) {
            Ok(Alike::Hit(entry, _)) => Came::Semantic(result_of(&entry) == expected),
            Ok(Alike::Ask(slot)) => {
                self.keep(&slot, &expected);
                Came::Asked
            }
            Err((_, why)) => panic!("{why}"),
        };
        self.world.advance(1_000);
        came
    }

    /// Many questions about the topics, none twice; by what came of them.
    fn day(&self, seed: usize, answers: impl Fn(&str, usize) -> String) -> HashMap<Came, usize> {
        let mut came = HashMap::new();
        let mut at = seed;
        for serial in 0..360 {
            at = (at * 48_271 + 11) % 2_147_483_647;
            let (topic, texts) = TOPICS[at % 4];
            let text = [
                BEFORE[at / 4 % 8],
                texts[at / 32 % texts.len()],
                BEHIND[at / 128 % 6],
                BEFORE[at / 768 % 8].trim_end_matches([' ', ':', ',']),
            ];
            *came.entry(self.call(&text.concat(), &answers(topic, serial))).or_default() += 1;
        }
        came
    }
}

#[test]
fn what_has_earned_it_is_served_and_another_isolate_profits() {
    let world = World::new();
    let first = at(&world, "serve").day(1, |topic, _| topic.to_owned());
    let served = |came: &HashMap<Came, usize>| came.get(&Came::Semantic(true)).copied().unwrap_or(0);
    assert!(served(&first) > 5, "{first:?}");
    let second = at(&world, "serve").day(77, |topic, _| topic.to_owned());
    assert!(served(&second) > served(&first), "{second:?} after {first:?}");
    for came in [first, second] {
        assert!(came.get(&Came::Semantic(false)).copied().unwrap_or(0) <= served(&came) / 20, "{came:?}");
    }
}

#[test]
fn nothing_is_served_in_shadow_and_where_answers_hang_on_the_wording() {
    let world = World::new();
    let came = at(&world, "shadow").day(1, |topic, _| topic.to_owned());
    assert!(came.keys().all(|came| !matches!(came, Came::Semantic(_))), "{came:?}");
    let came = at(&World::new(), "serve").day(1, |topic, serial| format!("{topic} {serial}"));
    assert!(came.keys().all(|came| !matches!(came, Came::Semantic(_))), "{came:?}");
}

#[test]
fn a_record_that_cannot_be_reached_closes_everything() {
    let world = World::new();
    at(&world, "serve").day(1, |topic, _| topic.to_owned());
    world.set_ledger(Err(crate::error::LedgerFault::Late));
    let came = at(&world, "serve").day(5, |topic, _| topic.to_owned());
    assert!(came.keys().all(|came| !matches!(came, Came::Semantic(_))), "{came:?}");
}

#[test]
fn a_tool_that_changes_is_served_wrongly_a_few_times() {
    let world = World::new();
    let one = at(&world, "serve");
    one.day(1, |topic, _| topic.to_owned());
    let came = one.day(9, |topic, _| format!("{topic} is different now"));
    assert!(came.get(&Came::Semantic(false)).copied().unwrap_or(0) <= 60, "{came:?}");
}

#[test]
fn the_store_has_no_word_of_it_and_records_have_numbers() {
    let world = World::new();
    at(&world, "serve").day(1, |topic, _| topic.to_owned());
    for (place, value) in world.kept() {
        let value = String::from_utf8_lossy(&value).into_owned();
        for clear in ["password", "vpn", "printer", "a__find", "acme"] {
            assert!(!value.contains(clear) && !place.contains(clear), "{clear} in {place}");
        }
    }
    let told = world
        .steps()
        .into_iter()
        .filter(|(_, step)| matches!(step, Transition::Witness(_, told) if !told.is_empty()));
    assert!(told.count() > 5);
}

impl Isolate {
    fn told(&self) -> Told {
        let caching = self.caller.tenant().tool(NAME).unwrap().cache.as_ref().unwrap();
        self.cache.told("acme", NAME, caching, self.world.now_ms()).expect("it answers by meaning")
    }
}

#[test]
fn operators_are_told_why_a_tool_serves_or_does_not() {
    let world = World::new();
    let one = at(&world, "serve");
    assert_eq!(one.told().says, "no evidence yet: 0 of about 76 pairs in the surest band");
    one.day(1, |topic, _| topic.to_owned());
    let told = one.told();
    assert_eq!(told.state, State::Serves, "{told:?}");
    assert!(told.says.contains("an error rate under 0.05 when it opened"), "{told:?}");
    let [sure, _, fair] = told.bands;
    assert!(sure.serves && sure.open && sure.pairs >= 76 && sure.upper < 0.05, "{told:?}");
    assert!(!fair.serves && fair.upper > 0.05, "{told:?}");
    // The copy is too old, and nobody has asked for a new one.
    world.advance(60_000);
    assert_eq!(one.told().state, State::Waiting);
    world.set_ledger(Err(crate::error::LedgerFault::Late));
    one.call("printer is out of ink", "print");
    assert_eq!(one.told().state, State::Unreachable);
    assert!(one.told().bands.iter().all(|band| !band.serves));
    world.set_ledger(Ok(0));
    let two = at(&world, "shadow");
    two.call("the printer is out of ink", "print");
    let told = two.told();
    assert_eq!((told.state, told.bands[0].serves), (State::Shadow, false), "{told:?}");
    assert_eq!(told.bands[0].pairs, sure.pairs, "the record is the tool's, not the isolate's");
    let three = isolate(&world, KEYS, &settings("", ""));
    let caching = three.caller.tenant().tool(NAME).unwrap().cache.as_ref().unwrap();
    assert_eq!(three.cache.told("acme", NAME, caching, world.now_ms()), None, "mode exact");
}

#[test]
fn operators_are_told_of_answers_that_contradict_each_other_and_of_a_model_that_is_not_there() {
    let world = World::new();
    let one = at(&world, "serve");
    one.day(1, |topic, serial| format!("{topic} {}", serial % 2));
    let told = one.told();
    assert!(matches!(told.state, State::Learning | State::Failing), "{told:?}");
    assert!(told.bands.iter().all(|band| !band.serves), "{told:?}");
    let settings = settings("", "[tenants.acme.cache]\nmodel = 'own.onnx'").replace("'exact'", "'serve'");
    let two = isolate(&world, KEYS, &settings);
    let slot = two.slot_for(r#"{"query":"the printer is out of ink"}"#, "");
    assert!(world.run(two.cache.alike(&world, slot, Wish::default())).is_err());
    assert_eq!(
        (two.told().state, two.told().says.as_str()),
        (State::NoModel, "the model own.onnx cannot be loaded")
    );
}

#[test]
fn in_an_outage_an_isolate_finds_what_another_was_answered_meanwhile() {
    let world = World::new();
    let (one, other) = (at(&world, "serve"), at(&world, "serve"));
    // Both have read what there is.
    for isolate in [&one, &other] {
        isolate.call("what to do without paper", "print");
    }
    one.call("where is the printer", "print");
    let slot = other.slot_for(r#"{"query":"where is the printer"}"#, "");
    let Ok(Alike::Ask(slot)) = world.run(other.cache.alike(&world, slot, Wish::default())) else {
        panic!("a question that it has no answer for")
    };
    let stands_in = |wish| world.run(other.cache.stands_in(&world, &slot, wish));
    assert!(stands_in(Wish { no_cache: true, no_semantic: false }).is_none());
    let (entry, score) = stands_in(Wish::default()).expect("what the other isolate was answered");
    assert!(result_of(&entry).contains("print") && score.is_none());
    // Whoever has heard something else is not told the old again.
    entry.overtake();
    assert!(stands_in(Wish::default()).is_none());
    let again = world.run(other.cache.recall(&world, &slot)).expect("it is kept");
    world.advance(86_400_000);
    assert_eq!(again.usable(slot.caching().unwrap(), world.now_ms()), Use::Over);
}
