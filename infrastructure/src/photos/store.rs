//! Where photos lie: a folder or an S3 bucket.

use std::{io, sync::Arc};

use bytes::Bytes;
use domain::{
    Error, Result, StoreError,
    complaints::photo::Rendition,
    ids::{MunicipalityId, PersonId, PhotoId},
};
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{
    ObjectStore, ObjectStoreExt,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
    local::LocalFileSystem,
    path::Path,
};
use url::Url;

use super::{PhotoKey, Pictures};
use crate::{db::rehearsal, private};

/// The folder of notes about people who were erased.
const ERASURES: &str = "erasures";

/// Why the configured place cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PhotoStoreError {
    /// Neither a folder nor a bucket.
    #[error("must be file://FOLDER or s3://BUCKET/PREFIX")]
    Scheme,
    /// The folder cannot be made or opened.
    #[error("names a folder that cannot be used, {0}: {1}")]
    Folder(String, #[source] io::Error),
    /// Nothing says who we are to the bucket.
    #[error(
        "names a bucket, but nothing says who may use it: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the \
         environment"
    )]
    Credentials,
    /// The bucket's settings are incomplete or contradict each other.
    #[error("cannot be used: {0}")]
    Settings(#[from] object_store::Error),
}

/// A stored rendition on its way out.
pub struct PhotoFile {
    /// Length in bytes.
    pub length: u64,
    /// The JPEG, piece by piece.
    pub stream: BoxStream<'static, io::Result<Bytes>>,
}

/// Whether there is a key, or another way by which a cloud says who we are. Without any the store would ask a
/// machine of Amazon's for one at the first photo, and wait for it.
fn says_who(builder: &AmazonS3Builder) -> bool {
    let has = |key| builder.get_config_value(&key).is_some();
    let has_key = has(AmazonS3ConfigKey::AccessKeyId) && has(AmazonS3ConfigKey::SecretAccessKey);
    let others = [
        AmazonS3ConfigKey::MetadataEndpoint,
        AmazonS3ConfigKey::ContainerCredentialsRelativeUri,
        AmazonS3ConfigKey::ContainerCredentialsFullUri,
        AmazonS3ConfigKey::WebIdentityTokenFile,
    ];
    // Set or not, this one always has a value.
    let is_open =
        builder.get_config_value(&AmazonS3ConfigKey::SkipSignature).is_some_and(|skip| skip == "true");
    has_key || is_open || others.into_iter().any(has)
}

/// The files of all photos: `{municipality}/{photo}/{upload's hash}.{rendition}.jpg`. In a rehearsal nothing is
/// stored, so nothing has to go again, and nothing goes.
#[derive(Clone, Debug)]
pub struct PhotoStore {
    objects: Arc<dyn ObjectStore>,
    prefix: Path,
}

impl PhotoStore {
    /// Opens `file://FOLDER`, relative or absolute, made where it is missing, or
    /// `s3://BUCKET/PREFIX`. `settings` are those of the bucket as S3 tools name them
    /// (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`, …); unknown ones are ignored.
    ///
    /// # Errors
    /// [`PhotoStoreError`] with a sentence for the operator.
    pub fn open(
        url: &str,
        settings: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, PhotoStoreError> {
        match url.split_once("://") {
            Some(("file", folder)) if !folder.is_empty() => Self::folder(folder),
            Some(("s3", _)) => Self::bucket(url, settings),
            _ => Err(PhotoStoreError::Scheme),
        }
    }

    fn folder(folder: &str) -> Result<Self, PhotoStoreError> {
        let unusable = |error| PhotoStoreError::Folder(folder.to_owned(), error);
        private::folder(folder.as_ref()).map_err(unusable)?;
        // Said at the start, not to the first who sends a photo.
        tempfile::tempfile_in(folder).map_err(unusable)?;
        // Emptied folders stay: removing them would race with an upload that just made one.
        let objects = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self { objects: Arc::new(objects), prefix: Path::default() })
    }

    fn bucket(
        url: &str,
        settings: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, PhotoStoreError> {
        let url: Url = url.parse().map_err(|_| PhotoStoreError::Scheme)?;
        let prefix = Path::from_url_path(url.path()).map_err(object_store::Error::from)?;
        let builder = settings
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .filter_map(|(name, value)| {
                let name: AmazonS3ConfigKey = name.to_ascii_lowercase().parse().ok()?;
                Some((name, value))
            })
            .fold(AmazonS3Builder::new().with_url(url), |builder, (name, value)| {
                builder.with_config(name, value)
            });
        if !says_who(&builder) {
            return Err(PhotoStoreError::Credentials);
        }
        let objects = builder.build()?;
        Ok(Self { objects: Arc::new(objects), prefix })
    }

    /// Stores both renditions. Storing the same upload again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Files`].
    pub async fn put(&self, key: &PhotoKey, pictures: Pictures) -> Result<()> {
        if rehearsal::is_on() {
            return Ok(());
        }
        let (full, thumb) = (self.path(key, Rendition::Full), self.path(key, Rendition::Thumb));
        futures::try_join!(
            self.objects.put(&full, pictures.full.into()),
            self.objects.put(&thumb, pictures.thumb.into())
        )
        .map_err(failed)?;
        Ok(())
    }

    /// Stores a document as it is.
    ///
    /// # Errors
    /// [`StoreError::Files`].
    pub async fn put_document(&self, key: &PhotoKey, bytes: Bytes) -> Result<()> {
        if rehearsal::is_on() {
            return Ok(());
        }
        self.objects.put(&self.document(key), bytes.into()).await.map_err(failed)?;
        Ok(())
    }

    /// A document as a stream.
    ///
    /// # Errors
    /// As [`PhotoStore::get`].
    pub async fn get_document(&self, key: &PhotoKey) -> Result<PhotoFile> {
        let found = self.objects.get(&self.document(key)).await.map_err(failed)?;
        Ok(PhotoFile {
            length: found.meta.size,
            stream: found.into_stream().map_err(io::Error::from).boxed(),
        })
    }

    /// A document at once, for a backup.
    ///
    /// # Errors
    /// As [`PhotoStore::get`].
    pub async fn read_document(&self, key: &PhotoKey) -> Result<Bytes> {
        let found = self.objects.get(&self.document(key)).await.map_err(failed)?;
        found.bytes().await.map_err(failed)
    }

    /// One rendition as a stream.
    ///
    /// # Errors
    /// [`domain::Code::NotFound`], [`StoreError::Files`].
    pub async fn get(&self, key: &PhotoKey, rendition: Rendition) -> Result<PhotoFile> {
        let found = self.objects.get(&self.path(key, rendition)).await.map_err(failed)?;
        Ok(PhotoFile {
            length: found.meta.size,
            stream: found.into_stream().map_err(io::Error::from).boxed(),
        })
    }

    /// One rendition at once, such as a thumbnail for an e-mail.
    ///
    /// # Errors
    /// As [`PhotoStore::get`].
    pub async fn read(&self, key: &PhotoKey, rendition: Rendition) -> Result<Bytes> {
        let found = self.objects.get(&self.path(key, rendition)).await.map_err(failed)?;
        found.bytes().await.map_err(failed)
    }

    /// Deletes every file of a photo, those of uploads that never became its content included.
    ///
    /// # Errors
    /// [`StoreError::Files`]; deleting what is not there is no error.
    pub async fn delete(&self, municipality: MunicipalityId, photo: PhotoId) -> Result<()> {
        if rehearsal::is_on() {
            return Ok(());
        }
        let folder = self.folder_of(municipality, photo);
        let files = self.objects.list(Some(&folder)).map_ok(|file| file.location).boxed();
        self.objects.delete_stream(files).try_for_each(|_| async { Ok(()) }).await.map_err(failed)
    }

    /// Notes beside the photos that a person was erased: a backup of the database that is restored later
    /// does not know. The note is their bare identifier.
    ///
    /// # Errors
    /// [`StoreError::Files`].
    pub async fn note_erasure(&self, person: PersonId) -> Result<()> {
        let path = self.prefix.clone().join(ERASURES).join(person.to_string());
        self.objects.put(&path, Bytes::new().into()).await.map_err(failed)?;
        Ok(())
    }

    /// Everybody whose erasure is noted.
    ///
    /// # Errors
    /// [`StoreError::Files`].
    pub async fn noted_erasures(&self) -> Result<Vec<PersonId>> {
        let folder = self.prefix.clone().join(ERASURES);
        let notes = self.objects.list(Some(&folder)).map_ok(|file| file.location);
        let names: Vec<_> = notes.try_collect().await.map_err(failed)?;
        Ok(names.iter().filter_map(|name| name.filename()?.parse().ok()).collect())
    }

    /// Stores the bytes of one rendition as they are, for a restored backup.
    ///
    /// # Errors
    /// [`StoreError::Files`].
    pub async fn put_back(&self, key: &PhotoKey, rendition: Rendition, bytes: Bytes) -> Result<()> {
        self.objects.put(&self.path(key, rendition), bytes.into()).await.map_err(failed)?;
        Ok(())
    }

    /// Writes and deletes a small file: whether photos can be stored now.
    ///
    /// # Errors
    /// [`StoreError::Files`].
    pub async fn probe(&self) -> Result<()> {
        let path = self.prefix.clone().join("probe");
        self.objects.put(&path, Bytes::from_static(b"ok").into()).await.map_err(failed)?;
        match self.objects.delete(&path).await {
            // Another instance probed at the same time.
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    fn folder_of(&self, municipality: MunicipalityId, photo: PhotoId) -> Path {
        self.prefix.clone().join(municipality.to_string()).join(photo.to_string())
    }

    fn document(&self, key: &PhotoKey) -> Path {
        self.folder_of(key.municipality, key.photo).join(format!("{}.pdf", key.content))
    }

    fn path(&self, key: &PhotoKey, rendition: Rendition) -> Path {
        self.folder_of(key.municipality, key.photo).join(format!("{}.{rendition}.jpg", key.content))
    }
}

fn failed(error: object_store::Error) -> Error {
    match error {
        object_store::Error::NotFound { .. } => Error::not_found(),
        error => Error::Store(StoreError::Files(Box::new(error))),
    }
}
