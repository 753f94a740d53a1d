//! News as feeds: RSS 2.0, Atom (RFC 4287) and JSON Feed 1.1.

use std::fmt::Display;

use actix_web::{HttpResponse, get, web::Data};
use atom_syndication as atom;
use chrono::{DateTime, Utc};
use domain::{
    Code, Error, Store,
    content::{Kind, Language, Library, Text, in_language, library::Entry},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{all, file, of, send};
use crate::{
    config::Config,
    content::{
        Shelves,
        filter::{Speak, spoken},
    },
    crowd::Written,
    extract::{IfNoneMatch, Moment, ValidQuery},
    municipalities::{Town, TownPath},
    problem::Problem,
};

/// News in a feed.
const MOST: u64 = 50;

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(rss_feed).service(atom_feed).service(json_feed);
}

/// A feed in XML, as the document shows it.
#[derive(ToSchema)]
#[schema(value_type = String, max_length = 16_777_216, example = "<?xml version=\"1.0\" encoding=\"utf-8\"?>")]
#[expect(dead_code, reason = "stands in the document only")]
struct FeedText(String);

/// A feed in JSON (jsonfeed.org, version 1.1).
#[derive(Serialize, ToSchema)]
struct JsonFeed {
    /// The version of the format.
    #[schema(max_length = 60, example = "https://jsonfeed.org/version/1.1")]
    version: &'static str,
    /// The town hall.
    #[schema(max_length = 80, example = "Bad Düben")]
    title: String,
    /// Where this feed is.
    #[schema(
        max_length = 400,
        example = "https://rathaus.example.org/v1/municipalities/bad-dueben/news.json"
    )]
    feed_url: String,
    /// The language.
    #[schema(max_length = 3, example = "de")]
    language: String,
    /// The news, the newest first.
    #[schema(max_items = 50)]
    items: Vec<JsonFeedItem>,
}

/// News in a feed.
#[derive(Serialize, ToSchema)]
struct JsonFeedItem {
    /// What names it.
    #[schema(max_length = 60, example = "urn:uuid:019a8f3e-7c11-7d2b-9a52-3f1f0f2a6c01")]
    id: String,
    /// Where it is.
    #[schema(max_length = 400, example = "https://www.bad-dueben.example/freibad")]
    url: String,
    /// The heading.
    #[schema(max_length = 160, example = "Das Freibad öffnet")]
    title: String,
    /// All of it, plain text.
    #[schema(max_length = 20_000, example = "Am Samstag um zehn geht es los.")]
    content_text: String,
    /// What lists show.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 2_000, example = "Am Samstag um zehn geht es los.")]
    summary: Option<String>,
    /// What it shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        max_length = 400,
        example = "https://rathaus.example.org/v1/municipalities/bad-dueben/pictures/1"
    )]
    image: Option<String>,
    /// Since when it is public.
    #[schema(max_length = 20, example = "2026-11-22T16:00:00Z")]
    date_published: String,
    /// When it was changed last.
    #[schema(max_length = 20, example = "2026-11-22T16:00:00Z")]
    date_modified: String,
    /// Its topic.
    #[schema(max_items = 1)]
    tags: Vec<domain::text::Slug>,
}

/// What feeds say of one piece of news.
struct News<'a> {
    entry: &'a Entry,
    text: &'a Text,
    /// Where a reader is led: to the first link, else to the piece itself.
    url: String,
    image: Option<String>,
}

impl News<'_> {
    fn id(&self) -> String {
        format!("urn:uuid:{}", self.entry.content.id)
    }

    fn short(&self) -> Option<&str> {
        self.text.summary.as_ref().map(|summary| summary.as_str())
    }

    fn long(&self) -> &str {
        let body = self.text.body.as_ref().map(|body| body.as_str());
        body.or(self.short()).unwrap_or(self.text.title.as_str())
    }

    fn since(&self) -> DateTime<Utc> {
        self.entry.content.since()
    }

    fn topic(&self) -> Option<&domain::text::Slug> {
        self.entry.topic.as_ref()
    }
}

/// What a feed is made of.
struct Source<'a> {
    library: &'a Library,
    language: &'a Language,
    now: DateTime<Utc>,
    /// The address of the town's content on this installation.
    base: String,
}

impl Source<'_> {
    /// Makes a feed of the newest news.
    fn feed<F>(&self, make: impl FnOnce(&[News<'_>]) -> F) -> F {
        let found = all(self.library, &of(Kind::News), self.now, MOST);
        let news: Vec<_> = found
            .iter()
            .filter_map(|found| {
                let (entry, sheet) = (&*found.entry, &found.entry.content.sheet);
                let here = || format!("{}/content/{}", self.base, entry.content.id);
                let link = sheet.links.first().map(|link| link.url.as_str().to_owned());
                let picture =
                    sheet.pictures.first().map(|picture| format!("{}/pictures/{}", self.base, picture.id));
                let text = in_language(&sheet.texts, self.language)?;
                Some(News { entry, text, url: link.unwrap_or_else(here), image: picture })
            })
            .collect();
        make(&news)
    }

    fn updated(&self, news: &[News<'_>]) -> DateTime<Utc> {
        let last = news.iter().map(|news| news.entry.content.updated_at).max();
        last.unwrap_or(self.library.town.created_at)
    }

    fn rss(&self) -> String {
        self.feed(|news| {
            let items = news.iter().map(|news| rss::Item {
                title: Some(news.text.title.to_string()),
                link: Some(news.url.clone()),
                description: Some(html(news.long())),
                guid: Some(rss::Guid { value: news.id(), permalink: false }),
                pub_date: Some(news.since().to_rfc2822()),
                categories: news.topic().into_iter().map(category).collect(),
                ..rss::Item::default()
            });
            let name = self.library.town.name.to_string();
            let channel = rss::Channel {
                link: format!("{}/news", self.base),
                description: name.clone(),
                title: name,
                language: Some(self.language.as_str().to_owned()),
                last_build_date: Some(self.updated(news).to_rfc2822()),
                ttl: Some("15".to_owned()),
                items: items.collect(),
                ..rss::Channel::default()
            };
            channel.to_string()
        })
    }

    fn atom(&self) -> String {
        self.feed(|news| {
            let link =
                |href: String, rel: &str| atom::Link { href, rel: rel.to_owned(), ..atom::Link::default() };
            let entries = news.iter().map(|news| atom::Entry {
                title: news.text.title.to_string().into(),
                id: news.id(),
                updated: news.entry.content.updated_at.fixed_offset(),
                published: Some(news.since().fixed_offset()),
                links: vec![link(news.url.clone(), "alternate")],
                summary: news.short().map(|short| short.to_owned().into()),
                content: Some(atom::Content {
                    value: Some(news.long().to_owned()),
                    content_type: Some("text".to_owned()),
                    ..atom::Content::default()
                }),
                categories: news
                    .topic()
                    .into_iter()
                    .map(|topic| atom::Category { term: topic.to_string(), ..atom::Category::default() })
                    .collect(),
                ..atom::Entry::default()
            });
            let town = &self.library.town;
            let feed = atom::Feed {
                title: town.name.to_string().into(),
                id: format!("urn:uuid:{}", town.id),
                updated: self.updated(news).fixed_offset(),
                authors: vec![atom::Person { name: town.name.to_string(), ..atom::Person::default() }],
                links: vec![link(format!("{}/news.atom", self.base), "self")],
                entries: entries.collect(),
                lang: Some(self.language.as_str().to_owned()),
                ..atom::Feed::default()
            };
            feed.to_string()
        })
    }

    fn json(&self) -> JsonFeed {
        self.feed(|news| {
            let seconds = |moment: DateTime<Utc>| moment.format("%FT%TZ").to_string();
            let items = news.iter().map(|news| JsonFeedItem {
                id: news.id(),
                url: news.url.clone(),
                title: news.text.title.to_string(),
                content_text: news.long().to_owned(),
                summary: news.short().map(str::to_owned),
                image: news.image.clone(),
                date_published: seconds(news.since()),
                date_modified: seconds(news.entry.content.updated_at),
                tags: news.topic().into_iter().cloned().collect(),
            });
            JsonFeed {
                version: "https://jsonfeed.org/version/1.1",
                title: self.library.town.name.to_string(),
                feed_url: format!("{}/news.json", self.base),
                language: self.language.as_str().to_owned(),
                items: items.collect(),
            }
        })
    }
}

fn category(name: &impl Display) -> rss::Category {
    rss::Category { name: name.to_string(), domain: None }
}

/// Plain text as HTML, which readers expect in RSS: what looks like markup stays visible and does nothing.
fn html(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let paragraphs =
        escaped.split("\n\n").map(|paragraph| format!("<p>{}</p>", paragraph.replace('\n', "<br/>")));
    paragraphs.collect()
}

/// What a handler of a feed is given.
struct Asked {
    store: Data<dyn Store>,
    shelves: Data<Shelves>,
    config: Data<Config>,
    town: Town,
    moment: Moment,
    speak: Speak,
    seen: IfNoneMatch,
}

impl Asked {
    async fn answer(
        self,
        media: &'static str,
        name: &str,
        write: impl FnOnce(Source<'_>) -> Result<Written, Error>,
    ) -> Result<HttpResponse, Problem> {
        let Self { store, shelves, config, town: Town(town), moment, speak, seen } = self;
        let (now, locale) = (moment.ctx.now, moment.ctx.locale);
        let language = spoken(speak.language.as_ref(), locale);
        let site = config.http.public_url.as_str().trim_end_matches('/').to_owned();
        let base = format!("{site}/v1/municipalities/{}", town.slug);
        let shelf = shelves.of(&**store, town, now).await?;
        let question = format!("{name} {}", language.as_str());
        let feed = shelf
            .answer(question, now, |library| write(Source { library, language: &language, now, base }))?;
        Ok(send(feed, media, name, &seen, locale))
    }
}

macro_rules! feed {
    ($(#[doc = $doc:literal])+ $name:ident, $operation:literal, $path:literal, $file:literal, $media:literal, $short:literal, $body:ty, $write:expr) => {
        $(#[doc = $doc])+
        #[utoipa::path(tag = "content", operation_id = $operation, security(()),
            params(TownPath, Speak),
            responses((status = 200, description = "The newest 50.", body = $body, content_type = $short)))]
        #[get($path)]
        async fn $name(
            store: Data<dyn Store>,
            shelves: Data<Shelves>,
            config: Data<Config>,
            town: Town,
            moment: Moment,
            query: ValidQuery<Speak>,
            seen: IfNoneMatch,
        ) -> Result<HttpResponse, Problem> {
            let asked = Asked { store, shelves, config, town, moment, speak: query.into_inner(), seen };
            asked.answer($media, $file, $write).await
        }
    };
}

feed! {
    /// Subscribe to news by RSS
    ///
    /// RSS 2.0.
    rss_feed, "getNewsRss", "/v1/municipalities/{municipality}/news.rss", "news.rss",
    "application/rss+xml; charset=utf-8", "application/rss+xml", FeedText, |source| file(source.rss())
}
feed! {
    /// Subscribe to news by Atom
    ///
    /// RFC 4287.
    atom_feed, "getNewsAtom", "/v1/municipalities/{municipality}/news.atom", "news.atom",
    "application/atom+xml; charset=utf-8", "application/atom+xml", FeedText, |source| file(source.atom())
}
feed! {
    /// Subscribe to news by JSON Feed
    ///
    /// Version 1.1.
    json_feed, "getNewsJsonFeed", "/v1/municipalities/{municipality}/news.json", "news.json",
    "application/feed+json", "application/feed+json", JsonFeed,
    |source| file(serde_json::to_vec(&source.json()).map_err(|_| Error::refused(Code::Internal))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_markup_does_nothing() {
        assert_eq!(
            html("a < b & c\nd\n\n<script>x</script>"),
            "<p>a &lt; b &amp; c<br/>d</p><p>&lt;script&gt;x&lt;/script&gt;</p>"
        );
    }
}
