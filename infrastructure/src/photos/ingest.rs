//! From the bytes of a phone to fresh pictures: nothing of the upload but its pixels survives.

use std::{borrow::Cow, io::Cursor};

use bytes::Bytes;
use domain::{
    Code, Error, Result,
    complaints::photo::{ContentHash, MAX_BYTES, MAX_SIDE, Rendition, Size},
};
use image::{
    DynamicImage, ExtendedColorType, ImageDecoder, ImageEncoder, ImageError, ImageFormat, ImageReader,
    Limits, RgbImage, codecs::jpeg::JpegEncoder, metadata::Orientation,
};

use crate::secrets::sha256;

/// Most memory one picture may take while it is decoded: 50 megapixels with four channels.
const MAX_MEMORY: u64 = 256 * 1024 * 1024;

/// Pixels from which a picture is large. What phones take by default has fewer.
const LARGE: u64 = 16_000_000;

/// JPEG quality of what is kept.
const QUALITY: u8 = 85;

/// What is kept of an upload.
#[derive(Clone, Debug)]
pub struct Pictures {
    /// The full rendition, JPEG.
    pub full: Bytes,
    /// The thumbnail, JPEG.
    pub thumb: Bytes,
    /// Size of the full rendition.
    pub size: Size,
    /// SHA-256 of the upload.
    pub content: ContentHash,
}

/// Makes upright JPEGs without any metadata from a JPEG, PNG or WebP. Takes up to half a second of
/// a core for a picture of 12 megapixels, so run it through [`crate::cores::Cores`].
///
/// # Errors
/// [`Code::PhotoUnreadable`] for any other kind of file, whatever its name, and for a damaged one;
/// [`Code::PhotoTooLarge`] beyond the limits, seen from the header before anything is decoded;
/// [`Code::PayloadTooLarge`] beyond [`MAX_BYTES`].
pub fn ingest(upload: &[u8]) -> Result<Pictures> {
    if upload.len() > MAX_BYTES {
        return Err(Error::refused(Code::PayloadTooLarge));
    }
    let (picture, orientation) = decode(upload)?;
    let mut full = scaled(&DynamicImage::ImageRgb8(flattened(picture)), Rendition::Full);
    full.apply_orientation(orientation);
    let thumb = scaled(&full, Rendition::Thumb);
    Ok(Pictures {
        size: Size::new(full.width(), full.height())?,
        full: encoded(full)?,
        thumb: encoded(thumb)?,
        content: ContentHash(sha256(upload)),
    })
}

/// Whether a picture has more than 16 megapixels, as its header says. What cannot be read is refused soon.
pub(super) fn is_large(upload: &[u8]) -> bool {
    let Ok(format) = format(upload) else { return false };
    let sides = match format {
        ImageFormat::Png => png_sides(upload),
        _ => ImageReader::with_format(Cursor::new(upload), format).into_dimensions().ok(),
    };
    sides.is_some_and(|(width, height)| u64::from(width) * u64::from(height) > LARGE)
}

/// Decides by content: the first bytes, never the name or the declared type.
fn format(upload: &[u8]) -> Result<ImageFormat> {
    match image::guess_format(upload) {
        Ok(format @ (ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)) => Ok(format),
        _ => Err(Error::refused(Code::PhotoUnreadable)),
    }
}

fn decode(upload: &[u8]) -> Result<(DynamicImage, Orientation)> {
    let format = format(upload)?;
    let upload = match format {
        ImageFormat::Png => {
            png_size(upload)?;
            Cow::Owned(png_pixels(upload)?)
        }
        ImageFormat::Jpeg if !jpeg_ends(upload) => return Err(Error::refused(Code::PhotoUnreadable)),
        _ => Cow::Borrowed(upload),
    };
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(&*upload), format);
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder().map_err(refused)?;
    let (width, height) = decoder.dimensions();
    Size::new(width, height)?;
    limits.reserve(decoder.total_bytes()).map_err(refused)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(refused)?;
    Ok((picture, orientation))
}

/// PNG states its size in fixed bytes (ISO/IEC 15948, 11.2.1); looked at before the decoder unpacks
/// the compressed chunks that may stand before the pixels.
fn png_sides(upload: &[u8]) -> Option<(u32, u32)> {
    let side = |start| {
        let bytes = upload.get(start..)?.first_chunk()?;
        Some(u32::from_be_bytes(*bytes))
    };
    Some((side(16)?, side(20)?))
}

fn png_size(upload: &[u8]) -> Result<()> {
    let (width, height) = png_sides(upload).ok_or_else(|| Error::refused(Code::PhotoUnreadable))?;
    Size::new(width, height).map(drop)
}

/// The chunks of a PNG that pixels and their direction are made of (ISO/IEC 15948, 5.3). The decoder would unpack
/// others, such as colour profiles, to a thousand times their length.
fn png_pixels(upload: &[u8]) -> Result<Vec<u8>> {
    const NEEDED: [&[u8]; 6] = [b"IHDR", b"PLTE", b"tRNS", b"eXIf", b"IDAT", b"IEND"];
    let broken = || Error::refused(Code::PhotoUnreadable);
    let (signature, mut rest) = upload.split_at_checked(8).ok_or_else(broken)?;
    let mut kept = Vec::with_capacity(upload.len());
    kept.extend_from_slice(signature);
    while let Some((length, _)) = rest.split_first_chunk() {
        // Length, name and checksum stand around the data.
        let whole = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| broken())?.saturating_add(12);
        let (chunk, after) = rest.split_at_checked(whole).ok_or_else(broken)?;
        let name = chunk.get(4..8).unwrap_or_default();
        if NEEDED.contains(&name) {
            kept.extend_from_slice(chunk);
        }
        rest = if name == b"IEND" { &[] } else { after };
    }
    Ok(kept)
}

/// Whether a JPEG has an end (ITU-T T.81, annex B): the decoder would fill up a broken-off upload
/// with grey. Skips the segments before the first scan, which may hold whole pictures of their own.
fn jpeg_ends(upload: &[u8]) -> bool {
    const START_OF_SCAN: u8 = 0xda;
    let mut rest = upload.get(2..).unwrap_or_default();
    while let [0xff, marker, high, low, ..] = rest {
        if *marker == START_OF_SCAN {
            return rest.windows(2).any(|pair| pair == [0xff, 0xd9]);
        }
        let length = if *marker == 0xff { 1 } else { 2 + usize::from(u16::from_be_bytes([*high, *low])) };
        rest = rest.get(length..).unwrap_or_default();
    }
    false
}

/// On white, as paper is. Before scaling, so that colours hidden under full transparency do not
/// bleed into their neighbours.
fn flattened(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let mut picture = picture.into_rgba8();
    for pixel in picture.pixels_mut() {
        let alpha = u16::from(pixel.0[3]);
        for channel in pixel.0.iter_mut().take(3) {
            let mixed = (u16::from(*channel) * alpha + 255 * (255 - alpha)) / 255;
            *channel = u8::try_from(mixed).unwrap_or(u8::MAX);
        }
        pixel.0[3] = u8::MAX;
    }
    DynamicImage::ImageRgba8(picture).into_rgb8()
}

fn scaled(picture: &DynamicImage, rendition: Rendition) -> DynamicImage {
    let longest = rendition.longest_side();
    if picture.width().max(picture.height()) <= longest {
        return picture.clone();
    }
    picture.thumbnail(longest, longest)
}

fn encoded(picture: DynamicImage) -> Result<Bytes> {
    let picture = picture.into_rgb8();
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .write_image(picture.as_raw(), picture.width(), picture.height(), ExtendedColorType::Rgb8)
        .map_err(|_| Error::refused(Code::Internal))?;
    Ok(jpeg.into())
}

fn refused(error: ImageError) -> Error {
    Error::refused(match error {
        ImageError::Limits(_) => Code::PhotoTooLarge,
        _ => Code::PhotoUnreadable,
    })
}
