use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use chrono::TimeDelta;
use domain::{
    Scope, Store,
    content::{Content, Kind, Language, Sheet, State, Text},
    ids::ContentId,
    text::Line,
};
use futures::future::join_all;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

use super::{STAFF, TOWN, piece};
use crate::{
    admin::Desk,
    support::{installation::Installation, on_both},
};

on_both!(
    a_copy_follows,
    a_copy_hears_of_other_names,
    a_copy_is_the_server_under_concurrent_writers,
    a_late_commit_is_not_lost,
    an_old_cursor_is_gone,
);

/// Pieces as everybody reads them, by identity.
type Pieces = BTreeMap<String, Value>;

fn titles(pieces: &Pieces) -> Vec<&str> {
    let mut titles: Vec<_> = pieces.values().map(|piece| piece["title"].as_str().unwrap()).collect();
    titles.sort();
    titles
}

/// An app's copy, and how far it has come.
#[derive(Default)]
struct Copy {
    pieces: Pieces,
    cursor: Option<String>,
    tag: Option<String>,
}

impl Copy {
    /// Asks until there is no more; the statuses it was answered.
    async fn follow(&mut self, desk: &Desk) -> Vec<u16> {
        let mut statuses = Vec::new();
        loop {
            let cursor = self.cursor.as_ref().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let call = desk.installation.get(&format!("{TOWN}/changes?limit=3{cursor}"));
            let answer = match &self.tag {
                Some(tag) => call.header("if-none-match", tag).send().await,
                None => call.send().await,
            };
            statuses.push(answer.status.as_u16());
            self.tag = Some(answer.headers["etag"].to_str().unwrap().to_owned());
            if answer.status == 304 {
                return statuses;
            }
            assert_eq!(answer.status, 200, "{}", answer.body);
            let changes: Value = answer.json();
            for change in changes["items"].as_array().unwrap() {
                let id = change["id"].as_str().unwrap().to_owned();
                match change.get("content") {
                    Some(content) => self.pieces.insert(id, content.clone()),
                    None => {
                        assert_eq!(change["removed"], true);
                        self.pieces.remove(&id)
                    }
                };
            }
            self.cursor = Some(changes["next_cursor"].as_str().unwrap().to_owned());
            if changes["more"] == false {
                return statuses;
            }
        }
    }
}

/// What everybody can read of all kinds, each piece as a whole but for what only holds at this moment.
async fn server(desk: &Desk) -> Pieces {
    let mut pieces = Pieces::new();
    let mut path = format!("{TOWN}/content?limit=100");
    loop {
        let page: Value = desk.installation.get(&path).expect(200).await;
        for item in page["items"].as_array().unwrap() {
            let id = item["id"].as_str().unwrap().to_owned();
            let mut whole: Value = desk.installation.get(&format!("{TOWN}/content/{id}")).expect(200).await;
            let members = whole.as_object_mut().unwrap();
            ["open", "open_changes_at"].iter().for_each(|member| drop(members.remove(*member)));
            pieces.insert(id, whole);
        }
        let Some(cursor) = page["next_cursor"].as_str() else { return pieces };
        path = format!("{TOWN}/content?limit=100&cursor={cursor}");
    }
}

async fn a_copy_follows(installation: Installation) {
    let desk = Desk::open(installation).await;
    let mut ids = Vec::new();
    for number in 0..7 {
        ids.push(desk.publish(&piece("news", &format!("Neues {number}"), json!({}))).await);
    }
    desk.add(STAFF, &piece("news", "Entwurf", json!({}))).await;
    let later = json!({"publish_from": "2026-11-23T10:00:00Z"});
    desk.publish(&piece("place", "Ab zehn", later)).await;
    let museum =
        json!({"place": {"opening_hours": "Mo-Fr 09:00-12:00"}, "location": {"lat": 51.59, "lon": 12.58}});
    desk.publish(&piece("place", "Museum", museum)).await;
    let mut copy = Copy::default();
    assert_eq!(copy.follow(&desk).await, [200, 200, 200]);
    assert_eq!(copy.pieces, server(&desk).await);
    assert_eq!(copy.pieces.len(), 8);
    assert_eq!(copy.follow(&desk).await, [304], "nothing changed");

    let first = format!("{STAFF}/{}", ids[0]);
    let _: Value = desk.put(&first, "\"v2\"", &piece("news", "Neues, geändert", json!({}))).expect(200).await;
    let second = format!("{STAFF}/{}", ids[1]);
    desk.step(&second, "\"v2\"", "archived").await;
    desk.removes(&second, "\"v3\"").await;
    desk.step(&format!("{STAFF}/{}", ids[2]), "\"v2\"", "draft").await;
    assert_eq!(copy.follow(&desk).await, [200]);
    assert_eq!(copy.pieces, server(&desk).await);
    assert_eq!(copy.pieces.len(), 6);
    assert_eq!(copy.follow(&desk).await, [304]);

    desk.installation.clock.advance(TimeDelta::hours(1));
    assert_eq!(copy.follow(&desk).await, [200], "the clock showed something");
    assert_eq!(copy.pieces, server(&desk).await);
    assert_eq!(copy.pieces.len(), 7);
    assert_eq!(copy.follow(&desk).await, [304]);
}

async fn a_copy_hears_of_other_names(installation: Installation) {
    let desk = Desk::open(installation).await;
    let square = json!([[[12.55, 51.58], [12.57, 51.58], [12.57, 51.6], [12.55, 51.6], [12.55, 51.58]]]);
    let area = json!({
        "code": "schnaditz", "name": "Schnaditz", "kind": "district",
        "geometry": {"type": "Polygon", "coordinates": square},
    });
    let area = desk.add(&format!("{TOWN}/admin/areas"), &area).await;
    let office = desk.add(&format!("{TOWN}/admin/departments"), &json!({"name": "Kulturamt"})).await;
    let id = |place: &str| place.rsplit('/').next().unwrap().to_owned();
    let of = async |title: &str, more: Value| desk.publish(&piece("news", title, more)).await;
    let there = of("Schnaditz feiert", json!({"area": id(&area)})).await;
    let theirs = of("Das Amt lädt ein", json!({"office": id(&office)})).await;
    of("Neues", json!({})).await;
    desk.add(STAFF, &piece("news", "Entwurf", json!({"area": id(&area)}))).await;
    let mut copy = Copy::default();
    copy.follow(&desk).await;
    assert_eq!(copy.follow(&desk).await, [304]);
    for (place, tag, change, shown, member) in [
        (&area, "\"v1\"", json!({"name": "Ortsteil Schnaditz"}), &there, "area_name"),
        (&office, "\"v1\"", json!({"name": "Amt für Kultur"}), &theirs, "office"),
    ] {
        let before = copy.pieces.clone();
        let _: Value = desk.patch(place, &change).header("if-match", tag).expect(200).await;
        assert_eq!(copy.follow(&desk).await, [200]);
        assert_eq!(copy.pieces[shown][member], change["name"]);
        assert_eq!(copy.pieces, server(&desk).await);
        let changed: Vec<_> = copy.pieces.iter().filter(|(id, piece)| before[*id] != **piece).collect();
        assert_eq!(changed.len(), 1, "only what names it");
        assert_eq!(copy.follow(&desk).await, [304]);
    }
    // What is written as it was is no other name.
    let same = desk.patch(&area, &json!({"name": "Ortsteil Schnaditz"})).header("if-match", "\"v2\"");
    let _: Value = same.expect(200).await;
    assert_eq!(copy.follow(&desk).await, [304]);
}

/// Writers at the same time, what each does at random, and readers who follow meanwhile.
const WRITERS: u64 = 8;
const DEEDS: usize = 40;
const READERS: usize = 4;
const IMPORTS: usize = 15;

/// A piece as its writer left it.
struct Piece {
    place: String,
    version: i64,
    state: &'static str,
}

/// Does things at random to pieces of its own; the titles of those that are public in the end.
async fn write(desk: &Desk, number: u64) -> Vec<String> {
    let mut chance = StdRng::seed_from_u64(number);
    let mut pieces: Vec<(Piece, String)> = Vec::new();
    for deed in 0..DEEDS {
        let title = format!("{number}.{deed}");
        let body = piece(["news", "place"][chance.random_range(0..2)], &title, json!({}));
        if pieces.is_empty() || chance.random_range(0..3) == 0 {
            let place = desk.add(STAFF, &body).await;
            pieces.push((Piece { place, version: 1, state: "draft" }, title));
            continue;
        }
        let which = chance.random_range(0..pieces.len());
        let (one, said) = &mut pieces[which];
        let tag = format!("\"v{}\"", one.version);
        let to = match (one.state, chance.random_range(0..3)) {
            ("draft" | "archived", 0) => {
                desk.removes(&one.place, &tag).await;
                pieces.swap_remove(which);
                continue;
            }
            ("draft", _) => "published",
            ("published", 0) => "archived",
            ("published", 1) => {
                let shown: Value = desk.get(&one.place).expect(200).await;
                let body = piece(shown["kind"].as_str().unwrap(), &title, json!({}));
                let _: Value = desk.put(&one.place, &tag, &body).expect(200).await;
                (one.version, *said) = (one.version + 1, title);
                continue;
            }
            _ => "draft",
        };
        desk.step(&one.place, &tag, to).await;
        (one.version, one.state) = (one.version + 1, to);
    }
    pieces.into_iter().filter(|(one, _)| one.state == "published").map(|(_, said)| said).collect()
}

/// Takes in a feed that says something else each time; the titles it has in the end.
async fn import(desk: &Desk) -> Vec<String> {
    let source = json!({"name": "Website", "format": "feed", "publish": true});
    let source = desk.add(&format!("{TOWN}/staff/content-sources"), &source).await;
    let mut titles = Vec::new();
    for round in 0..IMPORTS {
        titles = (0..=round).map(|number| format!("feed {number}, {round}")).collect();
        let item = |(number, title): (usize, &String)| {
            format!("<item><guid>{number}</guid><title>{title}</title></item>")
        };
        let items: String = titles.iter().enumerate().map(item).collect();
        let feed = format!("<rss version='2.0'><channel>{items}</channel></rss>");
        let _: Value = desk.hand_in(&source, "application/rss+xml", feed).expect(200).await;
    }
    titles
}

async fn a_copy_is_the_server_under_concurrent_writers(installation: Installation) {
    let desk = Desk::open(installation).await;
    let done = AtomicBool::new(false);
    let reader = async || {
        let (mut copy, mut rounds) = (Copy::default(), 0);
        while !done.load(Ordering::Relaxed) {
            copy.follow(&desk).await;
            rounds += 1;
        }
        (copy, rounds)
    };
    let writers = async {
        let written = join_all((0..WRITERS).map(|number| write(&desk, number)));
        let (mut written, imported) = tokio::join!(written, import(&desk));
        done.store(true, Ordering::Relaxed);
        written.push(imported);
        written
    };
    let (written, copies) = tokio::join!(writers, join_all((0..READERS).map(|_| reader())));
    let there = server(&desk).await;
    let mut public: Vec<_> = written.into_iter().flatten().collect();
    public.sort();
    assert_eq!(titles(&there), public);
    for (mut copy, rounds) in copies {
        assert!(rounds > 10, "a reader looked only {rounds} times");
        copy.follow(&desk).await;
        assert_eq!(copy.pieces, there);
    }
}

/// News as a transaction writes them that nobody sees until it commits.
fn news(desk: &Desk, title: &str, changed: i64) -> Content {
    let now = desk.installation.clock.now();
    let (language, title) = (Language::parse("de").unwrap(), Line::parse(title).unwrap());
    Content {
        id: ContentId(uuid::Uuid::now_v7()),
        kind: Kind::News,
        state: State::Published,
        sheet: Sheet::of(Text { language, title, summary: None, body: None }),
        published_at: Some(now),
        changed,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

/// A writer that was first and commits last is not passed by: those who come after it wait for the row of the town
/// that counts its changes, which is locked until the commit. So it does not matter how long that takes. Half a
/// second stands for thirty here: who waits longer than a request may is told to come again, and has changed
/// nothing. Numbers out of a sequence would let the fast one by, and a copy that then has its number would never
/// hear of the slow one.
async fn a_late_commit_is_not_lost(installation: Installation) {
    let desk = Desk::open(installation).await;
    desk.publish(&piece("news", "Vorher", json!({}))).await;
    let mut copy = Copy::default();
    copy.follow(&desk).await;
    let slow = desk.installation.store().begin(Scope::Municipality(desk.town.id)).await.unwrap();
    let changed = slow.count_content_change().await.unwrap();
    slow.insert_content(&news(&desk, "Langsam", changed)).await.unwrap();
    let after = piece("news", "Danach", json!({}));
    let mut fast = std::pin::pin!(desk.publish(&after));
    let overtook = tokio::time::timeout(Duration::from_millis(500), &mut fast).await.is_ok();
    copy.follow(&desk).await;
    slow.commit().await.unwrap();
    if !overtook {
        fast.await;
    }
    copy.follow(&desk).await;
    let there = server(&desk).await;
    assert_eq!(titles(&there), ["Danach", "Langsam", "Vorher"]);
    assert_eq!(copy.pieces, there);
}

async fn an_old_cursor_is_gone(installation: Installation) {
    let desk = Desk::open(installation).await;
    desk.publish(&piece("news", "Neues", json!({}))).await;
    let first: Value = desk.installation.get(&format!("{TOWN}/changes")).expect(200).await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let ask = |cursor: &str| desk.installation.get(&format!("{TOWN}/changes?cursor={cursor}"));
    ask(&format!("{cursor}x")).expect_problem(400, "cursor_invalid").await;
    desk.installation.found("eilenburg", "Eilenburg").await;
    let elsewhere = desk.installation.get(&format!("/v1/municipalities/eilenburg/changes?cursor={cursor}"));
    elsewhere.expect_problem(400, "cursor_invalid").await;
    desk.installation.clock.advance(TimeDelta::days(91));
    ask(cursor).expect_problem(410, "cursor_expired").await;
}
