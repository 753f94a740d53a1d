//! What all phones show in the end, and what was sent to them.

use std::collections::HashSet;

use simulators::{Received, device::Phones, record::Outcome};
use uuid::Uuid;

use crate::killable::Killable;

/// The phones' screens.
pub struct Screens {
    /// Device token and message of every notification that is shown.
    shown: HashSet<(String, Uuid)>,
    /// Notifications somebody sees more than once.
    pub visible_duplicates: usize,
    /// Pushes the providers took beyond one for each phone and message.
    pub duplicate_calls: usize,
    /// Mails that came more than once.
    pub duplicate_mails: usize,
    /// What the providers found wrong with requests.
    pub violations: Vec<String>,
}

impl Screens {
    pub fn of(installation: &Killable) -> Self {
        let Killable { apns, fcm, mail, .. } = installation;
        let (iphones, androids) = (apns.phones(), fcm.phones());
        let mails = mail.mails();
        let different: HashSet<_> = mails.iter().map(|mail| &mail.message_id).collect();
        Self {
            shown: shown(&iphones).chain(shown(&androids)).collect(),
            visible_duplicates: iphones.visible_duplicates() + androids.visible_duplicates(),
            duplicate_calls: repeated(&apns.accepted(), "/data/message_id")
                + repeated(&fcm.accepted(), "/message/data/message_id"),
            duplicate_mails: mails.len() - different.len(),
            violations: [apns.violations(), fcm.violations(), mail.violations()].concat(),
        }
    }

    pub fn show(&self, device_token: &str, message: Uuid) -> bool {
        self.shown.contains(&(device_token.to_owned(), message))
    }
}

fn shown(phones: &Phones) -> impl Iterator<Item = (String, Uuid)> {
    phones.by_token.iter().flat_map(|(token, phone)| {
        let ids = phone.visible.iter().filter_map(|shown| shown.message_id.as_ref()?.parse().ok());
        ids.map(|id| (token.clone(), id))
    })
}

fn repeated<A: Outcome>(accepted: &[Received<A>], message_id: &str) -> usize {
    let name = |push: &Received<A>| (push.token.clone(), push.json().pointer(message_id).cloned());
    let different: HashSet<_> = accepted.iter().map(|push| format!("{:?}", name(push))).collect();
    accepted.len() - different.len()
}
