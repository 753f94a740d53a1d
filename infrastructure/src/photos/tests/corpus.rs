//! What phones and attackers send.

use std::io::Cursor;

use image::{
    DynamicImage, ImageEncoder, Rgb, RgbImage,
    codecs::{jpeg::JpegEncoder, png::PngEncoder, webp::WebPEncoder},
};

pub const RED: [u8; 3] = [220, 30, 30];
pub const GREEN: [u8; 3] = [30, 200, 30];
pub const BLUE: [u8; 3] = [30, 30, 220];
pub const WHITE: [u8; 3] = [255, 255, 255];

/// Red and green above, blue and white below.
pub fn quarters(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb(match (x < width / 2, y < height / 2) {
            (true, true) => RED,
            (false, true) => GREEN,
            (true, false) => BLUE,
            (false, false) => WHITE,
        })
    })
}

/// As a sensor that is turned stores it, from the table of EXIF 2.32, 4.6.4 (which side of the
/// view row 0 and column 0 are).
pub fn as_stored(view: &RgbImage, orientation: u8) -> RgbImage {
    let (w, h) = view.dimensions();
    let turned = orientation >= 5;
    let (width, height) = if turned { (h, w) } else { (w, h) };
    RgbImage::from_fn(width, height, |column, row| {
        let (x, y) = match orientation {
            2 => (w - 1 - column, row),
            3 => (w - 1 - column, h - 1 - row),
            4 => (column, h - 1 - row),
            5 => (row, column),
            6 => (w - 1 - row, column),
            7 => (w - 1 - row, h - 1 - column),
            8 => (row, h - 1 - column),
            _ => (column, row),
        };
        *view.get_pixel(x, y)
    })
}

/// EXIF by hand: orientation, a description, and a GPS directory with a latitude.
pub fn exif(orientation: u8) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    let entry = |tiff: &mut Vec<u8>, tag: u16, kind: u16, count: u32, value: u32| {
        tiff.extend(tag.to_le_bytes());
        tiff.extend(kind.to_le_bytes());
        tiff.extend(count.to_le_bytes());
        tiff.extend(value.to_le_bytes());
    };
    tiff.extend(3u16.to_le_bytes());
    entry(&mut tiff, 0x010e, 2, 16, 50);
    entry(&mut tiff, 0x0112, 3, 1, u32::from(orientation));
    entry(&mut tiff, 0x8825, 4, 1, 66);
    tiff.extend([0; 4]);
    assert_eq!(tiff.len(), 50);
    tiff.extend(b"Gartenstrasse 7\0");
    tiff.extend(2u16.to_le_bytes());
    entry(&mut tiff, 0x0001, 2, 2, u32::from(b'N'));
    entry(&mut tiff, 0x0002, 5, 3, 96);
    tiff.extend([0; 4]);
    for (numerator, denominator) in [(51u32, 1u32), (35, 1), (2917, 100)] {
        tiff.extend(numerator.to_le_bytes());
        tiff.extend(denominator.to_le_bytes());
    }
    tiff
}

pub fn jpeg(picture: &RgbImage, exif: Option<Vec<u8>>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut out, 95);
    if let Some(exif) = exif {
        encoder.set_exif_metadata(exif).unwrap();
        encoder.set_icc_profile(b"a colour profile".to_vec()).unwrap();
    }
    encoder.encode_image(picture).unwrap();
    out
}

pub fn png(picture: &DynamicImage, exif: Option<Vec<u8>>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = PngEncoder::new(&mut out);
    if let Some(exif) = exif {
        encoder.set_exif_metadata(exif).unwrap();
    }
    picture.write_with_encoder(encoder).unwrap();
    out
}

pub fn webp(picture: &DynamicImage, exif: Option<Vec<u8>>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = WebPEncoder::new_lossless(&mut out);
    if let Some(exif) = exif {
        encoder.set_exif_metadata(exif).unwrap();
    }
    picture.write_with_encoder(encoder).unwrap();
    out
}

/// A JPEG segment: marker, length, content.
pub fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap();
    [&[0xff, marker][..], &length.to_be_bytes(), content].concat()
}

/// A JPEG with the segment put in behind its start.
pub fn with_segment(jpeg: &[u8], segment: &[u8]) -> Vec<u8> {
    [&jpeg[..2], segment, &jpeg[2..]].concat()
}

/// The smallest JPEG of `channels` channels that claims a size: one code each, one block of data.
pub fn bare_jpeg(width: u16, height: u16, channels: u8) -> Vec<u8> {
    let mut frame = [&[8][..], &height.to_be_bytes(), &width.to_be_bytes(), &[channels]].concat();
    let mut scan = vec![channels];
    for channel in 1..=channels {
        frame.extend([channel, 0x11, 0]);
        scan.extend([channel, 0]);
    }
    scan.extend([0, 63, 0]);
    let one_code = |class: u8| [&[class, 1][..], &[0; 15], &[0]].concat();
    let mut out = vec![0xff, 0xd8];
    if channels == 4 {
        out.extend(segment(0xee, b"Adobe\0\x64\0\0\0\0\0"));
    }
    out.extend(segment(0xdb, &[&[0][..], &[1; 64]].concat()));
    out.extend(segment(0xc0, &frame));
    out.extend(segment(0xc4, &one_code(0x00)));
    out.extend(segment(0xc4, &one_code(0x10)));
    out.extend(segment(0xda, &scan));
    out.extend([0x00, 0xff, 0xd9]);
    out
}

/// A PNG that claims a size, eight bits and three channels, but has next to no pixels.
pub fn png_claiming(width: u32, height: u32) -> Vec<u8> {
    png_with_header(width, height, 8, 2)
}

/// The same with sixteen bits and four channels.
pub fn deep_png_claiming(width: u32, height: u32) -> Vec<u8> {
    png_with_header(width, height, 16, 6)
}

fn png_with_header(width: u32, height: u32, bits: u8, colours: u8) -> Vec<u8> {
    let chunk = |kind: &[u8; 4], content: &[u8]| {
        let length = u32::try_from(content.len()).unwrap();
        let checked = [&kind[..], content].concat();
        [&length.to_be_bytes()[..], &checked, &crc32(&checked).to_be_bytes()].concat()
    };
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[bits, colours, 0, 0, 0]].concat();
    // An empty zlib stream (RFC 1950): header, one stored block of nothing, checksum.
    let pixels = [0x78, 0x01, 0x01, 0, 0, 0xff, 0xff, 0, 0, 0, 1];
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &header), chunk(b"IDAT", &pixels), chunk(b"IEND", &[])]
        .concat()
}

/// A lossless WebP header that claims a size.
pub fn webp_claiming(width: u32, height: u32) -> Vec<u8> {
    let packed = (width - 1) | ((height - 1) << 14);
    let stream = [&[0x2f][..], &packed.to_le_bytes(), &[0; 11]].concat();
    let length = u32::try_from(stream.len()).unwrap();
    let body = [&b"WEBPVP8L"[..], &length.to_le_bytes(), &stream].concat();
    [&b"RIFF"[..], &u32::try_from(body.len()).unwrap().to_le_bytes(), &body].concat()
}

pub fn open(jpeg: &[u8]) -> RgbImage {
    image::ImageReader::with_format(Cursor::new(jpeg), image::ImageFormat::Jpeg).decode().unwrap().into_rgb8()
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 * (crc & 1)))
    })
}
