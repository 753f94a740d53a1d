//! Lines on a socket, before and after TLS.

use std::{io, sync::Arc};

use rustls::ServerConfig;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// Longer lines end the connection; RFC 5321 wants 512 for commands and 1000 for text.
const MAX_READ: u64 = 64 * 1024;

/// A connection that may turn to TLS in its midst.
pub(super) enum Wire {
    Plain(BufReader<TcpStream>),
    Tls(Box<BufReader<TlsStream<TcpStream>>>),
}

impl Wire {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self::Plain(BufReader::new(stream))
    }

    pub(super) fn encrypted(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    /// Whether the client sent more than it was asked: after STARTTLS that would be smuggled in from before.
    pub(super) fn has_more(&self) -> bool {
        match self {
            Self::Plain(stream) => !stream.buffer().is_empty(),
            Self::Tls(stream) => !stream.buffer().is_empty(),
        }
    }

    pub(super) async fn encrypt(self, config: Arc<ServerConfig>) -> io::Result<Self> {
        match self {
            Self::Plain(stream) => {
                let stream = TlsAcceptor::from(config).accept(stream.into_inner()).await?;
                Ok(Self::Tls(Box::new(BufReader::new(stream))))
            }
            Self::Tls(stream) => Ok(Self::Tls(stream)),
        }
    }

    /// The next line with its end; `None` when the client left.
    pub(super) async fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let read = match self {
            Self::Plain(stream) => stream.take(MAX_READ).read_until(b'\n', &mut line).await?,
            Self::Tls(stream) => stream.take(MAX_READ).read_until(b'\n', &mut line).await?,
        };
        match line.last() {
            Some(b'\n') => Ok(Some(line)),
            None if read == 0 => Ok(None),
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, "an endless line or an end in its midst")),
        }
    }

    pub(super) async fn write(&mut self, text: &str) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.write_all(text.as_bytes()).await,
            Self::Tls(stream) => {
                stream.write_all(text.as_bytes()).await?;
                stream.flush().await
            }
        }
    }
}
