//! A SQLite database as Spin keeps it: a file of the host's, with a connection of its own for whoever opens it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::types::Value;
use rusqlite::{Error, Row, Statement, params_from_iter};
use tokio::sync::{mpsc, oneshot};
use wasmtime::Result;
use wasmtime::error::Context;

use crate::private;

/// Spin's name for the file.
const FILE: &str = "sqlite_db.db";
/// Rows that wait for the component, as with Spin.
const ROWS_AHEAD: usize = 4;

/// The database `default`.
pub struct Database {
    place: PathBuf,
    /// A database in memory ends with its last connection.
    _held: Option<Connection>,
}

/// A connection that a component has opened. Its queries wait for each other.
#[derive(Clone)]
pub struct Connection(Arc<Mutex<rusqlite::Connection>>);

/// The outcome of a statement, as far as it is known when it begins.
pub struct Query<R> {
    /// Names of the columns; none when the statement is wrong.
    pub columns: Vec<String>,
    /// The rows, one by one.
    pub rows: mpsc::Receiver<R>,
    /// How it ended. Also the place where a wrong statement shows.
    pub end: oneshot::Receiver<Result<(), String>>,
}

impl Database {
    /// In that folder, or in memory.
    pub fn new(folder: Option<&Path>) -> Result<Self> {
        match folder {
            Some(folder) => Ok(Self { place: private::folder(folder)?.join(FILE), _held: None }),
            None => {
                static MADE: AtomicUsize = AtomicUsize::new(0);
                // The slash says that all connections of the process to this name share it.
                let place = format!("file:/{}?vfs=memdb", MADE.fetch_add(1, Ordering::Relaxed));
                let mut database = Self { place: place.into(), _held: None };
                database._held = Some(database.open().context("no database in memory")?);
                Ok(database)
            }
        }
    }

    /// A connection of its own, which waits 5 s for another that writes.
    pub fn open(&self) -> Result<Connection, Error> {
        Ok(Connection(Arc::new(Mutex::new(rusqlite::Connection::open(&self.place)?))))
    }
}

impl Connection {
    /// Begins a statement; each row is given to `row` first.
    pub async fn query<R: Send + 'static>(
        &self,
        statement: String,
        parameters: Vec<Value>,
        row: impl Fn(Vec<Value>) -> R + Send + 'static,
    ) -> Result<Query<R>, String> {
        let (columns, named) = oneshot::channel();
        let (sent, rows) = mpsc::channel(ROWS_AHEAD);
        let (ended, end) = oneshot::channel();
        let connection = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || {
            let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            let outcome = match connection.prepare_cached(&statement) {
                Ok(mut prepared) => {
                    let names = prepared.column_names().map(ToOwned::to_owned).collect();
                    // Nobody there to read it: the statement is carried out nevertheless.
                    let _ = columns.send(names);
                    step(&mut prepared, parameters, |values| sent.blocking_send(row(values)).is_ok())
                }
                Err(error) => {
                    let _ = columns.send(Vec::new());
                    Err(error.to_string())
                }
            };
            let _ = ended.send(outcome);
        });
        Ok(Query { columns: named.await.map_err(|error| error.to_string())?, rows, end })
    }

    /// Rows that the last statement changed, and the last row's number.
    pub fn counts(&self) -> (u64, i64) {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (connection.changes(), connection.last_insert_rowid())
    }
}

/// Carries out a statement until nobody takes its rows any more.
fn step(
    prepared: &mut Statement<'_>,
    parameters: Vec<Value>,
    take: impl Fn(Vec<Value>) -> bool,
) -> Result<(), String> {
    let width = prepared.column_count();
    let mut rows = prepared.query(params_from_iter(parameters)).map_err(|error| error.to_string())?;
    while let Some(row) = rows.next().map_err(|error| error.to_string())? {
        if !take(values(row, width)?) {
            return Err("row send error".to_owned());
        }
    }
    Ok(())
}

fn values(row: &Row<'_>, width: usize) -> Result<Vec<Value>, String> {
    // Values are whatever SQLite holds; only a text may be none.
    let value = |column| row.get::<_, Value>(column).map_err(|error| error.to_string());
    (0..width).map(value).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// All rows, or what went wrong.
    async fn all(
        connection: &Connection,
        sql: &str,
        parameters: &[Value],
    ) -> Result<Vec<Vec<Value>>, String> {
        let mut query = connection.query(sql.to_owned(), parameters.to_vec(), |row| row).await?;
        let mut rows = Vec::new();
        while let Some(row) = query.rows.recv().await {
            rows.push(row);
        }
        query.end.await.unwrap().map(|()| rows)
    }

    #[tokio::test]
    async fn answers_rows_of_every_type() {
        let connection = Database::new(None).unwrap().open().unwrap();
        let row = [
            Value::Null,
            Value::Integer(i64::MIN),
            Value::Real(0.5),
            Value::Text("ä".to_owned()),
            Value::Blob(vec![0, 255]),
        ];
        let rows =
            all(&connection, "SELECT ?, ?, ?, ?, ? UNION ALL SELECT 1, 2, 3, 4, 5", &row).await.unwrap();
        assert_eq!(rows[0], row);
        assert_eq!(rows.len(), 2);
    }

    #[tokio::test]
    async fn tells_of_a_wrong_statement_at_the_end_only() {
        let connection = Database::new(None).unwrap().open().unwrap();
        let mut query = connection.query("SELEKT 1".to_owned(), Vec::new(), |row| row).await.unwrap();
        assert!(query.columns.is_empty());
        assert_eq!(query.rows.recv().await, None);
        assert!(query.end.await.unwrap().unwrap_err().contains("SELEKT"));
        let error = all(&connection, "SELECT ?", &[Value::Null, Value::Null]).await.unwrap_err();
        assert!(error.contains("parameter"), "{error}");
        let error = all(&connection, "SELECT CAST(x'ff' AS TEXT)", &[]).await.unwrap_err();
        assert!(error.contains("utf-8"), "{error}");
    }

    #[tokio::test]
    async fn connections_share_the_database() {
        let folder = std::env::temp_dir().join(format!("postern-spin-database-test-{}", std::process::id()));
        for folder in [None, Some(folder.as_path())] {
            let database = Database::new(folder).unwrap();
            let (one, other) = (database.open().unwrap(), database.open().unwrap());
            all(&one, "CREATE TABLE t(a)", &[]).await.unwrap();
            all(&one, "INSERT INTO t VALUES (1), (2)", &[]).await.unwrap();
            assert_eq!(all(&other, "SELECT a FROM t", &[]).await.unwrap().len(), 2);
            assert_eq!((one.counts(), other.counts()), ((2, 2), (0, 0)));
        }
        // In the folder it is there again, in memory it is not.
        let sql = "SELECT a FROM t";
        assert_eq!(
            all(&Database::new(Some(&folder)).unwrap().open().unwrap(), sql, &[]).await.unwrap().len(),
            2
        );
        assert!(all(&Database::new(None).unwrap().open().unwrap(), sql, &[]).await.is_err());
        fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test]
    async fn a_change_is_made_although_nobody_reads_what_it_returns() {
        let database = Database::new(None).unwrap();
        let connection = database.open().unwrap();
        all(&connection, "CREATE TABLE unread(a)", &[]).await.unwrap();
        let sql = "INSERT INTO unread VALUES (1) RETURNING a".to_owned();
        drop(connection.query(sql, Vec::new(), |row| row).await.unwrap());
        assert_eq!(all(&connection, "SELECT a FROM unread", &[]).await.unwrap().len(), 1);
    }
}
