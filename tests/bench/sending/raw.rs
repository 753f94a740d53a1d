//! A raw HTTP/2 client: the same requests as ours, made once and sent again and again. It reads no answer but
//! its status, and keeps nothing.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use bytes::Bytes;
use futures::future::join_all;
use h2::client::SendRequest;
use hyper::{Request, StatusCode};
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

use super::child::answer;

/// As our gateways have it.
pub const CONNECTIONS: usize = 2;
pub const IN_FLIGHT: usize = 100;

/// What to send.
#[derive(Serialize, Deserialize)]
pub struct Raw {
    pub targets: Vec<Target>,
}

/// One provider, and how often it is sent the same.
#[derive(Serialize, Deserialize)]
pub struct Target {
    pub ca_pem: String,
    pub address: SocketAddr,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub sends: u32,
}

/// The process that sends.
pub fn serve() {
    answer(async |raw: Raw| join_all(raw.targets.iter().map(send_all)).await.into_iter().sum());
}

async fn send_all(target: &Target) -> u32 {
    let left = Arc::new(AtomicU32::new(target.sends));
    let mut senders = Vec::new();
    for _ in 0..CONNECTIONS {
        let sender = connect(target).await;
        senders.extend(
            (0..IN_FLIGHT).map(|_| tokio::spawn(send(sender.clone(), request(target), left.clone()))),
        );
    }
    join_all(senders).await.into_iter().map(Result::unwrap).sum()
}

async fn connect(target: &Target) -> SendRequest<Bytes> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(target.ca_pem.as_bytes()) {
        roots.add(certificate.unwrap()).unwrap();
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let tcp = TcpStream::connect(target.address).await.unwrap();
    tcp.set_nodelay(true).unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let tls = TlsConnector::from(Arc::new(config)).connect(name, tcp).await.unwrap();
    let (sender, connection) = h2::client::handshake(tls).await.unwrap();
    tokio::spawn(connection);
    sender
}

fn request(target: &Target) -> (Request<()>, Bytes) {
    let uri = format!("https://localhost:{}{}", target.address.port(), target.path);
    let mut request = Request::post(uri);
    for (name, value) in &target.headers {
        request = request.header(name, value);
    }
    (request.body(()).unwrap(), target.body.clone().into())
}

/// One after the other until none is left.
async fn send(
    sender: SendRequest<Bytes>,
    (request, body): (Request<()>, Bytes),
    left: Arc<AtomicU32>,
) -> u32 {
    let mut sent = 0;
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
        let mut sender = sender.clone().ready().await.unwrap();
        let (response, mut stream) = sender.send_request(request.clone(), false).unwrap();
        stream.send_data(body.clone(), true).unwrap();
        let response = response.await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let mut content = response.into_body();
        while let Some(part) = content.data().await {
            let length = part.unwrap().len();
            content.flow_control().release_capacity(length).unwrap();
        }
        sent += 1;
    }
    sent
}
