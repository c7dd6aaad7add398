use super::*;
use postern::memory::Memory;
use std::collections::VecDeque;

/// What comes of a call.
#[derive(Clone, Copy, PartialEq)]
enum Event {
    Fine,
    /// An error, and nothing was done.
    Fails,
    /// No answer.
    Silent,
    /// Another swap came first.
    Overtaken,
    /// The swap was made, and its answer lost.
    Lost,
    /// The same, and another came behind it.
    LostAndOvertaken,
}

use Event::{Fails, Fine, Lost, LostAndOvertaken, Overtaken, Silent};

/// A store of one account that counts; what a script says happens to it.
#[derive(Default)]
struct Scripted {
    held: RefCell<Option<Held>>,
    script: RefCell<VecDeque<Event>>,
    /// The last one for ever.
    rest: Option<Event>,
    swaps: Cell<u32>,
    forgotten: Cell<bool>,
}

impl Scripted {
    fn new(script: &[Event], rest: Option<Event>) -> Self {
        Self { script: RefCell::new(script.iter().copied().collect()), rest, ..Self::default() }
    }

    fn next(&self) -> Event {
        self.script.borrow_mut().pop_front().or(self.rest).unwrap_or(Fine)
    }

    fn count(&self) -> u8 {
        self.held.borrow().as_ref().map_or(0, |(value, _)| value[0])
    }

    /// Another instance counts one.
    fn other(&self) {
        let version = 1 << 62 | u64::from(self.swaps.get());
        let value = vec![self.count() + 1];
        self.held.replace(Some((value, version)));
    }
}

impl Accounts for Scripted {
    async fn load(&self, _: &impl Clock, _: &str) -> Result<Option<Held>, String> {
        match self.next() {
            Fails => Err("down".to_owned()),
            Silent => std::future::pending().await,
            _ => Ok(self.held.borrow().clone()),
        }
    }

    async fn swap(&self, _: &impl Clock, swap: Swap<'_>) -> Result<bool, String> {
        self.swaps.set(self.swaps.get() + 1);
        let event = self.next();
        match event {
            Fails => return Err("down".to_owned()),
            Silent => std::future::pending().await,
            Overtaken => self.other(),
            _ => {}
        }
        let there = self.held.borrow().as_ref().map_or(0, |(_, version)| *version);
        let made = there == swap.expected;
        if made {
            self.held.replace(Some((swap.value.to_vec(), swap.next)));
        }
        match event {
            LostAndOvertaken => self.other(),
            Lost => {}
            _ => return Ok(made),
        }
        Err("broken".to_owned())
    }

    fn forget(&self) {
        self.forgotten.set(true);
    }
}

/// One more, up to 100; the outcome is the count, or `None` for a refusal.
fn count(value: Option<&[u8]>) -> (Option<u8>, Option<(Vec<u8>, u64)>) {
    let count = value.map_or(0, |value| value[0]);
    if count < 100 { (Some(count + 1), Some((vec![count + 1], 1_000))) } else { (None, None) }
}

fn changed(store: &Scripted) -> (Result<Option<u8>, Fault>, u64) {
    let memory = Memory::new();
    let start = memory.now_ms();
    let outcome = memory.run(change(store, &memory, "a", 250, count));
    (outcome, memory.now_ms() - start)
}

fn broken<T>(why: &str) -> Result<T, Fault> {
    Err(Fault::Broken(why.to_owned()))
}

#[test]
fn a_change_is_made_once_whatever_is_in_its_way() {
    // Loads and swaps in turn; how the change ends; the count behind it, of which one is this change's.
    type Row = (&'static [Event], Result<Option<u8>, Fault>, u8);
    let rows: [Row; 12] = [
        (&[], Ok(Some(1)), 1),
        (&[Fine, Overtaken], Ok(Some(2)), 2),
        (&[Fine, Overtaken, Fine, Overtaken, Fine, Overtaken], Ok(Some(4)), 4),
        (&[Fails], Ok(Some(1)), 1),
        (&[Fails, Fails], broken("down"), 0),
        (&[Fine, Fails], Ok(Some(1)), 1),
        (&[Fine, Fails, Fine, Fails], broken("down"), 0),
        (&[Fine, Lost], Ok(Some(1)), 1),
        (&[Fine, Overtaken, Fine, Lost], Ok(Some(2)), 2),
        (&[Fine, LostAndOvertaken], broken("the answer to a swap was lost"), 2),
        (&[Fine, Lost, Fails], broken("down"), 1),
        (&[Fails, Fine, Lost], broken("broken"), 1),
    ];
    for (at, (script, expected, counted)) in rows.into_iter().enumerate() {
        let store = Scripted::new(script, None);
        assert_eq!(changed(&store).0, expected, "row {at}");
        assert_eq!(store.count(), counted, "row {at}");
        assert!(!store.forgotten.get(), "row {at}");
    }
}

#[test]
fn a_refusal_swaps_nothing() {
    let store = Scripted::default();
    store.held.replace(Some((vec![100], 7)));
    assert_eq!(changed(&store).0, Ok(None));
    assert_eq!(store.swaps.get(), 0);
}

#[test]
fn the_deadline_holds_and_only_a_store_that_said_nothing_is_reached_anew() {
    let rows: [(&[Event], Option<Event>, bool); 4] = [
        (&[Silent], None, true),
        (&[Fine, Silent], None, false),
        (&[Fails, Silent], None, true),
        (&[], Some(Overtaken), false),
    ];
    for (at, (script, rest, forgotten)) in rows.into_iter().enumerate() {
        let store = Scripted::new(script, rest);
        assert_eq!(changed(&store), (Err(Fault::Late), 250), "row {at}");
        assert_eq!(store.forgotten.get(), forgotten, "row {at}");
    }
}

#[test]
fn pauses_grow_up_to_a_limit() {
    let memory = Memory::new();
    for (overtaken, longest) in [(1, 2), (2, 4), (9, 18), (10, 20), (1_000_000, 20), (u32::MAX, 20)] {
        let pauses: Vec<u32> = (0..500).map(|_| pause_ms(&memory, overtaken)).collect();
        assert_eq!(pauses.iter().max(), Some(&longest));
        assert_eq!(pauses.iter().min(), Some(&0));
    }
    // Random ones: at 10 ms on average, about 25 tries fit into the time.
    let store = Scripted::new(&[], Some(Overtaken));
    assert_eq!(changed(&store).0, Err(Fault::Late));
    assert!((20..60).contains(&store.swaps.get()), "{}", store.swaps.get());
}

#[test]
fn versions_are_neither_none_nor_too_large() {
    let memory = Memory::new();
    let versions: std::collections::BTreeSet<u64> = (0..1_000).map(|_| version(&memory)).collect();
    assert_eq!(versions.len(), 1_000);
    assert!(versions.iter().all(|version| *version > 0 && i64::try_from(*version).is_ok()));
}

#[test]
#[cfg(all(feature = "redis", feature = "sqlite"))]
fn places_are_told_apart() {
    for place in ["redis://127.0.0.1:6379", "rediss://user:word@db.example:6380/1"] {
        assert!(matches!(Store::new(place), Ok(Store::Redis(_))), "{place}");
    }
    for place in ["sqlite:", "sqlite:default", "sqlite:accounts"] {
        assert!(matches!(Store::new(place), Ok(Store::Sqlite(_))), "{place}");
    }
    for place in ["", "sqlite", "sqlite://x", "redis:x", "http://user:word@db.example"] {
        let error = Store::new(place).err().expect(place);
        assert!(error.contains("sqlite:NAME") && !error.contains("word"), "{error}");
    }
}
