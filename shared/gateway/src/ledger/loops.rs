//! The loop breaker: sees an agent that is stuck by its calls and their results.

#[cfg(test)]
mod tests;
