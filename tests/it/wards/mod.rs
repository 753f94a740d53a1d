//! People without a smartphone: asked, told, and free to say no.

mod bad_registrations;
mod calling;
mod importing;
mod links;
mod numbers;
mod private;
mod proxies;
mod staff;
mod texting;

use std::time::Duration;

use domain::{
    Scope, Store,
    citizens::{Account, Person, PersonKind, Session, SessionKind},
    context::Visitor,
    staff::Role,
    text::EmailAddress,
};
use reqwest::Method;
use serde_json::{Value, json};
use simulators::telephony::{Answer, Heard};
use uuid::Uuid;

use crate::{
    deliveries::town::id,
    support::{eventually::eventually, http::Call},
    telephony::Exchange,
};

/// Numbers for fiction: the Federal Network Agency gives them to nobody.
pub const LANDLINE: &str = "+493023125014";
pub const MOBILE: &str = "+4915228817386";
pub const WARDS: &str = "/v1/me/wards";
pub const STAFF: &str = "/v1/municipalities/bad-dueben/staff/wards";
const SOON: Duration = Duration::from_secs(30);

/// What somebody knows of a grandmother.
pub fn grandmother(more: Value) -> Value {
    let mut ward = json!({"municipality": "bad-dueben", "name": "Oma Erna", "phone": "030 23125014"});
    ward.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    ward
}

impl Exchange {
    /// A citizen's token, as signing in gives it.
    pub async fn citizen(&self, email: &str) -> String {
        let ctx = self.clock.ctx(Default::default(), Uuid::nil(), Visitor);
        let person = Person {
            id: id(),
            kind: PersonKind::Citizen,
            locale: Default::default(),
            version: 1,
            created_at: ctx.now,
        };
        let account = Account::new(id(), EmailAddress::parse(email).unwrap(), Some(person.id), ctx.now);
        let day = chrono::TimeDelta::days(1);
        let session = Session::begin(&ctx, SessionKind::Citizen, Some(person.id), Some(account.id), day);
        let tx = self.server.store().begin(Scope::Installation).await.unwrap();
        tx.insert_person(&person).await.unwrap();
        tx.insert_account(&account).await.unwrap();
        tx.insert_session(&session).await.unwrap();
        tx.commit().await.unwrap();
        self.server.parts().gate.issue(&ctx, &session).await.unwrap()
    }

    /// A token of somebody of the staff.
    pub async fn staff(&self, role: Role) -> String {
        let ctx = self.clock.ctx(Default::default(), Uuid::nil(), Visitor);
        let account = Account::new(id(), EmailAddress::parse("staff@example.org").unwrap(), None, ctx.now);
        let member = domain::staff::Member {
            id: id(),
            account: account.id,
            name: domain::text::Name::parse("Kim Muster").unwrap(),
            email: EmailAddress::parse("staff@example.org").unwrap(),
            role,
            departments: Vec::new(),
            categories: Vec::new(),
            active: true,
            last_used_at: None,
            version: 1,
        };
        let day = chrono::TimeDelta::days(1);
        let session = Session::begin(&ctx, SessionKind::Staff, None, Some(account.id), day);
        let tx = self.server.store().begin(self.town.scope()).await.unwrap();
        tx.insert_account(&account).await.unwrap();
        tx.insert_member(ctx.now, &member).await.unwrap();
        tx.insert_session(&session).await.unwrap();
        tx.commit().await.unwrap();
        self.server.parts().gate.issue(&ctx, &session).await.unwrap()
    }

    pub fn call(&self, method: Method, path: &str) -> Call {
        Call(reqwest::Client::new().request(method, self.url(path)))
    }

    pub fn put(&self, path: &str, body: &Value) -> Call {
        Call(reqwest::Client::new().request(Method::PUT, self.url(path)).json(body))
    }

    pub async fn ward(&self, token: &str, ward: &Value) -> Value {
        let path = format!("{WARDS}/{}", ward["id"].as_str().unwrap());
        self.call(Method::GET, &path).bearer(token).expect(200).await
    }

    /// Waits until a ward stands so.
    pub async fn until_state(&self, token: &str, ward: &Value, state: &str) {
        eventually(state, SOON, async || (self.ward(token, ward).await["state"] == state).then_some(()))
            .await;
    }

    /// Registers the grandmother, whose telephone answers so.
    pub async fn registered(&self, token: &str, answer: Answer, more: Value) -> (Value, Heard) {
        self.phone.script(LANDLINE, [answer]);
        let calls = self.phone.heard().len();
        let ward: Value = self.post(WARDS, &grandmother(more)).bearer(token).expect(201).await;
        let heard = eventually("the call", SOON, async || self.phone.heard().get(calls).cloned()).await;
        (ward, heard)
    }
}

/// One line for each entry of the ledger, in its order.
pub const LEDGER: &str = "SELECT channel || ' ' || purpose || ' ' || CASE WHEN given THEN 'yes' ELSE 'no' END \
                          || ' ' || means || ' ' || by_kind FROM consents ORDER BY person_id, number";
