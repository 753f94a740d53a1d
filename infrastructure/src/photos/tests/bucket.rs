//! Files in a bucket, over HTTP to a small server that speaks the part of S3 that is used here.
//! It shows how keys, prefix, credentials and addresses arrive; it is no replacement for a real S3.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use domain::{Code, Error, StoreError, complaints::photo::Rendition};
use futures::TryStreamExt;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use url::Url;
use uuid::Uuid;

use super::corpus::*;
use crate::photos::{PhotoStore, PhotoStoreError, Photos, ingest};

type Objects = Arc<Mutex<BTreeMap<String, Bytes>>>;

const BUCKET: &str = "/photos/";

async fn answer(objects: Objects, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let signed = parts.headers.get("authorization").is_some_and(|value| {
        let value = value.to_str().unwrap();
        value.starts_with("AWS4-HMAC-SHA256 Credential=rathaus/") && value.contains("/eu-central-1/s3/")
    });
    let respond = |status, body: Bytes| {
        let response = Response::builder().status(status);
        response
            .header("etag", "\"1\"")
            .header("last-modified", "Mon, 04 May 2026 12:00:00 GMT")
            .body(Full::new(body))
            .unwrap()
    };
    let mut objects = objects.lock().unwrap();
    let key = parts.uri.path().strip_prefix(BUCKET).unwrap_or_default().to_owned();
    let query: BTreeMap<_, _> =
        url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    Ok(if !signed {
        respond(StatusCode::FORBIDDEN, "<Error><Code>AccessDenied</Code></Error>".into())
    } else if query.contains_key("list-type") {
        let prefix = query.get("prefix").unwrap();
        let found: String = objects
            .iter()
            .filter(|(key, _)| key.starts_with(prefix))
            .map(|(key, body)| {
                let (size, time) = (body.len(), "2026-05-04T12:00:00.000Z");
                format!("<Contents><Key>{key}</Key><Size>{size}</Size><LastModified>{time}</LastModified><ETag>1</ETag></Contents>")
            })
            .collect();
        let listed = format!("<ListBucketResult><IsTruncated>false</IsTruncated>{found}</ListBucketResult>");
        respond(StatusCode::OK, listed.into())
    } else if parts.method == Method::POST && query.contains_key("delete") {
        let wanted = String::from_utf8(body.to_vec()).unwrap();
        let mut deleted = String::new();
        objects.retain(|key, _| {
            let named = format!("<Key>{key}</Key>");
            let stays = !wanted.contains(&named);
            if !stays {
                deleted += &format!("<Deleted>{named}</Deleted>");
            }
            stays
        });
        respond(StatusCode::OK, format!("<DeleteResult>{deleted}</DeleteResult>").into())
    } else if parts.method == Method::PUT {
        objects.insert(key, body);
        respond(StatusCode::OK, Bytes::new())
    } else {
        match objects.get(&key) {
            Some(body) => respond(StatusCode::OK, body.clone()),
            None => respond(StatusCode::NOT_FOUND, "<Error><Code>NoSuchKey</Code></Error>".into()),
        }
    })
}

/// Gives the server's address and what it holds.
async fn bucket() -> (Url, Objects) {
    let objects = Objects::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let held = objects.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let objects = held.clone();
            tokio::spawn(http1::Builder::new().serve_connection(
                TokioIo::new(stream),
                service_fn(move |request| answer(objects.clone(), request)),
            ));
        }
    });
    (address, objects)
}

fn settings(endpoint: &Url, account: &str) -> Vec<(String, String)> {
    [
        ("AWS_ENDPOINT_URL", endpoint.as_str().trim_end_matches('/')),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_ACCESS_KEY_ID", account),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_EXECUTION_ENV", "not a setting of the store"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

#[tokio::test]
async fn photos_live_under_the_prefix_of_the_bucket() {
    let (endpoint, objects) = bucket().await;
    let store = PhotoStore::open("s3://photos/town/halls", settings(&endpoint, "rathaus")).unwrap();
    store.probe().await.unwrap();
    assert!(objects.lock().unwrap().is_empty());

    let photos = Photos::new(store);
    let (town, photo) = (Uuid::from_u128(1).into(), Uuid::from_u128(2).into());
    let upload = Bytes::from(jpeg(&quarters(64, 48), None));
    let (key, _) = photos.take_in(town, photo, upload.clone()).await.unwrap();
    let names: Vec<_> = objects.lock().unwrap().keys().cloned().collect();
    let start = format!("town/halls/{town}/{photo}/{}", key.content);
    assert_eq!(names, [format!("{start}.full.jpg"), format!("{start}.thumb.jpg")]);

    let file = photos.store().get(&key, Rendition::Full).await.unwrap();
    let pieces: Vec<Bytes> = file.stream.try_collect().await.unwrap();
    assert_eq!(pieces.concat(), ingest(&upload).unwrap().full);

    photos.store().delete(town, photo).await.unwrap();
    assert!(objects.lock().unwrap().is_empty());
    let gone = photos.store().read(&key, Rendition::Thumb).await.unwrap_err();
    assert_eq!(gone.code(), Some(Code::NotFound));
}

#[tokio::test]
async fn a_bucket_that_refuses_fails_the_probe() {
    let (endpoint, _) = bucket().await;
    let store = PhotoStore::open("s3://photos", settings(&endpoint, "stranger")).unwrap();
    assert!(matches!(store.probe().await, Err(Error::Store(StoreError::Files(_)))));
}

#[test]
fn a_bucket_needs_to_know_who_asks() {
    let open = |names: &[&str]| {
        let settings = names.iter().map(|name| ((*name).to_owned(), "x".to_owned()));
        PhotoStore::open("s3://photos", settings.chain([("AWS_REGION".to_owned(), "eu".to_owned())]))
    };
    for few in [&[][..], &["AWS_ACCESS_KEY_ID"], &["AWS_SECRET_ACCESS_KEY"]] {
        let refused = open(few).unwrap_err();
        assert!(matches!(refused, PhotoStoreError::Credentials));
        assert!(refused.to_string().contains("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"));
    }
    assert!(open(&["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]).is_ok());
    assert!(open(&["AWS_WEB_IDENTITY_TOKEN_FILE"]).is_ok());
}

#[test]
fn a_bucket_needs_a_name() {
    let nowhere = Url::parse("http://127.0.0.1:1").unwrap();
    assert!(matches!(
        PhotoStore::open("s3://", settings(&nowhere, "rathaus")),
        Err(PhotoStoreError::Scheme | PhotoStoreError::Settings(_))
    ));
}
