//! Withdrawing: as easy as giving, by whatever way, and at once.

use super::entry::Circumstances;
use crate::{
    Result, Scope, Store, Tx,
    deliveries::{Channel, Severity},
    follows::service::settle,
    ids::{ContactPointId, MunicipalityId, PersonId},
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

/// Withdraws a person's consents in one municipality, within the transaction of what told us. Answers
/// whether there were any.
///
/// # Errors
/// Those of storage.
pub async fn withdraw(
    tx: &dyn Tx,
    (person, municipality): (PersonId, MunicipalityId),
    withdrawal: Withdrawal,
    circumstances: &Circumstances,
) -> Result<bool> {
    tx.hold_follow(circumstances.at, person, municipality).await?;
    let Some(mut follow) = tx.follow_of(person, municipality).await? else { return Ok(false) };
    let before = follow.channels.clone();
    follow.channels = before.without(|channel, severity| withdrawal.meets(channel, severity));
    if follow.channels == before {
        return Ok(false);
    }
    let agreed = if follow.agreed() { before } else { Default::default() };
    settle(tx, &follow, &agreed, circumstances).await?;
    Ok(true)
}

/// Withdraws the consents of everybody who is reached by a contact point, wherever. A number is silent for
/// all whom it reaches: whoever answers it cannot be told apart.
///
/// # Errors
/// Those of storage. What was withdrawn by then stays so; doing it again changes nothing more.
pub async fn silence(
    store: &dyn Store,
    contact_point: ContactPointId,
    withdrawal: Withdrawal,
    circumstances: &Circumstances,
) -> Result<u64> {
    let reached = store.read(Scope::Installation).await?.reached_by(contact_point).await?;
    let mut withdrawn = 0;
    for who in reached {
        let tx = store.begin(Scope::Municipality(who.1)).await?;
        if withdraw(&*tx, who, withdrawal, circumstances).await? {
            withdrawn += 1;
        }
        tx.commit().await?;
    }
    Ok(withdrawn)
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
