//! Bodies that arrive as a test says.

use super::Memory;
use crate::platform::{Body, Clock as _, FetchError};
use std::collections::VecDeque;

/// One step of a scripted body.
#[derive(Debug, Clone)]
pub enum Step {
    /// A chunk.
    Bytes(Vec<u8>),
    /// The same chunk so many times: large bodies without their memory.
    Repeat(Vec<u8>, usize),
    /// Silence, in ms.
    Wait(u32),
    /// Silence for ever.
    Hang,
    /// The connection breaks.
    Break,
}

/// A scripted body; ends after its last step.
pub struct MemoryBody {
    pub(super) memory: Memory,
    pub(super) steps: VecDeque<Step>,
}

impl std::fmt::Debug for MemoryBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryBody").field("steps", &self.steps.len()).finish_non_exhaustive()
    }
}

impl Drop for MemoryBody {
    fn drop(&mut self) {
        let open = &self.memory.0.open_bodies;
        open.set(open.get() - 1);
    }
}

impl Body for MemoryBody {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, FetchError> {
        loop {
            match self.steps.pop_front() {
                None => return Ok(None),
                Some(Step::Bytes(bytes)) => return Ok(Some(bytes)),
                Some(Step::Repeat(_, 0)) => {}
                Some(Step::Repeat(bytes, times)) => {
                    self.steps.push_front(Step::Repeat(bytes.clone(), times - 1));
                    return Ok(Some(bytes));
                }
                Some(Step::Wait(ms)) => self.memory.sleep(ms).await,
                Some(Step::Hang) => std::future::pending().await,
                Some(Step::Break) => return Err(FetchError::Unreachable),
            }
        }
    }
}
