//! Pictures of a complaint: what is accepted, who sees them.

use std::{fmt, str::FromStr};

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::{
    Result,
    error::{Code, Error},
};

/// Largest upload in bytes: 10 MiB.
pub const MAX_BYTES: usize = 10 * 1024 * 1024;
/// Most pixels of an upload: 50 megapixels.
pub const MAX_PIXELS: u64 = 50_000_000;
/// Longest side of an upload in pixels.
pub const MAX_SIDE: u32 = 12_000;
/// Most photos of one complaint.
pub const MAX_PER_COMPLAINT: usize = 5;
/// How long a photo may wait for its complaint.
pub const UNATTACHED: TimeDelta = TimeDelta::hours(24);

/// Width and height of a picture, within what is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    width: u32,
    height: u32,
}

impl Size {
    /// Width and height in pixels.
    ///
    /// # Errors
    /// [`Code::PhotoTooLarge`] beyond [`MAX_SIDE`] or [`MAX_PIXELS`], [`Code::PhotoUnreadable`]
    /// without any pixel.
    pub fn new(width: u32, height: u32) -> Result<Self> {
        if width == 0 || height == 0 {
            return Err(Error::refused(Code::PhotoUnreadable));
        }
        if width > MAX_SIDE || height > MAX_SIDE || u64::from(width) * u64::from(height) > MAX_PIXELS {
            return Err(Error::refused(Code::PhotoTooLarge));
        }
        Ok(Self { width, height })
    }

    /// Pixels from left to right.
    pub fn width(self) -> u32 {
        self.width
    }

    /// Pixels from top to bottom.
    pub fn height(self) -> u32 {
        self.height
    }
}

/// A form in which a photo is kept. Both are JPEG and carry no metadata.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::EnumIter,
    utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Rendition {
    /// For looking at: no side longer than 2048 pixels.
    Full,
    /// For lists and e-mails: no side longer than 320 pixels.
    Thumb,
}

impl Rendition {
    /// The longest side in pixels; smaller pictures are not enlarged.
    pub fn longest_side(self) -> u32 {
        match self {
            Self::Full => 2048,
            Self::Thumb => 320,
        }
    }
}

/// Who sees a photo.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::EnumIter,
    utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum PhotoState {
    /// Reporter and desk only: faces, plates and house numbers are personal data.
    #[default]
    Private,
    /// Everybody, since staff looked at it and released it.
    Released,
}

/// SHA-256 of an upload as it came in: tells a repeated upload from another one under the same id.
/// Its text is lower-case hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContentHash(pub [u8; 32]);

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The text is not 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256 in hexadecimal")]
pub struct ContentHashError;

impl FromStr for ContentHash {
    type Err = ContentHashError;

    fn from_str(text: &str) -> Result<Self, ContentHashError> {
        if text.len() != 64 {
            return Err(ContentHashError);
        }
        let mut bytes = [0; 32];
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digits = str::from_utf8(digits).map_err(|_| ContentHashError)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| ContentHashError)?;
        }
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_at_and_beyond_the_limits() {
        for (width, height) in [(1, 1), (12_000, 4_166), (8_660, 5_773), (7_071, 7_071)] {
            assert!(Size::new(width, height).is_ok(), "{width} × {height}");
        }
        for (width, height) in
            [(12_001, 1), (1, 12_001), (12_000, 4_167), (50_000, 50_000), (u32::MAX, u32::MAX)]
        {
            let refused = Size::new(width, height).unwrap_err();
            assert_eq!(refused.code(), Some(Code::PhotoTooLarge), "{width} × {height}");
        }
        assert_eq!(Size::new(0, 7).unwrap_err().code(), Some(Code::PhotoUnreadable));
    }

    #[test]
    fn a_content_hash_reads_what_it_writes() {
        let hash = ContentHash(std::array::from_fn(|i| u8::try_from(i * 8).unwrap()));
        assert_eq!(hash.to_string().parse(), Ok(hash));
        for text in ["", "ab", &"g".repeat(64), &"ü".repeat(32)] {
            assert_eq!(text.parse::<ContentHash>(), Err(ContentHashError));
        }
    }
}
