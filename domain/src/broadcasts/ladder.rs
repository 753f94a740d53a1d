//! The reach ladder: channels in their order, and how long each waits for an acknowledgement.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::deliveries::{Channel, Severity};

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rung {
    /// The channel.
    pub channel: Channel,
    /// How long after it the next one is due.
    pub wait: TimeDelta,
    /// Whether the channel was tried before and is tried once more.
    pub again: bool,
}

/// A ladder. After its last rung those are told who represent somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ladder {
    /// The rungs from the first.
    pub rungs: Vec<Rung>,
}

/// How long each rung of a crisis waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    /// After a push message.
    pub push: TimeDelta,
    /// After a text message.
    pub sms: TimeDelta,
    /// After each call.
    pub voice: TimeDelta,
}

impl Default for Waits {
    fn default() -> Self {
        Self { push: TimeDelta::minutes(2), sms: TimeDelta::minutes(5), voice: TimeDelta::minutes(5) }
    }
}

/// Seconds a town hall may have a rung wait.
pub const WAITS: std::ops::RangeInclusive<u32> = 10..=3_600;

/// How long rungs wait in one town, in seconds; as on the installation where absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TownWaits {
    /// After a push message.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 10, maximum = 3600, example = 60)]
    pub push: Option<u32>,
    /// After a text message.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 10, maximum = 3600, example = 300)]
    pub sms: Option<u32>,
    /// After each call.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 10, maximum = 3600, example = 300)]
    pub voice: Option<u32>,
}

impl Waits {
    /// The same with what the town decided.
    pub fn in_town(self, town: TownWaits) -> Self {
        let or =
            |seconds: Option<u32>, wait| seconds.map_or(wait, |seconds| TimeDelta::seconds(seconds.into()));
        Self {
            push: or(town.push, self.push),
            sms: or(town.sms, self.sms),
            voice: or(town.voice, self.voice),
        }
    }
}

impl Ladder {
    /// The ladder of a severity; none where nothing escalates.
    pub fn of(severity: Severity, waits: Waits) -> Option<Self> {
        let rung = |channel, wait, again| Rung { channel, wait, again };
        (severity == Severity::Crisis).then(|| Self {
            rungs: vec![
                rung(Channel::Push, waits.push, false),
                rung(Channel::Sms, waits.sms, false),
                rung(Channel::Voice, waits.voice, false),
                rung(Channel::Voice, waits.voice, true),
            ],
        })
    }

    /// The rung on which a channel is tried first; past the last one for what is no part of the ladder.
    pub fn first(&self, channel: Channel) -> usize {
        self.rungs.iter().position(|rung| rung.channel == channel).unwrap_or(self.rungs.len())
    }
}

/// What is sent at once besides the first rung, since it disturbs nobody.
pub const ALWAYS_AT_ONCE: Channel = Channel::Email;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_town_decides_how_long_its_rungs_wait() {
        let town = TownWaits { sms: Some(90), ..TownWaits::default() };
        let waits = Waits::default().in_town(town);
        assert_eq!((waits.push.num_seconds(), waits.sms.num_seconds()), (120, 90));
    }

    #[test]
    fn only_a_crisis_climbs() {
        let waits = Waits::default();
        for severity in [Severity::Information, Severity::Important, Severity::Notice] {
            assert_eq!(Ladder::of(severity, waits), None);
        }
        let ladder = Ladder::of(Severity::Crisis, waits).unwrap();
        let steps: Vec<_> = ladder.rungs.iter().map(|rung| (rung.channel, rung.wait.num_minutes())).collect();
        use Channel::{Push, Sms, Voice};
        assert_eq!(steps, [(Push, 2), (Sms, 5), (Voice, 5), (Voice, 5)]);
        assert_eq!([Push, Sms, Voice, Channel::Email].map(|channel| ladder.first(channel)), [0, 1, 2, 4]);
    }
}
