//! The gateway in this process, behind a real port: the platform is hyper and tokio on one thread, as on an edge.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use anyhow::{Context, Result, anyhow};
use bytes::Bytes;
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use postern::Gateway;
use postern::arrival::Head;
use postern::compile::{Secrets, compile};
use postern::mcp::headers::Headers;
use postern::mcp::seal::Sealer;
use postern::reply::{Reply, ReplyBody};
use postern::settings::Settings;
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use crate::host::Host;
use crate::native::{Inbound, Native};
use crate::script::{SEAL_KEYS, SECRETS};

/// Without optimisation the pipeline's futures are moved through many large frames.
const STACK: usize = 64 << 20;

/// A running gateway on a thread of its own.
pub struct InProcess {
    address: SocketAddr,
    log: Arc<Mutex<Vec<String>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct TestSecrets;

impl Secrets for TestSecrets {
    fn get(&self, name: &str) -> Option<String> {
        SECRETS.iter().find(|(found, _)| *found == name).map(|(_, value)| (*value).to_owned())
    }
}

fn build(settings: &str) -> Result<Rc<Gateway>> {
    let settings = Settings::parse(settings).map_err(|problems| anyhow!("{problems}"))?;
    let (bundle, _warnings) = compile(&settings, &TestSecrets).map_err(|problems| anyhow!("{problems}"))?;
    let sealer = Sealer::from_keys(SEAL_KEYS).map_err(|problem| anyhow!("{problem:?}"))?;
    Ok(Gateway::new(bundle, sealer))
}

impl InProcess {
    /// Starts the gateway with these settings on a free port.
    ///
    /// # Errors
    /// When the settings do not compile or no port is free.
    pub fn start(settings: &str) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let log = Arc::new(Mutex::new(Vec::new()));
        let (stop, stopped) = oneshot::channel();
        let (ready, is_ready) = std::sync::mpsc::channel();
        let (settings, kept) = (settings.to_owned(), Arc::clone(&log));
        let builder = std::thread::Builder::new().name("gateway".to_owned()).stack_size(STACK);
        let thread = builder.spawn(move || {
            let gateway = match build(&settings) {
                Ok(gateway) => gateway,
                Err(error) => return drop(ready.send(Err(error))),
            };
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
                return;
            };
            // The starter waits for it.
            let _ = ready.send(Ok(()));
            let local = LocalSet::new();
            local.spawn_local(serve(listener, gateway, kept));
            // Ends with a message or with the sender.
            let _ = local.block_on(&runtime, stopped);
        })?;
        is_ready.recv().context("the thread of the gateway ended")??;
        Ok(Self { address, log, stop: Some(stop), thread: Some(thread) })
    }
}

impl Host for InProcess {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn records(&self) -> Vec<String> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn noise(&self) -> Vec<String> {
        match &self.thread {
            Some(thread) if thread.is_finished() => vec!["panic: the thread of the gateway ended".to_owned()],
            _ => Vec::new(),
        }
    }
}

impl Drop for InProcess {
    fn drop(&mut self) {
        drop(self.stop.take());
        // A panic of the gateway was reported as noise.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

async fn serve(listener: TcpListener, gateway: Rc<Gateway>, log: Arc<Mutex<Vec<String>>>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let platform = Native::new(log);
    while let Ok((stream, _)) = listener.accept().await {
        // Best effort: without it small chunks only leave later.
        let _ = stream.set_nodelay(true);
        let (gateway, platform) = (Rc::clone(&gateway), platform.clone());
        let service = service_fn(move |request| answer(Rc::clone(&gateway), platform.clone(), request));
        let connection =
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        // Clients that leave early are part of the tests.
        tokio::task::spawn_local(async move { drop(connection.await) });
    }
}

async fn answer(gateway: Rc<Gateway>, platform: Native, request: Request<Incoming>) -> Result<Response<Out>> {
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
    let reply: Reply = gateway.handle(&platform, head, Inbound(body)).await;
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
