use std::time::{Duration, Instant};

use super::*;

/// A feed as content management systems of towns write it.
const RSS: &str = r#"<?xml version="1.0" encoding="ISO-8859-1"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>Bad Düben</title><link>https://www.bad-dueben.example/</link><description>Aktuelles</description>
<item><title>Br&#252;cke gesperrt &amp;amp; Umleitung</title><link>https://www.bad-dueben.example/bruecke</link>
<guid isPermaLink="false">tt_news-17</guid><pubDate>Mon, 23 Nov 2026 08:30:00 +0100</pubDate>
<description><![CDATA[<p>Ab Montag.</p><script>fetch('https://boese.example')</script>]]></description>
<content:encoded><![CDATA[<p>Ab Montag ist die <b>Muldebrücke</b> zu.</p><p>Umleitung über Gollmenz.</p><iframe src="https://boese.example"></iframe>]]></content:encoded></item>
<item><title></title><description>Nur ein Satz.</description><link>https://www.bad-dueben.example/satz</link><dc:date>2026-11-22T10:00:00Z</dc:date></item>
</channel></rss>"#;

const ATOM: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>Bad Düben</title><id>urn:x</id><updated>2026-11-23T09:00:00Z</updated>
<entry><title type="html">Das &lt;b&gt;Freibad&lt;/b&gt;</title><id>urn:uuid:1</id><updated>2026-11-23T09:00:00Z</updated>
<published>2026-11-20T09:00:00Z</published><link rel="alternate" href="https://www.bad-dueben.example/freibad"/>
<summary>Es öffnet.</summary><content type="html">&lt;p onclick="x()"&gt;Am Samstag.&lt;/p&gt;</content></entry></feed>"#;

fn read(feed: &str) -> Result<Vec<Result<Item, Fault>>> {
    items(feed.as_bytes())
}

fn said(item: &Result<Item, Fault>) -> (String, String, String, String) {
    let item = item.as_ref().unwrap();
    let text = &item.sheet.texts[0];
    let or_empty = |text: Option<&str>| text.unwrap_or_default().to_owned();
    (
        item.key.clone(),
        text.title.to_string(),
        or_empty(text.summary.as_ref().map(|text| text.as_str())),
        or_empty(text.body.as_ref().map(|text| text.as_str())),
    )
}

#[test]
fn a_town_s_feed_is_read_as_text() {
    let news = read(RSS).unwrap();
    let (key, title, summary, body) = said(&news[0]);
    assert_eq!((key.as_str(), title.as_str()), ("tt_news-17", "Brücke gesperrt & Umleitung"));
    assert_eq!(summary, "Ab Montag.");
    assert_eq!(body, "Ab Montag ist die Muldebrücke zu.\n\nUmleitung über Gollmenz.");
    let first = news[0].as_ref().unwrap();
    assert_eq!(first.sheet.links[0].url.as_str(), "https://www.bad-dueben.example/bruecke");
    assert_eq!(first.dated.unwrap().to_rfc3339(), "2026-11-23T07:30:00+00:00");
    let (key, title, ..) = said(&news[1]);
    assert_eq!((key.as_str(), title.as_str()), ("https://www.bad-dueben.example/satz", "Nur ein Satz."));
    assert!(news[1].as_ref().unwrap().dated.is_some());

    let (key, title, summary, body) = said(&read(ATOM).unwrap()[0]);
    assert_eq!((key.as_str(), title.as_str()), ("urn:uuid:1", "Das Freibad"));
    assert_eq!((summary.as_str(), body.as_str()), ("Es öffnet.", "Am Samstag."));
}

#[test]
fn a_date_that_cannot_be_is_none() {
    for date in [
        "Mon, 01 Jan 0001 00:00:00 +0000",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "0001-01-01T00:00:00Z",
        "gestern",
    ] {
        let feed = format!(
            "<rss version='2.0'><channel><item><title>x</title><guid>1</guid><pubDate>{date}</pubDate></item></channel></rss>"
        );
        assert_eq!(read(&feed).unwrap()[0].as_ref().unwrap().dated, None, "{date}");
    }
}

#[test]
fn a_feed_in_another_charset_is_read() {
    let (latin, _, _) = encoding_rs::WINDOWS_1252.encode(RSS);
    assert_eq!(said(&items(&latin).unwrap()[0]).3, said(&read(RSS).unwrap()[0]).3);
    // Its own is asked for first; one that nobody knows is none, and neither is one that it is not.
    let feed = |declared: &str| {
        format!(
            "<?xml version='1.0' encoding='{declared}'?><rss version='2.0'><channel><item><guid>1</guid><title>Łódź grüßt Düben</title></item></channel></rss>"
        )
    };
    let declared = feed("ISO-8859-2");
    let (central, _, _) = encoding_rs::ISO_8859_2.encode(&declared);
    assert_eq!(said(&items(&central).unwrap()[0]).1, "Łódź grüßt Düben");
    assert_eq!(said(&read(&feed("ISO-8859-2")).unwrap()[0]).1, "Łódź grüßt Düben");
    for declared in ["UTF-8", "Klingonisch"] {
        let feed = feed(declared).replace("Łódź", "Leipzig");
        let (western, _, _) = encoding_rs::WINDOWS_1252.encode(&feed);
        assert_eq!(said(&items(&western).unwrap()[0]).1, "Leipzig grüßt Düben", "{declared}");
    }
}

#[test]
fn an_entry_that_cannot_be_told_from_others_is_named() {
    let nameless = "<rss version='2.0'><channel><item><title>x</title></item><item><guid>1</guid></item></channel></rss>";
    let faults: Vec<_> = read(nameless).unwrap().into_iter().map(Result::unwrap_err).collect();
    let fault = |line, pointer: &str| Fault { line, pointer: pointer.into(), code: Code::Required };
    assert_eq!(faults, [fault(1, "/guid"), fault(2, "/title")]);
}

#[test]
fn bombs_do_not_go_off() {
    let laughs: String =
        (1..10).map(|n| format!("<!ENTITY lol{n} \"{}\">", format!("&lol{};", n - 1).repeat(10))).collect();
    let bomb = format!(
        "<?xml version=\"1.0\"?><!DOCTYPE rss [<!ENTITY lol0 \"lol\">{laughs}]><rss version=\"2.0\"><channel><item><title>&lol9;</title><guid>1</guid></item></channel></rss>"
    );
    let outside = "<!DOCTYPE rss [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><rss version=\"2.0\"><channel><item><title>&x;</title><guid>1</guid></item></channel></rss>";
    let deep = format!("<rss version=\"2.0\"><channel><item>{}", "<a:b>".repeat(200_000));
    let closed = format!(
        "<rss><channel><item>{}{}</item></channel></rss>",
        "<a:b>".repeat(9_000),
        "</a:b>".repeat(9_000)
    );
    for feed in [bomb.as_str(), outside, &deep, &closed] {
        let begun = Instant::now();
        let refused = read(feed).unwrap_err();
        assert!(matches!(refused, Error::Refused(why) if why.violations[0].code == Code::FeedUnreadable));
        assert!(begun.elapsed() < Duration::from_secs(2));
    }
    // One that is not declared stays what it is.
    let unknown =
        "<rss version='2.0'><channel><item><title>&x; und</title><guid>1</guid></item></channel></rss>";
    assert_eq!(said(&read(unknown).unwrap()[0]).1, "&x; und");
}

#[test]
fn what_is_no_feed_is_refused() {
    for text in
        ["", "<!DOCTYPE html><html><body>404</body></html>", "{}", "<rss>", "BEGIN:VCALENDAR", "<rss></feed>"]
    {
        assert!(read(text).is_err(), "{text}");
    }
    assert!(read("<rss version='2.0'><channel></channel></rss>").unwrap().is_empty());
}
