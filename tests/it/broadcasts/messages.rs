//! What people read in the app.

use api::{cli::Role, server::Server};
use chrono::TimeDelta;
use domain::deliveries::Channel::Push;
use reqwest::Client;
use sea_orm::{ConnectionTrait, Database};
use serde_json::{Value, json};

use super::town::{CASTS, MESSAGES, Mulde};
use crate::support::{Engine, http::Call, installation::config, on_both};

on_both!(
    a_guest_reads_what_they_were_told,
    only_what_changed_comes_again,
    words_are_read_once_for_everybody,
    a_change_shows_at_once_in_every_process,
);

async fn a_guest_reads_what_they_were_told(mulde: Mulde) {
    let one = mulde.resident("Muldestraße", 1, &[Push]).await;
    // Whoever chose no channel still finds it in the app.
    let quiet = mulde.resident("Muldestraße", 2, &[]).await;
    let elsewhere = mulde.resident("Am Lauch", 2, &[]).await;
    let audience = json!({"street": {"name": "Muldestraße"}});
    let id = mulde.send(json!({"severity": "important", "audience": audience})).await;
    mulde.until(&id, "sent").await;
    for (resident, many) in [(&one, 1), (&quiet, 1), (&elsewhere, 0)] {
        let told: Value = mulde.get(MESSAGES).bearer(&mulde.app(resident).await).expect(200).await;
        assert_eq!(told["items"].as_array().unwrap().len(), many);
    }
    let app = mulde.app(&one).await;
    let seen = mulde.get(MESSAGES).bearer(&app).send().await;
    let told: Value = seen.json();
    let message = &told["items"][0];
    assert_eq!(message["id"], id.as_str());
    assert_eq!(message["municipality"], "bad-dueben");
    assert_eq!(message["texts"]["en"]["title"], "Flood on the Mulde");
    assert!(message.get("read_at").is_none());
    let tag = seen.headers["etag"].to_str().unwrap().to_owned();
    let same = mulde.get(MESSAGES).bearer(&app).header("if-none-match", &tag).send().await;
    assert_eq!(same.status, 304);
    for _ in 0..2 {
        let read = mulde.post(&format!("{MESSAGES}/{id}/read"), &json!({})).bearer(&app).send().await;
        assert_eq!(read.status, 204, "{}", read.body);
    }
    let told: Value = mulde.get(MESSAGES).bearer(&app).header("if-none-match", &tag).expect(200).await;
    assert!(told["items"][0]["read_at"].is_string());
    assert_eq!(mulde.standings(&id).await["delivered"], 1);
    let alone: Value = mulde.get(&format!("{MESSAGES}/{id}")).bearer(&app).expect(200).await;
    assert_eq!(alone, told["items"][0]);
    let seen = mulde.get(&format!("{MESSAGES}/{id}")).bearer(&app).send().await;
    let tag = seen.headers["etag"].to_str().unwrap();
    let same = mulde.get(&format!("{MESSAGES}/{id}")).bearer(&app).header("if-none-match", tag).send().await;
    assert_eq!(same.status, 304);
    // Who was not told finds nothing there, as where there is nothing.
    let stranger = mulde.app(&elsewhere).await;
    for of in [id.clone(), uuid::Uuid::new_v4().to_string()] {
        let read = mulde.post(&format!("{MESSAGES}/{of}/read"), &json!({})).bearer(&stranger);
        read.expect_problem(404, "not_found").await;
        mulde.get(&format!("{MESSAGES}/{of}")).bearer(&stranger).expect_problem(404, "not_found").await;
    }
    mulde.get(MESSAGES).expect_problem(401, "unauthenticated").await;
}

async fn only_what_changed_comes_again(mulde: Mulde) {
    let one = mulde.resident("Muldestraße", 1, &[]).await;
    let first = mulde.send(json!({"severity": "important"})).await;
    mulde.until(&first, "sent").await;
    mulde.exchange.clock.advance(TimeDelta::minutes(70));
    // Sending begins, another message is read, and only then this one's people are found: it is not missed.
    let since = mulde.exchange.clock.now() + TimeDelta::minutes(10);
    let since = since.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let second = mulde.send(json!({"severity": "important"})).await;
    mulde.until(&second, "sent").await;
    let app = mulde.app(&one).await;
    let new = async || -> Vec<String> {
        let path = format!("{MESSAGES}?since={since}");
        let told: Value = mulde.get(&path).bearer(&app).expect(200).await;
        told["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(new().await, std::slice::from_ref(&second));
    let _ = mulde.post(&format!("{MESSAGES}/{first}/read"), &json!({})).bearer(&app).send().await;
    assert_eq!(new().await, [&second, &first].map(Clone::clone));
    // Page by page.
    let page: Value = mulde.get(&format!("{MESSAGES}?limit=1")).bearer(&app).expect(200).await;
    assert_eq!(page["items"][0]["id"], second.as_str());
    let cursor = page["next_cursor"].as_str().unwrap();
    let next: Value =
        mulde.get(&format!("{MESSAGES}?limit=1&cursor={cursor}")).bearer(&app).expect(200).await;
    assert_eq!(next["items"][0]["id"], first.as_str());
    assert!(next.get("next_cursor").is_none());
}

/// With the database's words out of reach, whoever asks after the first still gets them: what is asked for each
/// phone are ids, versions and times.
async fn words_are_read_once_for_everybody(mulde: Mulde) {
    let one = mulde.resident("Muldestraße", 1, &[Push]).await;
    let other = mulde.resident("Muldestraße", 2, &[Push]).await;
    let id = mulde.send(json!({"severity": "crisis"})).await;
    mulde.until_deliveries(&id, &["push sent"; 2]).await;
    let (app, others) = (mulde.app(&one).await, mulde.app(&other).await);
    let seen = mulde.get(MESSAGES).bearer(&app).send().await;
    assert_eq!(seen.status, 200, "{}", seen.body);
    let tag = seen.headers["etag"].to_str().unwrap().to_owned();

    let database = Database::connect(&mulde.exchange.database.superuser_url).await.unwrap();
    database.execute_unprepared("ALTER TABLE broadcasts RENAME COLUMN texts TO texts_away").await.unwrap();
    database.close().await.unwrap();
    let told: Value = mulde.get(MESSAGES).bearer(&others).expect(200).await;
    assert_eq!(told["items"][0]["texts"]["de"]["title"], "Hochwasser an der Mulde");
    let same = mulde.get(MESSAGES).bearer(&app).header("if-none-match", &tag).send().await;
    assert_eq!((same.status.as_u16(), same.body.as_str()), (304, ""));
    // What is one's own is asked for each time.
    let said = mulde.post(&format!("{MESSAGES}/{id}/acknowledgement"), &json!({})).bearer(&app).send().await;
    assert_eq!(said.status, 204, "{}", said.body);
    let told: Value = mulde.get(MESSAGES).bearer(&app).header("if-none-match", &tag).expect(200).await;
    assert!(told["items"][0]["acknowledged_at"].is_string());
    let told: Value = mulde.get(MESSAGES).bearer(&others).expect(200).await;
    assert!(told["items"][0].get("acknowledged_at").is_none());
}

/// SQLite is served by one process; there it is asked itself.
async fn a_change_shows_at_once_in_every_process(mulde: Mulde) {
    let one = mulde.resident("Muldestraße", 1, &[Push]).await;
    let id = mulde.send(json!({"severity": "crisis"})).await;
    mulde.until_deliveries(&id, &["push sent"]).await;
    let app = mulde.app(&one).await;
    let files = tempfile::tempdir().unwrap();
    let other = match mulde.exchange.database.engine {
        Engine::Sqlite => None,
        Engine::Postgres => {
            let mut settings = config(&mulde.exchange.database, &files);
            settings.http.public_url = mulde.exchange.url("").parse().unwrap();
            Some(Server::start(settings, mulde.exchange.clock.clone(), Role::Api).await.unwrap())
        }
    };
    let address = other.as_ref().unwrap_or(&mulde.exchange.server).address().unwrap();
    let told = async || -> Value {
        let asked = Client::new().get(format!("http://{address}{MESSAGES}"));
        Call(asked).bearer(&app).expect(200).await
    };
    assert_eq!(told().await["items"][0]["withdrawn"], false);
    let read = mulde.post(&format!("{MESSAGES}/{id}/read"), &json!({})).bearer(&app).send().await;
    assert_eq!(read.status, 204, "{}", read.body);
    assert!(told().await["items"][0]["read_at"].is_string());

    mulde.exchange.clock.advance(TimeDelta::seconds(1));
    let mut update = mulde.draft(json!({
        "severity": "crisis",
        "texts": {"de": {"title": "Das Wasser fällt", "body": "Bleiben Sie vorsichtig."}},
        "follows_up": {"first": id, "kind": "update"},
    }));
    update.as_object_mut().unwrap().remove("audience");
    let written: Value = mulde.post(CASTS, &update).bearer(&mulde.editor().await).expect(201).await;
    let next = written["id"].as_str().unwrap();
    let _: Value = mulde.step(next, "submit", &mulde.editor().await, &json!({})).await.expect(200).await;
    let _: Value = mulde.step(next, "approve", &mulde.lead().await, &json!({})).await.expect(200).await;
    mulde.until_deliveries(next, &["push sent"]).await;
    let both = told().await;
    assert_eq!(both["items"][0]["texts"]["de"]["title"], "Das Wasser fällt");
    assert_eq!(both["items"][0]["first"], id.as_str());

    let cancel = mulde.post(&format!("{CASTS}/{next}/cancel"), &json!({})).bearer(&mulde.lead().await);
    let _: Value = cancel.expect(200).await;
    assert_eq!(told().await["items"][0]["withdrawn"], true);
    assert_eq!(told().await["items"][1]["withdrawn"], false);
    if let Some(other) = other {
        other.stop().await.unwrap();
    }
}
