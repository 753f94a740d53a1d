//! A few SMTP connections to one server, used again from letter to letter.

use std::{
    error::Error,
    fmt, io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use lettre::{
    Address,
    transport::smtp::{
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, AsyncTokioStream, Certificate, TlsParameters},
        commands::{Data, Mail, Rcpt},
        extension::{ClientId, Extension, MailParameter},
    },
};
use percent_encoding::percent_decode_str;
use rustls_pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::Semaphore,
    time::{Instant, timeout},
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use url::{Host, Url};

use super::{
    answers::{Fault, Stage},
    letter::Letter,
};
use crate::gateways::{Limits, SetupError, tls};

/// Servers close connections that rest; ours are not kept longer.
const REST: Duration = Duration::from_secs(20);

enum Security {
    None,
    StartTls(TlsParameters),
    Implicit(TlsConnector, ServerName<'static>),
}

/// The way to one mail server.
pub(super) struct Smtp {
    host: String,
    port: u16,
    security: Security,
    credentials: Option<Credentials>,
    resting: Mutex<Vec<(Instant, AsyncSmtpConnection)>>,
    turns: Semaphore,
    timeout: Duration,
}

impl Smtp {
    pub fn new(url: &Url, ca_pem: Option<&[u8]>, limits: Limits) -> Result<Self, SetupError> {
        let (host, local) = match url.host() {
            Some(Host::Ipv4(address)) => (address.to_string(), address.is_loopback()),
            Some(Host::Ipv6(address)) => (address.to_string(), address.is_loopback()),
            // Not one of the schemes for which the URL standard reads addresses.
            Some(Host::Domain(name)) => match name.parse::<std::net::IpAddr>() {
                Ok(address) => (name.to_owned(), address.is_loopback()),
                Err(_) => (name.to_owned(), name == "localhost"),
            },
            None => return Err(SetupError::Smtp("has no host")),
        };
        let tls = url.query_pairs().find(|(key, _)| key == "tls").map(|(_, value)| value);
        let (port, security) = match (url.scheme(), tls.as_deref()) {
            ("smtps", None) => {
                let name = ServerName::try_from(host.clone())
                    .map_err(|_| SetupError::Smtp("has no host that a certificate could name"))?;
                let connector = TlsConnector::from(Arc::new(tls::client(ca_pem, &[])?));
                (465, Security::Implicit(connector, name))
            }
            ("smtp", Some("required")) => (587, Security::StartTls(start_tls(&host, ca_pem)?)),
            ("smtp", None) => (25, Security::None),
            _ => {
                return Err(SetupError::Smtp(
                    "is neither smtps://host, smtp://host?tls=required nor smtp://host",
                ));
            }
        };
        let credentials = credentials(url)?;
        if credentials.is_some() && matches!(security, Security::None) && !local {
            return Err(SetupError::Smtp(
                "would send its password unencrypted; use smtps:// or add ?tls=required",
            ));
        }
        Ok(Self {
            host,
            port: url.port().unwrap_or(port),
            security,
            credentials,
            resting: Mutex::default(),
            turns: Semaphore::new(limits.connections.max(1)),
            timeout: limits.timeout,
        })
    }

    /// One letter. A connection that the server closed while it rested is replaced at once: nothing
    /// was said on it yet.
    pub async fn send(&self, letter: &Letter) -> Result<(), (Stage, Fault)> {
        let _turn = self.turns.acquire().await.map_err(|_| (Stage::Connect, Fault::Broken))?;
        if let Some(connection) = self.rested() {
            match self.attempt(Some(connection), letter).await {
                Err((Stage::Sender, Fault::Broken | Fault::Reply { code: 421, .. })) => {}
                result => return result,
            }
        }
        self.attempt(None, letter).await
    }

    async fn attempt(
        &self,
        connection: Option<AsyncSmtpConnection>,
        letter: &Letter,
    ) -> Result<(), (Stage, Fault)> {
        let mut stage = Stage::Connect;
        let connection = match timeout(self.timeout, self.hand_over(connection, letter, &mut stage)).await {
            Ok(Ok(connection)) => connection,
            Ok(Err(fault)) => return Err((stage, fault)),
            Err(_) => return Err((stage, Fault::Timeout)),
        };
        self.resting.lock().unwrap_or_else(PoisonError::into_inner).push((Instant::now(), connection));
        Ok(())
    }

    /// After a refusal the connection is closed rather than reset: refusals are rare.
    async fn hand_over(
        &self,
        connection: Option<AsyncSmtpConnection>,
        letter: &Letter,
        stage: &mut Stage,
    ) -> Result<AsyncSmtpConnection, Fault> {
        let mut connection = match connection {
            Some(connection) => connection,
            None => self.connect(stage).await?,
        };
        *stage = Stage::Sender;
        let mut parameters = Vec::new();
        if !is_ascii(&letter.from) || !is_ascii(&letter.to) {
            if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err(Fault::Unsupported);
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        connection.command(Mail::new(Some(letter.from.clone()), parameters)).await.map_err(fault)?;
        *stage = Stage::Recipient;
        connection.command(Rcpt::new(letter.to.clone(), Vec::new())).await.map_err(fault)?;
        *stage = Stage::Data;
        connection.command(Data).await.map_err(fault)?;
        *stage = Stage::Content;
        connection.message(&letter.bytes).await.map_err(fault)?;
        Ok(connection)
    }

    async fn connect(&self, stage: &mut Stage) -> Result<AsyncSmtpConnection, Fault> {
        let tcp = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(|_| Fault::Broken)?;
        // Without it the last line of each letter waits for the server's delayed acknowledgement.
        tcp.set_nodelay(true).map_err(|_| Fault::Broken)?;
        let stream: Box<dyn AsyncTokioStream> = match &self.security {
            Security::Implicit(connector, name) => {
                let stream = connector.connect(name.clone(), tcp).await;
                Box::new(Encrypted(stream.map_err(|error| {
                    if blames_certificate(&error) { Fault::Certificate } else { Fault::Broken }
                })?))
            }
            Security::None | Security::StartTls(_) => Box::new(tcp),
        };
        let hello = ClientId::default();
        let mut connection =
            AsyncSmtpConnection::connect_with_transport(stream, &hello).await.map_err(fault)?;
        if let Security::StartTls(parameters) = &self.security {
            *stage = Stage::Encrypt;
            connection.starttls(parameters.clone(), &hello).await.map_err(fault)?;
        }
        if let Some(credentials) = &self.credentials {
            *stage = Stage::SignIn;
            connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await.map_err(fault)?;
        }
        Ok(connection)
    }

    fn rested(&self) -> Option<AsyncSmtpConnection> {
        let mut resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner);
        resting.retain(|(since, _)| since.elapsed() < REST);
        resting.pop().map(|(_, connection)| connection)
    }
}

fn start_tls(host: &str, ca_pem: Option<&[u8]>) -> Result<TlsParameters, SetupError> {
    let unusable = |_| SetupError::Authorities("the extra file holds no usable certificate");
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(pem) = ca_pem {
        builder = builder.add_root_certificate(Certificate::from_pem(pem).map_err(unusable)?);
    }
    builder.build_rustls().map_err(unusable)
}

fn credentials(url: &Url) -> Result<Option<Credentials>, SetupError> {
    let decode = |text: &str| {
        percent_decode_str(text)
            .decode_utf8()
            .map(|text| text.into_owned())
            .map_err(|_| SetupError::Smtp("has a user or password that is not percent-encoded UTF-8"))
    };
    match url.password() {
        Some(password) => Ok(Some(Credentials::new(decode(url.username())?, decode(password)?))),
        None if url.username().is_empty() => Ok(None),
        None => Err(SetupError::Smtp("has a user but no password")),
    }
}

fn is_ascii(address: &Address) -> bool {
    AsRef::<str>::as_ref(address).is_ascii()
}

fn fault(error: lettre::transport::smtp::Error) -> Fault {
    if let Some(code) = error.status() {
        return Fault::Reply {
            code: code.into(),
            enhanced: error.source().and_then(|text| enhanced(&text.to_string())),
        };
    }
    if error.is_tls() || blames_certificate(&error) {
        Fault::Certificate
    } else if error.is_client() {
        Fault::Unsupported
    } else {
        Fault::Broken
    }
}

/// Subject and detail of the code at the start of a reply: `5.1.1 …` is (1, 1).
fn enhanced(reply: &str) -> Option<(u16, u16)> {
    let mut numbers = reply.split_whitespace().next()?.split('.');
    let _class: u16 = numbers.next()?.parse().ok()?;
    let code = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
    numbers.next().is_none().then_some(code)
}

/// Whether TLS itself failed, not the connection under it.
fn blames_certificate(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<rustls::Error>() {
            return true;
        }
        // An io::Error's source is the source of what it wraps, not what it wraps.
        if let Some(inner) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref)
            && inner.is::<rustls::Error>()
        {
            return true;
        }
        cause = error.source();
    }
    false
}

/// lettre takes streams that know their peer.
struct Encrypted(TlsStream<TcpStream>);

impl fmt::Debug for Encrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Encrypted")
    }
}

impl AsyncTokioStream for Encrypted {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.get_ref().0.peer_addr()
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
