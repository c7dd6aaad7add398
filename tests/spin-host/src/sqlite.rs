//! `spin:sqlite`. What a statement does wrong shows at the end of its rows, as with Spin.

use std::pin::Pin;
use std::task::{Context, Poll};

use rusqlite::types;
use tokio::sync::mpsc;
use wasmtime::component::{
    Accessor, ComponentType, Destination, FutureReader, Lift, Linker, Lower, Resource, ResourceType,
    StreamProducer, StreamReader, StreamResult,
};
use wasmtime::{Result, StoreContextMut};

use crate::database::{Connection, Query};
use crate::state::{Answer, State, at_once};

/// `spin:sqlite/sqlite.error`.
#[derive(Clone, ComponentType, Lift, Lower)]
#[component(variant)]
enum Error {
    #[component(name = "no-such-database")]
    NoSuchDatabase,
    #[component(name = "access-denied")]
    AccessDenied,
    #[component(name = "invalid-connection")]
    InvalidConnection,
    #[component(name = "database-full")]
    DatabaseFull,
    #[component(name = "io")]
    Io(String),
}

/// `spin:sqlite/sqlite.value`.
#[derive(Clone, ComponentType, Lift, Lower)]
#[component(variant)]
enum Value {
    #[component(name = "integer")]
    Integer(i64),
    #[component(name = "real")]
    Real(f64),
    #[component(name = "text")]
    Text(String),
    #[component(name = "blob")]
    Blob(Vec<u8>),
    #[component(name = "null")]
    Null,
}

/// `spin:sqlite/sqlite.row-result`.
#[derive(Clone, ComponentType, Lift, Lower)]
#[component(record)]
struct RowResult {
    values: Vec<Value>,
}

/// What a statement answers: names of columns, rows, and how it ended.
type Executed = (Vec<String>, StreamReader<RowResult>, FutureReader<Result<(), Error>>);

/// Offers the functions that are asynchronous; the SDK calls no other.
pub fn add_to_linker(linker: &mut Linker<State>) -> Result<()> {
    type This = (Resource<Connection>,);
    type Statement = (Resource<Connection>, String, Vec<Value>);
    let mut interface = linker.instance("spin:sqlite/sqlite@3.1.0")?;
    interface.resource(
        "connection",
        ResourceType::host::<Connection>(),
        |mut context: StoreContextMut<'_, State>, rep| {
            context.data_mut().table.delete(Resource::<Connection>::new_own(rep))?;
            Ok(())
        },
    )?;
    interface.func_wrap_concurrent("[static]connection.open-async", |accessor, (name,): (String,)| {
        at_once(accessor, move |state| {
            if !state.shared.app.databases.contains(&name) {
                return Ok(Err(Error::AccessDenied));
            }
            match state.shared.database.open() {
                Ok(connection) => Ok(Ok(state.table.push(connection)?)),
                Err(error) => Ok(Err(Error::Io(error.to_string()))),
            }
        })
    })?;
    interface.func_wrap_concurrent(
        "[method]connection.execute-async",
        |accessor, (connection, statement, parameters): Statement| {
            executed(accessor, connection, statement, parameters)
        },
    )?;
    interface.func_wrap_concurrent(
        "[method]connection.last-insert-rowid-async",
        |accessor, (connection,): This| {
            at_once(accessor, move |state| Ok(state.table.get(&connection)?.counts().1))
        },
    )?;
    interface.func_wrap_concurrent("[method]connection.changes-async", |accessor, (connection,): This| {
        at_once(accessor, move |state| Ok(state.table.get(&connection)?.counts().0))
    })
}

fn executed(
    accessor: &Accessor<State>,
    connection: Resource<Connection>,
    statement: String,
    parameters: Vec<Value>,
) -> Answer<'_, Result<Executed, Error>> {
    Box::pin(async move {
        let connection = accessor
            .with(|mut store| -> Result<_> { Ok(store.data_mut().table.get(&connection)?.clone()) })?;
        let parameters = parameters.into_iter().map(types::Value::from).collect();
        let row =
            |values: Vec<types::Value>| RowResult { values: values.into_iter().map(Value::from).collect() };
        let Query { columns, rows, end } = match connection.query(statement, parameters, row).await {
            Ok(query) => query,
            Err(error) => return Ok((Err(Error::Io(error)),)),
        };
        accessor.with(|mut store| {
            let rows = StreamReader::new(&mut store, Rows(rows))?;
            let end = async move { end.await.map(|end| end.map_err(Error::Io)) };
            Ok((Ok((columns, rows, FutureReader::new(&mut store, end)?)),))
        })
    })
}

/// The rows of one statement, one at a time.
struct Rows(mpsc::Receiver<RowResult>);

impl<D> StreamProducer<D> for Rows {
    type Item = RowResult;
    type Buffer = Option<RowResult>;

    fn poll_produce<'a>(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        store: StoreContextMut<'a, D>,
        mut destination: Destination<'a, Self::Item, Self::Buffer>,
        finish: bool,
    ) -> Poll<Result<StreamResult>> {
        if destination.remaining(store) == Some(0) {
            return Poll::Ready(Ok(StreamResult::Completed));
        }
        match self.0.poll_recv(context) {
            Poll::Ready(None) => Poll::Ready(Ok(StreamResult::Dropped)),
            Poll::Ready(Some(row)) => {
                destination.set_buffer(Some(row));
                Poll::Ready(Ok(StreamResult::Completed))
            }
            Poll::Pending if finish => Poll::Ready(Ok(StreamResult::Cancelled)),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl From<Value> for types::Value {
    fn from(value: Value) -> Self {
        match value {
            Value::Integer(number) => Self::Integer(number),
            Value::Real(number) => Self::Real(number),
            Value::Text(text) => Self::Text(text),
            Value::Blob(bytes) => Self::Blob(bytes),
            Value::Null => Self::Null,
        }
    }
}

impl From<types::Value> for Value {
    fn from(value: types::Value) -> Self {
        match value {
            types::Value::Integer(number) => Self::Integer(number),
            types::Value::Real(number) => Self::Real(number),
            types::Value::Text(text) => Self::Text(text),
            types::Value::Blob(bytes) => Self::Blob(bytes),
            types::Value::Null => Self::Null,
        }
    }
}
