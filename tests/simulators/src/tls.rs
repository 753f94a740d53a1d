//! A certificate authority of one's own: what a simulator shows as its certificate, and what a client must trust.

use std::{
    fs,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tempfile::NamedTempFile;

use crate::StartError;

/// The names under which a simulator may be reached.
const HOSTS: [&str; 5] = ["localhost", "127.0.0.1", "::1", "apns-simulator", "fcm-simulator"];

/// A certificate authority. Give the same one to several simulators and their clients need to trust only one.
#[derive(Debug)]
pub struct Authority {
    key: KeyPair,
    pem: String,
}

impl Authority {
    /// Makes a new authority that lives in memory only.
    pub fn generate() -> Result<Self, StartError> {
        let key = KeyPair::generate()?;
        let pem = authority_params()?.self_signed(&key)?.pem();
        Ok(Self { key, pem })
    }

    /// Reads `ca-key.pem` in `folder`, or makes it, and writes the certificate beside it as `ca.pem`, so that an
    /// app has to be told only once whom to trust. Simulators that start at the same time end up with one key.
    pub fn load_or_generate(folder: &Path) -> Result<Self, StartError> {
        let (pem_file, key_file) = (folder.join("ca.pem"), folder.join("ca-key.pem"));
        if !key_file.exists() {
            create_secret(folder, &key_file, &KeyPair::generate()?.serialize_pem())?;
        }
        let key = KeyPair::from_pem(&read(key_file)?)?;
        // Certificates of one key differ in their signature only: whoever trusts one trusts all.
        let pem = authority_params()?.self_signed(&key)?.pem();
        if !pem_file.exists() {
            write(pem_file, &pem)?;
        }
        Ok(Self { key, pem })
    }

    /// The certificate of this authority, PEM: what a client must trust.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A fresh server certificate for this machine's names; `protocols` are offered by ALPN in this order.
    pub(crate) fn server_config(&self, protocols: &[&str]) -> Result<Arc<ServerConfig>, StartError> {
        let authority = authority_params()?;
        let issuer = Issuer::from_params(&authority, &self.key);
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(HOSTS.map(String::from).to_vec())?;
        params.distinguished_name.push(DnType::CommonName, "simulator");
        params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &issuer)?;

        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        Ok(Arc::new(config))
    }
}

/// The same for every authority, so that a stored key is enough to sign under a stored certificate.
fn authority_params() -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, "Simulators' own authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

/// Writes a file that only its owner may read, all at once; one that is there already stays.
fn create_secret(folder: &Path, path: &Path, text: &str) -> Result<(), StartError> {
    let failed = |source| StartError::File { path: path.to_owned(), source };
    let mut file = NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    match file.persist_noclobber(path) {
        Err(lost) if lost.error.kind() != ErrorKind::AlreadyExists => Err(failed(lost.error)),
        _ => Ok(()),
    }
}

pub(crate) fn read(path: PathBuf) -> Result<String, StartError> {
    fs::read_to_string(&path).map_err(|source| StartError::File { path, source })
}

pub(crate) fn write(path: PathBuf, text: &str) -> Result<(), StartError> {
    fs::write(&path, text).map_err(|source| StartError::File { path, source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{apns, client::TestClient};

    #[tokio::test]
    async fn simulators_started_at_once_in_one_folder_are_trusted_by_one_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let authorities = std::thread::scope(|scope| {
            let starts: Vec<_> =
                (0..4).map(|_| scope.spawn(|| Authority::load_or_generate(path).unwrap())).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect::<Vec<_>>()
        });
        let client = TestClient::trusting(&read(path.join("ca.pem")).unwrap());
        for authority in authorities {
            let config = apns::Config { authority: Some(Arc::new(authority)), ..apns::Config::default() };
            let apns = apns::ApnsSimulator::start(config).await.unwrap();
            let request = http::Request::get(apns.base_url()).body(http_body_util::Full::default()).unwrap();
            assert_eq!(client.send(request).await.unwrap().status, http::StatusCode::METHOD_NOT_ALLOWED);
        }
    }
}
