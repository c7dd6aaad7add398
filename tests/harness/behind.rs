//! What a gateway in memory leaves for after its answers.

use std::future::poll_fn;
use std::task::Poll;

use postern::memory::Memory;

/// Does it, side by side, and what that leaves.
pub fn finish(world: &Memory) {
    loop {
        let mut effects = world.take_effects();
        if effects.is_empty() {
            return;
        }
        world.run(poll_fn(|context| {
            effects.retain_mut(|effect| effect.as_mut().poll(context).is_pending());
            if effects.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        }));
    }
}
