//! Always at hand: staff write news, places, a tour, contacts, events and a gazette; a guest looks them up
//! without an account, and an app keeps a copy. Facts about the town are those anybody finds on a map; what
//! is said beyond is made up for the play.

use serde_json::{Value, json};

use super::Colleague;
use crate::{
    cli::Failure,
    demo::{
        client::{Client, ensure, items, number, text},
        screen::Screen,
        town,
    },
};

/// A PDF of one empty page.
const PDF: &[u8] = include_bytes!("../data/gazette.pdf");

/// What others publish: its name, its format, its media type and a file of it.
const SOURCES: [(&str, &str, &str, &str); 2] = [
    ("Website der Stadt", "feed", "application/rss+xml", include_str!("../data/website.rss")),
    ("Heimatverein", "calendar", "text/calendar", include_str!("../data/culture.ics")),
];

/// What is written, apart from the gazette. All titles are German; English ones stand beside.
fn pieces() -> Vec<Value> {
    let piece = |kind: &str, de: &str, en: &str, summary: &str, more: Value| {
        let mut piece = json!({
            "kind": kind,
            "texts": [
                { "language": "de", "title": de, "summary": summary },
                { "language": "en", "title": en },
            ],
        });
        if let (Some(piece), Some(more)) = (piece.as_object_mut(), more.as_object()) {
            piece.extend(more.clone());
        }
        piece
    };
    vec![
        piece(
            "news",
            "Straßenreinigung auf dem Markt",
            "Street cleaning on the market square",
            "Am Mittwoch bleibt der Markt bis elf Uhr frei von Fahrzeugen.",
            json!({ "location": { "lat": 51.5925, "lon": 12.5858 } }),
        ),
        piece(
            "place",
            "Burg Düben",
            "Düben Castle",
            "Burg über der Mulde mit dem Landschaftsmuseum der Dübener Heide.",
            json!({
                "location": { "lat": 51.5914, "lon": 12.5822 }, "address": "Neuhofstraße, 04849 Bad Düben",
                "place": { "opening_hours": "Tu-Su 10:00-17:00", "wheelchair": "limited" },
            }),
        ),
        piece(
            "tour",
            "Durch die Dübener Heide",
            "Through the Düben Heath",
            "Vom Kurpark in den Wald und zurück.",
            json!({ "tour": {
                "length_m": 5200, "minutes": 90,
                "path": [
                    { "lat": 51.5969, "lon": 12.5842 }, { "lat": 51.6052, "lon": 12.5881 }, { "lat": 51.5969, "lon": 12.5842 },
                ],
            } }),
        ),
        piece(
            "contact",
            "Bürgerbüro",
            "Citizens' office",
            "Ausweise, Meldewesen, Auskunft.",
            json!({ "contact": { "office_hours": "Mo,We,Fr 09:00-12:00; Tu,Th 13:00-18:00; PH off", "phone": "115" } }),
        ),
        piece(
            "contact",
            "Notruf",
            "Emergency call",
            "Feuerwehr und Rettungsdienst.",
            json!({ "contact": { "office_hours": "24/7", "phone": "112", "emergency": true }, "position": 1 }),
        ),
        piece(
            "event",
            "Wochenmarkt",
            "Weekly market",
            "Jeden Donnerstag auf dem Markt.",
            json!({ "event": {
                "starts_at": "2026-01-08T07:00:00Z", "ends_at": "2026-01-08T12:00:00Z", "recurrence": "FREQ=WEEKLY;BYDAY=TH",
            } }),
        ),
    ]
}

/// Staff write, a guest reads, an app's copy follows.
pub async fn is_at_hand(admin: &Colleague, nobody: &Client, screen: &mut Screen) -> Result<(), Failure> {
    let place = format!("{}/staff/content", town::path());
    let mut published = 0;
    for piece in pieces() {
        publish(admin, &place, &piece).await?;
        published += 1;
    }
    let sent = admin.client.send_bytes(&format!("{place}-documents"), "application/pdf", PDF.to_vec());
    let document = sent.expect(201).await?.text("/id")?;
    let issue = json!({
        "kind": "gazette",
        "texts": [{ "language": "de", "title": "Amtsblatt" }],
        "gazette": {
            "date": "2026-11-20", "issue": "11/2026", "document": document,
            "entries": [{ "title": "Satzung über die Straßenreinigung", "page": 1 }],
        },
    });
    publish(admin, &place, &issue).await?;
    screen.step("admin", &format!("writes and publishes {} pieces of every kind", published + 1));

    let base = town::path();
    for (list, kind) in [
        ("news", "news"),
        ("places", "place"),
        ("tours", "tour"),
        ("contacts", "contact"),
        ("events", "event"),
        ("gazettes", "gazette"),
    ] {
        let found = items(&nobody.get(&format!("{base}/{list}")).expect(200).await?.json()?);
        let fits =
            !found.is_empty() && found.iter().all(|item| text(item, "/kind").is_ok_and(|of| of == kind));
        ensure(fits, || format!("the list {list} is {found:?}"))?;
    }
    screen.step("guest", "without an account, reads news, places, tours, contacts, events and the gazette");
    takes_in(admin, nobody, &base, screen).await?;
    searches(nobody, &base, screen).await?;
    copies(admin, nobody, &base, screen).await
}

async fn publish(admin: &Colleague, place: &str, piece: &Value) -> Result<String, Failure> {
    let made = admin.client.post(place, piece).expect(201).await?;
    let id = made.text("/id")?;
    let step = admin.client.post(&format!("{place}/{id}/transitions"), &json!({ "to": "published" }));
    step.header("If-Match", made.etag()?).expect(200).await?;
    Ok(id)
}

/// The website's news and a club's events come by themselves; here as files, since nobody is asked in a play.
async fn takes_in(
    admin: &Colleague,
    nobody: &Client,
    base: &str,
    screen: &mut Screen,
) -> Result<(), Failure> {
    let sources = format!("{base}/staff/content-sources");
    for (name, format, media, file) in SOURCES {
        let source = json!({ "name": name, "format": format, "publish": true });
        let made = admin.client.post(&sources, &source).expect(201).await?;
        let imports = format!("{sources}/{}/imports", made.text("/id")?);
        let hand_in = |file: String| admin.client.send_bytes(&imports, media, file.into_bytes());
        // All of it is taken or nothing.
        let broken = file.replace("tt_news-101", "").replace("DTSTART;VALUE=DATE:20270703", "DTSTART:bald");
        hand_in(broken).expect(422).await?;
        let report = hand_in(file.to_owned()).expect(200).await?.json()?;
        let again = hand_in(file.to_owned()).expect(200).await?.json()?;
        let counted = |report: &Value, what: &str| number(report, what).unwrap_or_default();
        let taken = (counted(&report, "/added"), counted(&again, "/added"), counted(&again, "/unchanged"));
        ensure(taken == (2, 0, 2), || format!("of {name} came {report}, then {again}"))?;
    }
    let news = items(&nobody.get(&format!("{base}/news?q=Bibliothek")).expect(200).await?.json()?);
    let plain = news.first().is_some_and(|news| !news.to_string().contains("script"));
    ensure(news.len() == 1 && plain, || format!("the website's news are {news:?}"))?;
    screen.step(
        "admin",
        "takes in the website's news (RSS) and a club's events (ICS); once more changes nothing",
    );
    screen.detail("markup is gone, and a file with one broken entry changes nothing at all");
    Ok(())
}

async fn searches(nobody: &Client, base: &str, screen: &mut Screen) -> Result<(), Failure> {
    let found = items(&nobody.get(&format!("{base}/content?q=strassenreinigung")).expect(200).await?.json()?);
    ensure(found.len() == 2, || format!("the search found {found:?}"))?;
    let near = items(&nobody.get(&format!("{base}/places?near=51.592,12.585")).expect(200).await?.json()?);
    let castle = near.first().ok_or("no place is near")?;
    let metres = number(castle, "/distance_m")?;
    let here = nobody.get("/v1/municipalities?near=51.592,12.585").expect(200).await?.json()?;
    ensure(text(&here, "/items/0/slug")? == town::SLUG, || format!("the place belongs to {here}"))?;
    screen.step("guest", &format!("is in Bad Düben by the map, and the castle is {metres} m away"));
    screen.detail("“strassenreinigung” finds the news and the by-law in the gazette");
    for file in ["news.rss", "events/calendar.ics", "places.geojson"] {
        nobody.get(&format!("{base}/{file}")).expect(200).await?;
    }
    screen.detail("other programs subscribe: news.rss, events/calendar.ics, places.geojson");
    Ok(())
}

/// An app that was offline asks what changed.
async fn copies(admin: &Colleague, nobody: &Client, base: &str, screen: &mut Screen) -> Result<(), Failure> {
    let first = nobody.get(&format!("{base}/changes")).expect(200).await?;
    let (all, tag) = (items(&first.json()?).len(), first.etag()?.to_owned());
    let since = format!("{base}/changes?cursor={}", first.text("/next_cursor")?);
    nobody.get(&since).header("If-None-Match", &tag).expect(304).await?;
    let news =
        json!({ "kind": "news", "texts": [{ "language": "de", "title": "Der Markt ist wieder frei" }] });
    publish(admin, &format!("{base}/staff/content"), &news).await?;
    let then = items(&nobody.get(&since).header("If-None-Match", &tag).expect(200).await?.json()?);
    ensure(then.len() == 1, || format!("after one change there are {then:?}"))?;
    screen.step(
        "app",
        &format!("copies {all} pieces, asks again and gets 304; after one more it gets that one"),
    );
    Ok(())
}
