//! News out of RSS 2.0 and Atom feeds.

use chrono::{DateTime, Utc};
use domain::{
    Code, Error, Result,
    content::{
        Kind, Sheet,
        sources::{Fault, Item},
    },
    time::is_reckoned_with,
};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use quick_xml::{Reader, events::Event};

use super::{
    html,
    words::{german, key, link},
};
use crate::sources::decoded_or;

/// Elements within each other: more are no feed, and reading them takes a stack.
const DEEPEST: usize = 64;
/// Within so many bytes a feed says in which charset it is.
const LONGEST_DECLARATION: usize = 256;

/// An entry of either kind.
#[derive(Default)]
struct Entry {
    id: String,
    title: String,
    summary: String,
    body: String,
    link: String,
    dated: Option<DateTime<Utc>>,
}

/// The entries of a feed.
///
/// # Errors
/// [`Code::FeedUnreadable`] for what is none.
pub fn items(bytes: &[u8]) -> Result<Vec<Result<Item, Fault>>> {
    let text = decoded_or(bytes, declared(bytes));
    let text = undeclared(&text);
    let unreadable = || Error::invalid("", Code::FeedUnreadable);
    let entries = match root(text).as_deref() {
        Some("rss") => rss_entries(text),
        Some("feed") => atom_entries(text),
        _ => None,
    };
    let entries = entries.ok_or_else(unreadable)?;
    Ok((1..).zip(entries).map(|(number, entry)| entry.item(number)).collect())
}

/// The charset that is declared. Many declare one that it is not: what is UTF-8 is read as such whatever is said,
/// and what says it is and is not, as Windows wrote in Western Europe.
fn declared(bytes: &[u8]) -> &'static Encoding {
    let head = String::from_utf8_lossy(bytes.get(..LONGEST_DECLARATION).unwrap_or(bytes));
    let name = || {
        let (declaration, _) = head.trim_start().strip_prefix("<?xml")?.split_once("?>")?;
        let (_, value) = declaration.split_once("encoding")?;
        value.split(['"', '\'']).nth(1)
    };
    let named = name().and_then(|name| Encoding::for_label_no_replacement(name.as_bytes()));
    named.filter(|encoding| *encoding != UTF_8).unwrap_or(WINDOWS_1252)
}

/// Without the declaration, which names the charset the bytes had: what is decoded is not to be decoded again.
fn undeclared(text: &str) -> &str {
    let text = text.trim_start();
    match text.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")) {
        Some((_, rest)) => rest,
        None => text,
    }
}

/// The name of the outermost element. None for what is not XML, is nested beyond reason, or declares
/// entities: no feed does, and whoever does has a bomb.
fn root(text: &str) -> Option<String> {
    let mut reader = Reader::from_str(text);
    let (mut root, mut depth) = (None, 0_usize);
    loop {
        match reader.read_event().ok()? {
            Event::Start(element) => {
                depth += 1;
                root.get_or_insert_with(|| String::from_utf8_lossy(element.name().as_ref()).into_owned());
            }
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::DocType(declared) if declared.contains(&b'[') => return None,
            Event::Eof => return root.filter(|_| depth == 0),
            _ => {}
        }
        if depth > DEEPEST {
            return None;
        }
    }
}

fn rss_entries(text: &str) -> Option<Vec<Entry>> {
    let channel = rss::Channel::read_from(text.as_bytes()).ok()?;
    let entry = |item: rss::Item| {
        let dublin = item.dublin_core_ext.as_ref().and_then(|core| core.dates.first());
        let dated = item.pub_date.as_deref().and_then(moment);
        let guid = item.guid.as_ref();
        let permalink = guid.filter(|guid| guid.permalink).map(|guid| guid.value.clone());
        let link = item.link.or(permalink).unwrap_or_default();
        Entry {
            id: guid.map_or_else(|| link.clone(), |guid| guid.value.clone()),
            title: item.title.unwrap_or_default(),
            summary: item.description.unwrap_or_default(),
            body: item.content.unwrap_or_default(),
            link,
            dated: dated.or_else(|| dublin.and_then(|date| moment(date))),
        }
    };
    Some(channel.items.into_iter().map(entry).collect())
}

fn atom_entries(text: &str) -> Option<Vec<Entry>> {
    let feed = atom_syndication::Feed::read_from(text.as_bytes()).ok()?;
    let entry = |entry: atom_syndication::Entry| {
        let link = entry.links.iter().find(|link| link.rel == "alternate").or(entry.links.first());
        let link = link.map(|link| link.href.clone()).unwrap_or_default();
        let dated = entry.published.unwrap_or(entry.updated).to_utc();
        Entry {
            id: if entry.id.trim().is_empty() { link.clone() } else { entry.id },
            title: entry.title.value,
            summary: entry.summary.map(|summary| summary.value).unwrap_or_default(),
            body: entry.content.and_then(|content| content.value).unwrap_or_default(),
            link,
            // The library says the beginning of 1970 where there is none.
            dated: Some(dated).filter(|dated| is_reckoned_with(*dated)),
        }
    };
    Some(feed.entries.into_iter().map(entry).collect())
}

/// When something was published. Programs that do not know write the beginning of time.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let read = DateTime::parse_from_rfc2822(text).or_else(|_| DateTime::parse_from_rfc3339(text));
    read.ok().map(|moment| moment.to_utc()).filter(|moment| is_reckoned_with(*moment))
}

impl Entry {
    fn item(self, line: u32) -> Result<Item, Fault> {
        let fault = |pointer: &str, code| Fault { line, pointer: pointer.to_owned(), code };
        let key = key(&self.id);
        if key.is_empty() {
            return Err(fault("/guid", Code::Required));
        }
        let (summary, body) = (html::text(&self.summary), html::text(&self.body));
        let title = html::text(&self.title);
        // Short messages come without a heading.
        let beginning = || summary.lines().chain(body.lines()).next().unwrap_or_default();
        let title = if title.is_empty() { beginning() } else { &title };
        let text = german(title, &summary, &body).map_err(|_| fault("/title", Code::Required))?;
        let mut sheet = Sheet::of(text);
        sheet.links.extend(link("Mehr dazu", &self.link));
        Ok(Item { line, key, kind: Kind::News, sheet, dated: self.dated })
    }
}

#[cfg(test)]
#[path = "feed_tests.rs"]
mod tests;
