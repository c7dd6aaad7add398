//! The listener: requests of clients to instances of the component.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::net::{TcpListener, TcpStream};
use wasmtime::Result;
use wasmtime_wasi_http::handler::ProxyHandler;
use wasmtime_wasi_http::io::TokioIo;
use wasmtime_wasi_http::{Error, WasiBody};

use crate::inbound;
use crate::instances::{Instances, Origin};

/// Pause after a connection that could not be accepted: most often the process has no descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until the process ends.
pub async fn run(listener: TcpListener, instances: ProxyHandler<Instances>) -> Result<()> {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => drop(tokio::spawn(connection(stream, peer, instances.clone()))),
            Err(error) => {
                eprintln!("cannot accept a connection: {error}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, peer: SocketAddr, instances: ProxyHandler<Instances>) {
    // Else an answer that is made after an await costs 40 ms on a connection that is kept.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let instances = &instances;
        async move { Ok::<_, Infallible>(answer(request, peer, instances).await) }
    });
    // An error here is a client that left or spoke no HTTP: nothing to do about it.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(
    mut request: Request<Incoming>,
    peer: SocketAddr,
    instances: &ProxyHandler<Instances>,
) -> Response<WasiBody> {
    if let Some(name) = request.uri().path().strip_prefix("/.well-known/spin/") {
        // Spin keeps these addresses for itself; the component never sees them.
        return if name == "health" { plain(StatusCode::OK, "OK") } else { plain(StatusCode::NOT_FOUND, "") };
    }
    let origin = Origin::default();
    let answered = match inbound::prepare(&mut request, peer) {
        Ok(()) => {
            let request = request.map(|body| body.map_err(Error::from).boxed_unsync());
            let response = instances.handle(origin.clone(), request).await;
            response.map(|response| response.map(|body| Whole { body, origin }.boxed_unsync()))
        }
        Err(error) => Err(error),
    };
    answered.unwrap_or_else(|error| {
        eprintln!("no answer to {peer}: {error:#}");
        plain(StatusCode::INTERNAL_SERVER_ERROR, "")
    })
}

/// The body of an answer, which breaks off when the instance traps. By itself it would end as if it were
/// complete.
struct Whole {
    body: WasiBody,
    origin: Origin,
}

impl Body for Whole {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match ready!(Pin::new(&mut self.body).poll_frame(context)) {
            None if self.origin.failed() => {
                Poll::Ready(Some(Err(Error::InternalError(Some("the instance failed".to_owned())))))
            }
            frame => Poll::Ready(frame),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream() && !self.origin.failed()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response<WasiBody> {
    let body = Full::from(text).map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}
