//! Signing in, staying signed in, and what tokens open.

mod address_change;
mod address_taken_back;
mod citizen_password;
mod devices;
mod joining;
mod lost_password;
mod memory;
mod refresh;
pub mod second_factor;
mod sign_in;
mod signed_in;
mod timing;
mod tokens;
mod tries;

use domain::{
    Scope, Store,
    citizens::{Account, CodePurpose, CodeToSend},
    deliveries::Channel,
    text::EmailAddress,
};
use infrastructure::{passwords::Passwords, secrets::Secrets};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    http::Call,
    installation::{Installation, SECRET},
};

pub const PASSWORD: &str = "correct horse battery staple";

impl Installation {
    /// A session of a new guest.
    pub async fn guest(&self) -> Value {
        self.post("/v1/auth/guest-sessions", &json!({"locale": "de"})).expect(201).await
    }

    /// The mails with codes that are due, claimed as their sender does.
    pub async fn codes_due(&self) -> Vec<CodeToSend> {
        let now = self.clock.now();
        let tx = self.store().begin(Scope::Installation).await.unwrap();
        let codes = tx
            .codes_to_send(
                now,
                now + chrono::TimeDelta::seconds(60),
                50,
                &[Channel::Email, Channel::Sms, Channel::Voice],
            )
            .await
            .unwrap();
        tx.commit().await.unwrap();
        codes
    }

    /// Asks for a code and reads the mail.
    pub async fn code(&self, email: &str) -> String {
        let _: Value = self.post("/v1/auth/codes", &json!({"email": email})).expect(202).await;
        let due = self.codes_due().await;
        let code = due.iter().find(|code| code.address.as_str() == email).unwrap();
        assert_eq!(code.purpose, CodePurpose::SignIn);
        Secrets::new(SECRET).unwrap().open_code(code.id, &code.sealed).unwrap()
    }

    /// A session of a citizen.
    pub async fn citizen(&self, email: &str) -> Value {
        let code = self.code(email).await;
        self.post("/v1/auth/sessions", &json!({"email": email, "code": code})).expect(201).await
    }

    /// An account that signs in with [`PASSWORD`].
    pub async fn staff_account(&self, email: &str) -> Account {
        let hash = Passwords::default().hash(PASSWORD.to_owned(), [7; 16]).await.unwrap();
        let now = self.clock.now();
        let account = Account::new(Uuid::new_v4().into(), EmailAddress::parse(email).unwrap(), None, now);
        let tx = self.store().begin(Scope::Installation).await.unwrap();
        tx.insert_account(&account).await.unwrap();
        tx.set_password_hash(now, account.id, &hash).await.unwrap();
        tx.commit().await.unwrap();
        account
    }

    pub async fn me(&self, session: &Value) -> Value {
        self.get("/v1/me").bearer(access(session)).expect(200).await
    }

    pub fn refresh(&self, token: &str) -> Call {
        self.post("/v1/auth/sessions/refresh", &json!({"refresh_token": token}))
    }

    pub fn put(&self, path: &str, body: &Value) -> Call {
        Call(self.request(Method::PUT, path).json(body))
    }
}

pub fn access(session: &Value) -> &str {
    session["access_token"].as_str().unwrap()
}

pub fn renewal(session: &Value) -> &str {
    session["refresh_token"].as_str().unwrap()
}
