//! How many streams are listened on, in one isolate: by one principal, and by all.

use crate::limits;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// The streams that there are.
#[derive(Default)]
pub(crate) struct Seats(Rc<RefCell<Taken>>);

#[derive(Default)]
struct Taken {
    all: u32,
    of: HashMap<[u8; 32], u32>,
}

/// One of them, until it is dropped.
pub(crate) struct Seat {
    taken: Rc<RefCell<Taken>>,
    principal: [u8; 32],
}

impl Seats {
    /// A place for one more of `principal`'s streams; `None` if there are too many.
    pub fn take(&self, principal: [u8; 32]) -> Option<Seat> {
        let mut taken = self.0.borrow_mut();
        let own = taken.of.get(&principal).copied().unwrap_or_default();
        if taken.all >= limits::LISTENERS || own >= limits::LISTENERS_OF_ONE {
            return None;
        }
        taken.all = taken.all.saturating_add(1);
        taken.of.insert(principal, own.saturating_add(1));
        Some(Seat { taken: Rc::clone(&self.0), principal })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.taken.borrow_mut();
        taken.all = taken.all.saturating_sub(1);
        if let Some(own) = taken.of.get_mut(&self.principal) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                taken.of.remove(&self.principal);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_takes_all_places() {
        let seats = Seats::default();
        let many: Vec<Seat> = (0..limits::LISTENERS_OF_ONE).filter_map(|_| seats.take([1; 32])).collect();
        assert_eq!(many.len() as u32, limits::LISTENERS_OF_ONE);
        assert!(seats.take([1; 32]).is_none());
        let another = seats.take([2; 32]);
        assert!(another.is_some(), "another principal has places of its own");
        drop(many);
        assert!(seats.take([1; 32]).is_some(), "who leaves makes room");
        assert_eq!(seats.0.borrow().of.len(), 1);
    }

    #[test]
    fn an_isolate_has_so_many_and_no_more() {
        let seats = Seats::default();
        let principal = |n: u32| {
            let mut principal = [0; 32];
            principal[..4].copy_from_slice(&n.to_be_bytes());
            principal
        };
        let all: Vec<Seat> = (0..limits::LISTENERS).filter_map(|n| seats.take(principal(n))).collect();
        assert_eq!(all.len() as u32, limits::LISTENERS);
        assert!(seats.take(principal(u32::MAX)).is_none());
    }
}
