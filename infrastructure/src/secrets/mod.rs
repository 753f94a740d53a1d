//! Everything that is signed, peppered or sealed hangs on one secret of the installation.
//!
//! HKDF with SHA-256 (RFC 5869) derives a key of its own for each purpose, so what was made for
//! one purpose never passes for another.

mod acknowledgement;
mod address_change_link;
mod api_key;
mod bounce;
mod callback;
mod code;
mod desk_link;
mod file;
mod person_link;
mod signed;

pub use acknowledgement::AcknowledgementLink;
pub use address_change_link::AddressChangeLink;
pub use api_key::{KEY_PREFIX, KeyText};
use aws_lc_rs::{aead, digest, hmac};
pub use bounce::BounceName;
pub use callback::{CallScript, DeliveryName};
pub use desk_link::{DESK_LINK_LIFE, desk_token, open_desk_token};
pub use person_link::{LinkKind, PersonLink};
pub use signed::{SignedToken, SignedTokenError};

/// Least length of the installation's secret in bytes.
pub const LEAST_SECRET: usize = 32;

const NONCE: usize = aead::NONCE_LEN;

/// What a derived key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::IntoStaticStr, strum::EnumIter)]
#[strum(serialize_all = "snake_case")]
pub enum Purpose {
    /// Positions in paged lists.
    Cursor,
    /// The link in a department's e-mail.
    DeskLink,
    /// Tokens that renew a session.
    RefreshToken,
    /// Stored one-time codes: too short to be stored as a plain hash.
    OneTimeCode,
    /// Stored return keys of anonymous complaints.
    ReturnKey,
    /// Private signing keys in the database.
    SigningKey,
    /// Stored answers that are replayed for an idempotency key.
    StoredAnswer,
    /// Credentials of providers in the database.
    ProviderCredential,
    /// Secrets of authenticators and recovery codes in the database.
    SecondFactor,
    /// The name of a delivery in the address a provider reports to.
    DeliveryReport,
    /// The name of a delivery in the address its letter is sent back to.
    Bounce,
    /// What a call says, in the address it is fetched from.
    CallScript,
    /// The link by which a ward agrees or refuses.
    WardLink,
    /// The link by which somebody gets no more such letters.
    Unsubscribe,
    /// The link by which somebody acknowledges a warning.
    Acknowledgement,
    /// The link by which a change of an address is called off or undone.
    AddressChange,
    /// Stored codes that invite somebody to represent a ward.
    ProxyInvitation,
}

/// Why the installation's secret cannot be used, or something sealed cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The configured secret is too short to be one.
    #[error("the secret must have at least {LEAST_SECRET} bytes")]
    TooShort,
    /// The file with the secret can be read by others.
    #[error("the secret file {0} can be read by others; run: chmod 600 {0}")]
    Exposed(String),
    /// The file with the secret cannot be read or written.
    #[error("the secret file {path}: {source}")]
    File {
        /// Where it should be.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// Sealed with another secret, for another purpose or row, or changed since.
    #[error("not sealed here, or changed since")]
    Unopened,
}

/// The installation's secret: signs, verifies, seals and opens.
#[derive(Clone)]
pub struct Secrets {
    root: hmac::Key,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(hidden)")
    }
}

impl Secrets {
    /// From the configured text, for example the output of `openssl rand -base64 32`.
    /// White space around it does not count.
    ///
    /// # Errors
    /// [`SecretError::TooShort`] under [`LEAST_SECRET`] bytes.
    pub fn new(secret: &str) -> Result<Self, SecretError> {
        let secret = secret.trim().as_bytes();
        if secret.len() < LEAST_SECRET {
            return Err(SecretError::TooShort);
        }
        let salt = hmac::Key::new(hmac::HMAC_SHA256, b"rathaus");
        let root = hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&salt, secret).as_ref());
        Ok(Self { root })
    }

    /// HMAC-SHA-256 of `bytes` under the key for `purpose`.
    pub fn sign(&self, purpose: Purpose, bytes: &[u8]) -> [u8; 32] {
        mac(&hmac::Key::new(hmac::HMAC_SHA256, &self.key("sign", purpose)), bytes)
    }

    /// Whether `signature` is what [`Secrets::sign`] gives, in constant time.
    pub fn verify(&self, purpose: Purpose, bytes: &[u8], signature: &[u8]) -> bool {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.key("sign", purpose));
        hmac::verify(&key, bytes, signature).is_ok()
    }

    /// Encrypts `plaintext` for storage with AES-256-GCM: nonce, ciphertext, tag.
    ///
    /// `aad` names the place it is stored at, such as the row's id, so that a sealed value cannot
    /// be moved to another row. `nonce` is fresh random bytes for every call.
    ///
    /// # Errors
    /// [`SecretError::Unopened`] for a plaintext beyond the cipher's limit of 64 GiB.
    pub fn seal(
        &self,
        purpose: Purpose,
        plaintext: &[u8],
        aad: &[u8],
        nonce: [u8; NONCE],
    ) -> Result<Vec<u8>, SecretError> {
        let mut body = plaintext.to_vec();
        self.cipher(purpose)?
            .seal_in_place_append_tag(aead::Nonce::from(&nonce), aead::Aad::from(aad), &mut body)
            .map_err(|_| SecretError::Unopened)?;
        Ok([nonce.as_slice(), &body].concat())
    }

    /// Decrypts what [`Secrets::seal`] made for the same purpose and `aad`.
    ///
    /// # Errors
    /// [`SecretError::Unopened`] for anything else.
    pub fn open(&self, purpose: Purpose, sealed: &[u8], aad: &[u8]) -> Result<Vec<u8>, SecretError> {
        let (nonce, body) = sealed.split_first_chunk::<NONCE>().ok_or(SecretError::Unopened)?;
        let mut body = body.to_vec();
        let length = self
            .cipher(purpose)?
            .open_in_place(aead::Nonce::from(nonce), aead::Aad::from(aad), &mut body)
            .map_err(|_| SecretError::Unopened)?
            .len();
        body.truncate(length);
        Ok(body)
    }

    fn cipher(&self, purpose: Purpose) -> Result<aead::LessSafeKey, SecretError> {
        aead::UnboundKey::new(&aead::AES_256_GCM, &self.key("seal", purpose))
            .map(aead::LessSafeKey::new)
            .map_err(|_| SecretError::Unopened)
    }

    /// The first block of HKDF-Expand (RFC 5869, section 2.3), written out because one block
    /// cannot fail; a test compares it with the library's.
    fn key(&self, use_: &'static str, purpose: Purpose) -> [u8; 32] {
        mac(&self.root, &[info(use_, purpose).as_bytes(), &[1]].concat())
    }
}

/// SHA-256 of `bytes`: for secrets long and random enough to need no more.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    fixed(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// Bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn info(use_: &'static str, purpose: Purpose) -> String {
    let purpose: &'static str = purpose.into();
    format!("rathaus/{use_}/{purpose}/1")
}

fn mac(key: &hmac::Key, bytes: &[u8]) -> [u8; 32] {
    fixed(hmac::sign(key, bytes).as_ref())
}

fn fixed(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(bytes);
    out
}

#[cfg(test)]
mod tests;
