//! How instances are made, shared by requests, and dropped: as Spin does it, on the same code of wasmtime's.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::time::Sleep;
use wasmtime::component::GuestTaskId;
use wasmtime::{Result, Store, StoreContextMut};
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::handler::{
    HandlerState, Instance, Proxy, ProxyHandler, ShouldAccept, WorkerExpiration, WorkerState, WorkerStatus,
};
use wasmtime_wasi_http::p3::bindings::ServicePre;

use crate::options::Reuse;
use crate::state::{Shared, State};

/// The instances of the component.
pub struct Instances {
    component: ServicePre<State>,
    shared: Arc<Shared>,
    reuse: Reuse,
}

/// How one instance fares.
pub struct Health {
    reuse: Reuse,
    failed: Failed,
}

/// Whether an instance trapped.
type Failed = Arc<AtomicBool>;

/// Links an answer to the instance that makes it.
#[derive(Clone, Default)]
pub struct Origin(Arc<OnceLock<Failed>>);

/// Ends an instance that has been idle for some time.
pub struct Idle {
    after: Duration,
    sleep: Pin<Box<Sleep>>,
}

impl Instances {
    /// None yet: they are made when requests come.
    pub fn new(component: ServicePre<State>, shared: Arc<Shared>, reuse: Reuse) -> ProxyHandler<Self> {
        ProxyHandler::new(Self { component, shared, reuse })
    }
}

impl Origin {
    /// Whether the instance trapped. Told before the streams of the instance end.
    pub fn failed(&self) -> bool {
        self.0.get().is_some_and(|failed| failed.load(Ordering::Acquire))
    }
}

impl HandlerState for Instances {
    type StoreData = State;
    type WorkerExpiration = Idle;
    type WorkerState = Health;

    async fn instantiate(&self) -> Result<Instance<State, Idle, Health>> {
        let mut store = Store::new(self.component.engine(), State::new(Arc::clone(&self.shared))?);
        let proxy = Proxy::P3(self.component.instantiate_async(&mut store).await?);
        let expiration = Idle { after: self.reuse.idle, sleep: Box::pin(tokio::time::sleep(Duration::MAX)) };
        let state = Health { reuse: self.reuse, failed: Failed::default() };
        Ok(Instance { store, proxy, view: State::http, expiration, state })
    }
}

impl WorkerExpiration for Idle {
    fn poll(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        status: WorkerStatus,
        since: Instant,
    ) -> Poll<()> {
        // Neither requests nor work after an answer are cut: there is no `--request-timeout`.
        let end = match status {
            WorkerStatus::Idle => since.checked_add(self.after),
            WorkerStatus::Requests | WorkerStatus::PostReturn => None,
        };
        let Some(end) = end else { return Poll::Pending };
        if self.sleep.deadline() != end.into() {
            self.sleep.as_mut().reset(end.into());
        }
        self.sleep.as_mut().poll(context)
    }
}

impl WorkerState for Health {
    type StoreData = State;
    type RequestData = Origin;

    fn should_accept_request(&self, concurrent: usize, total: usize) -> ShouldAccept {
        if total >= self.reuse.requests.get() {
            ShouldAccept::Never
        } else if concurrent >= self.reuse.concurrent.get() {
            ShouldAccept::No
        } else {
            ShouldAccept::Yes
        }
    }

    fn on_request_start(
        &self,
        _: StoreContextMut<'_, State>,
        origin: Origin,
        _: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + Sync>> {
        // Fails only where it is set already, and an origin belongs to one request.
        let _ = origin.0.set(Arc::clone(&self.failed));
        Box::pin(std::future::pending())
    }

    fn drop(&self, store: Store<State>, outcome: Result<()>) {
        // First: with the store the streams end, and must not look complete.
        self.failed.store(outcome.is_err(), Ordering::Release);
        // Second: the component's last words come before the host's.
        drop(store);
        if let Err(error) = outcome {
            // Not `{error:?}`, which adds the host's own stack to the component's.
            eprintln!("instance failed: {error:#}");
        }
    }
}
