//! What has been kept long enough goes, in every town by its own periods.

use chrono::TimeDelta;
use domain::{
    Scope, Store,
    complaints::{Complaint, Status},
    consents::Means,
    deliveries::{Channel, NewMessage, Recipients, Severity, Topic},
    ids::MessageId,
    privacy::{Class, Periods},
    staff::Role,
    wards::service::{Answer, answer},
};
use infrastructure::privacy::upkeep;
use serde_json::{Value, json};

use super::planted::PLANTED;
use crate::{auth::access, desk::town::Town, support::on_both};

on_both!(
    old_complaints_lose_their_people,
    what_was_sent_goes_and_the_books_balance,
    wards_go_half_a_year_after_it_is_over,
    a_town_decides,
);

const RETENTION: &str = "/v1/municipalities/bad-dueben/admin/settings/retention";

impl Town {
    async fn standing(&self, class: Class) -> (u64, u64) {
        let view = self.rathaus.store().view(self.scope()).await.unwrap();
        let standings = view.retention(self.now(), Periods::default()).await.unwrap();
        let standing = standings.into_iter().find(|standing| standing.class == class).unwrap();
        (standing.overdue, standing.last_removed)
    }
}

async fn old_complaints_lose_their_people(town: Town) {
    let planted = town.plant().await;
    let open = town.complaint(700, &town.front).await;
    let id = planted.complaint.parse().unwrap();
    let closed = Complaint { status: Status::Closed, ..town.stored(id).await };
    let tx = town.rathaus.store().begin(town.scope()).await.unwrap();
    tx.update_complaint(&closed).await.unwrap();
    tx.commit().await.unwrap();
    upkeep::nightly(town.rathaus.store(), town.now()).await.unwrap();
    assert!(town.dump().await.contains(PLANTED[6]), "not yet");

    town.rathaus.clock.advance(TimeDelta::days(367));
    assert_eq!(town.standing(Class::Complaint).await.0, 1, "overdue until the night has come");
    let nights = upkeep::nightly(town.rathaus.store(), town.now()).await.unwrap();
    assert!(nights[0].removed.contains(&(Class::Complaint, 1)), "{nights:?}");
    assert_eq!(town.standing(Class::Complaint).await, (0, 1));
    let after = town.dump().await;
    for word in [PLANTED[6], PLANTED[9], PLANTED[10], PLANTED[11], PLANTED[12]] {
        assert!(!after.contains(word), "{word}");
    }
    assert!(after.contains(PLANTED[1]), "the account stays: its person may still want it");
    assert_eq!(town.stored(id).await.reporter, None);
    assert_eq!(town.stored(open.id).await.description, open.description, "what is open stays whole");
    let again = upkeep::nightly(town.rathaus.store(), town.now()).await.unwrap();
    assert!(again.is_empty(), "once a night");
    upkeep::tidy(town.rathaus.store(), town.photo_store()).await.unwrap();
    assert_eq!(town.files_of_photos(), 0);
}

async fn what_was_sent_goes_and_the_books_balance(town: Town) {
    let planted = town.plant().await;
    let message = NewMessage {
        id: MessageId(town.rathaus.clock.uuid()),
        severity: Severity::Notice,
        topic: Topic::DeviceTest,
        to: Recipients::Devices(planted.person),
        expires_at: town.now() + TimeDelta::hours(1),
    };
    let tx = town.rathaus.store().begin(town.scope()).await.unwrap();
    tx.enqueue(town.now(), &message).await.unwrap();
    tx.commit().await.unwrap();
    let ledger = async || {
        let view = town.rathaus.store().view(town.scope()).await.unwrap();
        view.ledger().await.unwrap()
    };
    let before = ledger().await;
    assert!(before.planned > 0 && before.balances(), "{before:?}");
    town.rathaus.clock.advance(TimeDelta::days(120));
    upkeep::nightly(town.rathaus.store(), town.now()).await.unwrap();
    let after = ledger().await;
    assert!(after.planned == 0 && after.balances(), "{after:?}");
    assert_eq!(town.standing(Class::Message).await.0, 0);
    let rows = town.rathaus.rows().await;
    assert_eq!((rows["messages"], rows["deliveries"], rows["work_chunks"]), (0, 0, 0));
}

async fn wards_go_half_a_year_after_it_is_over(town: Town) {
    let proxy = town.rathaus.citizen("enkel@example.org").await;
    let register = async |name: &str, email: &str| -> String {
        let ward = json!({"municipality": "bad-dueben", "name": name, "email": email});
        let ward: Value = town.rathaus.post("/v1/me/wards", &ward).bearer(access(&proxy)).expect(201).await;
        ward["id"].as_str().unwrap().to_owned()
    };
    let over = register("Oma Planted-Erna", "planted-erna@example.org").await;
    let open = register("Opa Emil", "opa@example.org").await;
    let who = (town.town.id, open.parse().unwrap());
    let reads = town.rathaus.store().read(Scope::Installation).await.unwrap();
    let at = reads.contact_point(Channel::Email, "opa@example.org").await.unwrap().unwrap();
    drop(reads);
    let yes = Answer { yes: true, means: Means::Link, proof: "1".into(), asked_at: town.now(), at };
    answer(town.rathaus.store(), town.now(), who, yes).await.unwrap();
    let end = town.rathaus.delete(&format!("/v1/me/wards/{over}")).bearer(access(&proxy));
    assert_eq!(end.send().await.status, 204);
    let consents = town.rathaus.rows().await["consents"];
    assert!(consents > 0);
    upkeep::nightly(town.rathaus.store(), town.now()).await.unwrap();
    assert!(town.dump().await.contains("Planted-Erna"), "who said no is remembered");

    town.rathaus.clock.advance(TimeDelta::days(182));
    assert_eq!(town.standing(Class::Ward).await.0, 1, "overdue until the night has come");
    let nights = upkeep::nightly(town.rathaus.store(), town.now()).await.unwrap();
    assert!(nights[0].removed.contains(&(Class::Ward, 1)), "{nights:?}");
    assert_eq!(town.standing(Class::Ward).await, (0, 1));
    let after = town.dump().await;
    assert!(!after.contains("Planted-Erna") && !after.contains("planted-erna"));
    assert!(after.contains("Opa Emil"), "what is not over stays");
    assert_eq!(town.rathaus.rows().await["consents"], consents, "and so does what it rests on");
}

async fn a_town_decides(town: Town) {
    let (_, admin) = town.staff(Role::Admin, &[]).await;
    let (_, clerk) = town.staff(Role::Clerk, &[]).await;
    let put = |body: &Value| town.rathaus.put(RETENTION, body).bearer(&admin);
    let five_years = json!({"message_days": 1825, "delivery_days": 1825, "complaint_days": 30});
    put(&five_years).expect_problem(428, "precondition_required").await;
    let shown = town.rathaus.get(RETENTION).bearer(&admin).send().await;
    assert_eq!(shown.json::<Value>()["complaint_days"], 365);
    let tag = shown.headers["etag"].to_str().unwrap().to_owned();
    for (wrong, pointer) in [
        (json!({"message_days": 6, "delivery_days": 6, "complaint_days": 365}), "/message_days"),
        (json!({"message_days": 90, "delivery_days": 91, "complaint_days": 365}), "/delivery_days"),
        (json!({"message_days": 90, "delivery_days": 90, "complaint_days": 3651}), "/complaint_days"),
    ] {
        let refused = put(&wrong).header("if-match", &tag).expect_problem(422, "validation_failed").await;
        assert_eq!(crate::admin::first_pointer(&refused), pointer);
    }
    let now: Value = put(&five_years).header("if-match", &tag).expect(200).await;
    assert_eq!(now, five_years);
    put(&five_years).header("if-match", &tag).expect_problem(412, "stale").await;
    town.rathaus.get(RETENTION).bearer(&clerk).expect_problem(403, "forbidden").await;
    let stored = town.rathaus.store().read(Scope::Installation).await.unwrap();
    let stored = stored.municipality_by_id(town.town.id).await.unwrap().unwrap();
    assert_eq!(stored.settings.retention.complaint_days, 30);
}
