//! The ways out: gateways, how much each takes at once, and which of them rest.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use domain::deliveries::{Channel, Gateway, Outcome, Outgoing, Platform, Severity, verdict::STOPPED_FOR};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{Now, wanted::Wanted};

/// Sends in a row without an answer after which a gateway rests: whoever waits for one that hangs holds up
/// the work for all others.
const UNANSWERED: u32 = 3;
/// How long it then rests. Afterwards one send finds out whether it answers again.
const REST: Duration = Duration::from_secs(10);

/// The app of devices that name none.
pub const DEFAULT_APP: &str = "default";

/// The installation's gateways.
#[derive(Default)]
pub struct Lines {
    push: HashMap<(Platform, String), Arc<Line>>,
    email: Option<Arc<Line>>,
    sms: Option<Arc<Line>>,
    voice: Option<Arc<Line>>,
}

/// A gateway that rests, for readiness details.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The gateway's name.
    pub gateway: String,
    /// Why.
    pub reason: &'static str,
    /// Until when.
    pub until: DateTime<Utc>,
    /// Whether nothing will get through until the operator acts.
    pub stopped: bool,
}

impl Lines {
    /// The same lines and one that reaches an app on a platform.
    pub fn with_push(mut self, platform: Platform, app: &str, gateway: Arc<dyn Gateway>) -> Self {
        self.push.insert((platform, app.to_owned()), Arc::new(Line::new(gateway)));
        self
    }

    /// The same lines and one that takes e-mail.
    pub fn with_email(mut self, gateway: Arc<dyn Gateway>) -> Self {
        self.email = Some(Arc::new(Line::new(gateway)));
        self
    }

    /// The same lines and one that takes text messages.
    pub fn with_sms(mut self, gateway: Arc<dyn Gateway>) -> Self {
        self.sms = Some(Arc::new(Line::new(gateway)));
        self
    }

    /// The same lines and one that calls.
    pub fn with_voice(mut self, gateway: Arc<dyn Gateway>) -> Self {
        self.voice = Some(Arc::new(Line::new(gateway)));
        self
    }

    /// The ways that lead to one line for everybody: those one-time codes can take.
    pub(super) fn for_codes(&self) -> Vec<Channel> {
        [(Channel::Email, &self.email), (Channel::Sms, &self.sms), (Channel::Voice, &self.voice)]
            .into_iter()
            .filter_map(|(channel, line)| line.as_ref().map(|_| channel))
            .collect()
    }

    /// The line for a contact point, if the installation has one.
    pub(super) fn find(
        &self,
        channel: Channel,
        platform: Option<Platform>,
        app: Option<&str>,
    ) -> Option<&Arc<Line>> {
        match channel {
            Channel::Push => self.push.get(&(platform?, app.unwrap_or(DEFAULT_APP).to_owned())),
            Channel::Email => self.email.as_ref(),
            Channel::Sms => self.sms.as_ref(),
            Channel::Voice => self.voice.as_ref(),
        }
    }

    /// Which gateways rest at `now`.
    pub fn troubles(&self, now: DateTime<Utc>) -> Vec<Trouble> {
        let lines = self.push.values().chain(&self.email).chain(&self.sms).chain(&self.voice);
        lines.filter_map(|line| line.resting(now)).collect()
    }
}

/// One gateway with its bounds.
pub(super) struct Line {
    gateway: Arc<dyn Gateway>,
    places: Semaphore,
    /// Of these, those that may be taken by what speaks of no danger: news that wait in line for a slow
    /// provider do not hold up a warning.
    ordinary: Semaphore,
    rest: Mutex<Option<Trouble>>,
    unanswered: AtomicU32,
    probing: AtomicBool,
}

/// Leave to ask the provider.
struct Leave<'a> {
    probe: Option<&'a AtomicBool>,
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        if let Some(probing) = self.probe {
            probing.store(false, Ordering::Release);
        }
    }
}

impl Line {
    fn new(gateway: Arc<dyn Gateway>) -> Self {
        let places = gateway.concurrency().clamp(1, Semaphore::MAX_PERMITS);
        let ordinary = Semaphore::new((places - places / 4).max(1));
        let places = Semaphore::new(places);
        let (unanswered, probing) = (AtomicU32::new(0), AtomicBool::new(false));
        Self { gateway, places, ordinary, rest: Mutex::default(), unanswered, probing }
    }

    /// One attempt, once there is room; none while the gateway rests, nor of what was called back meanwhile.
    pub async fn send(&self, now: &Now, item: &Outgoing, wanted: Option<&Wanted<'_>>) -> Outcome {
        if let Some(outcome) = self.rests(now()) {
            return outcome;
        }
        let Some(_places) = self.places(item.severity).await else {
            return Outcome::Retry { after: None, reason: "shutting_down" };
        };
        if let Some(wanted) = wanted
            && !wanted.still().await
        {
            return Outcome::PauseProvider { pause: Duration::ZERO, reason: "called_back" };
        }
        // Others may have learnt meanwhile that nothing gets through.
        if let Some(outcome) = self.rests(now()) {
            return outcome;
        }
        let Some(leave) = self.leave() else {
            return Outcome::PauseProvider { pause: REST, reason: "no_answer" };
        };
        let outcome = self.gateway.send(now(), item).await;
        let unanswered = match outcome.is_silence() {
            true => self.unanswered.fetch_add(1, Ordering::AcqRel).saturating_add(1),
            false => {
                self.unanswered.store(0, Ordering::Release);
                0
            }
        };
        match &outcome {
            _ if unanswered >= UNANSWERED => {
                self.rest(now(), TimeDelta::from_std(REST).unwrap_or_default(), "no_answer", false);
            }
            Outcome::PauseProvider { pause, reason } => {
                self.rest(now(), TimeDelta::from_std(*pause).unwrap_or(TimeDelta::hours(1)), reason, false);
            }
            Outcome::StopChannel { reason } => {
                let pause = TimeDelta::from_std(STOPPED_FOR).unwrap_or(TimeDelta::minutes(5));
                self.rest(now(), pause, reason, true);
            }
            _ => {}
        }
        // Not before the rest began: nobody slips in between.
        drop(leave);
        outcome
    }

    /// Waits for room. None where the semaphores were closed, which they never are.
    async fn places(&self, severity: Severity) -> Option<[Option<SemaphorePermit<'_>>; 2]> {
        let ordinary = match severity {
            Severity::Crisis => None,
            _ => Some(self.ordinary.acquire().await.ok()?),
        };
        Some([ordinary, Some(self.places.acquire().await.ok()?)])
    }

    /// Everybody may ask a provider that answers; one at a time asks one that did not.
    fn leave(&self) -> Option<Leave<'_>> {
        if self.unanswered.load(Ordering::Acquire) < UNANSWERED {
            return Some(Leave { probe: None });
        }
        let first = !self.probing.swap(true, Ordering::AcqRel);
        first.then_some(Leave { probe: Some(&self.probing) })
    }

    fn rests(&self, now: DateTime<Utc>) -> Option<Outcome> {
        let trouble = self.resting(now)?;
        let pause = trouble.until.signed_duration_since(now).to_std().unwrap_or_default();
        Some(Outcome::PauseProvider { pause, reason: trouble.reason })
    }

    fn resting(&self, now: DateTime<Utc>) -> Option<Trouble> {
        self.trouble().clone().filter(|trouble| trouble.until > now)
    }

    /// Said once for a rest, however many sends were on their way.
    fn rest(&self, now: DateTime<Utc>, pause: TimeDelta, reason: &'static str, stopped: bool) {
        let gateway = self.gateway.name();
        let until = now + pause;
        let mut trouble = self.trouble();
        let known = trouble.as_ref().is_some_and(|known| known.until > now);
        if known && trouble.as_ref().is_some_and(|known| known.until >= until && known.stopped == stopped) {
            return;
        }
        *trouble = Some(Trouble { gateway: gateway.to_owned(), reason, until, stopped });
        drop(trouble);
        metrics::counter!("gateway_rests_total", "gateway" => gateway.to_owned(), "reason" => reason)
            .increment(1);
        if known {
            return;
        }
        if stopped {
            tracing::error!(
                gateway,
                reason,
                %until,
                "nothing gets through: check this gateway's configuration and credentials; deliveries wait"
            );
        } else {
            tracing::warn!(gateway, reason, %until, "the provider is left alone for a while");
        }
    }

    fn trouble(&self) -> MutexGuard<'_, Option<Trouble>> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
