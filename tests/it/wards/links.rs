//! Links in letters: opening one changes nothing, a button does.

use domain::{
    Scope, Store,
    deliveries::Channel,
    ids::{ContactPointId, PersonId},
};
use infrastructure::secrets::{LinkKind, PersonLink, Secrets};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    auth::access,
    follows::{LEDGER, choice, town},
    support::{
        installation::{Installation, SECRET},
        on_both,
    },
};

on_both!(
    a_ward_agrees_and_refuses_by_link,
    an_old_letter_agrees_for_no_other_mailbox,
    one_click_unsubscribes,
);

async fn link(
    rathaus: &Installation,
    kind: LinkKind,
    town: domain::ids::MunicipalityId,
    person: &str,
) -> String {
    let person = PersonId(person.parse().unwrap());
    let ways = rathaus.store().read(Scope::Municipality(town)).await.unwrap().ways(person).await.unwrap();
    let letters = ways.iter().find(|way| way.channel == Channel::Email);
    let contact = letters.map_or(ContactPointId(Uuid::new_v4()), |way| way.contact_point);
    let link = PersonLink { municipality: town, person, contact };
    format!("/{}", link.token(&Secrets::new(SECRET).unwrap(), (kind, rathaus.clock.now())).unwrap())
}

async fn a_ward_agrees_and_refuses_by_link(rathaus: Installation) {
    let town = town(&rathaus).await;
    let proxy = rathaus.citizen("enkel@example.org").await;
    let ward = json!({"municipality": "bad-dueben", "name": "Oma Erna", "email": "erna@example.org"});
    let ward: Value = rathaus.post("/v1/me/wards", &ward).bearer(access(&proxy)).expect(201).await;
    let id = ward["id"].as_str().unwrap();
    let state = async || {
        let path = format!("/v1/me/wards/{id}");
        rathaus.get(&path).bearer(access(&proxy)).expect::<Value>(200).await["state"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let page = link(&rathaus, LinkKind::Ward, town.id, id).await;
    let shown = rathaus.get(&page).send().await;
    assert_eq!(shown.status, 200);
    assert!(shown.body.contains("agreement") && shown.headers["cache-control"] == "no-store");
    assert_eq!(state().await, "invited", "scanners open links");
    let press = |what: &str| rathaus.request(Method::POST, &format!("{page}/{what}")).send();
    assert_eq!(press("agreement").await.unwrap().status(), 200);
    assert_eq!(state().await, "active");
    assert_eq!(rathaus.ask(town.id, LEDGER).await, ["email crisis yes link", "email important yes link"]);
    for _ in 0..2 {
        assert_eq!(press("refusal").await.unwrap().status(), 200);
        assert_eq!(state().await, "left");
    }
    assert_eq!(press("agreement").await.unwrap().status(), 200);
    assert_eq!(state().await, "left", "what is over begins anew at the town hall");
    // Forged, of another kind, too old.
    let other = link(&rathaus, LinkKind::Unsubscribe, town.id, id).await.replace("unsubscribe", "wards");
    for forged in [format!("{page}x"), "/wards/nothing".to_owned(), other] {
        assert_eq!(rathaus.get(&forged).send().await.status, 404, "{forged}");
        let pressed = rathaus.request(Method::POST, &format!("{forged}/refusal")).send().await.unwrap();
        assert_eq!(pressed.status(), 404, "{forged}");
    }
    rathaus.clock.advance(chrono::TimeDelta::days(366));
    assert_eq!(rathaus.get(&page).send().await.status, 404);
}

async fn an_old_letter_agrees_for_no_other_mailbox(rathaus: Installation) {
    let town = town(&rathaus).await;
    let proxy = rathaus.citizen("enkel@example.org").await;
    let mine = json!({"municipality": "bad-dueben", "name": "Oma Erna", "email": "enkel2@example.org"});
    let ward: Value = rathaus.post("/v1/me/wards", &mine).bearer(access(&proxy)).expect(201).await;
    let id = ward["id"].as_str().unwrap();
    let old = link(&rathaus, LinkKind::Ward, town.id, id).await;
    let strangers = json!({"email": "stranger@example.org", "topics": []});
    let _: Value =
        rathaus.put(&format!("/v1/me/wards/{id}"), &strangers).bearer(access(&proxy)).expect(200).await;
    let pressed = rathaus.request(Method::POST, &format!("{old}/agreement")).send().await.unwrap();
    assert_eq!(pressed.status(), 404);
    assert_eq!(rathaus.ask(town.id, LEDGER).await, [""; 0]);
    let both = json!({
        "municipality": "bad-dueben", "name": "Opa Otto", "email": "stranger@example.org",
        "phone": "030 23125014", "channels": {"crisis": ["email"], "important": ["email"]},
    });
    let refused = rathaus.post("/v1/me/wards", &both).bearer(access(&proxy));
    refused.expect_problem(422, "validation_failed").await;
}

async fn one_click_unsubscribes(rathaus: Installation) {
    let town = town(&rathaus).await;
    let citizen = rathaus.citizen("erika@example.org").await;
    let mail = json!({"channels": {"crisis": ["email", "push"], "information": ["email", "push"]}});
    let _: Value = rathaus.choose(access(&citizen), &choice(mail)).expect(200).await;
    let me = rathaus.me(&citizen).await["id"].as_str().unwrap().to_owned();
    let page = link(&rathaus, LinkKind::Unsubscribe, town.id, &me).await;
    assert_eq!(rathaus.get(&page).send().await.status, 200);
    assert_eq!(rathaus.ask(town.id, "SELECT count(*) FROM consents").await, ["4"]);
    for _ in 0..2 {
        // As a mail program does it: a POST without a token of anybody.
        let one_click = rathaus.request(Method::POST, &page).form(&[("List-Unsubscribe", "One-Click")]);
        assert_eq!(one_click.send().await.unwrap().status(), 200);
        assert_eq!(rathaus.ask(town.id, LEDGER).await[4..], ["email information no link"]);
    }
    let chosen: Value = rathaus.get(crate::follows::FOLLOW).bearer(access(&citizen)).expect(200).await;
    assert_eq!(chosen["channels"]["crisis"], json!(["email", "push"]), "warnings stay");
    assert_eq!(chosen["channels"]["information"], json!(["push"]));
    let nobody = link(&rathaus, LinkKind::Unsubscribe, town.id, &Uuid::new_v4().to_string()).await;
    assert_eq!(rathaus.request(Method::POST, &nobody).send().await.unwrap().status(), 200);
}
