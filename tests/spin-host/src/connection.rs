//! One connection to another server, for one request. It ends when the component drops the request or the
//! answer.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::uri::{PathAndQuery, Scheme};
use http::{Request, Response, Uri};
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::client::conn::http1;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, Sleep, sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use wasmtime_wasi_http::io::TokioIo;
use wasmtime_wasi_http::{Error, RequestOptions, Result, WasiBody};

/// Spin's, for whatever the component sets no time for.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Sends a request and waits for the head of the answer. No redirect is followed.
pub async fn send(
    mut request: Request<WasiBody>,
    options: RequestOptions,
    tls: &TlsConnector,
) -> Result<Response<WasiBody>> {
    let connecting = connect(request.uri(), tls);
    let stream = timeout(options.connect_timeout.unwrap_or(DEFAULT_TIMEOUT), connecting)
        .await
        .map_err(|_| Error::ConnectionTimeout)??;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // A task of its own: an upload goes on while the component does not read the answer.
    let driver = Driver(tokio::spawn(async move {
        // The request and the body of the answer get the same error.
        let _ = connection.await;
    }));
    // Scheme and authority on the wire are for proxies.
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = Uri::from(path.unwrap_or(PathAndQuery::from_static("/")));
    let response =
        timeout(options.first_byte_timeout.unwrap_or(DEFAULT_TIMEOUT), sender.send_request(request))
            .await
            .map_err(|_| Error::ConnectionReadTimeout)??;
    let silence = options.between_bytes_timeout.unwrap_or(DEFAULT_TIMEOUT);
    Ok(response
        .map(|body| Answer { body, silence, end: Box::pin(sleep(silence)), _driver: driver }.boxed_unsync()))
}

async fn connect(address: &Uri, tls: &TlsConnector) -> Result<Box<dyn Stream>> {
    let host = address.host().ok_or(Error::HttpRequestUriInvalid)?;
    let secure = address.scheme() == Some(&Scheme::HTTPS);
    let port = address.port_u16().unwrap_or(if secure { 443 } else { 80 });
    let stream = TcpStream::connect(format!("{host}:{port}")).await.map_err(Error::Connect)?;
    stream.set_nodelay(true).map_err(Error::Connect)?;
    if !secure {
        return Ok(Box::new(stream));
    }
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())
        .map_err(|_| Error::DnsError { rcode: Some("invalid dns name".to_owned()), info_code: None })?;
    Ok(Box::new(tls.connect(name, stream).await.map_err(Error::Tls)?))
}

/// The task that moves the bytes.
struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The body of an answer, which holds the connection open.
struct Answer {
    body: Incoming,
    /// How long the server may say nothing.
    silence: Duration,
    end: Pin<Box<Sleep>>,
    _driver: Driver,
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            let end = Instant::now() + self.silence;
            self.end.as_mut().reset(end);
            return Poll::Ready(frame.map(|frame| frame.map_err(Error::from)));
        }
        ready!(self.end.as_mut().poll(context));
        Poll::Ready(Some(Err(Error::ConnectionReadTimeout)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
