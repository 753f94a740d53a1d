//! What an outcome does to its delivery.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Channel, DeliveryState, Outcome, Severity, Topic, retry};

/// How long a channel rests that our own configuration stopped: long enough to spare the provider,
/// short enough that nobody has to restart anything once the configuration is right.
pub const STOPPED_FOR: Duration = Duration::from_secs(5 * 60);

/// What is written to a delivery after an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Its new state; pending where it is tried again.
    pub state: DeliveryState,
    /// When it is tried again, where it is.
    pub due_at: Option<DateTime<Utc>>,
    /// Whether the attempt counts towards the schedule.
    pub counts: bool,
    /// Why, none where it was sent.
    pub reason: Option<&'static str>,
    /// The provider's name for it.
    pub provider_id: Option<String>,
    /// The contact point is dead unless it was registered again after this.
    pub dead_since: Option<DateTime<Utc>>,
}

/// The circumstances of an attempt.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    /// How urgent the message is.
    pub severity: Severity,
    /// Whether a second copy does less harm than none.
    pub twice_rather_than_never: bool,
    /// Attempts so far, this one included.
    pub number: u32,
    /// When it ended.
    pub at: DateTime<Utc>,
    /// When the message is worthless.
    pub expires_at: DateTime<Utc>,
    /// When the contact point was registered, as it was read for this attempt.
    pub registered_at: DateTime<Utc>,
    /// Any random number.
    pub chance: u32,
}

impl Attempt {
    /// The verdict on an outcome.
    pub fn verdict(&self, outcome: Outcome) -> Verdict {
        let reason = outcome.reason();
        let ended = |state| Verdict {
            state,
            due_at: None,
            counts: true,
            reason,
            provider_id: None,
            dead_since: None,
        };
        match outcome {
            Outcome::Sent { provider_id } => Verdict { provider_id, ..ended(DeliveryState::Sent) },
            Outcome::Retry { after, .. } => self.again(after, ended(DeliveryState::Pending)),
            Outcome::Unknown { .. } if self.twice_rather_than_never => {
                self.again(None, ended(DeliveryState::Pending))
            }
            Outcome::Unknown { .. } => ended(DeliveryState::Unknown),
            Outcome::DropContactPoint { since, .. } => Verdict {
                dead_since: Some(since.map_or(self.registered_at, |since| since.min(self.at))),
                ..ended(DeliveryState::Failed)
            },
            Outcome::Permanent { .. } => ended(DeliveryState::Failed),
            Outcome::PauseProvider { pause, .. } => self.later(pause, ended(DeliveryState::Pending)),
            Outcome::StopChannel { .. } => self.later(STOPPED_FOR, ended(DeliveryState::Pending)),
        }
    }

    fn again(&self, after: Option<Duration>, verdict: Verdict) -> Verdict {
        match retry::next_attempt(self.severity, self.number, after, self.chance, self.at, self.expires_at) {
            Some(due_at) => Verdict { due_at: Some(due_at), ..verdict },
            None => Verdict { state: DeliveryState::Expired, ..verdict },
        }
    }

    /// Nobody was asked, or nobody listened: the schedule stands still.
    fn later(&self, wait: Duration, verdict: Verdict) -> Verdict {
        let wait = TimeDelta::from_std(wait).unwrap_or(TimeDelta::hours(1));
        Verdict { due_at: Some(self.at + wait), counts: false, ..verdict }
    }
}

/// Whether a message whose worker died, or whose answer was lost, is sent again although it may
/// have left.
///
/// A phone shows a second push with the same ids once. A crisis is told twice rather than never. A
/// letter to a desk is as well: nobody but the desk learns that a complaint waits, and both copies
/// carry one `Message-ID`, under which mail programs file one. Anything else stays `unknown`.
pub fn twice_rather_than_never(channel: Channel, severity: Severity, topic: &Topic) -> bool {
    channel == Channel::Push || !severity.is_routine() || topic.is_for_desks()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ComplaintId, DepartmentId};

    fn noon() -> DateTime<Utc> {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    fn attempt() -> Attempt {
        Attempt {
            severity: Severity::Notice,
            twice_rather_than_never: true,
            number: 1,
            at: noon(),
            expires_at: noon() + TimeDelta::hours(1),
            registered_at: noon() - TimeDelta::days(3),
            chance: 20,
        }
    }

    #[test]
    fn what_was_sent_is_sent() {
        let verdict = attempt().verdict(Outcome::Sent { provider_id: Some("p".into()) });
        assert_eq!((verdict.state, verdict.due_at, verdict.reason), (DeliveryState::Sent, None, None));
        assert_eq!(verdict.provider_id.as_deref(), Some("p"));
    }

    #[test]
    fn tried_again_by_the_schedule_or_as_asked_until_it_is_worthless() {
        let retry = |after| Outcome::Retry { after, reason: "busy" };
        let soon = attempt().verdict(retry(None));
        assert_eq!(soon.due_at, Some(noon() + TimeDelta::seconds(10)));
        let asked = attempt().verdict(retry(Some(Duration::from_secs(30))));
        assert_eq!(asked.due_at, Some(noon() + TimeDelta::seconds(30)));
        let late = Attempt { number: 6, ..attempt() }.verdict(retry(None));
        assert_eq!((late.state, late.due_at), (DeliveryState::Expired, None));
    }

    #[test]
    fn nobody_can_say_whether_it_left() {
        let lost = || Outcome::Unknown { reason: "answer_lost" };
        assert_eq!(attempt().verdict(lost()).state, DeliveryState::Pending);
        let once = Attempt { twice_rather_than_never: false, ..attempt() };
        assert_eq!(once.verdict(lost()).state, DeliveryState::Unknown);

        let own = Topic::DeviceTest;
        let desk = Topic::DeskArrival {
            complaint: ComplaintId(uuid::Uuid::nil()),
            department: DepartmentId(uuid::Uuid::nil()),
        };
        assert!(twice_rather_than_never(Channel::Push, Severity::Information, &own));
        assert!(twice_rather_than_never(Channel::Sms, Severity::Crisis, &own));
        assert!(twice_rather_than_never(Channel::Email, Severity::Notice, &desk));
        assert!(!twice_rather_than_never(Channel::Email, Severity::Notice, &own));
        assert!(!twice_rather_than_never(Channel::Sms, Severity::Important, &own));
    }

    #[test]
    fn a_dead_contact_point_is_dead_as_of_what_was_read() {
        let dead = |since| attempt().verdict(Outcome::DropContactPoint { reason: "unregistered", since });
        assert_eq!(dead(None).dead_since, Some(noon() - TimeDelta::days(3)));
        let since = noon() - TimeDelta::days(1);
        assert_eq!(dead(Some(since)).dead_since, Some(since));
        assert_eq!(dead(Some(noon() + TimeDelta::days(1))).dead_since, Some(noon()));
        assert_eq!(dead(None).state, DeliveryState::Failed);
    }

    #[test]
    fn pauses_and_stops_do_not_count() {
        let pause = Outcome::PauseProvider { pause: Duration::from_secs(30), reason: "quota" };
        let paused = attempt().verdict(pause);
        assert_eq!(paused.due_at, Some(noon() + TimeDelta::seconds(30)));
        let stopped = attempt().verdict(Outcome::StopChannel { reason: "credentials_refused" });
        assert_eq!(stopped.due_at, Some(noon() + TimeDelta::minutes(5)));
        for verdict in [paused, stopped] {
            assert_eq!((verdict.state, verdict.counts), (DeliveryState::Pending, false));
        }
    }
}
