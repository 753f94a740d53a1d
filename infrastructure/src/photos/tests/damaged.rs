//! What is refused, and how fast.

use std::time::{Duration, Instant};

use domain::{Code, complaints::photo::MAX_BYTES};
use image::{DynamicImage, ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};

use super::corpus::*;
use crate::photos::ingest;

fn refusal(upload: &[u8]) -> Option<Code> {
    let start = Instant::now();
    let refused = ingest(upload).err().and_then(|error| error.code());
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    refused
}

#[test]
fn pictures_beyond_the_limits_are_refused_from_their_header() {
    for (what, upload) in [
        ("PNG of 50,000 × 50,000", png_claiming(50_000, 50_000)),
        ("PNG, header only", png_claiming(50_000, 50_000)[..33].to_vec()),
        ("PNG of all sizes", png_claiming(u32::MAX, u32::MAX)),
        ("wide PNG", png_claiming(12_001, 1)),
        ("high PNG", png_claiming(1, 12_001)),
        ("PNG over 50 megapixels", png_claiming(12_000, 4_167)),
        ("JPEG of 65,500 × 65,500", bare_jpeg(65_500, 65_500, 3)),
        ("wide JPEG", bare_jpeg(12_001, 8, 3)),
        ("JPEG over 50 megapixels", bare_jpeg(8_000, 6_251, 3)),
        ("WebP of 16,383 × 16,383", webp_claiming(16_383, 16_383)),
        ("WebP over 50 megapixels", webp_claiming(8_000, 6_251)),
    ] {
        assert_eq!(refusal(&upload), Some(Code::PhotoTooLarge), "{what}");
    }
}

#[test]
fn a_picture_that_would_take_too_much_memory_is_refused() {
    // Sixteen bits and four channels of 49 megapixels: 392 MB.
    assert_eq!(refusal(&deep_png_claiming(7_000, 7_000)), Some(Code::PhotoTooLarge));
    assert_eq!(refusal(&deep_png_claiming(700, 700)), Some(Code::PhotoUnreadable), "no pixels");
}

#[test]
fn what_a_picture_does_not_need_is_not_unpacked() {
    let mut upload = Vec::new();
    let mut encoder = PngEncoder::new(&mut upload);
    encoder.set_icc_profile(vec![b'A'; 200_000_000]).unwrap();
    encoder.write_image(quarters(16, 16).as_raw(), 16, 16, ExtendedColorType::Rgb8).unwrap();
    assert!(upload.len() < 1_000_000, "{}", upload.len());
    let start = Instant::now();
    assert_eq!(ingest(&upload).unwrap().size.width(), 16);
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
}

#[test]
fn whatever_is_no_jpeg_png_or_webp_is_refused() {
    let html = b"<!doctype html><title>photo.jpg</title><script>alert(1)</script>";
    let good = jpeg(&quarters(16, 16), None);
    for (what, upload) in [
        ("nothing", Vec::new()),
        ("one byte", vec![0xff]),
        ("HTML", html.to_vec()),
        ("SVG", b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>".to_vec()),
        ("XML and SVG", b"<?xml version=\"1.0\"?><svg/>".to_vec()),
        ("GIF", b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\0\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;".to_vec()),
        ("PDF", b"%PDF-1.7\n1 0 obj".to_vec()),
        ("PDF before a JPEG", [b"%PDF-1.7\n", &good[..]].concat()),
        ("HTML before a JPEG", [&html[..], &good].concat()),
        ("zip", b"PK\x03\x04\x14\0\0\0".to_vec()),
        ("BMP", b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0".to_vec()),
        ("TIFF", b"II*\0\x08\0\0\0\0\0".to_vec()),
        ("HEIC", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec()),
        ("AVIF", b"\0\0\0\x1cftypavif\0\0\0\0avifmif1".to_vec()),
        ("MP4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom".to_vec()),
        ("WAV", b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0".to_vec()),
        ("ELF", b"\x7fELF\x02\x01\x01\0".to_vec()),
    ] {
        assert_eq!(refusal(&upload), Some(Code::PhotoUnreadable), "{what}");
    }
}

#[test]
fn broken_off_pictures_are_refused_wherever_they_break() {
    let view = quarters(64, 48);
    let picture = DynamicImage::ImageRgb8(view.clone());
    // The last chunk of a PNG holds nothing, and pixels may be complete without it.
    let uploads = [(jpeg(&view, Some(exif(6))), 0), (png(&picture, None), 12), (webp(&picture, None), 0)];
    for (upload, tail) in uploads {
        for length in 0..upload.len() - tail - 1 {
            assert_eq!(
                refusal(&upload[..length]),
                Some(Code::PhotoUnreadable),
                "{length} of {}",
                upload.len()
            );
        }
    }
}

#[test]
fn headers_without_a_picture_are_refused() {
    for (what, upload) in [
        ("PNG without height", png_claiming(16, 0)),
        ("PNG without width", png_claiming(0, 16)),
        ("PNG without pixels", png_claiming(16, 16)),
        ("JPEG without width", bare_jpeg(0, 8, 3)),
        ("JPEG without height", bare_jpeg(8, 0, 3)),
        ("JPEG markers only", vec![0xff, 0xd8, 0xff, 0xd9]),
        ("JPEG with filler only", [vec![0xff, 0xd8], vec![0xff; 4096]].concat()),
        ("JPEG with an endless segment", vec![0xff, 0xd8, 0xff, 0xe0, 0xff, 0xff, 0, 0]),
        ("WebP without pixels", webp_claiming(16, 16)[..24].to_vec()),
        ("PNG signature", b"\x89PNG\r\n\x1a\n".to_vec()),
    ] {
        assert_eq!(refusal(&upload), Some(Code::PhotoUnreadable), "{what}");
    }
}

#[test]
fn an_upload_beyond_ten_mebibytes_is_not_looked_at() {
    let mut upload = jpeg(&quarters(16, 16), None);
    upload.resize(MAX_BYTES, 0);
    assert!(ingest(&upload).is_ok());
    upload.push(0);
    assert_eq!(refusal(&upload), Some(Code::PayloadTooLarge));
}

/// Bytes changed at random places: any answer will do, but a panic or a stall will not.
#[test]
fn damaged_bytes_never_break_the_reader() {
    let view = quarters(32, 24);
    let picture = DynamicImage::ImageRgb8(view.clone());
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap()
    };
    for upload in [jpeg(&view, Some(exif(6))), png(&picture, None), webp(&picture, None)] {
        for _ in 0..400 {
            let mut damaged = upload.clone();
            for _ in 0..1 + next() % 8 {
                let place = next() % damaged.len();
                damaged[place] = u8::try_from(next() % 256).unwrap();
            }
            refusal(&damaged);
        }
    }
}
