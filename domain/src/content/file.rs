//! Pictures and documents of content.

use chrono::{DateTime, Utc};

use crate::{complaints::photo::ContentHash, ids::ContentFileId, text::Slug};

/// Largest document in bytes: 10 MiB.
pub const MAX_DOCUMENT_BYTES: usize = 10 * 1024 * 1024;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumString)]
#[strum(serialize_all = "snake_case")]
pub enum FileKind {
    /// Kept as a fresh JPEG in two sizes.
    Picture,
    /// A PDF, kept as it came.
    Document,
}

impl FileKind {
    /// Where anybody reads such a file of a town, from the root of the installation.
    pub fn path(self, town: &Slug, id: ContentFileId) -> String {
        let shelf = match self {
            Self::Picture => "pictures",
            Self::Document => "documents",
        };
        format!("/v1/municipalities/{town}/{shelf}/{id}")
    }
}

/// A file that content or a broadcast names. Its bytes lie where photos lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentFile {
    /// Its identifier.
    pub id: ContentFileId,
    /// What it is.
    pub kind: FileKind,
    /// Of the bytes as they came in.
    pub content: ContentHash,
    /// Pixels from left to right of a picture.
    pub width: u32,
    /// Pixels from top to bottom of a picture.
    pub height: u32,
    /// Length of a document in bytes.
    pub bytes: u32,
    /// When it came.
    pub created_at: DateTime<Utc>,
}

/// Whether these bytes are a whole PDF: they begin as one (ISO 32000, 7.5.2), without anything before,
/// so that no browser takes them for something else, and end as one.
pub fn is_pdf(bytes: &[u8]) -> bool {
    let end = bytes.get(bytes.len().saturating_sub(1_024)..).unwrap_or_default();
    let ends = |mark: &[u8]| end.windows(mark.len()).any(|window| window == mark);
    let begins = bytes.starts_with(b"%PDF-1.") || bytes.starts_with(b"%PDF-2.");
    begins && ends(b"startxref") && ends(b"%%EOF")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pdf_is_known_by_its_content() {
        assert!(is_pdf(b"%PDF-1.7\n1 0 obj\nendobj\nxref\ntrailer\nstartxref\n9\n%%EOF\n"));
        for wrong in [
            &b""[..],
            b"%PDF-1.7\n",
            b"<html>%PDF-1.7 startxref %%EOF",
            b"\xff\xd8\xff\xe0JFIF",
            b"%PDF-1.7 cut off in the middle",
            b"PK\x03\x04 startxref %%EOF",
        ] {
            assert!(!is_pdf(wrong), "{}", String::from_utf8_lossy(wrong));
        }
    }
}
