//! The secret of an embedded installation: a file beside the database, made at the first start.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::context::Entropy;

use super::{SecretError, Secrets};

impl Secrets {
    /// Reads the secret from `path`; where there is none, makes one that only the owner can read.
    /// The text in the file may be moved to the configuration as it is.
    ///
    /// # Errors
    /// [`SecretError::Exposed`] when others can read the file, [`SecretError::TooShort`] when it
    /// holds no secret, [`SecretError::File`] when the system refuses.
    pub fn beside(path: &Path, entropy: &dyn Entropy) -> Result<Self, SecretError> {
        let text = match read(path) {
            Err(SecretError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                create(path, entropy).map_err(failed(path))?;
                read(path)?
            }
            text => text?,
        };
        Self::new(&text)
    }
}

fn read(path: &Path) -> Result<String, SecretError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if fs::metadata(path).map_err(failed(path))?.mode() & 0o077 != 0 {
            return Err(SecretError::Exposed(path.display().to_string()));
        }
    }
    fs::read_to_string(path).map_err(failed(path))
}

/// Complete or not at all, and never over a secret that another process made meanwhile.
fn create(path: &Path, entropy: &dyn Entropy) -> io::Result<()> {
    let mut secret = [0; 32];
    entropy.fill(&mut secret);
    let draft = path.with_extension(format!("draft-{}", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(&draft)?;
    writeln!(file, "{}", URL_SAFE_NO_PAD.encode(secret))?;
    file.sync_all()?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> SecretError {
    let path = path.display().to_string();
    move |source| SecretError::File { path, source }
}
