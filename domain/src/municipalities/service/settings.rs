//! Use cases: the town hall's admins decide how it appears and what it accepts.

use chrono_tz::Tz;

use crate::{
    Code, Ctx, Error, Locale, Result, Store, StoreError, Tx, Violation,
    audit::{Deed, Subject, note},
    broadcasts::{Prices, TownLadders, TownWaits, cost, ladder::WAITS},
    context::{Permission, Staff},
    geo::MultiPolygon,
    municipalities::Municipality,
    phone::Phone,
    privacy::Periods,
    text::{EmailAddress, Name, WebAddress},
    time::FederalState,
};

/// Most reports a guest may be allowed within 24 hours.
pub const MOST_GUEST_REPORTS: u32 = 100;

/// What changes about a town hall; absent members stay.
#[derive(Clone, Debug, Default)]
pub struct SettingsChange {
    /// Its name for people.
    pub name: Option<Name>,
    /// The Land whose holidays it keeps.
    pub state: Option<FederalState>,
    /// Where its working day begins and ends.
    pub time_zone: Option<Tz>,
    /// The language of letters to somebody whose own is not known.
    pub default_locale: Option<Locale>,
    /// Whether reports without an account are accepted.
    pub accepts_guests: Option<bool>,
    /// Whether a guest's report waits for a code sent by e-mail.
    pub guests_confirm_by_email: Option<bool>,
    /// Whether reports without any contact are accepted.
    pub accepts_anonymous: Option<bool>,
    /// Reports a guest may file within 24 hours, 1 to [`MOST_GUEST_REPORTS`].
    pub guest_reports_per_day: Option<u32>,
    /// Whether the staff signs in with a second factor only.
    pub requires_second_factor: Option<bool>,
    /// How long the rungs of a crisis wait; those that are absent as on the installation.
    pub waits: Option<TownWaits>,
    /// The town's own reach ladders, instead of all it had.
    pub ladders: Option<TownLadders>,
    /// What text messages and calls cost; those that are absent are not known.
    pub prices: Option<Prices>,
    /// The mailbox for questions, or none any more.
    pub contact_email: Option<Option<EmailAddress>>,
    /// The number for questions, or none any more.
    pub contact_phone: Option<Option<Phone>>,
    /// The town hall's own pages, or none any more.
    pub website: Option<Option<WebAddress>>,
}

/// The town hall as it is.
pub async fn get(store: &dyn Store, ctx: &Ctx<Staff>) -> Result<Municipality> {
    ctx.require(Permission::ReadSettings)?;
    let town = store.read(ctx.scope()).await?.municipality_by_id(ctx.actor.municipality).await?;
    town.ok_or_else(Error::not_found)
}

/// Changes the town hall at `version`. Complaints that come from now on are put to what is new; what
/// was promised before stays.
///
/// # Errors
/// [`Code::OutOfRange`] at `/guest_reports_per_day`, below `/waits`, `/prices` and `/ladders`; there also
/// [`Code::Required`] and [`Code::TooMany`]; stale where it changed since.
pub async fn change(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    version: i64,
    change: SettingsChange,
) -> Result<Municipality> {
    ctx.require(Permission::ManageSettings)?;
    if change.guest_reports_per_day.is_some_and(|most| !(1..=MOST_GUEST_REPORTS).contains(&most)) {
        return Err(Error::invalid("/guest_reports_per_day", Code::OutOfRange));
    }
    let mut violations = out_of_range(change.waits.unwrap_or_default(), change.prices.unwrap_or_default());
    violations.extend(change.ladders.iter().flat_map(|ladders| ladders.violations("/ladders")));
    if !violations.is_empty() {
        return Err(Error::violations(violations));
    }
    let tx = store.begin(ctx.scope()).await?;
    let mut town = at(&*tx, ctx, version).await?;
    town.name = change.name.unwrap_or(town.name);
    town.state = change.state.unwrap_or(town.state);
    town.time_zone = change.time_zone.unwrap_or(town.time_zone);
    let settings = &mut town.settings;
    settings.default_locale = change.default_locale.unwrap_or(settings.default_locale);
    settings.accepts_guests = change.accepts_guests.unwrap_or(settings.accepts_guests);
    settings.guests_confirm_by_email =
        change.guests_confirm_by_email.unwrap_or(settings.guests_confirm_by_email);
    settings.accepts_anonymous = change.accepts_anonymous.unwrap_or(settings.accepts_anonymous);
    settings.requires_second_factor =
        change.requires_second_factor.unwrap_or(settings.requires_second_factor);
    settings.guest_reports_per_day = change.guest_reports_per_day.unwrap_or(settings.guest_reports_per_day);
    settings.waits = change.waits.unwrap_or(settings.waits);
    settings.prices = change.prices.unwrap_or(settings.prices);
    if let Some(ladders) = change.ladders {
        settings.ladders = ladders;
    }
    if let Some(email) = change.contact_email {
        settings.contact_email = email;
    }
    if let Some(phone) = change.contact_phone {
        settings.contact_phone = phone;
    }
    if let Some(website) = change.website {
        settings.website = website;
    }
    write(tx, ctx, town).await
}

fn out_of_range(waits: TownWaits, prices: Prices) -> Vec<Violation> {
    let waits = [("push", waits.push), ("sms", waits.sms), ("voice", waits.voice)];
    let waits = waits.into_iter().filter(|(_, wait)| wait.is_some_and(|wait| !WAITS.contains(&wait)));
    let prices = [("sms_segment", prices.sms_segment), ("voice_minute", prices.voice_minute)];
    let prices = prices.into_iter().filter(|(_, price)| price.is_some_and(|price| price > cost::MOST));
    let waits = waits.map(|(member, _)| format!("/waits/{member}"));
    let pointers = waits.chain(prices.map(|(member, _)| format!("/prices/{member}")));
    pointers.map(|pointer| Violation::new(pointer, Code::OutOfRange)).collect()
}

/// Decides at `version` of the town hall how long what is kept is kept. Takes effect in the next night.
///
/// # Errors
/// [`Code::OutOfRange`] and [`Code::Contradiction`] at the period; stale where it changed since.
pub async fn set_retention(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    version: i64,
    periods: Periods,
) -> Result<Municipality> {
    ctx.require(Permission::ManageSettings)?;
    let violations = periods.violations();
    if !violations.is_empty() {
        return Err(Error::violations(violations));
    }
    let tx = store.begin(ctx.scope()).await?;
    let mut town = at(&*tx, ctx, version).await?;
    town.settings.retention = periods;
    write(tx, ctx, town).await
}

/// Draws the boundary anew at `version` of the town hall, or takes it away: then every place is
/// accepted. Complaints that were filed before stay.
///
/// # Errors
/// Stale where it changed since.
pub async fn set_boundary(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    version: i64,
    boundary: Option<MultiPolygon>,
) -> Result<Municipality> {
    ctx.require(Permission::ManageSettings)?;
    let tx = store.begin(ctx.scope()).await?;
    let town = at(&*tx, ctx, version).await?;
    write(tx, ctx, Municipality { boundary, ..town }).await
}

async fn at(tx: &dyn Tx, ctx: &Ctx<Staff>, version: i64) -> Result<Municipality> {
    let town = tx.municipality_by_id(ctx.actor.municipality).await?.ok_or_else(Error::not_found)?;
    if town.version == version { Ok(town) } else { Err(StoreError::Stale.into()) }
}

/// Raises the register's version as well, so that nobody goes on with what was prepared before.
async fn write(tx: Box<dyn Tx>, ctx: &Ctx<Staff>, town: Municipality) -> Result<Municipality> {
    tx.update_municipality(&town).await?;
    note(&*tx, ctx, Deed::Changed, Subject::Settings(town.id)).await?;
    tx.commit().await?;
    Ok(Municipality { version: town.version + 1, ..town })
}
