//! Files in a folder.

use std::{path::Path, sync::Arc, time::Duration};

use bytes::Bytes;
use domain::{Code, Error, StoreError, complaints::photo::Rendition};
use futures::{TryStreamExt, future::join_all};
use image::DynamicImage;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::corpus::*;
use crate::{
    cores::Cores,
    db::rehearsal::rehearse,
    photos::{PhotoStore, PhotoStoreError, Photos, ingest},
};

fn folder(path: &Path) -> PhotoStore {
    PhotoStore::open(&format!("file://{}", path.display()), []).unwrap()
}

fn files(path: &Path) -> usize {
    std::fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| if path.is_dir() { files(&path) } else { 1 })
        .sum()
}

fn town() -> domain::ids::MunicipalityId {
    Uuid::from_u128(1).into()
}

fn photo(number: u128) -> domain::ids::PhotoId {
    Uuid::from_u128(number).into()
}

#[tokio::test]
async fn a_rehearsal_stores_nothing_and_deletes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let photos = Photos::new(folder(home.path()));
    let upload = Bytes::from(jpeg(&quarters(640, 480), None));
    let kept = photos.take_in(town(), photo(1), upload.clone()).await.unwrap();
    // Under an id of its own, and under that of a photo that counts.
    for number in [2, 1] {
        let (key, size) = rehearse(photos.take_in(town(), photo(number), upload.clone())).await.unwrap();
        assert_eq!((key.content, size), (kept.0.content, kept.1), "it is looked at all the same");
        rehearse(photos.store().delete(town(), photo(number))).await.unwrap();
    }
    rehearse(photos.store().put_document(&kept.0, upload)).await.unwrap();
    assert_eq!(files(home.path()), 2);
    assert!(photos.store().read(&kept.0, Rendition::Full).await.is_ok());
}

#[tokio::test]
async fn what_was_taken_in_comes_back_until_it_is_deleted() {
    let home = tempfile::tempdir().unwrap();
    let place = home.path().join("data/files");
    let photos = Photos::new(folder(&place));
    let upload = Bytes::from(jpeg(&quarters(640, 480), Some(exif(6))));
    let (key, size) = photos.take_in(town(), photo(1), upload.clone()).await.unwrap();
    assert_eq!((size.width(), size.height()), (480, 640));
    assert_eq!(files(&place), 2);

    let wanted = ingest(&upload).unwrap();
    for (rendition, wanted) in [(Rendition::Full, wanted.full), (Rendition::Thumb, wanted.thumb)] {
        let file = photos.store().get(&key, rendition).await.unwrap();
        assert_eq!(file.length, u64::try_from(wanted.len()).unwrap());
        let pieces: Vec<Bytes> = file.stream.try_collect().await.unwrap();
        assert_eq!(pieces.concat(), wanted);
        assert_eq!(photos.store().read(&key, rendition).await.unwrap(), wanted);
    }

    photos.take_in(town(), photo(1), upload.clone()).await.unwrap();
    assert_eq!(files(&place), 2, "the same upload again changes nothing");

    let (other, _) = photos.take_in(town(), photo(2), upload).await.unwrap();
    photos.store().delete(town(), photo(1)).await.unwrap();
    let gone = photos.store().get(&key, Rendition::Full).await.err().unwrap();
    assert_eq!(gone.code(), Some(Code::NotFound));
    assert!(photos.store().read(&other, Rendition::Thumb).await.is_ok());
    photos.store().delete(town(), photo(1)).await.unwrap();
}

#[tokio::test]
async fn another_upload_under_the_same_id_replaces_nothing() {
    let home = tempfile::tempdir().unwrap();
    let photos = Photos::new(folder(home.path()));
    let mine = Bytes::from(jpeg(&quarters(64, 48), None));
    let (key, _) = photos.take_in(town(), photo(1), mine.clone()).await.unwrap();
    photos.take_in(town(), photo(1), jpeg(&quarters(32, 32), None).into()).await.unwrap();
    assert_eq!(photos.store().read(&key, Rendition::Full).await.unwrap(), ingest(&mine).unwrap().full);
    photos.store().delete(town(), photo(1)).await.unwrap();
    assert_eq!(files(home.path()), 0, "both are gone with the photo");
}

#[tokio::test]
async fn nothing_is_written_for_a_refused_upload() {
    let home = tempfile::tempdir().unwrap();
    let photos = Photos::new(folder(home.path()));
    let refused = photos.take_in(town(), photo(1), Bytes::from_static(b"<html>")).await.unwrap_err();
    assert_eq!(refused.code(), Some(Code::PhotoUnreadable));
    assert_eq!(files(home.path()), 0);
}

#[tokio::test]
async fn twenty_uploads_at_once_take_turns() {
    let home = tempfile::tempdir().unwrap();
    let photos = Photos {
        cores: Cores::with_seats(2, Duration::from_secs(60)),
        large: Arc::new(Semaphore::new(1)),
        store: folder(home.path()),
    };
    let upload = Bytes::from(jpeg(&quarters(1600, 1200), None));
    let taken = join_all((0..20).map(|number| photos.take_in(town(), photo(number), upload.clone()))).await;
    assert!(taken.iter().all(Result::is_ok));
    assert_eq!(files(home.path()), 40);
}

#[tokio::test]
async fn a_large_picture_waits_for_another_and_keeps_no_small_one_waiting() {
    let home = tempfile::tempdir().unwrap();
    let photos = Photos::new(folder(home.path()));
    let large = Bytes::from(png(&DynamicImage::ImageRgb8(quarters(4100, 4000)), None));
    let small = Bytes::from(jpeg(&quarters(160, 120), None));
    let other = photos.large.clone().acquire_owned().await.unwrap();
    let waiting = tokio::spawn({
        let photos = photos.clone();
        async move { photos.take_in(town(), photo(1), large).await }
    });
    photos.take_in(town(), photo(2), small).await.unwrap();
    assert_eq!(files(home.path()), 2, "only the small one's");
    drop(other);
    waiting.await.unwrap().unwrap();
    assert_eq!(files(home.path()), 4);
}

#[tokio::test]
async fn the_probe_tells_whether_photos_can_be_stored() {
    let home = tempfile::tempdir().unwrap();
    let place = home.path().join("files");
    let store = folder(&place);
    store.probe().await.unwrap();
    assert_eq!(files(&place), 0);
    std::fs::remove_dir_all(&place).unwrap();
    std::fs::write(&place, "in the way").unwrap();
    assert!(matches!(store.probe().await, Err(Error::Store(StoreError::Files(_)))));
}

#[test]
fn a_wrong_setting_is_named() {
    let home = tempfile::tempdir().unwrap();
    let taken = home.path().join("taken");
    std::fs::write(&taken, "").unwrap();
    for url in ["data/files", "file://", "ftp://host/files", ""] {
        assert!(matches!(PhotoStore::open(url, []), Err(PhotoStoreError::Scheme)), "{url}");
    }
    let inside_a_file = format!("file://{}/files", taken.display());
    assert!(matches!(PhotoStore::open(&inside_a_file, []), Err(PhotoStoreError::Folder(..))));
}
