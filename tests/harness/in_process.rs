//! The gateway in this process, behind a real port: the platform is hyper and tokio on one thread, as on an edge.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use anyhow::{Result, ensure};
use bytes::Bytes;
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use postern::arrival::Head;
use postern::mcp::headers::Headers;
use postern::reply::{Reply, ReplyBody};
use postern::serving::Serving;
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use crate::host::Host;
use crate::native::{Inbound, Native, Stored};
use crate::process;
use crate::script::{SEAL_KEYS, SECRETS};

/// Without optimisation the pipeline's futures are moved through many large frames.
const STACK: usize = 64 << 20;

/// A running gateway on a thread of its own.
pub struct InProcess {
    address: SocketAddr,
    log: Arc<Mutex<Vec<String>>>,
    store: Stored,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl InProcess {
    /// Starts the gateway with these settings on a free port.
    ///
    /// # Errors
    /// When the settings do not compile or no port is free.
    pub fn start(settings: &str) -> Result<Self> {
        Self::start_with((Ipv4Addr::LOCALHOST, 0).into(), settings, &[])
    }

    /// Starts the gateway on this address. `config` is the variable with the settings or where they are, `entries`
    /// what is stored.
    ///
    /// # Errors
    /// As [`InProcess::start`].
    pub fn start_with(address: SocketAddr, config: &str, entries: &[(&str, &str)]) -> Result<Self> {
        Self::lay_out(address, (config, SEAL_KEYS), entries)
    }

    /// As [`InProcess::start`], with these keys of sealed tokens.
    ///
    /// # Errors
    /// As [`InProcess::start`].
    pub fn start_keyed(settings: &str, keys: &str) -> Result<Self> {
        Self::lay_out((Ipv4Addr::LOCALHOST, 0).into(), (settings, keys), &[])
    }

    fn lay_out(address: SocketAddr, (config, keys): (&str, &str), entries: &[(&str, &str)]) -> Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let log = Arc::new(Mutex::new(Vec::new()));
        let (stop, stopped) = oneshot::channel();
        let owned = |pairs: &[(&str, &str)]| -> HashMap<String, String> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let mut variables = owned(SECRETS);
        variables.extend(owned(&[("POSTERN_CONFIG", config), ("POSTERN_SEAL_KEYS", keys)]));
        let (texts, kept) = (owned(entries), Arc::clone(&log));
        let store = Stored::default();
        let stored = Arc::clone(&store);
        let builder = std::thread::Builder::new().name("gateway".to_owned()).stack_size(STACK);
        let thread = builder.spawn(move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
                return;
            };
            let local = LocalSet::new();
            local.spawn_local(serve(listener, Native::keeping(stored, kept, variables, texts)));
            // Ends with a message or with the sender.
            let _ = local.block_on(&runtime, stopped);
        })?;
        let started = Self { address, log, store, stop: Some(stop), thread: Some(thread) };
        let answer = process::health(address)?;
        ensure!(
            answer.starts_with("HTTP/1.1 200"),
            "the gateway is not well:\n{}",
            started.noise().join("\n")
        );
        Ok(started)
    }
}

impl InProcess {
    fn lines(&self, wanted: impl Fn(&&String) -> bool) -> Vec<String> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).iter().filter(wanted).cloned().collect()
    }
}

impl Host for InProcess {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn kept(&self) -> Result<Vec<(String, Vec<u8>)>> {
        Ok(self.store.lock().unwrap_or_else(PoisonError::into_inner).clone().into_iter().collect())
    }

    fn records(&self) -> Vec<String> {
        self.lines(|line| line.starts_with('{'))
    }

    fn noise(&self) -> Vec<String> {
        let mut noise = self.lines(|line| !line.starts_with('{'));
        if self.thread.as_ref().is_some_and(JoinHandle::is_finished) {
            noise.push("panic: the thread of the gateway ended".to_owned());
        }
        noise
    }
}

impl Drop for InProcess {
    fn drop(&mut self) {
        drop(self.stop.take());
        // A panic of the gateway was reported as noise.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

async fn serve(listener: TcpListener, platform: Native) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let serving = Rc::<Serving>::default();
    while let Ok((stream, _)) = listener.accept().await {
        // Best effort: without it small chunks only leave later.
        let _ = stream.set_nodelay(true);
        let (serving, platform) = (Rc::clone(&serving), platform.clone());
        let service = service_fn(move |request| answer(Rc::clone(&serving), platform.clone(), request));
        let connection =
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        // Clients that leave early are part of the tests.
        tokio::task::spawn_local(async move { drop(connection.await) });
    }
}

async fn answer(serving: Rc<Serving>, platform: Native, request: Request<Incoming>) -> Result<Response<Out>> {
    let (parts, body) = request.into_parts();
    let mut pairs: Vec<(String, String)> = Vec::new();
    for (name, value) in &parts.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        match pairs.iter_mut().find(|(found, _)| found == name.as_str()) {
            Some((_, found)) => *found = format!("{found}, {value}"),
            None => pairs.push((name.to_string(), value.into_owned())),
        }
    }
    let head = Head {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().is_some(),
        secure: false,
        headers: Headers::from_pairs(pairs),
    };
    let reply: Reply = serving.handle(&platform, head, Inbound(body)).await;
    let mut response = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(*name, value);
    }
    Ok(response.body(Out(reply.body))?)
}

/// The body of an answer.
struct Out(ReplyBody);

impl hyper::body::Body for Out {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let next = match &mut self.0 {
            ReplyBody::Empty => None,
            ReplyBody::Whole(bytes) => Some(std::mem::take(bytes)),
            ReplyBody::Stream(stream) => std::task::ready!(stream.as_mut().poll_next(context)),
        };
        if matches!(self.0, ReplyBody::Whole(_)) {
            self.0 = ReplyBody::Empty;
        }
        std::task::Poll::Ready(next.map(|bytes| Ok(Frame::data(Bytes::from(bytes)))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.0, ReplyBody::Empty)
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        match &self.0 {
            ReplyBody::Empty => hyper::body::SizeHint::with_exact(0),
            ReplyBody::Whole(bytes) => hyper::body::SizeHint::with_exact(bytes.len() as u64),
            ReplyBody::Stream(_) => hyper::body::SizeHint::default(),
        }
    }
}
