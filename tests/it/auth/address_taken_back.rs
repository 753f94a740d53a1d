//! Whoever reads the old address calls a change off before, and undoes it for a day after.

use chrono::TimeDelta;
use domain::{
    Scope,
    citizens::{CodePurpose, CodeToSend, port::SignInSweeps},
    ids::{AddressChangeId, ContactPointId, MunicipalityId, PersonId},
};
use infrastructure::secrets::{AddressChangeLink, LinkKind, PersonLink, Secrets};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{PASSWORD, access};
use crate::{
    follows::choice,
    support::{
        http::{Answer, Call},
        installation::{Installation, SECRET},
        on_both,
    },
};

on_both!(
    a_change_is_called_off_from_the_old_address,
    a_later_wish_replaces_an_earlier_one,
    a_change_is_undone_from_the_old_address,
    what_was_changed_since_is_undone_with_it,
    a_day_later_it_stays,
    links_of_others_open_nothing,
    an_old_address_of_somebody_else_stays_theirs,
);

const OLD: &str = "erika@example.org";
const NEW: &str = "erika@example.net";
const CHANGES: &str = "/v1/me/address-changes";
const STATES: &str = "SELECT state FROM address_changes ORDER BY asked_at, id";
const ANYWHERE: MunicipalityId = MunicipalityId(Uuid::nil());

fn secrets() -> Secrets {
    Secrets::new(SECRET).unwrap()
}

/// What the letter of a purpose carries: a code, or the path of the link.
fn carried(due: &[CodeToSend], purpose: CodePurpose, to: &str) -> String {
    let letter = due.iter().find(|code| code.purpose == purpose && code.address.as_str() == to);
    let letter = letter.unwrap_or_else(|| panic!("no {purpose} to {to}: {due:?}"));
    let carried = secrets().open_code(letter.id, &letter.sealed).unwrap();
    carried.find("/address-changes/").map_or(carried.clone(), |from| carried[from..].to_owned())
}

impl Installation {
    /// Asks for another address; gives its code and the link in the letter to the one before.
    async fn wish(&self, session: &Value, before: &str, new: &str) -> (String, String) {
        let _: Value = self.post(CHANGES, &json!({"email": new})).bearer(access(session)).expect(202).await;
        let due = self.codes_due().await;
        (
            carried(&due, CodePurpose::AddressChange, new),
            carried(&due, CodePurpose::AddressChangeAsked, before),
        )
    }

    /// Changes the address; gives the link in the letter to the one before.
    async fn change(&self, session: &Value, before: &str, new: &str) -> String {
        let (code, _) = self.wish(session, before, new).await;
        let _: Value = self.confirm_address(session, &json!({"email": new}), &code).expect(200).await;
        carried(&self.codes_due().await, CodePurpose::AddressChanged, before)
    }

    async fn open(&self, link: &str) -> Answer {
        self.get(link).send().await
    }

    async fn press(&self, link: &str) -> Answer {
        Call(self.request(Method::POST, link)).send().await
    }

    async fn states(&self) -> Vec<String> {
        self.ask(ANYWHERE, STATES).await
    }

    async fn noted(&self, deed: &str) -> Vec<String> {
        let sql =
            format!("SELECT actor_kind || ' ' || subject_kind FROM audit_entries WHERE deed = '{deed}'");
        self.ask(ANYWHERE, &sql).await
    }
}

async fn a_change_is_called_off_from_the_old_address(rathaus: Installation) {
    let erika = rathaus.citizen(OLD).await;
    let (code, link) = rathaus.wish(&erika, OLD, NEW).await;
    let shown = rathaus.open(&link).await;
    assert!(shown.status == 200 && shown.headers["cache-control"] == "no-store");
    assert!(shown.body.contains("verhindern") && !shown.body.contains(NEW), "{}", shown.body);
    let english = rathaus.get(&link).header("accept-language", "en").send().await;
    assert!(english.body.contains("Stop it") && english.body.contains("lang=\"en\""), "{}", english.body);
    assert_eq!(rathaus.states().await, ["asked"], "scanners open links");

    let pressed = rathaus.press(&link).await;
    assert_eq!(pressed.status, 200);
    assert!(pressed.body.contains("Es bleibt, wie es war"), "{}", pressed.body);
    let refused = rathaus.confirm_address(&erika, &json!({"email": NEW}), &code);
    let refused: Value = refused.expect_problem(422, "validation_failed").await.json();
    assert_eq!(refused["errors"][0]["code"], "code_wrong", "{refused}");
    assert_eq!(rathaus.me(&erika).await["email"], OLD, "and one stays signed in");
    // Once more, and by opening it: the same page, and nothing else happens.
    for again in [rathaus.press(&link).await, rathaus.open(&link).await] {
        assert_eq!(again.status, 200);
        assert!(again.body.contains("Es bleibt, wie es war"), "{}", again.body);
    }
    assert_eq!(rathaus.states().await, ["cancelled"]);
    assert_eq!(rathaus.noted("cancelled").await, ["visitor account"]);
    // It was this change, not every later one.
    rathaus.clock.advance(TimeDelta::seconds(1));
    rathaus.change(&erika, OLD, NEW).await;
    assert_eq!(rathaus.me(&erika).await["email"], NEW);
}

async fn a_later_wish_replaces_an_earlier_one(rathaus: Installation) {
    let erika = rathaus.citizen(OLD).await;
    let (code, link) = rathaus.wish(&erika, OLD, NEW).await;
    rathaus.clock.advance(TimeDelta::seconds(1));
    let (later, _) = rathaus.wish(&erika, OLD, "third@example.org").await;
    assert_eq!(rathaus.states().await, ["cancelled", "asked"]);
    let replaced = rathaus.confirm_address(&erika, &json!({"email": NEW}), &code);
    replaced.expect_problem(422, "validation_failed").await;
    // The link of the one that is over leaves the other alone.
    assert_eq!(rathaus.press(&link).await.status, 200);
    let third = json!({"email": "third@example.org"});
    let _: Value = rathaus.confirm_address(&erika, &third, &later).expect(200).await;
    assert_eq!(rathaus.states().await, ["cancelled", "confirmed"]);
}

async fn a_change_is_undone_from_the_old_address(rathaus: Installation) {
    let town = crate::follows::town(&rathaus).await;
    let erika = rathaus.citizen(OLD).await;
    let password = json!({"password": PASSWORD});
    assert_eq!(rathaus.put("/v1/me/password", &password).bearer(access(&erika)).send().await.status, 204);
    let mail = choice(json!({"channels": {"crisis": ["email"]}}));
    let _: Value = rathaus.choose(access(&erika), &mail).expect(200).await;
    let mailboxes = "SELECT address FROM contact_points";
    let (code, asked) = rathaus.wish(&erika, OLD, NEW).await;
    let _: Value = rathaus.confirm_address(&erika, &json!({"email": NEW}), &code).expect(200).await;
    let link = carried(&rathaus.codes_due().await, CodePurpose::AddressChanged, OLD);
    assert_eq!(rathaus.ask(town.id, mailboxes).await, [NEW]);
    for link in [&asked, &link] {
        let shown = rathaus.open(link).await;
        assert!(shown.body.contains("rückgängig"), "{}", shown.body);
    }
    assert_eq!(rathaus.states().await, ["confirmed"]);

    rathaus.clock.advance(TimeDelta::hours(24) - TimeDelta::seconds(1));
    let here = rathaus.citizen(NEW).await;
    // Twice at the same moment, as an impatient finger does it.
    let (one, other) = futures::join!(rathaus.press(&link), rathaus.press(&link));
    for pressed in [one, other] {
        assert_eq!(pressed.status, 200, "{}", pressed.body);
        assert!(pressed.body.contains("Es ist wieder, wie es war"), "{}", pressed.body);
    }
    assert_eq!(rathaus.states().await, ["undone"]);
    assert_eq!(rathaus.ask(town.id, mailboxes).await, [OLD]);
    rathaus.get("/v1/me").bearer(access(&here)).expect_problem(401, "unauthenticated").await;
    rathaus.refresh(super::renewal(&erika)).expect_problem(401, "unauthenticated").await;
    carried(&rathaus.codes_due().await, CodePurpose::AddressChangeUndone, NEW);
    assert_eq!(rathaus.noted("undone").await, ["visitor account"]);
    for again in [rathaus.press(&link).await, rathaus.press(&asked).await] {
        assert_eq!(again.status, 200);
        assert!(again.body.contains("Es ist wieder, wie es war"), "{}", again.body);
    }
    assert_eq!(rathaus.noted("undone").await.len(), 1, "a link used twice does nothing twice");
    assert!(rathaus.codes_due().await.is_empty(), "and tells nobody twice");

    // Whoever had the address may have set the password.
    let with_password = json!({"email": OLD, "password": PASSWORD});
    rathaus.post("/v1/auth/password-sessions", &with_password).expect_problem(401, "credentials_wrong").await;
    assert_eq!(rathaus.citizen(OLD).await["account_id"], erika["account_id"]);
    rathaus.clock.advance(TimeDelta::minutes(11));
    rathaus.codes_due().await;
    assert_ne!(rathaus.citizen(NEW).await["account_id"], erika["account_id"]);
}

/// Somebody with a stolen phone changes the address twice, and begins a third time.
async fn what_was_changed_since_is_undone_with_it(rathaus: Installation) {
    let thief = rathaus.citizen(OLD).await;
    let owner = rathaus.change(&thief, OLD, NEW).await;
    rathaus.clock.advance(TimeDelta::minutes(1));
    let thiefs = rathaus.change(&thief, NEW, "third@example.org").await;
    rathaus.clock.advance(TimeDelta::minutes(1));
    let (code, _) = rathaus.wish(&thief, "third@example.org", "fourth@example.org").await;
    assert_eq!(rathaus.states().await, ["confirmed", "confirmed", "asked"]);

    assert_eq!(rathaus.press(&owner).await.status, 200);
    assert_eq!(rathaus.states().await, ["undone", "undone", "cancelled"]);
    carried(&rathaus.codes_due().await, CodePurpose::AddressChangeUndone, "third@example.org");
    let fourth = json!({"email": "fourth@example.org"});
    rathaus.confirm_address(&thief, &fourth, &code).expect_problem(401, "unauthenticated").await;
    // The thief has a letter with a link as well.
    assert!(rathaus.press(&thiefs).await.body.contains("Es ist wieder, wie es war"));
    rathaus.clock.advance(TimeDelta::minutes(11));
    rathaus.codes_due().await;
    assert_eq!(rathaus.citizen(OLD).await["account_id"], thief["account_id"]);
}

async fn a_day_later_it_stays(rathaus: Installation) {
    let erika = rathaus.citizen(OLD).await;
    let (code, asked) = rathaus.wish(&erika, OLD, NEW).await;
    let _: Value = rathaus.confirm_address(&erika, &json!({"email": NEW}), &code).expect(200).await;
    let link = carried(&rathaus.codes_due().await, CodePurpose::AddressChanged, OLD);
    rathaus.clock.advance(TimeDelta::hours(24));
    // The link that called it off lives ten minutes longer; by then it is too late as well.
    for link in [&link, &asked] {
        assert_eq!(rathaus.open(link).await.status, 404);
        let pressed = rathaus.press(link).await;
        assert_eq!(pressed.status, 404);
        assert!(pressed.body.contains("Dieser Link gilt nicht"), "{}", pressed.body);
    }
    assert_eq!(rathaus.states().await, ["confirmed"]);
    assert_eq!(rathaus.citizen(NEW).await["account_id"], erika["account_id"]);
    let tx = rathaus.store().transaction(Scope::Installation).await.unwrap();
    tx.sweep_sign_in(rathaus.clock.now() + TimeDelta::hours(4)).await.unwrap();
    tx.finish().await.unwrap();
    assert!(rathaus.states().await.is_empty(), "and nobody knows of it any more");
}

async fn links_of_others_open_nothing(rathaus: Installation) {
    let (erika, max) = (rathaus.citizen(OLD).await, rathaus.citizen("max@example.org").await);
    let (_, hers) = rathaus.wish(&erika, OLD, NEW).await;
    rathaus.clock.advance(TimeDelta::seconds(1));
    let (_, his) = rathaus.wish(&max, "max@example.org", "max@example.net").await;
    let signature = |link: &str| link.split_once('.').unwrap().1.to_owned();
    let text = |link: &str| link.split_once('.').unwrap().0.to_owned();
    let (now, day) = (rathaus.clock.now(), TimeDelta::days(1));
    let unknown = AddressChangeLink { change: AddressChangeId(Uuid::new_v4()) };
    let unknown = format!("/{}", unknown.token(&secrets(), now + day).unwrap());
    let letter = PersonLink {
        municipality: ANYWHERE,
        person: PersonId(Uuid::new_v4()),
        contact: ContactPointId(Uuid::new_v4()),
    };
    let of_another_kind = letter.token(&secrets(), (LinkKind::Unsubscribe, now)).unwrap();
    for forged in [
        format!("{hers}x"),
        format!("{}.{}", text(&hers), signature(&his)),
        "/address-changes/nothing".to_owned(),
        format!("/{}", of_another_kind.replace("unsubscribe", "address-changes")),
        unknown,
    ] {
        assert_eq!(rathaus.open(&forged).await.status, 404, "{forged}");
        assert_eq!(rathaus.press(&forged).await.status, 404, "{forged}");
    }
    assert_eq!(rathaus.states().await, ["asked", "asked"]);
    assert_eq!(rathaus.press(&his).await.status, 200);
    assert_eq!(rathaus.states().await, ["asked", "cancelled"], "his is his");
    // What is about somebody who was erased is about nobody.
    assert_eq!(rathaus.delete("/v1/me").bearer(access(&erika)).send().await.status, 204);
    assert_eq!(rathaus.states().await, ["cancelled"]);
    assert_eq!(rathaus.press(&hers).await.status, 404);
}

async fn an_old_address_of_somebody_else_stays_theirs(rathaus: Installation) {
    let erika = rathaus.citizen(OLD).await;
    let link = rathaus.change(&erika, OLD, NEW).await;
    rathaus.clock.advance(TimeDelta::minutes(11));
    rathaus.codes_due().await;
    let other = rathaus.citizen(OLD).await;
    assert_ne!(other["account_id"], erika["account_id"]);
    let refused = rathaus.press(&link).await;
    assert_eq!(refused.status, 409);
    assert!(refused.body.contains("gehört inzwischen zu einem anderen Zugang"), "{}", refused.body);
    let english = Call(rathaus.request(Method::POST, &link)).header("accept-language", "en").send().await;
    assert!(english.body.contains("belongs to another access by now"), "{}", english.body);
    // Nothing happened by half.
    assert_eq!(rathaus.states().await, ["confirmed"]);
    assert_eq!(rathaus.me(&erika).await["email"], NEW);
    assert_eq!(rathaus.me(&other).await["email"], OLD);
    assert!(rathaus.noted("undone").await.is_empty());
    // Once they are gone it goes.
    assert_eq!(rathaus.delete("/v1/me").bearer(access(&other)).send().await.status, 204);
    assert_eq!(rathaus.press(&link).await.status, 200);
    assert_eq!(rathaus.citizen(OLD).await["account_id"], erika["account_id"]);
}
