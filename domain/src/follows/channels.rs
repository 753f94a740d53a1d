//! Which channels for which severity.

use serde::{Deserialize, Serialize};

use crate::deliveries::{Channel, Severity};

/// The order in which choices are gone through: what is most urgent first.
const ORDER: [Severity; 4] = [Severity::Crisis, Severity::Important, Severity::Information, Severity::Notice];

/// The channels a person chose for each severity, each named once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Channels {
    /// Danger.
    pub crisis: Vec<Channel>,
    /// To read today.
    pub important: Vec<Channel>,
    /// Can wait.
    pub information: Vec<Channel>,
    /// One's own matters.
    pub notice: Vec<Channel>,
}

impl Channels {
    /// The channels for a severity.
    pub fn of(&self, severity: Severity) -> &[Channel] {
        match severity {
            Severity::Crisis => &self.crisis,
            Severity::Important => &self.important,
            Severity::Information => &self.information,
            Severity::Notice => &self.notice,
        }
    }

    fn of_mut(&mut self, severity: Severity) -> &mut Vec<Channel> {
        match severity {
            Severity::Crisis => &mut self.crisis,
            Severity::Important => &mut self.important,
            Severity::Information => &mut self.information,
            Severity::Notice => &mut self.notice,
        }
    }

    /// Whether a severity comes by a channel.
    pub fn has(&self, channel: Channel, severity: Severity) -> bool {
        self.of(severity).contains(&channel)
    }

    /// Whether anything comes by a channel.
    pub fn uses(&self, channel: Channel) -> bool {
        ORDER.into_iter().any(|severity| self.has(channel, severity))
    }

    /// Whether nothing was chosen.
    pub fn is_empty(&self) -> bool {
        self.pairs().next().is_none()
    }

    /// Every choice.
    pub fn pairs(&self) -> impl Iterator<Item = (Channel, Severity)> + '_ {
        ORDER
            .into_iter()
            .flat_map(|severity| self.of(severity).iter().map(move |channel| (*channel, severity)))
    }

    /// Chooses a channel for a severity.
    pub fn add(&mut self, channel: Channel, severity: Severity) {
        if !self.has(channel, severity) {
            self.of_mut(severity).push(channel);
        }
    }

    /// Without what `leaves` says.
    #[must_use]
    pub fn without(&self, leaves: impl Fn(Channel, Severity) -> bool) -> Self {
        let mut kept = Self::default();
        for (channel, severity) in self.pairs().filter(|(channel, severity)| !leaves(*channel, *severity)) {
            kept.add(channel, severity);
        }
        kept
    }

    /// What becomes different on the way to `after`: chosen anew, or no longer.
    pub fn changes_to(&self, after: &Self) -> Vec<(Channel, Severity, bool)> {
        let given = after.pairs().filter(|(channel, severity)| !self.has(*channel, *severity));
        let withdrawn = self.pairs().filter(|(channel, severity)| !after.has(*channel, *severity));
        let given = given.map(|(channel, severity)| (channel, severity, true));
        given.chain(withdrawn.map(|(channel, severity)| (channel, severity, false))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_is_given_or_withdrawn() {
        let mut before = Channels::default();
        before.add(Channel::Push, Severity::Crisis);
        before.add(Channel::Push, Severity::Crisis);
        before.add(Channel::Email, Severity::Information);
        assert_eq!(before.pairs().count(), 2);
        let mut after = before.without(|channel, _| channel == Channel::Email);
        after.add(Channel::Voice, Severity::Crisis);
        assert_eq!(
            before.changes_to(&after),
            [(Channel::Voice, Severity::Crisis, true), (Channel::Email, Severity::Information, false)]
        );
        assert_eq!(before.changes_to(&before), []);
        assert!(after.uses(Channel::Voice) && !after.uses(Channel::Email) && !after.is_empty());
    }
}
