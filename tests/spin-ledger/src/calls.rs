//! Calls of the host, one by one.

use crate::Page;
use spin_sdk::redis::{self, RedisParameter};
use spin_sdk::sqlite::{self, Value};

/// Opens a connection to a Redis server.
pub async fn open_redis(address: &str) -> Page {
    match redis::Connection::open(address).await {
        Ok(_) => (200, "open".to_owned()),
        Err(error) => (502, format!("{error:?}")),
    }
}

/// Calls every function of a Redis connection, and says what each answered.
pub async fn redis_commands(address: &str) -> Page {
    match all_commands(address).await {
        Ok(answers) => (200, answers.join("\n")),
        Err(error) => (502, format!("{error:?}")),
    }
}

async fn all_commands(address: &str) -> Result<Vec<String>, redis::Error> {
    let connection = redis::Connection::open(address).await?;
    let mut members = ["b", "a"].map(str::to_owned).to_vec();
    let mut answers = vec![
        format!("set {:?}", connection.set("calls/a", b"1").await?),
        format!("get {:?} {:?}", connection.get("calls/a").await?, connection.get("calls/none").await?),
        format!("incr {}", connection.incr("calls/a").await?),
        format!("sadd {}", connection.sadd("calls/s", &members).await?),
        format!("srem {}", connection.srem("calls/s", ["b"]).await?),
    ];
    members = connection.smembers("calls/s").await?;
    answers.push(format!("smembers {members:?}"));
    answers.push(format!("publish {:?}", connection.publish("calls", b"x").await?));
    let script = "return {1, redis.status_reply('fine'), {'in', {false}}, ARGV[1]}";
    let arguments = [
        RedisParameter::Binary(script.into()),
        RedisParameter::Int64(0),
        RedisParameter::Binary(vec![0, 255]),
    ];
    answers.push(format!("execute {:?}", connection.execute("EVAL", arguments).await?));
    answers.push(format!("del {}", connection.del(["calls/a", "calls/s", "calls/none"]).await?));
    answers.push(match connection.execute("NONSENSE", []).await {
        Ok(replies) => format!("nonsense {replies:?}"),
        Err(error) => format!("nonsense {error:?}"),
    });
    Ok(answers)
}

/// Opens a SQLite database.
pub async fn open_sqlite(name: &str) -> Page {
    match sqlite::Connection::open(name).await {
        Ok(_) => (200, "open".to_owned()),
        Err(error) => (502, format!("{error:?}")),
    }
}

/// Carries out a statement, and says where an error showed. Its parameters are one value of each type.
pub async fn execute(statement: &str) -> Page {
    let connection = match sqlite::Connection::open_default().await {
        Ok(connection) => connection,
        Err(error) => return (502, format!("open: {error:?}")),
    };
    let all =
        [Value::integer(-1_i64), Value::real(0.5), Value::text("x"), Value::blob([0, 255]), Value::Null];
    let parameters = all.into_iter().take(statement.matches('?').count());
    let mut query = match connection.execute(statement, parameters).await {
        Ok(query) => query,
        Err(error) => return (502, format!("execute: {error:?}")),
    };
    let mut said = vec![format!("{:?}", query.columns())];
    while let Some(row) = query.next().await {
        said.push(format!("{:?}", row.values));
    }
    if let Err(error) = query.result().await {
        return (502, format!("{}, then at the end: {error:?}", said.join("\n")));
    }
    let (changes, last) = (connection.changes().await, connection.last_insert_rowid().await);
    said.push(format!("changes {changes}, last row {last}"));
    (200, said.join("\n"))
}
