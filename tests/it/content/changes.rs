use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
};

use chrono::TimeDelta;
use futures::future::join_all;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

use super::{STAFF, TOWN, piece};
use crate::{
    admin::Desk,
    support::{installation::Installation, on_both},
};

on_both!(a_copy_follows, a_copy_is_the_server_under_concurrent_writers, an_old_cursor_is_gone);

/// An app's copy: titles by identity, and how far it has come.
#[derive(Default)]
struct Copy {
    titles: BTreeMap<String, String>,
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
                match change["content"]["title"].as_str() {
                    Some(title) => self.titles.insert(id, title.to_owned()),
                    None => {
                        assert_eq!(change["removed"], true);
                        self.titles.remove(&id)
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

/// What everybody can read of all kinds.
async fn server(desk: &Desk) -> BTreeMap<String, String> {
    let mut titles = BTreeMap::new();
    let mut path = format!("{TOWN}/content?limit=100");
    loop {
        let page: Value = desk.installation.get(&path).expect(200).await;
        for item in page["items"].as_array().unwrap() {
            titles
                .insert(item["id"].as_str().unwrap().to_owned(), item["title"].as_str().unwrap().to_owned());
        }
        let Some(cursor) = page["next_cursor"].as_str() else { return titles };
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
    let mut copy = Copy::default();
    assert_eq!(copy.follow(&desk).await, [200, 200, 200]);
    assert_eq!(copy.titles, server(&desk).await);
    assert_eq!(copy.titles.len(), 7);
    assert_eq!(copy.follow(&desk).await, [304], "nothing changed");

    let first = format!("{STAFF}/{}", ids[0]);
    let _: Value = desk.put(&first, "\"v2\"", &piece("news", "Neues, geändert", json!({}))).expect(200).await;
    let second = format!("{STAFF}/{}", ids[1]);
    desk.step(&second, "\"v2\"", "archived").await;
    desk.removes(&second, "\"v3\"").await;
    desk.step(&format!("{STAFF}/{}", ids[2]), "\"v2\"", "draft").await;
    assert_eq!(copy.follow(&desk).await, [200]);
    assert_eq!(copy.titles, server(&desk).await);
    assert_eq!(copy.titles.len(), 5);
    assert_eq!(copy.follow(&desk).await, [304]);

    desk.installation.clock.advance(TimeDelta::hours(1));
    assert_eq!(copy.follow(&desk).await, [200], "the clock showed something");
    assert_eq!(copy.titles, server(&desk).await);
    assert_eq!(copy.titles.len(), 6);
    assert_eq!(copy.follow(&desk).await, [304]);
}

/// Writers at the same time, what each does at random, and readers who follow meanwhile.
const WRITERS: u64 = 8;
const DEEDS: usize = 40;
const READERS: usize = 4;

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
        let written = join_all((0..WRITERS).map(|number| write(&desk, number))).await;
        done.store(true, Ordering::Relaxed);
        written
    };
    let (written, copies) = tokio::join!(writers, join_all((0..READERS).map(|_| reader())));
    let there = server(&desk).await;
    let mut public: Vec<_> = written.into_iter().flatten().collect();
    let mut shown: Vec<_> = there.values().cloned().collect();
    public.sort();
    shown.sort();
    assert_eq!(shown, public);
    for (mut copy, rounds) in copies {
        assert!(rounds > 10, "a reader looked only {rounds} times");
        copy.follow(&desk).await;
        assert_eq!(copy.titles, there);
    }
    if desk.installation.database().engine == crate::support::Engine::Postgres {
        late_commit(&desk).await;
    }
}

/// A writer that was first and commits last holds back those who come after it: a copy never passes it by.
async fn late_commit(desk: &Desk) {
    use domain::{Scope, Store};
    let mut copy = Copy::default();
    copy.follow(desk).await;
    let slow = desk.installation.store().begin(Scope::Municipality(desk.town.id)).await.unwrap();
    let number = slow.count_content_change().await.unwrap();
    let after = piece("news", "Danach", json!({}));
    let fast = desk.add(STAFF, &after);
    let slow = async {
        copy.follow(desk).await;
        slow.commit().await.unwrap();
    };
    let (place, ()) = tokio::join!(fast, slow);
    let reads = desk.installation.store().read(Scope::Municipality(desk.town.id)).await.unwrap();
    let id = place.rsplit('/').next().unwrap().parse().unwrap();
    assert_eq!(reads.content(id).await.unwrap().unwrap().changed, number + 1);
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
