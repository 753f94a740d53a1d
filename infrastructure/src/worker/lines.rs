//! The ways out: gateways, how much each takes at once, and which of them rest.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use domain::deliveries::{Channel, Gateway, Outcome, Outgoing, Platform, verdict::STOPPED_FOR};
use tokio::sync::Semaphore;

use super::Now;

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
    rest: Mutex<Option<Trouble>>,
}

impl Line {
    fn new(gateway: Arc<dyn Gateway>) -> Self {
        let places = Semaphore::new(gateway.concurrency().clamp(1, Semaphore::MAX_PERMITS));
        Self { gateway, places, rest: Mutex::default() }
    }

    /// One attempt, once there is room; none while the gateway rests.
    pub async fn send(&self, now: &Now, item: &Outgoing) -> Outcome {
        if let Some(outcome) = self.rests(now()) {
            return outcome;
        }
        // The semaphore is never closed.
        let Ok(_place) = self.places.acquire().await else {
            return Outcome::Retry { after: None, reason: "shutting_down" };
        };
        // Others may have learnt meanwhile that nothing gets through.
        if let Some(outcome) = self.rests(now()) {
            return outcome;
        }
        let outcome = self.gateway.send(now(), item).await;
        match &outcome {
            Outcome::PauseProvider { pause, reason } => {
                self.rest(now(), TimeDelta::from_std(*pause).unwrap_or(TimeDelta::hours(1)), reason, false);
            }
            Outcome::StopChannel { reason } => {
                let pause = TimeDelta::from_std(STOPPED_FOR).unwrap_or(TimeDelta::minutes(5));
                self.rest(now(), pause, reason, true);
            }
            _ => {}
        }
        outcome
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
            tracing::warn!(gateway, reason, %until, "the provider asked us to wait");
        }
    }

    fn trouble(&self) -> MutexGuard<'_, Option<Trouble>> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
