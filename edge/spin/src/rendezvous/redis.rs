//! A meeting in Redis or Valkey: a stream, whose entries are read without taking them away, and which the server deletes.
//! Each call has a connection of its own: one that waits would hold up all others, and one that broke unseen would leave
//! open whether a message was posted.

use super::Meetings;
use crate::ledger::redis::Redis;
use postern::limits;
use postern::platform::{Clock, Meeting, Posted};
use spin_sdk::redis::{RedisParameter, RedisResult};

/// In front of every key.
const PREFIX: &str = "postern/meeting/";
/// A later message may prolong the life of the stream, and never cuts it short. `ARGV[4]` is the entry that it takes the place
/// of.
const POST: &str = "if ARGV[4] then \
    local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1] \
    if (last and last[1] or '0-0') ~= ARGV[4] then return 0 end \
    redis.call('XADD', KEYS[1], 'MAXLEN', '1', '*', 'm', ARGV[1]) \
    else \
    if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end \
    redis.call('XADD', KEYS[1], '*', 'm', ARGV[1]) \
    end \
    if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end \
    return 1";
/// The id of an entry is `MS-NUMBER`, the number of those in one millisecond. A turn has the number in its last bits.
const NUMBER_BITS: u32 = 20;

impl Meetings for Redis {
    async fn look(
        &self,
        _on: &impl Clock,
        meeting: Meeting,
        after: u64,
        ms: u32,
    ) -> Result<Option<Posted>, String> {
        let arguments = [
            text("BLOCK"),
            // 0 would be for ever.
            RedisParameter::Int64(i64::from(ms.max(1))),
            text("COUNT"),
            RedisParameter::Int64(1),
            text("STREAMS"),
            text(&key(meeting)),
            text(&entry_of(after)),
        ];
        let replies =
            self.open().await?.execute("XREAD", arguments).await.map_err(|error| error.to_string())?;
        // The stream's name, the entry's id, the field's name and its value; lists in lists come flat.
        match <[RedisResult; 4]>::try_from(replies) {
            Ok([_, RedisResult::Binary(id), _, RedisResult::Binary(message)]) => {
                let turn = turn_of(&id).ok_or("an entry's id is none")?;
                Ok(Some(Posted { turn, message }))
            }
            Err(replies) if matches!(*replies, [RedisResult::Nil]) => Ok(None),
            _ => Err("an unexpected answer to a wait".to_owned()),
        }
    }

    async fn post(
        &self,
        _on: &impl Clock,
        meeting: Meeting,
        message: &[u8],
        (keep_ms, instead_of): (u32, Option<u64>),
    ) -> Result<bool, String> {
        let mut arguments = vec![
            text(POST),
            RedisParameter::Int64(1),
            text(&key(meeting)),
            RedisParameter::Binary(message.to_vec()),
            RedisParameter::Int64(keep_ms.into()),
            RedisParameter::Int64(i64::try_from(limits::MEETING_MESSAGES).unwrap_or(i64::MAX)),
        ];
        arguments.extend(instead_of.map(|turn| text(&entry_of(turn))));
        let replies =
            self.open().await?.execute("EVAL", arguments).await.map_err(|error| error.to_string())?;
        match *replies {
            [RedisResult::Int64(made)] => Ok(made == 1),
            _ => Err("an unexpected answer to a post".to_owned()),
        }
    }

    async fn sweep(&self, _on: &impl Clock) {}

    fn pause_ms(&self, _waited_ms: u64) -> u32 {
        0
    }
}

fn key(meeting: Meeting) -> String {
    [PREFIX, &meeting.name()].concat()
}

fn text(text: &str) -> RedisParameter {
    RedisParameter::Binary(text.as_bytes().to_vec())
}

fn entry_of(turn: u64) -> String {
    format!("{}-{}", turn >> NUMBER_BITS, turn & ((1 << NUMBER_BITS) - 1))
}

fn turn_of(entry: &[u8]) -> Option<u64> {
    let (ms, number) = std::str::from_utf8(entry).ok()?.split_once('-')?;
    let (ms, number): (u64, u64) = (ms.parse().ok()?, number.parse().ok()?);
    let fits = ms < 1 << (u64::BITS - NUMBER_BITS) && number < 1 << NUMBER_BITS;
    fits.then_some((ms << NUMBER_BITS) | number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_entries() {
        for entry in ["0-0", "0-1", "1795392000000-0", "1795392000000-31", "17592186044415-1048575"] {
            let turn = turn_of(entry.as_bytes()).expect(entry);
            assert_eq!(entry_of(turn), entry);
        }
        assert!(turn_of(b"1795392000000-31") < turn_of(b"1795392000001-0"));
        for none in ["", "1", "1-", "-1", "a-1", "17592186044416-0", "1-1048576", "1-1-1"] {
            assert_eq!(turn_of(none.as_bytes()), None, "{none}");
        }
    }
}
