//! Photos over HTTP: what is taken in, what is refused, who sees what.

mod seeing;
mod sending;

use image::{Rgb, RgbImage, codecs::jpeg::JpegEncoder};
use reqwest::{Method, header};

use crate::support::{http::Call, installation::Installation};

/// Where the photos of the test town are.
const PHOTOS: &str = "/v1/municipalities/bad-dueben/photos";

/// A photo as a camera makes it; another `shade`, another photo.
pub fn jpeg(shade: u8) -> Vec<u8> {
    let picture = RgbImage::from_fn(640, 480, |x, y| Rgb([shade, (x % 256) as u8, (y % 256) as u8]));
    let mut out = Vec::new();
    JpegEncoder::new_with_quality(&mut out, 90).encode_image(&picture).unwrap();
    out
}

impl Installation {
    /// Sends a photo; `query` begins with `?` where there is one.
    fn upload(&self, query: &str, body: impl Into<reqwest::Body>) -> Call {
        let request = self.request(Method::POST, &format!("{PHOTOS}{query}"));
        Call(request.header(header::CONTENT_TYPE, "image/jpeg").body(body))
    }

    /// Asks for a photo.
    fn photo(&self, id: &str) -> Call {
        self.get(&format!("{PHOTOS}/{id}"))
    }
}
