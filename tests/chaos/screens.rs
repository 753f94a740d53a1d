//! What all phones show in the end, and what was sent to them.

use std::collections::{HashMap, HashSet, hash_map::Entry};

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
    /// Of these, pushes that were named otherwise than the first one.
    pub altered_calls: usize,
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
        let on_iphones = Calls::among(&apns.accepted(), |push| {
            let header = |name| push.header(name).map(str::to_owned);
            (text(push, "/data/message_id"), [header("apns-id"), header("apns-collapse-id")])
        });
        let on_androids = Calls::among(&fcm.accepted(), |push| {
            let tag = text(push, "/message/android/notification/tag");
            (text(push, "/message/data/message_id"), [tag, None])
        });
        let different: HashSet<_> = mails.iter().map(|mail| &mail.message_id).collect();
        Self {
            shown: shown(&iphones).chain(shown(&androids)).collect(),
            visible_duplicates: iphones.visible_duplicates() + androids.visible_duplicates(),
            duplicate_calls: on_iphones.repeated + on_androids.repeated,
            altered_calls: on_iphones.altered + on_androids.altered,
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

/// Pushes beyond the first for each phone and message.
#[derive(Default)]
struct Calls {
    repeated: usize,
    altered: usize,
}

impl Calls {
    /// `names` gives the message, and what makes a second copy replace the first.
    fn among<A: Outcome>(
        accepted: &[Received<A>],
        names: impl Fn(&Received<A>) -> (Option<String>, [Option<String>; 2]),
    ) -> Self {
        let mut calls = Self::default();
        let mut first = HashMap::new();
        for push in accepted {
            let (message, copies) = names(push);
            match first.entry((push.token.clone(), message)) {
                Entry::Vacant(place) => drop(place.insert(copies)),
                Entry::Occupied(known) => {
                    calls.repeated += 1;
                    calls.altered += usize::from(*known.get() != copies);
                }
            }
        }
        calls
    }
}

fn text<A>(push: &Received<A>, pointer: &str) -> Option<String> {
    Some(push.json().pointer(pointer)?.as_str()?.to_owned())
}
