//! The connections of an upstream, which are counted and may be reset.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::upstream::Upstream;

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
