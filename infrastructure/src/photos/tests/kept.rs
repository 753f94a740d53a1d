//! What is kept of a good picture, and what is not.

use domain::complaints::photo::{ContentHash, Rendition};
use image::{DynamicImage, ImageBuffer, Rgba, RgbaImage};

use super::corpus::*;
use crate::{photos::ingest, secrets::sha256};

fn close(found: &Rgba<u8>, wanted: [u8; 3]) -> bool {
    found.0.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) < 40)
}

fn corners(jpeg: &[u8]) -> [Rgba<u8>; 4] {
    let picture = DynamicImage::ImageRgb8(open(jpeg)).into_rgba8();
    let (right, lower) = (picture.width() - 2, picture.height() - 2);
    [(1, 1), (right, 1), (1, lower), (right, lower)].map(|(x, y)| *picture.get_pixel(x, y))
}

fn assert_upright(jpeg: &[u8], what: &str) {
    for (found, wanted) in corners(jpeg).iter().zip([RED, GREEN, BLUE, WHITE]) {
        assert!(close(found, wanted), "{what}: {found:?} instead of {wanted:?}");
    }
}

/// Walks the segments of a JPEG: only what is needed to show it may be there.
fn assert_bare(jpeg: &[u8]) {
    let mut rest = jpeg.strip_prefix(&[0xff, 0xd8]).unwrap();
    while rest[1] != 0xda {
        assert_eq!(rest[0], 0xff);
        let length = 2 + usize::from(u16::from_be_bytes([rest[2], rest[3]]));
        match rest[1] {
            0xe0 => assert_eq!(&rest[4..9], b"JFIF\0"),
            0xdb | 0xc0 | 0xc4 => (),
            other => panic!("segment {other:x}"),
        }
        rest = &rest[length..];
    }
    let end = rest.windows(2).position(|pair| pair == [0xff, 0xd9]).unwrap();
    assert_eq!(end + 2, rest.len(), "nothing behind the end");
}

#[test]
fn every_orientation_becomes_upright_and_nothing_is_copied() {
    let view = quarters(96, 48);
    for orientation in 1..=8 {
        let stored = as_stored(&view, orientation);
        let exif = exif(orientation);
        let picture = DynamicImage::ImageRgb8(stored.clone());
        for (kind, upload) in [
            ("jpeg", jpeg(&stored, Some(exif.clone()))),
            ("png", png(&picture, Some(exif.clone()))),
            ("webp", webp(&picture, Some(exif.clone()))),
        ] {
            assert!(upload.windows(15).any(|window| window == b"Gartenstrasse 7"));
            let pictures = ingest(&upload).unwrap();
            let what = format!("{kind}, orientation {orientation}");
            assert_eq!((pictures.size.width(), pictures.size.height()), (96, 48), "{what}");
            assert_eq!(pictures.content, ContentHash(sha256(&upload)));
            for kept in [&pictures.full, &pictures.thumb] {
                assert_upright(kept, &what);
                assert_bare(kept);
                for secret in [&b"Gartenstrasse"[..], b"Exif", b"ICC_PROFILE", b"profile"] {
                    assert!(!kept.windows(secret.len()).any(|window| window == secret), "{what}");
                }
            }
        }
    }
}

#[test]
fn damaged_exif_costs_the_orientation_only() {
    let view = quarters(64, 32);
    for junk in [b"".to_vec(), b"II*\0\xff\xff\xff\xff".to_vec(), exif(9), exif(6)[..20].to_vec()] {
        assert_upright(&ingest(&jpeg(&view, Some(junk))).unwrap().full, "damaged EXIF");
    }
}

#[test]
fn what_hangs_on_or_hides_in_a_picture_is_gone() {
    let view = quarters(64, 32);
    let plain = jpeg(&view, None);
    let script = b"<html><script>alert(1)</script></html>";
    let zip = b"PK\x03\x04\x14\0\0\0\0\0classes.dex";
    let xmp = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>Gartenstrasse 7</x:xmpmeta>";
    for upload in [
        [&plain[..], script].concat(),
        [&plain[..], zip].concat(),
        [&plain[..], &jpeg(&quarters(8, 8), None)].concat(),
        with_segment(&plain, &segment(0xfe, script)),
        with_segment(&plain, &segment(0xfe, b"%PDF-1.7 1 0 obj")),
        with_segment(&plain, &segment(0xe1, xmp)),
        with_segment(&plain, &segment(0xed, b"Photoshop 3.0\08BIM Gartenstrasse 7")),
        [&png(&DynamicImage::ImageRgb8(view.clone()), None)[..], script].concat(),
    ] {
        let pictures = ingest(&upload).unwrap();
        assert_upright(&pictures.full, "polyglot");
        assert_bare(&pictures.full);
        assert_bare(&pictures.thumb);
    }
}

#[test]
fn large_pictures_shrink_and_small_ones_do_not_grow() {
    for (width, height, full, thumb) in [
        (4096, 3072, (2048, 1536), (320, 240)),
        (600, 3000, (410, 2048), (64, 320)),
        (100, 80, (100, 80), (100, 80)),
        (12_000, 1, (2048, 1), (320, 1)),
        (1, 1, (1, 1), (1, 1)),
    ] {
        let pictures = ingest(&jpeg(&quarters(width, height), None)).unwrap();
        assert_eq!((pictures.size.width(), pictures.size.height()), full);
        assert_eq!(open(&pictures.full).dimensions(), full);
        assert_eq!(open(&pictures.thumb).dimensions(), thumb);
        assert!(thumb.0.max(thumb.1) <= Rendition::Thumb.longest_side());
    }
}

#[test]
fn transparent_is_white_and_hidden_colours_stay_hidden() {
    let mut hidden = RgbaImage::from_pixel(64, 64, Rgba([220, 30, 30, 0]));
    hidden.put_pixel(0, 0, Rgba([0, 0, 0, 0]));
    let half = RgbaImage::from_pixel(64, 64, Rgba([0, 0, 0, 128]));
    for encode in [png, webp] {
        let pictures = ingest(&encode(&DynamicImage::ImageRgba8(hidden.clone()), None)).unwrap();
        assert!(corners(&pictures.full).iter().all(|pixel| close(pixel, WHITE)));
        let pictures = ingest(&encode(&DynamicImage::ImageRgba8(half.clone()), None)).unwrap();
        assert!(corners(&pictures.full).iter().all(|pixel| close(pixel, [127; 3])));
    }
}

#[test]
fn sixteen_bits_grey_and_four_inks_are_read() {
    let deep = DynamicImage::ImageRgb8(quarters(64, 32));
    assert_upright(&ingest(&png(&DynamicImage::ImageRgb16(deep.to_rgb16()), None)).unwrap().full, "16 bit");
    assert_upright(
        &ingest(&png(&DynamicImage::ImageRgba16(deep.to_rgba16()), None)).unwrap().full,
        "16 bit alpha",
    );
    let grey = DynamicImage::ImageLuma16(ImageBuffer::from_pixel(16, 16, image::Luma([0x8000])));
    assert!(corners(&ingest(&png(&grey, None)).unwrap().full).iter().all(|pixel| close(pixel, [128; 3])));
    for channels in [1, 3, 4] {
        let pictures = ingest(&bare_jpeg(8, 8, channels)).unwrap();
        assert_eq!((pictures.size.width(), pictures.size.height()), (8, 8), "{channels} channels");
        assert_bare(&pictures.full);
    }
}
