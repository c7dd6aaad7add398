//! Requests of the component to others.

use std::future::ready;
use std::sync::Arc;

use http::{Request, Response};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use wasmtime_wasi_http::{Error, RequestOptions, Result, WasiBody, WasiHttpHooks};

use crate::allowed_hosts::AllowedHosts;
use crate::connection;

/// A future that wasmtime drives.
type Driven<T> = Box<dyn Future<Output = T> + Send>;

/// Sends what is allowed.
#[derive(Clone)]
pub struct Outbound {
    allowed: Arc<AllowedHosts>,
    tls: TlsConnector,
}

impl Outbound {
    /// Allows these hosts; trusts the authorities that browsers trust.
    pub fn new(allowed: Arc<AllowedHosts>) -> Self {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        Self { allowed, tls: TlsConnector::from(Arc::new(config)) }
    }
}

impl WasiHttpHooks for Outbound {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        // The component's trouble with the answer. It drops the answer too, which is what counts.
        _trouble: Driven<Result<()>>,
    ) -> Driven<Result<(Response<WasiBody>, Driven<Result<()>>)>> {
        if !self.allowed.check(request.uri()) {
            return Box::new(ready(Err(Error::HttpRequestDenied)));
        }
        let tls = self.tls.clone();
        Box::new(async move {
            let response = connection::send(request, options.unwrap_or_default(), &tls).await?;
            // As with Spin, trouble of the connection reaches the component by the answer's body alone.
            let done: Driven<Result<()>> = Box::new(ready(Ok(())));
            Ok((response, done))
        })
    }
}
