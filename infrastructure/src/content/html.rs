//! Text out of HTML. What a browser would not show as text, scripts and styles above all, is gone.

use std::cell::{Cell, RefCell};

use html5ever::{
    interface::TokenizerResult,
    tendril::StrTendril,
    tokenizer::{
        BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts, states::RawKind,
    },
};

/// Elements that begin on a line of their own, and those that end a paragraph.
const LINES: [&str; 6] = ["br", "li", "tr", "dt", "dd", "hr"];
const PARAGRAPHS: [&str; 16] = [
    "p",
    "div",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "dl",
    "table",
    "blockquote",
    "section",
    "article",
    "pre",
];

/// The text of a page or a part of one. An empty line ends a paragraph.
pub fn text(html: &str) -> String {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(html));
    let tokenizer = Tokenizer::new(Reader::default(), TokenizerOpts::default());
    while !matches!(tokenizer.feed(&input), TokenizerResult::Done) {}
    tokenizer.end();
    tokenizer.sink.text.take().trim().to_owned()
}

/// Reads tokens as a browser does, and keeps what it would show.
#[derive(Default)]
struct Reader {
    text: RefCell<String>,
    /// Whether it is within an element that shows nothing.
    silent: Cell<bool>,
}

/// How the inside of an element is read whose markup is none; none of these is shown.
fn raw(element: &str) -> Option<RawKind> {
    match element {
        "script" => Some(RawKind::ScriptData),
        "style" | "xmp" | "iframe" | "noembed" | "noframes" | "noscript" => Some(RawKind::Rawtext),
        "title" | "textarea" => Some(RawKind::Rcdata),
        _ => None,
    }
}

impl TokenSink for Reader {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::CharacterTokens(words) if !self.silent.get() => {
                push_words(&mut self.text.borrow_mut(), &words);
            }
            Token::TagToken(tag) => {
                let name = &*tag.name;
                let raw = raw(name);
                if raw.is_some() {
                    self.silent.set(tag.kind == TagKind::StartTag);
                }
                if PARAGRAPHS.contains(&name) {
                    break_off(&mut self.text.borrow_mut(), 2);
                } else if LINES.contains(&name) {
                    break_off(&mut self.text.borrow_mut(), 1);
                }
                if let Some(raw) = raw.filter(|_| tag.kind == TagKind::StartTag) {
                    return TokenSinkResult::RawData(raw);
                }
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// Ends the line, and leaves `breaks` − 1 of them empty.
fn break_off(text: &mut String, breaks: usize) {
    text.truncate(text.trim_end_matches(' ').len());
    let there = text.len() - text.trim_end_matches('\n').len();
    if !text.is_empty() {
        text.extend(std::iter::repeat_n('\n', breaks.saturating_sub(there)));
    }
}

/// Adds words; any blanks between them are one.
fn push_words(text: &mut String, words: &str) {
    for c in words.chars() {
        match c.is_whitespace() {
            true if text.is_empty() || text.ends_with([' ', '\n']) => {}
            true => text.push(' '),
            false => text.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_page_says_is_kept_and_what_it_does_is_not() {
        let page = "<h2>Das Freibad</h2>\n<p>Am <b>Samstag</b> um\n zehn.<br>Eintritt &lt; 5&nbsp;Euro &amp; f&uuml;r alle</p><ul><li>Kinder</li><li>Senioren</li></ul>\
            <script>alert('<p>x</p>')</script><style>p{}</style><img src=x onerror=alert(1)><a href=\"javascript:alert(1)\">hier</a><!-- nicht -->\
            <iframe src=\"https://boese.example\">und</iframe><svg onload=alert(1)></svg>";
        assert_eq!(
            text(page),
            "Das Freibad\n\nAm Samstag um zehn.\nEintritt < 5 Euro & für alle\n\nKinder\nSenioren\n\nhier"
        );
        assert_eq!(text("&amp;lt;script&amp;gt;"), "&lt;script&gt;", "once is enough");
        assert_eq!(text("3 < 4 und kein Ende <b"), "3 < 4 und kein Ende");
        assert_eq!(text("ohne Auszeichnung"), "ohne Auszeichnung");
        assert_eq!(text("<ol start=\"3>4\"><li value=\"<b\">drei</ol>vier"), "drei\n\nvier");
        assert_eq!(text("vorher<script>alert(1)"), "vorher", "what does not end says nothing more");
    }

    #[test]
    fn depth_is_no_weapon() {
        let deep = "<div>".repeat(50_000) + "unten";
        assert_eq!(text(&deep), "unten");
    }
}
