//! A connection that the requests of an instance share.

use postern::platform::Clock;
use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::future::Future;
use std::rc::Rc;

/// How often a request looks whether another has opened the connection.
const LOOK_MS: u32 = 1;

/// Opened at the first use, and anew after an error.
pub struct Shared<C> {
    kept: RefCell<Option<Rc<C>>>,
    opening: Cell<bool>,
}

/// A claim to open the connection, which ends with whoever made it.
struct Claim<'a>(&'a Cell<bool>);

impl<C> Shared<C> {
    /// None yet.
    pub const fn new() -> Self {
        Self { kept: RefCell::new(None), opening: Cell::new(false) }
    }

    /// The connection; by `open` if there is none. One request opens it. The others look again on timers of their own,
    /// because none may wait for another, and one of them takes over when it has failed.
    pub async fn get<E: Display>(
        &self,
        on: &impl Clock,
        open: impl Future<Output = Result<C, E>>,
    ) -> Result<Rc<C>, String> {
        loop {
            if let Some(connection) = self.kept.borrow().as_ref() {
                return Ok(Rc::clone(connection));
            }
            if !self.opening.get() {
                break;
            }
            on.sleep(LOOK_MS).await;
        }
        let _claim = Claim::new(&self.opening);
        let opened = Rc::new(open.await.map_err(|error| error.to_string())?);
        self.kept.replace(Some(Rc::clone(&opened)));
        Ok(opened)
    }

    /// The outcome of a call on a connection, which is given up after an error. Whoever still uses it keeps it open.
    pub fn checked<T, E: Display>(&self, used: &Rc<C>, outcome: Result<T, E>) -> Result<T, String> {
        outcome.map_err(|error| {
            self.kept.borrow_mut().take_if(|kept| Rc::ptr_eq(kept, used));
            error.to_string()
        })
    }

    /// Gives the connection up.
    pub fn forget(&self) {
        self.kept.borrow_mut().take();
    }
}

impl<'a> Claim<'a> {
    fn new(opening: &'a Cell<bool>) -> Self {
        opening.set(true);
        Self(opening)
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern::memory::Memory;
    use std::pin::pin;
    use std::task::Poll;

    #[test]
    fn one_opens_and_the_others_take_over_when_it_is_gone() {
        let memory = Memory::new();
        let shared = Shared::new();
        let mut first = Box::pin(shared.get(&memory, std::future::pending::<Result<u8, String>>()));
        let mut second = pin!(shared.get(&memory, async { Ok::<_, String>(2) }));
        let mut third = pin!(shared.get(&memory, async { Ok::<_, String>(3) }));
        assert!(memory.step(first.as_mut()).is_pending());
        assert!(memory.step(second.as_mut()).is_pending());
        memory.advance(100);
        assert!(memory.step(second.as_mut()).is_pending());
        drop(first);
        memory.advance(1);
        assert_eq!(memory.step(second.as_mut()).map(|opened| opened.map(|it| *it)), Poll::Ready(Ok(2)));
        assert_eq!(memory.step(third.as_mut()).map(|opened| opened.map(|it| *it)), Poll::Ready(Ok(2)));
    }

    #[test]
    fn an_error_gives_up_the_connection_that_had_it() {
        let memory = Memory::new();
        let shared = Shared::new();
        let get =
            |number: u8| memory.run(shared.get(&memory, async move { Ok::<_, String>(number) })).unwrap();
        let failed = |used: &Rc<u8>| shared.checked(used, Err::<(), _>("broken"));
        let one = get(1);
        assert_eq!(shared.checked(&one, Ok::<_, String>(7)), Ok(7));
        assert_eq!(*get(2), 1);
        assert_eq!(failed(&one), Err("broken".to_owned()));
        assert_eq!(*get(2), 2);
        // Told late, of a connection that was given up already.
        assert!(failed(&one).is_err());
        assert_eq!(*get(3), 2);
        shared.forget();
        assert_eq!(*get(3), 3);
        let down = shared.get(&memory, async { Err::<u8, _>("down") });
        shared.forget();
        assert_eq!(memory.run(down), Err("down".to_owned()));
        assert_eq!(*get(4), 4);
    }
}
