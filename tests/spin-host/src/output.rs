//! Standard output and standard error of a component, handed on in whole lines: many instances write at once,
//! long lines arrive in pieces, and a line of an audit log must stay one line.

use std::io::{self, Write};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use hyper::body::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

/// Which stream of the host's.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// Standard output.
    Out,
    /// Standard error.
    Error,
}

/// A stream of one instance.
#[derive(Clone)]
pub struct Lines(Arc<Mutex<Pending>>);

struct Pending {
    target: Target,
    /// The start of a line whose end has not come yet.
    start: Vec<u8>,
}

impl Lines {
    /// A stream that ends in that one of the host's.
    pub fn new(target: Target) -> Self {
        Self(Arc::new(Mutex::new(Pending { target, start: Vec::new() })))
    }

    fn push(&self, bytes: &[u8]) {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ready = pending.push(bytes);
        pending.target.write(&ready);
    }
}

impl Pending {
    /// Takes bytes, answers the lines that are complete.
    fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        let Some(end) = bytes.iter().rposition(|byte| *byte == b'\n') else {
            self.start.extend_from_slice(bytes);
            return Vec::new();
        };
        let (whole, rest) = bytes.split_at(end + 1);
        let mut ready = std::mem::replace(&mut self.start, rest.to_vec());
        ready.extend_from_slice(whole);
        ready
    }
}

impl Drop for Pending {
    /// An instance may end, or trap, in the middle of a line.
    fn drop(&mut self) {
        if !self.start.is_empty() {
            self.start.push(b'\n');
            self.target.write(&self.start);
        }
    }
}

impl Target {
    /// One write, so that nothing comes between. When nobody reads any more the component is not told.
    fn write(self, lines: &[u8]) {
        let _ = match self {
            Self::Out => {
                let mut out = io::stdout().lock();
                out.write_all(lines).and_then(|()| out.flush())
            }
            Self::Error => io::stderr().lock().write_all(lines),
        };
    }
}

impl IsTerminal for Lines {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Lines {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

impl OutputStream for Lines {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.push(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(64 * 1024)
    }
}

#[async_trait]
impl Pollable for Lines {
    async fn ready(&mut self) {}
}

impl AsyncWrite for Lines {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.push(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hands_on_whole_lines() {
        let mut pending = Pending { target: Target::Out, start: Vec::new() };
        let rows: [(&str, &str); 6] =
            [("a", ""), ("b\nc", "ab\n"), ("", ""), ("\n\n", "c\n\n"), ("d\ne\nf", "d\ne\n"), ("\n", "f\n")];
        for (bytes, ready) in rows {
            assert_eq!(pending.push(bytes.as_bytes()), ready.as_bytes(), "{bytes:?}");
        }
        assert!(pending.start.is_empty());
    }
}
