//! A gateway on Spin, over a ledger that can be made to fail.

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Result, bail};
use postern_tests::host::Host;
use postern_tests::redis::{Durable, Redis};
use postern_tests::spin::{Instances, Spin};

use crate::ground::{Gateway, Ledger, Store};

/// Host and ledger.
pub struct OnSpin {
    spin: Spin,
    redis: Option<Mutex<(Redis, Ledger)>>,
}

impl OnSpin {
    /// Starts both.
    pub fn start(store: Store, instances: Instances, settings: &str) -> Result<Self> {
        let Store::Redis = store else {
            return Ok(Self { spin: Spin::start(settings, instances, &[])?, redis: None });
        };
        let redis = Redis::start(Durable::Yes)?;
        let place = format!("postern_ledger={}", redis.url());
        let host = format!("postern_ledger_host={}", redis.url());
        let spin = Spin::start(settings, instances, &["--variable", &place, "--variable", &host])?;
        Ok(Self { spin, redis: Some(Mutex::new((redis, Ledger::Works))) })
    }

    fn redis(&self) -> Option<MutexGuard<'_, (Redis, Ledger)>> {
        self.redis.as_ref().map(|redis| redis.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Host for OnSpin {
    fn address(&self) -> SocketAddr {
        self.spin.address()
    }

    fn records(&self) -> Vec<String> {
        self.spin.records()
    }

    fn noise(&self) -> Vec<String> {
        self.spin.noise()
    }

    fn kept(&self) -> Result<Vec<(String, Vec<u8>)>> {
        self.spin.kept()
    }
}

impl Gateway for OnSpin {
    fn kill(&mut self) {
        // The gateway first: what it says when its ledger has gone is another matter.
        self.spin.kill();
        if let Some(mut redis) = self.redis() {
            redis.0.kill();
        }
    }

    fn start_again(&mut self) -> Result<()> {
        if let Some(mut redis) = self.redis() {
            redis.0.start_again()?;
        }
        self.spin.start_again()
    }

    fn set_ledger(&self, ledger: Ledger) -> Result<()> {
        let Some(mut redis) = self.redis() else { bail!("the host's database always works") };
        let (redis, before) = &mut *redis;
        match (std::mem::replace(before, ledger), ledger) {
            (Ledger::Works, Ledger::Fails) => redis.kill(),
            // What it was asked meanwhile is done when it goes on.
            (Ledger::Works, Ledger::Late) => redis.pause()?,
            (Ledger::Fails, Ledger::Works) => redis.start_again()?,
            (Ledger::Late, Ledger::Works) => redis.resume()?,
            (before, after) => bail!("from {before:?} to {after:?}"),
        }
        Ok(())
    }
}
