//! The cache by meaning, live: one stream of questions, one after the other, through the pipeline in memory and through
//! every host, compared call by call with what `postern cache simulate` says of it.
//!
//! Which calls are shadow calls is a matter of coins, and each one teaches the cache something that a served one does not;
//! hosts tell the record behind their answers. So runs are alike and not equal, and what has to hold of each is asserted
//! of each: errors within the bound, nothing by meaning before the evidence, exact answers right.

mod host;
mod memory;
mod outage;
mod stream;
mod world;
