//! Stand-ins for Apple's and Google's push services, a mail server, a text message gateway and a telephone
//! provider.
//!
//! They speak the real protocols on a real socket and are stricter than the originals: whatever the original
//! lets pass but the documentation forbids is refused here, with a sentence that says what is wrong. Every
//! error of the originals can be had on demand, by script or by a magic device token (see `README.md`).
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use simulators::apns::{ApnsSimulator, Answer, Config, Reason};
//!
//! let apns = ApnsSimulator::start(Config::default()).await?;
//! // Configure the sender with apns.base_url(), apns.ca_pem() and apns.credentials().
//! apns.script("a1".repeat(32), [Answer::from(Reason::ServiceUnavailable)]); // the next try is accepted
//! apns.wait_for_accepted(1, std::time::Duration::from_secs(5)).await?;
//! assert_eq!(apns.violations(), Vec::<String>::new());
//! # Ok(()) }
//! ```

pub mod apns;
#[cfg(test)]
mod client;
pub mod clock;
pub mod control;
pub mod device;
pub mod fcm;
mod http1;
mod http2;
pub mod record;
mod script;
pub mod sms;
pub mod smtp;
pub mod telephony;
pub mod tls;
pub mod watch;

pub use control::Control;
pub use http1::CalledBack;
pub use http2::Cut;
pub use record::{Counts, Received, Recording, TimedOut};
pub use tls::Authority;

/// Why a simulator could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken or may not be used.
    #[error("cannot listen on {address}: {source}")]
    Listen { address: std::net::SocketAddr, source: std::io::Error },
    /// A file of certificates or credentials cannot be read or written.
    #[error("cannot use {path}: {source}")]
    File { path: std::path::PathBuf, source: std::io::Error },
    /// A key or certificate cannot be made or read.
    #[error("cannot make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The TLS library refuses the certificate.
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// The credentials cannot be used to check signatures.
    #[error("cannot use the credentials: {0}")]
    Credentials(#[from] jsonwebtoken::errors::Error),
    /// A file of credentials is not what this simulator writes.
    #[error("cannot read the credentials: {0}")]
    Json(#[from] serde_json::Error),
}
