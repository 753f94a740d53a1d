//! The reach ladder: channels in their order, how long each waits, and what ends the climb.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::{
    Violation,
    deliveries::{Channel, Severity},
    error::Code,
    follows::reach::rung,
};

/// What ends the ladder of somebody who stands on a rung.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RungEnd)]
pub enum Ends {
    /// They said so.
    #[default]
    Acknowledged,
    /// A provider says that the message arrived, by whatever channel, or they opened it. Of a call only a key
    /// proves that.
    Delivered,
}

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LadderRung, example = json!({"channel": "sms", "wait": 300, "ends": "acknowledged"}))]
pub struct Rung {
    /// The channel. One that stands on an earlier rung is tried once more.
    pub channel: Channel,
    /// Seconds after it until the next one is due.
    #[schema(minimum = 10, maximum = 86_400)]
    pub wait: u32,
    /// What ends the ladder; `acknowledged` where absent.
    #[serde(default)]
    #[schema(required = false)]
    pub ends: Ends,
}

impl Rung {
    /// How long after it the next one is due.
    pub fn wait(&self) -> TimeDelta {
        TimeDelta::seconds(self.wait.into())
    }
}

/// A ladder. It has a rung.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ladder {
    /// The rungs from the first.
    pub rungs: Vec<Rung>,
}

/// Rungs of one ladder.
pub const MOST_RUNGS: usize = 8;
/// Seconds a rung of a town's own ladder may wait.
pub const RUNG_WAITS: std::ops::RangeInclusive<u32> = 10..=86_400;

/// The ladders of one town. Information has none: it never climbs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"important": [{"channel": "push", "wait": 3600, "ends": "delivered"}, {"channel": "sms", "wait": 3600}]}))]
pub struct TownLadders {
    /// In danger, instead of push, text message, call, call.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_items = 1, max_items = 8)]
    pub crisis: Option<Vec<Rung>>,
    /// For what is to be read today; it comes by one channel only where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_items = 1, max_items = 8)]
    pub important: Option<Vec<Rung>>,
}

impl TownLadders {
    /// What breaks a bound, by where it stands below `pointer`.
    pub fn violations(&self, pointer: &str) -> Vec<Violation> {
        let ladders = [("crisis", &self.crisis), ("important", &self.important)];
        let ladders = ladders.into_iter().filter_map(|(name, rungs)| Some((name, rungs.as_ref()?)));
        let mut violations = Vec::new();
        for (name, rungs) in ladders {
            let place = format!("{pointer}/{name}");
            if rungs.is_empty() {
                violations.push(Violation::new(place.clone(), Code::Required));
            } else if rungs.len() > MOST_RUNGS {
                violations.push(Violation::new(place.clone(), Code::TooMany));
            }
            let wrong = rungs.iter().enumerate().filter(|(_, rung)| !RUNG_WAITS.contains(&rung.wait));
            let wrong = wrong.map(|(number, _)| format!("{place}/{number}/wait"));
            violations.extend(wrong.map(|pointer| Violation::new(pointer, Code::OutOfRange)));
        }
        violations
    }

    fn of(&self, severity: Severity) -> Option<&Vec<Rung>> {
        match severity {
            Severity::Crisis => self.crisis.as_ref(),
            Severity::Important => self.important.as_ref(),
            Severity::Information | Severity::Notice => None,
        }
    }
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
    pub fn of(severity: Severity, waits: Waits, town: &TownLadders) -> Option<Self> {
        if let Some(rungs) = town.of(severity).filter(|rungs| !rungs.is_empty()) {
            return Some(Self { rungs: rungs.clone() });
        }
        let rung = |channel, wait: TimeDelta| Rung {
            channel,
            wait: u32::try_from(wait.num_seconds()).unwrap_or(u32::MAX),
            ends: Ends::Acknowledged,
        };
        (severity == Severity::Crisis).then(|| Self {
            rungs: vec![
                rung(Channel::Push, waits.push),
                rung(Channel::Sms, waits.sms),
                rung(Channel::Voice, waits.voice),
                rung(Channel::Voice, waits.voice),
            ],
        })
    }

    /// The rung on which a channel is tried first. For what is no part of the ladder a place past the last one:
    /// somebody who has nothing else is told by the first of these.
    pub fn first(&self, channel: Channel) -> usize {
        let past = || self.rungs.len().saturating_add(usize::try_from(rung(channel)).unwrap_or_default());
        self.rungs.iter().position(|rung| rung.channel == channel).unwrap_or_else(past)
    }

    /// Whether the channel of that rung was tried on an earlier one.
    pub fn is_again(&self, number: usize) -> bool {
        self.rungs.get(number).is_some_and(|rung| self.first(rung.channel) < number)
    }

    /// How often somebody is told by a channel who never answers. What is no part of the ladder comes once.
    pub fn times(&self, channel: Channel) -> u64 {
        let times = self.rungs.iter().filter(|rung| rung.channel == channel).count();
        u64::try_from(times).unwrap_or(u64::MAX).max(1)
    }

    /// Whether a number that nobody picked up is called again by a later rung.
    pub fn calls_again(&self) -> bool {
        self.times(Channel::Voice) > 1
    }

    /// What is sent at once besides the first rung, where it stands on none itself.
    pub fn besides(&self) -> Option<Channel> {
        (self.first(ALWAYS_AT_ONCE) >= self.rungs.len()).then_some(ALWAYS_AT_ONCE)
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
    fn only_a_crisis_climbs_where_the_town_says_nothing() {
        let (waits, town) = (Waits::default(), TownLadders::default());
        for severity in [Severity::Information, Severity::Important, Severity::Notice] {
            assert_eq!(Ladder::of(severity, waits, &town), None);
        }
        let ladder = Ladder::of(Severity::Crisis, waits, &town).unwrap();
        let steps: Vec<_> =
            ladder.rungs.iter().map(|rung| (rung.channel, rung.wait().num_minutes())).collect();
        use Channel::{Email, Push, Sms, Voice};
        assert_eq!(steps, [(Push, 2), (Sms, 5), (Voice, 5), (Voice, 5)]);
        assert!(ladder.rungs.iter().all(|rung| rung.ends == Ends::Acknowledged));
        assert_eq!([Push, Sms, Voice, Email].map(|channel| ladder.first(channel)), [0, 1, 2, 7]);
        assert_eq!([0, 1, 2, 3, 4].map(|number| ladder.is_again(number)), [false, false, false, true, false]);
        assert_eq!([Push, Sms, Voice, Email].map(|channel| ladder.times(channel)), [1, 1, 2, 1]);
        assert_eq!((ladder.calls_again(), ladder.besides()), (true, Some(Email)));
    }

    #[test]
    fn a_town_has_ladders_of_its_own() {
        use Channel::{Email, Sms};
        let rung = |channel| Rung { channel, wait: 60, ends: Ends::Delivered };
        let town = TownLadders { crisis: None, important: Some(vec![rung(Sms), rung(Email)]) };
        let ladder = Ladder::of(Severity::Important, Waits::default(), &town).unwrap();
        assert_eq!(ladder.rungs, [rung(Sms), rung(Email)]);
        assert_eq!((ladder.calls_again(), ladder.besides()), (false, None));
        assert_eq!(Ladder::of(Severity::Information, Waits::default(), &town), None);
        assert_eq!(Ladder::of(Severity::Crisis, Waits::default(), &town).unwrap().rungs.len(), 4);
        let stored = serde_json::to_value(&ladder).unwrap();
        assert_eq!(stored[0], serde_json::json!({"channel": "sms", "wait": 60, "ends": "delivered"}));
        assert_eq!(serde_json::from_value::<Ladder>(stored).unwrap(), ladder);
    }

    #[test]
    fn a_ladder_that_breaks_a_bound_is_refused_where_it_does() {
        let rung = |wait| Rung { channel: Channel::Sms, wait, ends: Ends::Acknowledged };
        let refused = |crisis: Option<Vec<Rung>>, important: Option<Vec<Rung>>| -> Vec<_> {
            let town = TownLadders { crisis, important };
            town.violations("/ladders").into_iter().map(|one| (one.pointer, one.code)).collect()
        };
        assert_eq!(refused(Some(vec![rung(10), rung(86_400)]), None), []);
        assert_eq!(refused(Some(vec![]), None), [("/ladders/crisis".to_owned(), Code::Required)]);
        assert_eq!(
            refused(Some(vec![rung(9)]), Some(vec![rung(60); 9])),
            [
                ("/ladders/crisis/0/wait".to_owned(), Code::OutOfRange),
                ("/ladders/important".to_owned(), Code::TooMany)
            ]
        );
    }
}
