//! What the instances of a component have: each its own, and what all share.

use std::pin::Pin;
use std::sync::Arc;

use http::Uri;
use wasmtime::Result;
use wasmtime::component::Accessor;
use wasmtime_wasi::{FsPerms, ResourceTable, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::allowed_hosts::AllowedHosts;
use crate::app::App;
use crate::database::Database;
use crate::files::{self, Mount};
use crate::key_value::Stores;
use crate::options::Options;
use crate::outbound::Outbound;
use crate::output::{Lines, Target};

/// What all instances share.
pub struct Shared {
    /// The application.
    pub app: App,
    /// The key-value stores; they live as long as the host.
    pub stores: Stores,
    /// The SQLite database `default`.
    pub database: Database,
    /// An instance that reads a key with this in it traps.
    pub trap_on_key: Option<String>,
    mounts: Vec<Mount>,
    allowed_hosts: Arc<AllowedHosts>,
    outbound: Outbound,
}

/// What an asynchronous function of an interface answers to wasmtime.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<(T,)>> + Send + 'a>>;

/// What belongs to one instance.
pub struct State {
    /// Resources that the instance has handles to.
    pub table: ResourceTable,
    /// What all instances share.
    pub shared: Arc<Shared>,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    outbound: Outbound,
}

impl Shared {
    /// Makes the stores, opens the database and finds the files. Copies of files go below the cache, if there is one.
    pub fn new(mut app: App, options: Options) -> Result<Self> {
        let mounts = files::mounts(&app.files, options.cache.as_deref())?;
        let allowed_hosts = Arc::new(std::mem::take(&mut app.allowed_hosts));
        let outbound = Outbound::new(Arc::clone(&allowed_hosts));
        let stores = Stores::new(&app.stores, options.entries);
        let database = Database::new(options.state.as_deref())?;
        Ok(Self { stores, database, trap_on_key: options.trap_on_key, mounts, allowed_hosts, outbound, app })
    }

    /// Whether the component may call this address. One without a scheme is none.
    pub fn allow(&self, address: &str) -> bool {
        let address = address.parse::<Uri>().ok().filter(|address| address.scheme().is_some());
        address.is_some_and(|address| self.allowed_hosts.check(&address))
    }
}

impl State {
    /// The state of a new instance.
    pub fn new(shared: Arc<Shared>) -> Result<Self> {
        let mut wasi = WasiCtxBuilder::new();
        wasi.stdout(Lines::new(Target::Out)).stderr(Lines::new(Target::Error));
        for (name, value) in &shared.app.environment {
            wasi.env(name, value);
        }
        for mount in &shared.mounts {
            wasi.preopened_dir(&mount.folder, &mount.at, FsPerms::ReadOnly)?;
        }
        Ok(Self {
            table: ResourceTable::new(),
            wasi: wasi.build(),
            http: WasiHttpCtx::new(),
            outbound: shared.outbound.clone(),
            shared,
        })
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.outbound }
    }
}

/// A function that is asynchronous to the component and answers at once.
pub fn at_once<'a, T: Send + 'a>(
    accessor: &'a Accessor<State>,
    body: impl FnOnce(&mut State) -> Result<T> + Send + 'a,
) -> Answer<'a, T> {
    Box::pin(async move { accessor.with(|mut store| body(store.data_mut())).map(|value| (value,)) })
}
