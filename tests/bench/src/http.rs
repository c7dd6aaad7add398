//! A lean HTTP/1.1 client on one kept-alive connection: it sends bytes that were made beforehand and reads one
//! whole answer into a buffer that is used again. It costs a tenth of the thing that it measures.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The longest answer that is read: more is a failure, not a reason to fill the memory.
const LONGEST: usize = 16 << 20;

/// One connection. After an error it is of no further use.
pub struct Connection {
    stream: TcpStream,
    /// Bytes received and not yet taken.
    buffer: Vec<u8>,
    /// The body of the last answer, transfer coding removed.
    pub body: Vec<u8>,
}

/// How the end of a body is found.
enum Length {
    Known(usize),
    Chunked,
}

impl Connection {
    /// Connects without delay of small writes.
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("connect to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(64 << 10), body: Vec::new() })
    }

    /// Sends `request` and reads the whole answer into [`Self::body`]; returns the HTTP status.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<u16> {
        self.stream.write_all(request).await?;
        self.body.clear();
        let (status, length, size) = self.head().await?;
        self.buffer.drain(..size);
        match length {
            Length::Known(length) => self.take(length).await?,
            Length::Chunked => self.chunks().await?,
        }
        Ok(status)
    }

    async fn head(&mut self) -> Result<(u16, Length, usize)> {
        loop {
            if let Some(head) = parse_head(&self.buffer)? {
                return Ok(head);
            }
            self.fill().await?;
        }
    }

    async fn fill(&mut self) -> Result<()> {
        if self.buffer.len() + self.body.len() > LONGEST {
            bail!("the answer is longer than {LONGEST} bytes");
        }
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => bail!("the connection closed in the middle of an answer"),
            _ => Ok(()),
        }
    }

    /// Moves `length` bytes to the body.
    async fn take(&mut self, length: usize) -> Result<()> {
        while self.buffer.len() < length {
            self.fill().await?;
        }
        self.body.extend_from_slice(self.buffer.get(..length).unwrap_or_default());
        self.buffer.drain(..length);
        Ok(())
    }

    /// Reads chunks up to and with the last one (RFC 9112, 7.1); trailers are not expected.
    async fn chunks(&mut self) -> Result<()> {
        loop {
            let (start, size) = loop {
                match httparse::parse_chunk_size(&self.buffer) {
                    Ok(httparse::Status::Complete((start, size))) => break (start, usize::try_from(size)?),
                    Ok(httparse::Status::Partial) => self.fill().await?,
                    Err(_) => bail!("the size of a chunk cannot be read"),
                }
            };
            if size > LONGEST {
                bail!("a chunk of {size} bytes");
            }
            self.buffer.drain(..start);
            self.take(size).await?;
            while self.buffer.len() < 2 {
                self.fill().await?;
            }
            self.buffer.drain(..2);
            if size == 0 {
                return Ok(());
            }
        }
    }
}

/// Status, framing and length of the head, when the whole of it is there.
fn parse_head(bytes: &[u8]) -> Result<Option<(u16, Length, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut headers);
    let size = match response.parse(bytes)? {
        httparse::Status::Complete(size) => size,
        httparse::Status::Partial => return Ok(None),
    };
    let mut length = Length::Known(0);
    for header in response.headers.iter() {
        if header.name.eq_ignore_ascii_case("content-length") {
            length = Length::Known(std::str::from_utf8(header.value)?.trim().parse()?);
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
            length = Length::Chunked;
            break;
        }
    }
    Ok(Some((response.code.unwrap_or(0), length, size)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    /// Answers each request of one connection with the next of `answers`, cut into pieces of `piece` bytes.
    async fn server(answers: &'static [&'static str], piece: usize) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            for answer in answers {
                let mut request = [0; 64];
                assert!(stream.read(&mut request).await.unwrap() > 0);
                for bytes in answer.as_bytes().chunks(piece) {
                    stream.write_all(bytes).await.unwrap();
                    tokio::task::yield_now().await;
                }
            }
        });
        address
    }

    #[tokio::test]
    async fn reads_both_framings_in_any_pieces() {
        const ANSWERS: &[&str] = &[
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n",
            "HTTP/1.1 202 Accepted\r\n\r\n",
        ];
        for piece in [1, 2, 7, 1000] {
            let mut connection = Connection::open(server(ANSWERS, piece).await).await.unwrap();
            assert_eq!(connection.exchange(b"x").await.unwrap(), 200);
            assert_eq!(connection.body, b"hello");
            assert_eq!(connection.exchange(b"x").await.unwrap(), 200);
            assert_eq!(connection.body, b"abc0123456789");
            assert_eq!(connection.exchange(b"x").await.unwrap(), 202);
            assert_eq!(connection.body, b"");
        }
    }

    #[tokio::test]
    async fn an_answer_cut_short_is_an_error() {
        const ANSWERS: &[&str] = &["HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"];
        let mut connection = Connection::open(server(ANSWERS, 1000).await).await.unwrap();
        let error = connection.exchange(b"x").await.unwrap_err();
        assert!(error.to_string().contains("closed"), "{error}");
    }
}
