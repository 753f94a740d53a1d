//! What is kept about a person as a ZIP: one JSON file and their pictures.

use std::{
    fs::File,
    io::{self, Seek, Write},
};

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use domain::{Result, StoreError, complaints::photo::Rendition, privacy::service::Portrait};
use serde_json::json;
use tokio::{sync::mpsc, task::spawn_blocking};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::photos::{PhotoKey, PhotoStore};

/// Pictures fetched before they are written.
const AHEAD: usize = 4;

/// An archive on its way out: an unnamed file that is gone when it is dropped.
pub struct Archive {
    /// The file, at its beginning.
    pub file: File,
    /// Its length in bytes.
    pub length: u64,
}

/// Packs what is kept about a person. A picture whose files are gone meanwhile is left out; the JSON
/// still names it.
///
/// # Errors
/// [`StoreError::Files`].
pub async fn pack(portrait: &Portrait, photos: &PhotoStore, now: DateTime<Utc>) -> Result<Archive> {
    let document = json!({
        "person": portrait.person,
        "made_at": now.to_rfc3339_opts(SecondsFormat::Secs, true),
        "tables": portrait.tables,
    });
    let document = serde_json::to_vec_pretty(&document).map_err(|error| failed(error.into()))?;
    let (sender, receiver) = mpsc::channel(AHEAD);
    let writing = spawn_blocking(move || write(document, receiver));
    for photo in &portrait.photos {
        let key = PhotoKey { municipality: photo.municipality, photo: photo.photo, content: photo.content };
        match photos.read(&key, Rendition::Full).await {
            // The writer broke off; it says why below.
            Ok(bytes) => {
                if sender.send((format!("photos/{}.jpg", photo.photo), bytes)).await.is_err() {
                    break;
                }
            }
            Err(error) if error.code() == Some(domain::Code::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    drop(sender);
    let written = writing.await.map_err(io::Error::other).and_then(|written| written);
    Ok(written.map_err(failed)?)
}

fn write(document: Vec<u8>, mut pictures: mpsc::Receiver<(String, Bytes)>) -> io::Result<Archive> {
    let mut archive = ZipWriter::new(tempfile::tempfile()?);
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored).large_file(true);
    archive.start_file("data.json", options)?;
    archive.write_all(&document)?;
    while let Some((name, picture)) = pictures.blocking_recv() {
        archive.start_file(name, options)?;
        archive.write_all(&picture)?;
    }
    let mut file = archive.finish()?;
    let length = file.stream_position()?;
    file.rewind()?;
    Ok(Archive { file, length })
}

fn failed(error: io::Error) -> StoreError {
    StoreError::Files(Box::new(error))
}
