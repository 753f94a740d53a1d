//! What arrives on the phones, and that it says no more than it may.

use std::collections::HashSet;

use serde_json::Value;
use simulators::{Control, Received, record::Outcome};

use super::{Citizen, Guest, PATIENCE, Report};
use crate::{
    cli::Failure,
    demo::{
        client::{ensure, text},
        screen::Screen,
        surroundings::Surroundings,
        town,
    },
};

/// The messages the phones have stored already, by their ids, as the app does.
#[derive(Default)]
pub struct Heard(HashSet<String>);

/// What a phone shows, and what its app is handed.
struct Push {
    title: String,
    body: String,
    data: Value,
    /// All of it, as it passed through the provider's hands.
    whole: String,
}

impl Heard {
    /// The next push on the citizen's iPhone is about this report.
    pub async fn iphone(
        &mut self,
        on: &Surroundings,
        citizen: &Citizen,
        report: &Report,
        screen: &mut Screen,
    ) -> Result<(), Failure> {
        let whole = self.next(&on.apns, &citizen.device_token, "/data/message_id").await?;
        let push = Push {
            title: text(&whole, "/aps/alert/title")?,
            body: text(&whole, "/aps/alert/body")?,
            data: whole.get("data").cloned().unwrap_or_default(),
            whole: whole.to_string(),
        };
        push.show("iPhone", report, screen)
    }

    /// The next push on the citizen's iPhone is about waste and gives none of these words away. Answers
    /// what it says.
    pub async fn waste(
        &mut self,
        on: &Surroundings,
        citizen: &Citizen,
        kind: &str,
        private: &[&str],
        screen: &mut Screen,
    ) -> Result<String, Failure> {
        let whole = self.next(&on.apns, &citizen.device_token, "/data/message_id").await?;
        let (title, body) = (text(&whole, "/aps/alert/title")?, text(&whole, "/aps/alert/body")?);
        let about = (text(&whole, "/data/kind")?, text(&whole, "/data/municipality")?);
        ensure(about == (kind.to_owned(), town::SLUG.to_owned()), || {
            format!("the push is about {about:?} and not about {kind}")
        })?;
        for word in private {
            ensure(!whole.to_string().contains(word), || format!("the push gives away “{word}”"))?;
        }
        screen.step("iPhone", &format!("shows “{title}: {body}”"));
        Ok(body)
    }

    /// The next push on the guest's Android phone is about this report.
    pub async fn android(
        &mut self,
        on: &Surroundings,
        guest: &Guest,
        report: &Report,
        screen: &mut Screen,
    ) -> Result<(), Failure> {
        let whole = self.next(&on.fcm, &guest.device_token, "/message/data/message_id").await?;
        let push = Push {
            title: text(&whole, "/message/notification/title")?,
            body: text(&whole, "/message/notification/body")?,
            data: whole.pointer("/message/data").cloned().unwrap_or_default(),
            whole: whole.to_string(),
        };
        push.show("Android", report, screen)
    }

    /// The first accepted push to this phone with a message it has not stored.
    async fn next<A: Outcome>(
        &mut self,
        provider: &Control<A>,
        token: &str,
        message_id: &str,
    ) -> Result<Value, Failure> {
        let id = |push: &Received<A>| text(&push.json(), message_id).unwrap_or_default();
        let is_new =
            |push: &Received<A>| push.token == token && push.answer.accepted() && !self.0.contains(&id(push));
        let push = provider
            .wait_until(PATIENCE, is_new)
            .await
            .map_err(|_| format!("no further push reached the phone within {PATIENCE:?}"))?;
        self.0.insert(id(&push));
        Ok(push.json())
    }
}

impl Push {
    fn show(&self, phone: &str, report: &Report, screen: &mut Screen) -> Result<(), Failure> {
        let kind = text(&self.data, "/kind")?;
        let about = (text(&self.data, "/municipality")?, text(&self.data, "/id")?);
        ensure(about == (town::SLUG.to_owned(), report.id.clone()), || {
            format!("the push is about {about:?} and not about the report {}", report.id)
        })?;
        for word in &report.private_words {
            ensure(!self.whole.contains(word), || format!("the push gives away “{word}”"))?;
        }
        screen.step(phone, &format!("shows “{}: {}”", self.title, self.body));
        screen.detail(&format!("ids only: {kind}, {}, {}", about.0, about.1));
        Ok(())
    }
}

/// The stand-ins are stricter than the originals; nothing that was sent broke a rule of theirs.
pub fn nobody_broke_a_rule(on: &Surroundings, screen: &mut Screen) -> Result<(), Failure> {
    let violations =
        [on.apns.violations(), on.fcm.violations(), on.mail.violations(), on.phone.violations()].concat();
    ensure(violations.is_empty(), || format!("a rule was broken: {}", violations.join("; ")))?;
    let (iphone, android) = (on.apns.counts().accepted, on.fcm.counts().accepted);
    let (letters, calls) = (on.mail.mails().len(), on.phone.heard().len());
    screen.step(
        "stand-ins",
        &format!(
            "{iphone} pushes by APNs, {android} by FCM, {letters} e-mails, {calls} call: none broke a rule of its protocol"
        ),
    );
    Ok(())
}
