//! `spin:key-value`, in memory. Calls that break a real Spin end the host.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wasmtime::component::{
    ComponentType, FutureReader, Lift, Linker, LinkerInstance, Lower, Resource, ResourceType, StreamReader,
};
use wasmtime::{Result, StoreContextMut, bail};

use crate::state::{State, at_once};

/// Exit code after a call that no component may make.
const FORBIDDEN: i32 = 3;

/// The stores of the manifest, by label.
pub struct Stores(HashMap<String, Store>);

/// A store that a component has opened.
#[derive(Clone, Default)]
pub struct Store(Arc<Mutex<HashMap<String, Vec<u8>>>>);

/// `spin:key-value/key-value.error`.
#[derive(Clone, ComponentType, Lift, Lower)]
#[component(variant)]
enum Error {
    #[component(name = "store-table-full")]
    StoreTableFull,
    #[component(name = "no-such-store")]
    NoSuchStore,
    #[component(name = "access-denied")]
    AccessDenied,
    #[component(name = "other")]
    Other(String),
}

/// What `get-keys` would answer.
type Keys = (StreamReader<String>, FutureReader<Result<(), Error>>);

impl Stores {
    /// Stores with these labels; `entries` are in the one called `default`.
    pub fn new(labels: &[String], entries: BTreeMap<String, String>) -> Self {
        let stores = Self(labels.iter().map(|label| (label.clone(), Store::default())).collect());
        if let Some(store) = stores.0.get("default") {
            store.entries().extend(entries.into_iter().map(|(key, value)| (key, value.into_bytes())));
        }
        stores
    }
}

impl Store {
    fn entries(&self) -> MutexGuard<'_, HashMap<String, Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Offers the interface.
pub fn add_to_linker(linker: &mut Linker<State>) -> Result<()> {
    let mut interface = linker.instance("spin:key-value/key-value@3.0.0")?;
    interface.resource(
        "store",
        ResourceType::host::<Store>(),
        |mut context: StoreContextMut<'_, State>, rep| {
            context.data_mut().table.delete(Resource::<Store>::new_own(rep))?;
            Ok(())
        },
    )?;
    interface.func_wrap_concurrent("[static]store.open", |accessor, (label,): (String,)| {
        at_once(accessor, move |state| {
            let Some(store) = state.shared.stores.0.get(&label).cloned() else {
                return Ok(Err(Error::AccessDenied));
            };
            Ok(Ok(state.table.push(store)?))
        })
    })?;
    entries(&mut interface)
}

fn entries(interface: &mut LinkerInstance<'_, State>) -> Result<()> {
    type Key = (Resource<Store>, String);
    type Entry = (Resource<Store>, String, Vec<u8>);
    interface.func_wrap_concurrent("[method]store.get", |accessor, (store, key): Key| {
        at_once(accessor, move |state| {
            if state.shared.trap_on_key.as_ref().is_some_and(|part| key.contains(part)) {
                bail!("the key {key} was read, which --trap-on-key names");
            }
            Ok(Ok::<_, Error>(state.table.get(&store)?.entries().get(&key).cloned()))
        })
    })?;
    interface.func_wrap_concurrent("[method]store.set", |accessor, (store, key, value): Entry| {
        at_once(accessor, move |state| {
            state.table.get(&store)?.entries().insert(key, value);
            Ok(Ok::<_, Error>(()))
        })
    })?;
    interface.func_wrap_concurrent("[method]store.delete", |accessor, (store, key): Key| {
        at_once(accessor, move |state| {
            state.table.get(&store)?.entries().remove(&key);
            Ok(Ok::<_, Error>(()))
        })
    })?;
    interface.func_wrap_concurrent("[method]store.exists", |accessor, (store, key): Key| {
        at_once(accessor, move |state| {
            Ok(Ok::<_, Error>(state.table.get(&store)?.entries().contains_key(&key)))
        })
    })?;
    // Beside any other call it blocks Spin's SQLite store for good.
    interface.func_wrap_concurrent("[method]store.get-keys", |accessor, _: (Resource<Store>,)| {
        at_once(accessor, |_| -> Result<Keys> { forbidden("spin:key-value get-keys") })
    })
}

fn forbidden(name: &str) -> ! {
    eprintln!("forbidden call: {name}");
    std::process::exit(FORBIDDEN)
}
