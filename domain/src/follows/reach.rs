//! How a person is reached in a municipality: one row for each way that something was chosen for. It is
//! what broadcasts are planned from and what each send is checked against.

use super::Channels;
use crate::{
    deliveries::{Channel, Severity},
    ids::ContactPointId,
};

/// One way of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// The contact point.
    pub contact_point: ContactPointId,
    /// What it takes.
    pub channel: Channel,
    /// Its place in the order of the person's numbers, the first is 0.
    pub place: i32,
    /// Whether whoever answers there agreed. False while they were asked, perhaps although their person agreed
    /// at another number.
    pub agreed: bool,
}

impl Way {
    /// A way that no other goes before and that needs no further yes.
    pub fn first(contact_point: ContactPointId, channel: Channel) -> Self {
        Self { contact_point, channel, place: 0, agreed: true }
    }
}

/// A way and what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The way.
    pub way: Way,
    /// Its rung on the ladder.
    pub position: i32,
    /// For danger.
    pub crisis: bool,
    /// For what is to be read today.
    pub important: bool,
    /// For what can wait.
    pub information: bool,
    /// For one's own matters.
    pub notice: bool,
    /// Whether the person agreed. False while a ward was asked.
    pub active: bool,
}

impl Reach {
    /// Whether a message of that severity may be sent this way.
    pub fn allows(&self, severity: Severity) -> bool {
        self.active
            && match severity {
                Severity::Crisis => self.crisis,
                Severity::Important => self.important,
                Severity::Information => self.information,
                Severity::Notice => self.notice,
            }
    }
}

/// The rung a channel stands on: what costs nothing and disturbs least comes first.
pub fn rung(channel: Channel) -> i32 {
    match channel {
        Channel::Push => 0,
        Channel::Sms => 1,
        Channel::Voice => 2,
        Channel::Email => 3,
    }
}

/// The rows for what somebody chose.
pub fn rows(channels: &Channels, ways: &[Way], active: bool) -> Vec<Reach> {
    let used = ways.iter().filter(|way| channels.uses(way.channel));
    used.map(|way| Reach {
        way: *way,
        position: rung(way.channel),
        crisis: channels.has(way.channel, Severity::Crisis),
        important: channels.has(way.channel, Severity::Important),
        information: channels.has(way.channel, Severity::Information),
        notice: channels.has(way.channel, Severity::Notice),
        active: active && way.agreed,
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator;

    use super::*;

    #[test]
    fn a_row_allows_what_was_chosen_once_it_was_agreed_to() {
        let mut channels = Channels::default();
        channels.add(Channel::Voice, Severity::Crisis);
        let ways = [Channel::Voice, Channel::Push]
            .map(|channel| Way::first(ContactPointId(uuid::Uuid::nil()), channel));
        let agreed = rows(&channels, &ways, true);
        assert_eq!(agreed.len(), 1, "nothing was chosen for push");
        for severity in Severity::iter() {
            assert_eq!(agreed[0].allows(severity), severity == Severity::Crisis);
            assert!(!rows(&channels, &ways, false)[0].allows(severity));
        }
    }

    #[test]
    fn a_number_that_was_asked_is_silent_beside_one_that_agreed() {
        let mut channels = Channels::default();
        channels.add(Channel::Voice, Severity::Crisis);
        let first = Way::first(ContactPointId(uuid::Uuid::nil()), Channel::Voice);
        let rows = rows(&channels, &[first, Way { place: 1, agreed: false, ..first }], true);
        assert_eq!(rows.iter().map(|row| row.active).collect::<Vec<_>>(), [true, false]);
    }
}
