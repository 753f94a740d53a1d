//! Withdrawing: as easy as giving, by whatever way, and at once.

use chrono::{DateTime, Utc};

use super::entry::Circumstances;
use crate::{
    Result, Scope, Store, Tx,
    deliveries::{Channel, Severity},
    follows::service::settle,
    ids::{ContactPointId, MunicipalityId, PersonId},
    wards::service::refuse_number,
};

/// What somebody wants no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    /// By this way; by a telephone, text messages as well as calls.
    pub channel: Channel,
    /// Also warnings of danger.
    pub crisis_too: bool,
}

impl Withdrawal {
    fn meets(self, channel: Channel, severity: Severity) -> bool {
        let telephone = |channel| matches!(channel, Channel::Sms | Channel::Voice);
        let same = channel == self.channel || (telephone(channel) && telephone(self.channel));
        same && (self.crisis_too || severity.is_routine())
    }
}

/// Withdraws a person's consents in one municipality, within the transaction of what told us. A ward to whom
/// nothing may come any more has left. Answers whether there was anything to withdraw.
///
/// # Errors
/// Those of storage.
pub async fn withdraw(
    tx: &dyn Tx,
    who: (PersonId, MunicipalityId),
    withdrawal: Withdrawal,
    circumstances: &Circumstances,
) -> Result<bool> {
    take_back(tx, who, |channel, severity| withdrawal.meets(channel, severity), circumstances).await
}

/// Withdraws everything of a person in one municipality.
///
/// # Errors
/// Those of storage.
pub async fn silence_person(
    tx: &dyn Tx,
    who: (PersonId, MunicipalityId),
    circumstances: &Circumstances,
) -> Result<bool> {
    take_back(tx, who, |_, _| true, circumstances).await
}

async fn take_back(
    tx: &dyn Tx,
    (person, municipality): (PersonId, MunicipalityId),
    leaves: impl Fn(Channel, Severity) -> bool + Send,
    circumstances: &Circumstances,
) -> Result<bool> {
    tx.hold_follow(circumstances.at, person, municipality).await?;
    let Some(mut follow) = tx.follow_of(person, municipality).await? else { return Ok(false) };
    let before = follow.channels.clone();
    follow.channels = before.without(leaves);
    if follow.channels == before {
        return Ok(false);
    }
    let agreed = if follow.agreed() { before } else { Default::default() };
    settle(tx, &follow, &agreed, circumstances).await?;
    if follow.channels.is_empty()
        && let Some(ward) = tx.ward(person).await?.filter(|ward| ward.state.is_open())
    {
        let state = ward.state.after_no();
        tx.update_ward(&ward.becomes(state, circumstances.at)?).await?;
    }
    Ok(true)
}

/// Withdraws the consents of everybody who is reached by a contact point, wherever, unless they chose later
/// than `asked_at`. A number is silent for all whom it reaches: whoever answers it cannot be told apart. One that
/// was only asked for somebody who agreed at another is let go of instead. Answers how many people it reaches.
///
/// # Errors
/// Those of storage. What was withdrawn by then stays so; doing it again changes nothing more.
pub async fn silence(
    store: &dyn Store,
    contact_point: ContactPointId,
    withdrawal: Withdrawal,
    asked_at: DateTime<Utc>,
    circumstances: &Circumstances,
) -> Result<usize> {
    let reached = store.read(Scope::Installation).await?.reached_by(contact_point).await?;
    for who in &reached {
        let tx = store.begin(Scope::Municipality(who.1)).await?;
        let chosen = tx.follow_of(who.0, who.1).await?.and_then(|follow| follow.chosen_at);
        if chosen.is_none_or(|chosen| chosen <= asked_at) {
            if !refuse_number(&*tx, *who, contact_point).await? {
                withdraw(&*tx, *who, withdrawal, circumstances).await?;
            }
            tx.commit().await?;
        }
    }
    Ok(reached.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_telephone_is_silent_for_texts_and_calls_and_a_mailbox_for_letters() {
        let stop = Withdrawal { channel: Channel::Sms, crisis_too: true };
        assert!(
            stop.meets(Channel::Voice, Severity::Crisis) && !stop.meets(Channel::Email, Severity::Notice)
        );
        let unsubscribe = Withdrawal { channel: Channel::Email, crisis_too: false };
        assert!(unsubscribe.meets(Channel::Email, Severity::Important));
        assert!(!unsubscribe.meets(Channel::Email, Severity::Crisis));
    }
}
