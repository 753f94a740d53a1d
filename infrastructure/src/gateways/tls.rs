//! Whom we trust when we call a provider.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use rustls_pki_types::{CertificateDer, pem::PemObject};

use super::SetupError;

/// Trusts the system's certificate authorities and those in `extra`, a PEM file that a simulator or
/// a town hall's own mail server needs. `protocols` are offered by ALPN (RFC 7301), best first.
pub(crate) fn client(extra: Option<&[u8]>, protocols: &[&[u8]]) -> Result<ClientConfig, SetupError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for certificate in extra.into_iter().flat_map(CertificateDer::pem_slice_iter) {
        let certificate = certificate.map_err(|_| SetupError::Authorities("the extra file is not PEM"))?;
        roots
            .add(certificate)
            .map_err(|_| SetupError::Authorities("the extra file holds no usable certificate"))?;
    }
    if roots.is_empty() {
        return Err(SetupError::Authorities("the system has none; install ca-certificates"));
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| SetupError::Authorities("the TLS library supports no version"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_authority_is_named_and_never_skipped() {
        let cut = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(matches!(client(Some(cut), &[]), Err(SetupError::Authorities(_))));
    }
}
