//! A meeting in a SQLite database of the host's: a row for each message. Nobody is told of a new one, so that whoever waits
//! looks again, at first every 25 ms.

use super::Meetings;
use crate::ledger::sqlite::{NO_TABLE, Sqlite, integer, rows};
use postern::limits;
use postern::platform::{Clock, Meeting, Posted};
use spin_sdk::sqlite::Value;

/// Numbers of rows that were deleted do not come back.
const CREATE: [&str; 3] = [
    "CREATE TABLE IF NOT EXISTS postern_meetings(turn INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, \
     message BLOB NOT NULL, until_ms INTEGER NOT NULL)",
    "CREATE INDEX IF NOT EXISTS postern_meetings_name ON postern_meetings(name, turn)",
    "CREATE INDEX IF NOT EXISTS postern_meetings_until ON postern_meetings(until_ms)",
];
const NEXT: &str = "SELECT turn, message FROM postern_meetings WHERE name = ? AND turn > ? AND until_ms > ? \
    ORDER BY turn LIMIT 1";
const POST: &str = "INSERT INTO postern_meetings(name, message, until_ms) SELECT ?1, ?2, ?3 \
    WHERE (SELECT COUNT(*) FROM postern_meetings WHERE name = ?1) < ?4 RETURNING turn";
/// The same in the place of all others, if the last of them has the turn ?4.
const REPLACE: &str = "INSERT INTO postern_meetings(name, message, until_ms) SELECT ?1, ?2, ?3 \
    WHERE (SELECT COALESCE(MAX(turn), 0) FROM postern_meetings WHERE name = ?1) = ?4 RETURNING turn";
const CLEAR: &str = "DELETE FROM postern_meetings WHERE name = ? AND turn <= ?";
const SWEEP: &str = "DELETE FROM postern_meetings WHERE until_ms <= ?";
/// The shortest pause between two looks, and the longest, in ms: a fortieth of how long the wait has lasted. A program
/// that answers is told at once, a person after ten seconds does not see the difference, and a stream that is listened on
/// waits for an hour.
const PAUSES_MS: (u64, u64) = (25, 1_000);

impl Meetings for Sqlite {
    async fn look(
        &self,
        on: &impl Clock,
        meeting: Meeting,
        after: u64,
        _ms: u32,
    ) -> Result<Option<Posted>, String> {
        let connection = self.connection(on).await?;
        let parameters = [Value::text(meeting.name()), integer(after), integer(on.now_ms())];
        let found = match rows(&connection, NEXT, parameters).await {
            Err(error) if error.contains(NO_TABLE) => return Ok(None),
            found => self.checked(&connection, found)?,
        };
        let Some(row) = found.into_iter().next() else { return Ok(None) };
        match <[Value; 2]>::try_from(row.values) {
            Ok([Value::Integer(turn), Value::Blob(message)]) => {
                Ok(Some(Posted { turn: turn.unsigned_abs(), message }))
            }
            _ => Err("the row of a message has other columns".to_owned()),
        }
    }

    async fn post(
        &self,
        on: &impl Clock,
        meeting: Meeting,
        message: &[u8],
        (keep_ms, instead_of): (u32, Option<u64>),
    ) -> Result<bool, String> {
        // What is over does not count.
        self.sweep(on).await;
        let connection = self.connection(on).await?;
        let (statement, bound) = match instead_of {
            None => (POST, limits::MEETING_MESSAGES as u64),
            Some(turn) => (REPLACE, turn),
        };
        let parameters = || {
            [
                Value::text(meeting.name()),
                Value::blob(message),
                integer(on.now_ms().saturating_add(keep_ms.into())),
                integer(bound),
            ]
        };
        let mut posted = rows(&connection, statement, parameters()).await;
        if posted.as_ref().is_err_and(|error| error.contains(NO_TABLE)) {
            self.create(&connection, &CREATE).await?;
            posted = rows(&connection, statement, parameters()).await;
        }
        let posted = !self.checked(&connection, posted)?.is_empty();
        if let Some(turn) = instead_of.filter(|_| posted) {
            // Who waits is told of those that stay before this one, and so are others who want to take its place.
            let _ = rows(&connection, CLEAR, [Value::text(meeting.name()), integer(turn)]).await;
        }
        Ok(posted)
    }

    /// A fault leaves it to the next one.
    async fn sweep(&self, on: &impl Clock) {
        if let Ok(connection) = self.connection(on).await {
            let _ = rows(&connection, SWEEP, [integer(on.now_ms())]).await;
        }
    }

    fn pause_ms(&self, waited_ms: u64) -> u32 {
        let pause = (waited_ms / 40).clamp(PAUSES_MS.0, PAUSES_MS.1);
        u32::try_from(pause).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_with_the_wait() {
        let store = Sqlite::new("default");
        let rows = [(0, 25), (1_000, 25), (2_000, 50), (10_000, 250), (u64::MAX, 1_000)];
        for (waited_ms, pause_ms) in rows {
            assert_eq!(store.pause_ms(waited_ms), pause_ms, "{waited_ms}");
        }
    }
}
