//! `cargo xtask`: set-up, dev, test, bench.

fn main() {}
