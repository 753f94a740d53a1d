//! Whoever leaves leaves nothing behind; what was reported goes on without them.

use domain::{Store, complaints::Status};
use infrastructure::{photos::PhotoStore, privacy::upkeep};
use serde_json::{Value, json};

use super::planted::{INBOX, PLANTED, Planted};
use crate::{auth::PASSWORD, desk::town::Town, logs::Along, support::on_both};

on_both!(erasure_leaves_nothing, whoever_also_works_here_keeps_the_sign_in, a_restored_backup_forgets_again,);

impl Town {
    pub fn photo_store(&self) -> &PhotoStore {
        self.rathaus.server.parts().photos.store()
    }

    async fn erase(&self, planted: &Planted) {
        let erased = self.rathaus.delete("/v1/me").bearer(&planted.token).send().await;
        assert_eq!(erased.status, 204, "{}", erased.body);
        // What the worker does within a minute, and at night.
        upkeep::seal(self.rathaus.store(), self.now()).await.unwrap();
        upkeep::tidy(self.rathaus.store(), self.photo_store()).await.unwrap();
        self.rathaus.store().scrub(true).await.unwrap();
    }
}

async fn erasure_leaves_nothing(town: Town) {
    let log = Along::with_the_log();
    log.keep_out(PLANTED);
    let planted = town.plant().await;
    let before = town.dump().await;
    for word in PLANTED {
        // SQLite keeps numbers as numbers, so the digits are those of its own text.
        assert!(before.contains(word), "{word} was not planted");
    }
    assert_eq!(town.files_of_photos(), 2);
    town.erase(&planted).await;

    let after = town.dump().await;
    let found: Vec<_> = PLANTED.into_iter().filter(|word| after.contains(word)).collect();
    assert_eq!(found, Vec::<&str>::new(), "in the database");
    assert_eq!(town.in_files_of_the_database(&PLANTED), Vec::<&str>::new(), "in its files");
    assert_eq!(town.files_of_photos(), 0);
    assert_eq!(log.offending(), Vec::<String>::new(), "in the log, before and after");
    println!("0 hits of {} planted words in {} bytes of dump", PLANTED.len(), after.len());

    // The case goes on.
    let id = planted.complaint.parse().unwrap();
    let case = town.stored(id).await;
    assert_eq!((case.status, case.reporter, case.category), (Status::Accepted, None, town.category.id));
    let point = case.place.point.unwrap();
    assert!((point.lat - 51.5919).abs() < 0.001 && point.lat != 51.591_927_31, "{point:?}");
    let shown: Value = town.rathaus.get(&format!("{INBOX}/{id}")).bearer(&planted.admin).expect(200).await;
    assert_eq!(shown["description"], "(gelöscht)");
    let steps = town.steps(id).await;
    assert!(steps.len() >= 5 && steps.iter().all(|step| step.public_text.is_none()), "{steps:?}");
    town.rathaus.get("/v1/me").bearer(&planted.token).expect_problem(401, "unauthenticated").await;
    // They may come back as somebody new.
    town.rathaus.clock.advance(chrono::TimeDelta::minutes(11));
    let again = town.rathaus.citizen(PLANTED[1]).await;
    let mine: Value = town
        .rathaus
        .get("/v1/me/complaints")
        .bearer(again["access_token"].as_str().unwrap())
        .expect(200)
        .await;
    assert_eq!(mine["items"], json!([]));
}

async fn whoever_also_works_here_keeps_the_sign_in(town: Town) {
    let account = town.rathaus.staff_account("kim@example.org").await;
    let member = domain::staff::Member {
        id: town.rathaus.clock.uuid().into(),
        account: account.id,
        name: domain::text::Name::parse("Kim Muster").unwrap(),
        email: account.email.clone().unwrap(),
        role: domain::staff::Role::Clerk,
        departments: vec![town.front.id],
        categories: Vec::new(),
        last_used_at: None,
        active: true,
        version: 1,
    };
    let tx = town.rathaus.store().begin(town.scope()).await.unwrap();
    tx.insert_member(town.now(), &member).await.unwrap();
    tx.commit().await.unwrap();
    let citizen = town.rathaus.citizen("kim@example.org").await;
    let erased = town.rathaus.delete("/v1/me").bearer(citizen["access_token"].as_str().unwrap()).send().await;
    assert_eq!(erased.status, 204, "{}", erased.body);
    let sign_in = json!({"email": "kim@example.org", "password": PASSWORD});
    let _: Value = town.rathaus.post("/v1/auth/staff-sessions", &sign_in).expect(201).await;
}

/// As if the database had been taken back to a moment before: the note beside the photos tells.
async fn a_restored_backup_forgets_again(town: Town) {
    let planted = town.plant().await;
    town.photo_store().note_erasure(planted.person).await.unwrap();
    let back = upkeep::erase_again(town.rathaus.store(), town.photo_store(), town.now()).await.unwrap();
    assert_eq!(back, 1);
    let after = town.dump().await;
    assert!(PLANTED.iter().all(|word| !after.contains(word)), "{after}");
    let again = upkeep::erase_again(town.rathaus.store(), town.photo_store(), town.now()).await.unwrap();
    assert_eq!(again, 0);
}
