//! A platform in memory: time stands still until it is moved, randomness has a seed, the network is a closure, and
//! everything that was sent, stored or logged can be looked at. What in-process tests run on.
//!
//! [`Memory::run`] drives a future to its end and moves the clock to the next timer whenever nothing else can
//! happen: an hour of deadlines takes no time, and always in the same order.

mod body;
mod ledger;
mod rendezvous;

pub use body::{MemoryBody, Step};
pub use rendezvous::Meetings;

use crate::error::LedgerFault;
use crate::ledger::Transition;
use crate::platform::{
    Assets, Bindings, Clock, Crypto, Effect, Fetch, FetchError, Incoming, Journal, Outgoing, Random, Store,
};
use crate::stage::authenticate::{Key, Signed, verify_here};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// What a scripted network answers.
pub type Answer = Result<Incoming<MemoryBody>, FetchError>;
type Network = Rc<dyn Fn(Outgoing) -> Pin<Box<dyn Future<Output = Answer>>>>;

/// The platform. Clones share everything.
#[derive(Clone)]
pub struct Memory(Rc<World>);

struct World {
    now_ms: Cell<u64>,
    serial: Cell<u64>,
    /// By time, then by order of arrival.
    sleepers: RefCell<BTreeMap<(u64, u64), Waker>>,
    random: Cell<u64>,
    store: RefCell<HashMap<String, (Vec<u8>, u64)>>,
    recalled: RefCell<Vec<String>>,
    network: RefCell<Network>,
    sent: RefCell<Vec<Outgoing>>,
    open_bodies: Rc<Cell<usize>>,
    records: RefCell<Vec<String>>,
    effects: RefCell<VecDeque<Effect>>,
    accounts: RefCell<HashMap<String, Vec<u8>>>,
    ledger: Cell<Result<u32, LedgerFault>>,
    steps: RefCell<Vec<(String, Transition)>>,
    meetings: Meetings,
    variables: RefCell<HashMap<String, String>>,
    assets: RefCell<HashMap<String, Vec<u8>>>,
    unwritable: Cell<bool>,
    warnings: RefCell<Vec<String>>,
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl Memory {
    /// On 2026-11-23 at midnight (UTC), with an empty store and a network on which nothing answers.
    #[must_use]
    pub fn new() -> Self {
        let network: Network = Rc::new(|_| Box::pin(async { Err(FetchError::Unreachable) }));
        Self(Rc::new(World {
            now_ms: Cell::new(1_795_392_000_000),
            serial: Cell::new(0),
            sleepers: RefCell::default(),
            random: Cell::new(1),
            store: RefCell::default(),
            recalled: RefCell::default(),
            network: RefCell::new(network),
            sent: RefCell::default(),
            open_bodies: Rc::default(),
            records: RefCell::default(),
            effects: RefCell::default(),
            accounts: RefCell::default(),
            ledger: Cell::new(Ok(0)),
            steps: RefCell::default(),
            meetings: Meetings::default(),
            variables: RefCell::default(),
            assets: RefCell::default(),
            unwritable: Cell::default(),
            warnings: RefCell::default(),
        }))
    }

    /// Sets a variable. One that is called `kv:NAME` is the text called NAME at the place `kv`.
    pub fn set_variable(&self, name: &str, value: &str) {
        self.0.variables.borrow_mut().insert(name.to_owned(), value.to_owned());
    }

    /// Deploys a file.
    pub fn set_asset(&self, name: &str, bytes: Vec<u8>) {
        self.0.assets.borrow_mut().insert(name.to_owned(), bytes);
    }

    /// Every key that the store was asked for, in order.
    #[must_use]
    pub fn recalled(&self) -> Vec<String> {
        self.0.recalled.borrow().clone()
    }

    /// Has every text that is to be kept refused from now on, or no more.
    pub fn refuse_to_keep(&self, refuse: bool) {
        self.0.unwritable.set(refuse);
    }

    /// Lets every step on an account take so long, in ms, or fail.
    pub fn set_ledger(&self, ledger: Result<u32, LedgerFault>) {
        self.0.ledger.set(ledger);
    }

    /// Makes what is stored of an account something that cannot be read.
    pub fn spoil(&self, account: &str) {
        self.0.accounts.borrow_mut().insert(account.to_owned(), vec![0xff; 8]);
    }

    /// Every step that an account did, in order.
    #[must_use]
    pub fn steps(&self) -> Vec<(String, Transition)> {
        self.0.steps.borrow().clone()
    }

    /// Everything in the store, expired or not.
    #[must_use]
    pub fn kept(&self) -> Vec<(String, Vec<u8>)> {
        self.0.store.borrow().iter().map(|(key, (value, _))| (key.clone(), value.clone())).collect()
    }

    /// The lines for the operator so far.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        self.0.warnings.borrow().clone()
    }

    /// Starts the random numbers anew.
    pub fn seed(&self, seed: u64) {
        self.0.random.set(seed);
    }

    /// Sets the clock, in ms since the epoch, and wakes whom that concerns. It may go back: then nobody wakes.
    pub fn set_now_ms(&self, now_ms: u64) {
        self.0.now_ms.set(now_ms);
        let later = self.0.sleepers.borrow_mut().split_off(&(now_ms + 1, 0));
        let due = self.0.sleepers.replace(later);
        due.into_values().for_each(Waker::wake);
    }

    /// Moves the clock on by `ms`.
    pub fn advance(&self, ms: u64) {
        self.set_now_ms(self.0.now_ms.get() + ms);
    }

    /// Answers every request from now on.
    pub fn on_fetch<F, R>(&self, network: F)
    where
        F: Fn(Outgoing) -> R + 'static,
        R: Future<Output = Answer> + 'static,
    {
        self.0.network.replace(Rc::new(move |request| Box::pin(network(request))));
    }

    /// Every request that was sent, in order.
    #[must_use]
    pub fn sent(&self) -> Vec<Outgoing> {
        self.0.sent.borrow().clone()
    }

    /// Timers made so far: each is a crossing into a real host.
    #[must_use]
    pub fn timers(&self) -> u64 {
        self.0.serial.get()
    }

    /// A head with a body that arrives at once.
    #[must_use]
    pub fn answer(&self, status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Incoming<MemoryBody> {
        self.answer_in_steps(status, content_type, [Step::Bytes(body.into())])
    }

    /// A head with a body that arrives step by step.
    #[must_use]
    pub fn answer_in_steps(
        &self,
        status: u16,
        content_type: &str,
        steps: impl IntoIterator<Item = Step>,
    ) -> Incoming<MemoryBody> {
        self.0.open_bodies.set(self.0.open_bodies.get() + 1);
        Incoming {
            status,
            content_type: content_type.to_owned(),
            session_id: None,
            retry_after: None,
            etag: None,
            body: MemoryBody { memory: self.clone(), steps: steps.into_iter().collect() },
        }
    }

    /// Response bodies that were neither read to the end and dropped, nor cancelled.
    #[must_use]
    pub fn open_bodies(&self) -> usize {
        self.0.open_bodies.get()
    }

    /// The audit records so far.
    #[must_use]
    pub fn records(&self) -> Vec<String> {
        self.0.records.borrow().clone()
    }

    /// Does the work that was left for after the answer, and what that leaves in turn.
    pub async fn run_effects(&self) {
        loop {
            let next = self.0.effects.borrow_mut().pop_front();
            match next {
                Some(effect) => effect.await,
                None => return,
            }
        }
    }

    /// Takes the work that was left for after the answer, to be done beside something else.
    #[must_use]
    pub fn take_effects(&self) -> Vec<Effect> {
        self.0.effects.borrow_mut().drain(..).collect()
    }

    /// Runs a future to its end. When it waits and nothing has woken it, the clock moves to the next timer.
    ///
    /// # Panics
    /// When nothing is left that could wake it: a deadlock.
    #[allow(clippy::panic, reason = "a test that would hang has to end")]
    pub fn run<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        loop {
            if let Poll::Ready(output) = self.step(future.as_mut()) {
                return output;
            }
            let next = self.0.sleepers.borrow().keys().next().copied();
            match next {
                Some((until_ms, _)) => self.set_now_ms(until_ms.max(self.0.now_ms.get())),
                None => panic!("deadlock: the future waits, and there is neither a timer nor a wake-up"),
            }
        }
    }

    /// Runs a future as far as it gets while the clock stands still.
    pub fn step<F: Future>(&self, mut future: Pin<&mut F>) -> Poll<F::Output> {
        let flag = Arc::new(Flag(AtomicBool::new(true)));
        let waker = Waker::from(Arc::clone(&flag));
        while flag.0.swap(false, Ordering::Relaxed) {
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return Poll::Ready(output);
            }
        }
        Poll::Pending
    }
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A timer of the hand-set clock.
struct Sleep {
    memory: Memory,
    key: (u64, u64),
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.memory.0.now_ms.get() >= self.key.0 {
            return Poll::Ready(());
        }
        self.memory.0.sleepers.borrow_mut().insert(self.key, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.memory.0.sleepers.borrow_mut().remove(&self.key);
    }
}

impl Clock for Memory {
    fn now_ms(&self) -> u64 {
        self.0.now_ms.get()
    }

    fn sleep(&self, ms: u32) -> impl Future<Output = ()> + 'static {
        let serial = self.0.serial.get();
        self.0.serial.set(serial + 1);
        Sleep { memory: self.clone(), key: (self.0.now_ms.get() + u64::from(ms), serial) }
    }
}

impl Random for Memory {
    fn fill(&self, out: &mut [u8]) {
        for byte in out {
            // SplitMix64 (Steele et al. 2014): a test needs reproducible numbers, not secret ones.
            let state = self.0.random.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
            self.0.random.set(state);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            *byte = (mixed >> 56) as u8;
        }
    }
}

impl Fetch for Memory {
    type Body = MemoryBody;

    async fn fetch(&self, request: Outgoing) -> Answer {
        self.0.sent.borrow_mut().push(request.clone());
        let network = Rc::clone(&self.0.network.borrow());
        network(request).await
    }
}

impl Store for Memory {
    const EXPIRES: bool = true;
    const NEAR: bool = false;

    async fn recall(&self, key: &str) -> Option<Vec<u8>> {
        self.0.recalled.borrow_mut().push(key.to_owned());
        let store = self.0.store.borrow();
        store.get(key).filter(|(_, until_ms)| self.now_ms() < *until_ms).map(|(value, _)| value.clone())
    }

    async fn remember(&self, key: &str, value: Vec<u8>, ttl_s: u32) {
        let until_ms = self.now_ms() + u64::from(ttl_s) * 1000;
        self.0.store.borrow_mut().insert(key.to_owned(), (value, until_ms));
    }
}

impl Assets for Memory {
    async fn asset(&self, name: &str) -> Option<Vec<u8>> {
        self.0.assets.borrow().get(name).cloned()
    }
}

impl Crypto for Memory {
    async fn verify(&self, key: &Key, token: Signed<'_>, now_ms: u64) -> bool {
        verify_here(key, token, now_ms)
    }
}

impl Bindings for Memory {
    const PLACES: &'static [&'static str] = &["kv"];
    const REMEDY: &'static str = "set the variable kv:NAME";

    async fn variable(&self, name: &str) -> Option<String> {
        self.0.variables.borrow().get(name).cloned()
    }

    async fn stored(&self, place: &str, name: &str) -> Result<Option<String>, String> {
        Ok(self.variable(&format!("{place}:{name}")).await)
    }

    async fn keep(&self, place: &str, name: &str, text: &str) -> Result<(), String> {
        if self.0.unwritable.get() {
            return Err("the store is full".to_owned());
        }
        self.set_variable(&format!("{place}:{name}"), text);
        Ok(())
    }

    fn warn(&self, text: &str) {
        self.0.warnings.borrow_mut().push(text.to_owned());
    }
}

impl Journal for Memory {
    fn append(&self, record: &str) {
        self.0.records.borrow_mut().push(record.to_owned());
    }

    fn defer(&self, effect: Effect) {
        self.0.effects.borrow_mut().push_back(effect);
    }
}

#[cfg(test)]
mod tests;
