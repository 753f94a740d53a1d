//! A letter on paper: A4 as DIN 5008 (form B) lays it out for windowed envelopes, as a PDF that screen
//! readers can read (PDF/UA-1).

use std::num::NonZeroU16;

use domain::Locale;
use krilla::{
    Document, SerializeSettings,
    configure::{Accessibility, ConfigurationBuilder},
    destination::XyzDestination,
    geom::Point,
    metadata::Metadata,
    outline::{Outline, OutlineNode},
    page::PageSettings,
    surface::Surface,
    tagging::{ContentTag, Node, SpanTag, Tag, TagGroup, TagTree},
    text::{Font, GlyphId, KrillaGlyph},
};
use skrifa::{
    FontRef, MetadataProvider,
    instance::{LocationRef, Size},
};

/// The scripts of names in German registers (DIN 91379: Latin, Greek, Cyrillic), which need no shaping.
/// Free to embed; its licence lies beside it.
const FONT: &[u8] = include_bytes!("../fonts/DejaVuSans.ttf");

/// Points in a millimetre.
const MILLIMETRE: f32 = 72.0 / 25.4;
const WIDTH: f32 = 210.0 * MILLIMETRE;
const HEIGHT: f32 = 297.0 * MILLIMETRE;
const LEFT: f32 = 25.0 * MILLIMETRE;
const LINE_WIDTH: f32 = WIDTH - LEFT - 20.0 * MILLIMETRE;
/// Below this nothing is written.
const BOTTOM: f32 = 272.0 * MILLIMETRE;
/// Where the sender, the recipient, the date, the subject and a further page begin.
const SENDER: f32 = 60.0 * MILLIMETRE;
const RECIPIENT: f32 = 67.5 * MILLIMETRE;
const DATE: (f32, f32) = (150.0 * MILLIMETRE, 90.0 * MILLIMETRE);
const SUBJECT: f32 = 107.0 * MILLIMETRE;
const NEXT_PAGE: f32 = 27.0 * MILLIMETRE;
/// Sizes of writing, and from line to line, in points.
const SMALL: f32 = 7.0;
const BODY: f32 = 10.5;
const TITLE: f32 = 12.5;
const LEADING: f32 = 15.0;

/// What is written.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Its language.
    pub locale: Locale,
    /// The sender, in the window above the recipient.
    pub sender: String,
    /// Name and address, line by line.
    pub recipient: Vec<String>,
    /// The day, as it is written.
    pub date: String,
    /// The subject.
    pub title: String,
    /// The text.
    pub paragraphs: Vec<String>,
}

/// Why there is no letter.
#[derive(Debug, thiserror::Error)]
pub enum LetterError {
    /// The font cannot be read; a test keeps that from being shipped.
    #[error("the font cannot be read")]
    Font,
    /// The PDF cannot be made.
    #[error("the PDF cannot be made")]
    Pdf,
}

impl Letter {
    /// The PDF.
    ///
    /// # Errors
    /// [`LetterError`]: not by anything that is written.
    pub fn pdf(&self) -> Result<Vec<u8>, LetterError> {
        let writing = Writing::new()?;
        let accessible = ConfigurationBuilder::new().with_accessibility_validator(Accessibility::UA1);
        let configuration = accessible.finish().map_err(|_| LetterError::Pdf)?;
        let mut document = Document::new_with(SerializeSettings { configuration, ..Default::default() });
        let mut tree = TagTree::new().with_lang(Some(self.locale.to_string()));
        for page in self.pages(&writing) {
            let settings = PageSettings::from_wh(WIDTH, HEIGHT).ok_or(LetterError::Pdf)?;
            let mut sheet = document.start_page_with(settings);
            let mut surface = sheet.surface();
            for block in page {
                tree.push(block.draw(&writing, &mut surface)?);
            }
            surface.finish();
            sheet.finish();
        }
        document.set_tag_tree(tree);
        let title = writing.printable(&self.title);
        // The standard wants an outline wherever there is a heading.
        let mut outline = Outline::new();
        let subject = XyzDestination::new(0, Point::from_xy(LEFT, SUBJECT - LEADING));
        outline.push_child(OutlineNode::new(title.clone(), subject));
        document.set_outline(outline);
        document.set_metadata(Metadata::new().title(title).language(self.locale.to_string()));
        document.finish().map_err(|_| LetterError::Pdf)
    }

    /// Everything in its place, page by page.
    fn pages(&self, writing: &Writing<'_>) -> Vec<Vec<Block>> {
        let line = |text: &String, x, y, size| Block {
            lines: vec![writing.printable(text)],
            x,
            y,
            size,
            role: Role::Text,
        };
        let recipient = self.recipient.iter().map(|text| writing.printable(text)).collect();
        let mut pages = Vec::new();
        let mut page = vec![
            line(&self.sender, LEFT, SENDER, SMALL),
            Block { lines: recipient, x: LEFT, y: RECIPIENT, size: BODY, role: Role::Text },
            line(&self.date, DATE.0, DATE.1, BODY),
        ];
        let title = writing.lines(&self.title, TITLE);
        let mut y = SUBJECT + height(title.len()) + LEADING;
        page.push(Block { lines: title, x: LEFT, y: SUBJECT, size: TITLE, role: Role::Title });
        for paragraph in &self.paragraphs {
            let lines = writing.lines(paragraph, BODY);
            if y + height(lines.len()) > BOTTOM {
                pages.push(std::mem::take(&mut page));
                y = NEXT_PAGE;
            }
            let after = y + height(lines.len()) + LEADING / 2.0;
            page.push(Block { lines, x: LEFT, y, size: BODY, role: Role::Text });
            y = after;
        }
        pages.push(page);
        pages
    }
}

/// Points that lines take.
fn height(lines: usize) -> f32 {
    (0..lines).fold(0.0, |height, _| height + LEADING)
}

/// What a block is to those who hear the letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Title,
    Text,
}

/// Lines that belong together.
#[derive(Debug)]
struct Block {
    lines: Vec<String>,
    x: f32,
    /// The first line's, from above.
    y: f32,
    size: f32,
    role: Role,
}

impl Block {
    fn draw(self, writing: &Writing<'_>, surface: &mut Surface<'_>) -> Result<Node, LetterError> {
        let mut group = match self.role {
            Role::Title => TagGroup::new(Tag::Hn(NonZeroU16::MIN, Some(self.lines.join(" ")))),
            Role::Text => TagGroup::new(Tag::P),
        };
        let mut y = self.y;
        for line in &self.lines {
            let piece = surface.start_tagged(ContentTag::Span(SpanTag::empty()));
            // A space at the end parts the words of two lines for those who hear them.
            let text = format!("{line} ");
            let (glyphs, font) = (writing.glyphs(&text), writing.font.clone());
            surface.draw_glyphs(Point::from_xy(self.x, y), &glyphs, font, &text, self.size, false);
            surface.end_tagged();
            group.push(piece);
            y += LEADING;
        }
        Ok(group.into())
    }
}

/// The font, and what it measures.
struct Writing<'a> {
    font: Font,
    measured: FontRef<'a>,
}

impl Writing<'_> {
    fn new() -> Result<Self, LetterError> {
        let font = Font::new(FONT.into(), 0).ok_or(LetterError::Font)?;
        Ok(Self { font, measured: FontRef::new(FONT).map_err(|_| LetterError::Font)? })
    }

    /// The text in signs that the font has: others would be empty boxes.
    fn printable(&self, text: &str) -> String {
        let signs = self.measured.charmap();
        text.chars().map(|sign| if signs.map(sign).is_some() { sign } else { '?' }).collect()
    }

    /// The signs one after another, each with its width as a share of the size.
    fn glyphs(&self, text: &str) -> Vec<KrillaGlyph> {
        let (signs, whole) = (self.measured.charmap(), Size::new(1.0));
        let metrics = self.measured.glyph_metrics(whole, LocationRef::default());
        let glyph = |(at, sign): (usize, char)| {
            let glyph = signs.map(sign)?;
            let width = metrics.advance_width(glyph).unwrap_or_default();
            let covered = at..at + sign.len_utf8();
            Some(KrillaGlyph::new(GlyphId::new(glyph.to_u32()), width, 0.0, 0.0, 0.0, covered, None))
        };
        text.char_indices().filter_map(glyph).collect()
    }

    fn width(&self, text: &str, size: f32) -> f32 {
        self.glyphs(text).iter().map(|glyph| glyph.x_advance).sum::<f32>() * size
    }

    /// The text in lines that are no wider than the page, broken between words; a word that is wider
    /// than a line within.
    fn lines(&self, text: &str, size: f32) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = String::new();
        for word in self.printable(text).split_whitespace() {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if self.width(&longer, size) <= LINE_WIDTH {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for sign in word.chars() {
                if self.width(&line, size) > LINE_WIDTH - size {
                    lines.push(std::mem::take(&mut line));
                }
                line.push(sign);
            }
        }
        lines.push(line);
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter() -> Letter {
        Letter {
            locale: Locale::De,
            sender: "Stadt Bad Düben".to_owned(),
            recipient: vec!["Erna Muster".to_owned(), "Am Lauch 3".to_owned()],
            date: "27.11.2026".to_owned(),
            title: "Ihre Anmeldung".to_owned(),
            paragraphs: vec!["Sehr geehrte Damen und Herren, ".repeat(20)],
        }
    }

    #[test]
    fn a_letter_is_an_accessible_pdf() {
        let pdf = letter().pdf().unwrap();
        assert!(pdf.starts_with(b"%PDF-"));
        let described = String::from_utf8_lossy(&pdf);
        assert!(described.contains("pdfuaid:part") && described.contains("Ihre Anmeldung"));
        assert!(pdf.len() < 60_000, "{} bytes: only the signs that are used", pdf.len());
    }

    #[test]
    fn names_of_every_script_are_taken() {
        for name in ["Jiří Łukasz", "Ирина", "山田太郎", "محمد", "\u{1F600}", "a\u{0}b\nc"] {
            let letter = Letter { recipient: vec![name.to_owned()], ..letter() };
            assert!(letter.pdf().is_ok(), "{name:?}");
        }
    }

    #[test]
    fn lines_keep_to_the_page() {
        let writing = Writing::new().unwrap();
        for text in ["Wort ".repeat(200), "W".repeat(500), String::new()] {
            let lines = writing.lines(&text, BODY);
            assert!(lines.iter().all(|line| writing.width(line, BODY) <= LINE_WIDTH));
            let words = |text: &str| text.replace(' ', "");
            assert_eq!(words(&lines.concat()), words(&text));
        }
    }

    #[test]
    fn a_long_letter_goes_on_on_the_next_page() {
        let writing = Writing::new().unwrap();
        let long = Letter { paragraphs: vec!["Wort ".repeat(60); 20], ..letter() };
        assert!(long.pages(&writing).len() > 1);
        assert!(long.pdf().is_ok());
    }
}
