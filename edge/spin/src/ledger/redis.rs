//! Accounts in Redis or Valkey: the version in front of the value, swapped by a script, expired by the server.

use super::connection::Shared;
use super::{Accounts, Held, Swap};
use postern::platform::Clock;
use spin_sdk::redis::{Connection, Error, RedisParameter, RedisResult};
use std::rc::Rc;

/// In front of every key: applications may share a server, and so may the key-value store.
const PREFIX: &str = "postern/ledger/";
/// Bytes of the version.
const VERSION: usize = 8;
/// A century. Servers refuse what their clock has no room for.
const LONGEST_KEPT_MS: u64 = 100 * 366 * 24 * 3_600_000;
/// Versions are compared as bytes: numbers of the script's language are too short for them. Of an absent key the
/// range is empty.
const SWAP: &str = "if redis.call('GETRANGE', KEYS[1], 0, 7) == ARGV[1] then \
    redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) return 1 end return 0";

/// A server.
pub struct Redis {
    address: String,
    connection: Shared<Connection>,
}

impl Redis {
    /// At `redis://HOST:PORT`; not connected yet.
    pub fn new(address: &str) -> Self {
        Self { address: address.to_owned(), connection: Shared::new() }
    }

    /// A connection of the caller's own.
    pub async fn open(&self) -> Result<Connection, String> {
        Connection::open(&self.address).await.map_err(|error| match error {
            Error::InvalidAddress => {
                "the server's address is none, or allowed_outbound_hosts does not list it".to_owned()
            }
            error => error.to_string(),
        })
    }

    async fn connection(&self, on: &impl Clock) -> Result<Rc<Connection>, String> {
        self.connection.get(on, self.open()).await
    }
}

impl Accounts for Redis {
    async fn load(&self, on: &impl Clock, key: &str) -> Result<Option<Held>, String> {
        let connection = self.connection(on).await?;
        let got = connection.get(format!("{PREFIX}{key}")).await;
        let Some(mut stored) = self.connection.checked(&connection, got)? else { return Ok(None) };
        let version = stored.first_chunk().map_or(0, |bytes: &[u8; VERSION]| u64::from_be_bytes(*bytes));
        if version == 0 {
            return Err("the value of an account has no version".to_owned());
        }
        Ok(Some((stored.split_off(VERSION), version)))
    }

    async fn swap(&self, on: &impl Clock, swap: Swap<'_>) -> Result<bool, String> {
        let expected = if swap.expected == 0 { Vec::new() } else { swap.expected.to_be_bytes().to_vec() };
        let value = [&swap.next.to_be_bytes()[..], swap.value].concat();
        let keep_ms = swap.keep_ms.clamp(1, LONGEST_KEPT_MS);
        let arguments = [
            RedisParameter::Binary(SWAP.into()),
            RedisParameter::Int64(1),
            RedisParameter::Binary(format!("{PREFIX}{}", swap.key).into_bytes()),
            RedisParameter::Binary(expected),
            RedisParameter::Binary(value),
            RedisParameter::Int64(i64::try_from(keep_ms).unwrap_or(i64::MAX)),
        ];
        let connection = self.connection(on).await?;
        let replies = connection.execute("EVAL", arguments).await;
        match self.connection.checked(&connection, replies)?.as_slice() {
            [RedisResult::Int64(made)] => Ok(*made == 1),
            _ => Err("an unexpected answer to a swap".to_owned()),
        }
    }

    fn forget(&self) {
        self.connection.forget();
    }
}
