//! The sockets of an upstream: its port, and connections that are counted and may be reset.

use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use anyhow::{Result, bail};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::upstream::Upstream;

/// A port below those that the system gives to clients: while an upstream is down nobody else is to get its port.
pub fn port(number: usize) -> Result<SocketAddr> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let first = 20_000 + std::process::id() as usize % 1_000 * 12 + number;
    for _ in 0..2_000 {
        let port = 20_000 + (first + NEXT.fetch_add(1, Ordering::SeqCst) * 7) % 12_000;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, u16::try_from(port)?));
        if std::net::TcpListener::bind(address).is_ok() {
            return Ok(address);
        }
    }
    bail!("no port is free for an upstream")
}

/// A connection of an upstream, counted, and reset at its end when the upstream says so.
pub struct Connection {
    stream: TcpStream,
    of: Arc<Upstream>,
}

impl Connection {
    pub fn new(stream: TcpStream, of: &Arc<Upstream>) -> Self {
        of.connections.fetch_add(1, Ordering::SeqCst);
        Self { stream, of: Arc::clone(of) }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.of.resets.load(Ordering::SeqCst) {
            // Best effort: else it is a close.
            let _ = self.stream.set_zero_linger();
        }
        self.of.connections.fetch_sub(1, Ordering::SeqCst);
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
