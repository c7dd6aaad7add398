//! `spin:redis`: outbound Redis, on the same client crate as Spin's.

use redis::aio::MultiplexedConnection;
use redis::{AsyncCommands, Client, ErrorKind, FromRedisValue, RedisError, RedisResult, Value};
use wasmtime::component::{
    Accessor, ComponentType, Lift, Linker, LinkerInstance, Lower, Resource, ResourceType,
};
use wasmtime::{Result, StoreContextMut};

use crate::state::{Answer, State};

/// A connection that a component has opened. What several calls send at once shares it.
struct Connection(MultiplexedConnection);

/// `spin:redis/redis.error`.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower)]
#[component(variant)]
enum Error {
    #[component(name = "invalid-address")]
    InvalidAddress,
    #[component(name = "too-many-connections")]
    TooManyConnections,
    #[component(name = "type-error")]
    WrongType,
    #[component(name = "other")]
    Other(String),
}

/// `spin:redis/redis.redis-parameter`.
#[derive(Clone, ComponentType, Lift, Lower)]
#[component(variant)]
enum Parameter {
    #[component(name = "int64")]
    Int64(i64),
    #[component(name = "binary")]
    Binary(Vec<u8>),
}

/// `spin:redis/redis.redis-result`.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower)]
#[component(variant)]
enum Reply {
    #[component(name = "nil")]
    Nil,
    #[component(name = "status")]
    Status(String),
    #[component(name = "int64")]
    Int64(i64),
    #[component(name = "binary")]
    Binary(Vec<u8>),
}

/// What `execute` answers: lists in lists are made flat, as Spin does it.
#[derive(Debug, PartialEq)]
struct Replies(Vec<Reply>);

/// Offers the interface.
pub fn add_to_linker(linker: &mut Linker<State>) -> Result<()> {
    let mut interface = linker.instance("spin:redis/redis@3.0.0")?;
    interface.resource(
        "connection",
        ResourceType::host::<Connection>(),
        |mut context: StoreContextMut<'_, State>, rep| {
            context.data_mut().table.delete(Resource::<Connection>::new_own(rep))?;
            Ok(())
        },
    )?;
    interface.func_wrap_concurrent("[static]connection.open", |accessor, (address,): (String,)| {
        opened(accessor, address)
    })?;
    plain_commands(&mut interface)?;
    sets(&mut interface)?;
    interface.func_wrap_concurrent(
        "[method]connection.execute",
        |accessor, (connection, command, arguments): (Resource<Connection>, String, Vec<Parameter>)| {
            answer(accessor, connection, async move |mut connection| {
                let mut sent = redis::cmd(&command);
                for argument in arguments {
                    match argument {
                        Parameter::Int64(number) => sent.arg(number),
                        Parameter::Binary(bytes) => sent.arg(bytes),
                    };
                }
                sent.query_async(&mut connection).await.map(|Replies(replies)| replies).map_err(other)
            })
        },
    )
}

fn plain_commands(interface: &mut LinkerInstance<'_, State>) -> Result<()> {
    type Key = (Resource<Connection>, String);
    type Entry = (Resource<Connection>, String, Vec<u8>);
    interface.func_wrap_concurrent(
        "[method]connection.publish",
        |accessor, (connection, channel, payload): Entry| {
            answer(accessor, connection, async move |mut connection| {
                connection.publish::<_, _, ()>(channel, payload).await.map_err(other)
            })
        },
    )?;
    interface.func_wrap_concurrent("[method]connection.get", |accessor, (connection, key): Key| {
        answer(accessor, connection, async move |mut connection| {
            connection.get::<_, Option<Vec<u8>>>(key).await.map_err(other)
        })
    })?;
    interface.func_wrap_concurrent(
        "[method]connection.set",
        |accessor, (connection, key, value): Entry| {
            answer(accessor, connection, async move |mut connection| {
                connection.set::<_, _, ()>(key, value).await.map_err(other)
            })
        },
    )?;
    interface.func_wrap_concurrent("[method]connection.incr", |accessor, (connection, key): Key| {
        answer(accessor, connection, async move |mut connection| {
            connection.incr::<_, _, i64>(key, 1).await.map_err(other)
        })
    })?;
    interface.func_wrap_concurrent(
        "[method]connection.del",
        |accessor, (connection, keys): (Resource<Connection>, Vec<String>)| {
            answer(accessor, connection, async move |mut connection| {
                connection.del::<_, u32>(keys).await.map_err(other)
            })
        },
    )
}

fn sets(interface: &mut LinkerInstance<'_, State>) -> Result<()> {
    type Members = (Resource<Connection>, String, Vec<String>);
    interface.func_wrap_concurrent(
        "[method]connection.sadd",
        |accessor, (connection, key, members): Members| {
            answer(accessor, connection, async move |mut connection| {
                connection.sadd::<_, _, u32>(key, members).await.map_err(other_or_type)
            })
        },
    )?;
    interface.func_wrap_concurrent(
        "[method]connection.smembers",
        |accessor, (connection, key): (Resource<Connection>, String)| {
            answer(accessor, connection, async move |mut connection| {
                connection.smembers::<_, Vec<String>>(key).await.map_err(other)
            })
        },
    )?;
    interface.func_wrap_concurrent(
        "[method]connection.srem",
        |accessor, (connection, key, members): Members| {
            answer(accessor, connection, async move |mut connection| {
                connection.srem::<_, _, u32>(key, members).await.map_err(other)
            })
        },
    )
}

/// Opens a connection, if the manifest allows the address.
fn opened(accessor: &Accessor<State>, address: String) -> Answer<'_, Result<Resource<Connection>, Error>> {
    Box::pin(async move {
        if !accessor.with(|mut store| store.data_mut().shared.allow(&address)) {
            return Ok((Err(Error::InvalidAddress),));
        }
        let Ok(client) = Client::open(address) else { return Ok((Err(Error::InvalidAddress),)) };
        // Without a limit of time, as with Spin: whoever calls has one.
        let connection = match client.get_multiplexed_async_connection().await {
            Ok(connection) => Connection(connection),
            Err(error) => return Ok((Err(other(error)),)),
        };
        accessor.with(|mut store| Ok((Ok(store.data_mut().table.push(connection)?),)))
    })
}

/// What `command` answers on a connection.
fn answer<'a, T: Send + 'a, F: Future<Output = Result<T, Error>> + Send + 'a>(
    accessor: &'a Accessor<State>,
    connection: Resource<Connection>,
    command: impl FnOnce(MultiplexedConnection) -> F + Send + 'a,
) -> Answer<'a, Result<T, Error>> {
    Box::pin(async move {
        let connection = accessor
            .with(|mut store| -> Result<_> { Ok(store.data_mut().table.get(&connection)?.0.clone()) })?;
        Ok((command(connection).await,))
    })
}

fn other(error: RedisError) -> Error {
    Error::Other(error.to_string())
}

fn other_or_type(error: RedisError) -> Error {
    if error.kind() == ErrorKind::TypeError { Error::WrongType } else { other(error) }
}

impl FromRedisValue for Replies {
    fn from_redis_value(value: &Value) -> RedisResult<Self> {
        let mut replies = Vec::new();
        flatten(value, &mut replies)?;
        Ok(Self(replies))
    }
}

fn flatten(value: &Value, replies: &mut Vec<Reply>) -> RedisResult<()> {
    replies.push(match value {
        Value::Nil => Reply::Nil,
        Value::Int(number) => Reply::Int64(*number),
        Value::Boolean(on) => Reply::Int64(i64::from(*on)),
        Value::BulkString(bytes) => Reply::Binary(bytes.clone()),
        Value::Double(number) => Reply::Binary(number.to_string().into_bytes()),
        Value::SimpleString(text) => Reply::Status(text.clone()),
        Value::Okay => Reply::Status("OK".to_owned()),
        Value::Array(values) | Value::Set(values) => {
            return values.iter().try_for_each(|value| flatten(value, replies));
        }
        // An error inside a list, and what only comes to clients that ask for it.
        unexpected => {
            let why = (ErrorKind::TypeError, "Could not convert Redis response", format!("{unexpected:?}"));
            return Err(RedisError::from(why));
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_become_flat() {
        let inner = Value::Array(vec![Value::Int(2), Value::Nil, Value::BulkString(b"x".to_vec())]);
        let value = Value::Array(vec![Value::Okay, inner, Value::SimpleString("y".to_owned())]);
        let expected = [
            Reply::Status("OK".to_owned()),
            Reply::Int64(2),
            Reply::Nil,
            Reply::Binary(b"x".to_vec()),
            Reply::Status("y".to_owned()),
        ];
        assert_eq!(Replies::from_redis_value(&value).unwrap(), Replies(expected.to_vec()));
        let error = Replies::from_redis_value(&Value::Array(vec![Value::Map(Vec::new())])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TypeError);
    }
}
