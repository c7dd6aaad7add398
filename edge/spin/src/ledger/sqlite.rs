//! Accounts in a SQLite database of the host's: a row each, swapped by one statement. SQLite has no expiry: what has
//! expired counts as absent, and a few such rows are deleted now and then.

use super::connection::Shared;
use super::{Accounts, Held, Swap};
use postern::platform::Clock;
use spin_sdk::sqlite::{Connection, Error, RowResult, Value};
use spin_sdk::wasip3;
use std::rc::Rc;

/// What SQLite says at the first use of a new database.
pub const NO_TABLE: &str = "no such table";
/// For each connection. With the journal below, a swap waits for no disk then: what a power cut may lose is the last
/// moments, as with Redis; the end of a process loses nothing.
const RELAX: &str = "PRAGMA synchronous = NORMAL";
/// For the file, once: readers do not wait for a writer. A server that speaks SQLite has a journal of its own.
const JOURNAL: &str = "PRAGMA journal_mode = WAL";
const CREATE: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS postern_accounts(key TEXT PRIMARY KEY, ver INTEGER NOT NULL, value BLOB NOT NULL, \
     until_ms INTEGER NOT NULL)",
    "CREATE INDEX IF NOT EXISTS postern_accounts_until ON postern_accounts(until_ms)",
];
const LOAD: &str = "SELECT ver, value FROM postern_accounts WHERE key = ? AND until_ms > ?";
const REPLACE: &str = "UPDATE postern_accounts SET ver = ?, value = ?, until_ms = ? WHERE key = ? AND ver = ? \
    RETURNING ver";
/// Takes the place of a row that has expired.
const INSERT: &str = "INSERT INTO postern_accounts(ver, value, until_ms, key) VALUES (?, ?, ?, ?) \
    ON CONFLICT(key) DO UPDATE SET ver = excluded.ver, value = excluded.value, until_ms = excluded.until_ms \
    WHERE postern_accounts.until_ms <= ? RETURNING ver";
const SWEEP: &str = "DELETE FROM postern_accounts WHERE key IN \
    (SELECT key FROM postern_accounts WHERE until_ms <= ? ORDER BY until_ms LIMIT 512)";
/// One swap of so many sweeps, which is as many rows at most as that many swaps can have made, and as many again.
const SWEEP_EVERY: u64 = 256;

/// A database.
pub struct Sqlite {
    name: String,
    connection: Shared<Connection>,
}

impl Sqlite {
    /// The one that the manifest calls `name`; not opened yet.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), connection: Shared::new() }
    }

    /// The connection that the instance shares.
    pub async fn connection(&self, on: &impl Clock) -> Result<Rc<Connection>, String> {
        let open = async {
            let connection = Connection::open(&self.name).await.map_err(|error| match error {
                Error::AccessDenied => "sqlite_databases does not list the database".to_owned(),
                error => error.to_string(),
            })?;
            // Slower without it, and as right.
            let _ = rows(&connection, RELAX, []).await;
            Ok::<_, String>(connection)
        };
        self.connection.get(on, open).await
    }

    /// As [`Shared::checked`].
    pub fn checked<T>(&self, used: &Rc<Connection>, outcome: Result<T, String>) -> Result<T, String> {
        self.connection.checked(used, outcome)
    }

    /// Makes tables in a database that may be new.
    pub async fn create(&self, connection: &Rc<Connection>, statements: &[&str]) -> Result<(), String> {
        let _ = rows(connection, JOURNAL, []).await;
        for statement in statements {
            let created = rows(connection, statement, []).await;
            self.checked(connection, created)?;
        }
        Ok(())
    }
}

impl Accounts for Sqlite {
    async fn load(&self, on: &impl Clock, key: &str) -> Result<Option<Held>, String> {
        let connection = self.connection(on).await?;
        let parameters = [Value::text(key), integer(on.now_ms())];
        let rows = match rows(&connection, LOAD, parameters).await {
            Err(error) if error.contains(NO_TABLE) => {
                self.create(&connection, &CREATE).await?;
                return Ok(None);
            }
            rows => self.checked(&connection, rows)?,
        };
        let Some(row) = rows.into_iter().next() else { return Ok(None) };
        match <[Value; 2]>::try_from(row.values) {
            Ok([Value::Integer(version), Value::Blob(value)]) => Ok(Some((value, version.unsigned_abs()))),
            _ => Err("the row of an account has other columns".to_owned()),
        }
    }

    async fn swap(&self, on: &impl Clock, swap: Swap<'_>) -> Result<bool, String> {
        let now = on.now_ms();
        let connection = self.connection(on).await?;
        let absent = swap.expected == 0;
        let parameters = [
            integer(swap.next),
            Value::blob(swap.value),
            integer(now.saturating_add(swap.keep_ms)),
            Value::text(swap.key),
            integer(if absent { now } else { swap.expected }),
        ];
        let made = rows(&connection, if absent { INSERT } else { REPLACE }, parameters).await;
        let made = !self.checked(&connection, made)?.is_empty();
        // Versions are random.
        if made && swap.next.is_multiple_of(SWEEP_EVERY) {
            // Behind the answer; rows that a fault leaves there are for the next one.
            wasip3::spawn(async move {
                let _ = rows(&connection, SWEEP, [integer(now)]).await;
            });
        }
        Ok(made)
    }

    fn forget(&self) {
        self.connection.forget();
    }
}

/// All rows of a statement. What is wrong with it shows only behind them.
pub async fn rows(
    connection: &Connection,
    statement: &str,
    parameters: impl IntoIterator<Item = Value>,
) -> Result<Vec<RowResult>, String> {
    let query = connection.execute(statement, parameters).await.map_err(|error| error.to_string())?;
    query.collect().await.map_err(|error| error.to_string())
}

/// A parameter.
pub fn integer(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}
