//! Another address to sign in with: proved first, and the old one is told.

use chrono::TimeDelta;
use domain::citizens::CodePurpose;
use infrastructure::secrets::Secrets;
use serde_json::{Value, json};

use super::access;
use crate::{
    admin::first_pointer,
    follows::choice,
    support::{
        http::{Answer, Call},
        installation::{Installation, SECRET},
        on_both,
    },
};

on_both!(
    the_old_address_is_told_and_the_new_one_is_proved,
    what_came_to_the_old_address_comes_to_the_new_one,
    a_code_is_good_for_one_account_and_few_guesses,
    an_address_with_an_account_stays_with_it,
    addresses_before_and_after_go_with_the_person,
);

const OLD: &str = "erika@example.org";
const NEW: &str = "erika@example.net";
const CHANGES: &str = "/v1/me/address-changes";

impl Installation {
    /// Asks for another address; gives the code, and who was told what.
    pub(super) async fn ask_for_address(
        &self,
        session: &Value,
        address: &Value,
    ) -> (String, Vec<(CodePurpose, String)>) {
        let asked: Value = self.post(CHANGES, address).bearer(access(session)).expect(202).await;
        assert_eq!(asked["expires_in"], 600);
        let due = self.codes_due().await;
        let code = due.iter().find(|code| code.purpose == CodePurpose::AddressChange).unwrap();
        let code = Secrets::new(SECRET).unwrap().open_code(code.id, &code.sealed).unwrap();
        (code, told(&due))
    }

    pub(super) fn confirm_address(&self, session: &Value, address: &Value, code: &str) -> Call {
        let mut body = address.clone();
        body["code"] = code.into();
        self.post(&format!("{CHANGES}/confirmation"), &body).bearer(access(session))
    }
}

fn told(due: &[domain::citizens::CodeToSend]) -> Vec<(CodePurpose, String)> {
    let mut told: Vec<_> = due.iter().map(|code| (code.purpose, code.address.as_str().to_owned())).collect();
    told.sort_by_key(|(purpose, _)| purpose.to_string());
    told
}

async fn the_old_address_is_told_and_the_new_one_is_proved(rathaus: Installation) {
    let elsewhere = rathaus.citizen(OLD).await;
    rathaus.clock.advance(TimeDelta::minutes(11));
    let here = rathaus.citizen(OLD).await;
    let new = json!({"email": NEW});
    let (code, asked) = rathaus.ask_for_address(&here, &new).await;
    let wanted = [(CodePurpose::AddressChange, NEW), (CodePurpose::AddressChangeAsked, OLD)];
    assert_eq!(asked, wanted.map(|(purpose, address)| (purpose, address.to_owned())));
    assert_eq!(rathaus.me(&here).await["email"], OLD, "nothing changes before it is proved");

    let now: Value = rathaus.confirm_address(&here, &new, &code).expect(200).await;
    assert_eq!(now["email"], NEW);
    assert_eq!(told(&rathaus.codes_due().await), [(CodePurpose::AddressChanged, OLD.to_owned())]);
    rathaus.confirm_address(&here, &new, &code).expect_problem(422, "validation_failed").await;
    assert_eq!(rathaus.me(&here).await["email"], NEW, "one stays signed in here");
    assert_eq!(
        rathaus.get("/v1/me").bearer(access(&elsewhere)).send().await.status,
        401,
        "but not elsewhere"
    );
    rathaus.clock.advance(TimeDelta::minutes(11));
    assert_eq!(rathaus.citizen(NEW).await["account_id"], here["account_id"]);
    assert_ne!(rathaus.citizen(OLD).await["account_id"], here["account_id"], "the old one is anybody's");
}

async fn what_came_to_the_old_address_comes_to_the_new_one(rathaus: Installation) {
    let town = crate::follows::town(&rathaus).await;
    let erika = rathaus.citizen(OLD).await;
    let mail = choice(json!({"channels": {"crisis": ["email"]}}));
    let _: Value = rathaus.choose(access(&erika), &mail).expect(200).await;
    let mailboxes = "SELECT address FROM contact_points JOIN reach ON contact_point_id = contact_points.id";
    assert_eq!(rathaus.ask(town.id, mailboxes).await, [OLD]);
    let new = json!({"email": NEW});
    let (code, _) = rathaus.ask_for_address(&erika, &new).await;
    let _: Value = rathaus.confirm_address(&erika, &new, &code).expect(200).await;
    assert_eq!(rathaus.ask(town.id, mailboxes).await, [NEW]);
    assert_eq!(rathaus.ask(town.id, "SELECT address FROM contact_points").await, [NEW]);
    assert_eq!(rathaus.ask(town.id, "SELECT count(*) FROM consents").await, ["1"], "agreed once");
}

async fn a_code_is_good_for_one_account_and_few_guesses(rathaus: Installation) {
    let (erika, max) = (rathaus.citizen(OLD).await, rathaus.citizen("max@example.org").await);
    let guest = rathaus.guest().await;
    let new = json!({"email": NEW});
    rathaus.post(CHANGES, &new).bearer(access(&guest)).expect_problem(403, "forbidden").await;
    let (code, _) = rathaus.ask_for_address(&erika, &new).await;
    let pointer = |refused: &Answer| first_pointer(refused);
    let others = rathaus.confirm_address(&max, &new, &code).send().await;
    assert_eq!((others.status.as_u16(), pointer(&others).as_str()), (422, "/code"), "somebody else reads it");
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..4 {
        assert_eq!(rathaus.confirm_address(&erika, &new, wrong).send().await.status, 422);
    }
    rathaus.confirm_address(&erika, &new, &code).expect_problem(422, "validation_failed").await;
    assert_eq!(rathaus.me(&erika).await["email"], OLD);
    for (body, pointer) in [
        (json!({}), ""),
        (json!({"email": NEW, "phone": "+4915228817386"}), ""),
        (json!({"email": "nobody"}), "/email"),
        (json!({"phone": "0900 1234567"}), "/phone"),
    ] {
        let refused = rathaus.post(CHANGES, &body).bearer(access(&erika));
        assert_eq!(first_pointer(&refused.expect_problem(422, "validation_failed").await), pointer, "{body}");
    }
    // Each tells the old address: five a day are enough.
    for number in 0..4 {
        rathaus.ask_for_address(&erika, &json!({"email": format!("e{number}@example.net")})).await;
    }
    let sixth = rathaus.post(CHANGES, &json!({"email": "e6@example.net"})).bearer(access(&erika));
    sixth.expect_problem(429, "too_many_requests").await;
}

async fn an_address_with_an_account_stays_with_it(rathaus: Installation) {
    let (erika, max) = (rathaus.citizen(OLD).await, rathaus.citizen(NEW).await);
    rathaus.clock.advance(TimeDelta::minutes(11));
    let new = json!({"email": NEW});
    let (code, _) = rathaus.ask_for_address(&erika, &new).await;
    let refused = rathaus.confirm_address(&erika, &new, &code).send().await;
    assert_eq!((refused.status.as_u16(), &refused.json::<Value>()["code"]), (409, &json!("already_exists")));
    assert_eq!(
        (&rathaus.me(&erika).await["email"], &rathaus.me(&max).await["email"]),
        (&json!(OLD), &json!(NEW))
    );
    rathaus.confirm_address(&erika, &new, &code).expect_problem(422, "validation_failed").await;
}

/// Codes and letters that went to an address which is not the account's, not any more or not yet.
async fn addresses_before_and_after_go_with_the_person(rathaus: Installation) {
    let erika = rathaus.citizen(OLD).await;
    let new = json!({"email": NEW});
    let (code, _) = rathaus.ask_for_address(&erika, &new).await;
    let _: Value = rathaus.confirm_address(&erika, &new, &code).expect(200).await;
    rathaus.ask_for_address(&erika, &json!({"email": "erika@example.com"})).await;
    let _: Value = rathaus.post("/v1/auth/codes", &json!({"email": "max@example.org"})).expect(202).await;
    let addresses = "SELECT DISTINCT address FROM one_time_codes ORDER BY address";
    let anywhere = domain::ids::MunicipalityId(uuid::Uuid::nil());
    let before = rathaus.ask(anywhere, addresses).await;
    assert_eq!(before, ["erika@example.com", NEW, OLD, "max@example.org"]);
    assert_eq!(rathaus.delete("/v1/me").bearer(access(&erika)).send().await.status, 204);
    assert_eq!(rathaus.ask(anywhere, addresses).await, ["max@example.org"]);
}
