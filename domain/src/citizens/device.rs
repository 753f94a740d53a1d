//! A phone that can be told something.

use chrono::{DateTime, Utc};

use crate::{
    context::Locale,
    deliveries::PushAddress,
    ids::{ContactPointId, DeviceId, PersonId, SessionId},
    text::{AppName, AppVersion},
};

/// What an app says about itself when it registers for push messages.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The installation: a UUID the app made once.
    pub device: DeviceId,
    /// Where a push message goes.
    pub address: PushAddress,
    /// Which app it is.
    pub app: AppName,
    /// The version of the app, for support.
    pub app_version: Option<AppVersion>,
    /// The language of the device.
    pub locale: Locale,
}

/// A registered app installation of one person.
#[derive(Clone, Debug)]
pub struct Device {
    /// Whose it is.
    pub person: PersonId,
    /// Its contact point. A token that moves to another person gets a new one, so that nothing
    /// planned for the one before rings at the new one's.
    pub contact_point: ContactPointId,
    /// What it registered.
    pub registration: Registration,
    /// When it last did.
    pub registered_at: DateTime<Utc>,
    /// In which session: when that is ended, the device goes. None where it registered before that was kept.
    pub session: Option<SessionId>,
}
