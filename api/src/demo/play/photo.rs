//! The citizen's photo, as a phone would take it: stored lying on its side, with the place of the
//! reporter written into it.

use std::io::Cursor;

use image::{ImageFormat, ImageReader, Rgb, RgbImage, codecs::jpeg::JpegEncoder};

use super::Citizen;
use crate::{
    cli::Failure,
    demo::{
        client::{ensure, number},
        screen::Screen,
        town,
    },
};

/// Upright, in pixels.
const WIDTH: u32 = 480;
const HEIGHT: u32 = 640;
/// What the phone writes into the photo, to be looked for in what is kept.
const MODEL: &[u8; 16] = b"Erikas iPhone 7\0";

/// Sends the photo and looks at what is kept of it. Gives its identifier.
pub async fn by_citizen(citizen: &Citizen, screen: &mut Screen) -> Result<String, Failure> {
    let taken = taken()?;
    ensure(tells(&taken), || "the photo of the demo tells nothing that could be removed".to_owned())?;
    let path = format!("{}/photos", town::path());
    let sent = citizen.client.send_bytes(&path, "image/jpeg", taken).expect(201).await?;
    let id = sent.text("/id")?;
    let kept = citizen.client.get(&format!("{path}/{id}")).expect(200).await?.body;
    ensure(!tells(&kept), || "the kept photo still tells where it was taken".to_owned())?;
    let (width, height) = (number(&sent.json()?, "/width")?, number(&sent.json()?, "/height")?);
    ensure((width, height) == (WIDTH.into(), HEIGHT.into()) && is_upright(&kept)?, || {
        format!("the kept photo is not upright: {width} × {height}")
    })?;
    screen.step("citizen", "takes a photo; the phone writes its place and its name into the file");
    screen.detail(&format!("kept upright, {width} × {height}, without place and device"));
    Ok(id)
}

/// Whether a file holds EXIF or the phone's name.
fn tells(file: &[u8]) -> bool {
    [&b"Exif\0"[..], MODEL].iter().any(|sign| file.windows(sign.len()).any(|part| part == *sign))
}

/// Three tyres on a river bank under the sky.
fn scene() -> RgbImage {
    const SKY: Rgb<u8> = Rgb([150, 195, 235]);
    const RIVER: Rgb<u8> = Rgb([70, 115, 140]);
    const GRASS: Rgb<u8> = Rgb([95, 140, 60]);
    const RUBBER: Rgb<u8> = Rgb([35, 35, 38]);
    RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let in_tyre = [(130, 470), (250, 520), (360, 450)].iter().any(|(left, top)| {
            let distance = x.abs_diff(*left).pow(2) + y.abs_diff(*top).pow(2);
            (25 * 25..60 * 60).contains(&distance)
        });
        match y {
            _ if in_tyre => RUBBER,
            0..260 => SKY,
            260..380 => RIVER,
            _ => GRASS,
        }
    })
}

/// The file as the phone stores it: turned, with EXIF that says how to turn it back.
fn taken() -> Result<Vec<u8>, Failure> {
    let turned = image::imageops::rotate270(&scene());
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, 90).encode_image(&turned)?;
    let exif = [b"Exif\0\0", exif().as_slice()].concat();
    let length = u16::try_from(exif.len() + 2)?.to_be_bytes();
    // Behind the two bytes with which a JPEG begins.
    jpeg.splice(2..2, [&[0xff, 0xe1][..], &length, &exif].concat());
    Ok(jpeg)
}

/// EXIF 2.32 by hand: the device, "turn right", and a GPS directory with the latitude 51° 35′ 12″.
fn exif() -> Vec<u8> {
    const DEVICE_AT: u32 = 50;
    const GPS_AT: u32 = 66;
    const LATITUDE_AT: u32 = 96;
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat()
    };
    let latitude = [51_u32, 1, 35, 1, 12, 1].map(u32::to_le_bytes).concat();
    [
        b"II*\0\x08\0\0\0\x03\0".to_vec(),
        entry(0x0110, 2, 16, DEVICE_AT),
        entry(0x0112, 3, 1, 6),
        entry(0x8825, 4, 1, GPS_AT),
        vec![0; 4],
        MODEL.to_vec(),
        vec![2, 0],
        entry(0x0001, 2, 2, u32::from(b'N')),
        entry(0x0002, 5, 3, LATITUDE_AT),
        vec![0; 4],
        latitude,
    ]
    .concat()
}

/// Whether the sky is above the grass.
fn is_upright(file: &[u8]) -> Result<bool, Failure> {
    let seen = ImageReader::with_format(Cursor::new(file), ImageFormat::Jpeg).decode()?.into_rgb8();
    let at = |y| seen.get_pixel_checked(10, y).map(|pixel| pixel.0);
    let bluest = |pixel: Option<[u8; 3]>| pixel.is_some_and(|[red, green, blue]| blue > red && blue > green);
    Ok(bluest(at(10)) && !bluest(at(seen.height().saturating_sub(10))))
}

#[cfg(test)]
mod tests {
    use image::ImageDecoder;

    use super::*;

    #[test]
    fn the_photo_lies_on_its_side_and_tells_its_place() {
        let file = taken().unwrap();
        let mut decoder =
            ImageReader::with_format(Cursor::new(&file), ImageFormat::Jpeg).into_decoder().unwrap();
        assert_eq!(decoder.dimensions(), (HEIGHT, WIDTH));
        assert_eq!(decoder.orientation().unwrap(), image::metadata::Orientation::Rotate90);
        assert_eq!(decoder.exif_metadata().unwrap().unwrap(), exif());
        assert_eq!(exif().len(), 96 + 24);
        assert!(tells(&file) && !is_upright(&file).unwrap());
    }
}
