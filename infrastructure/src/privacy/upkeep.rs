//! What is done for privacy while nobody waits: sealing the audit log, deleting files, noting erasures,
//! and once a night letting go of what has been kept long enough.

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use domain::{
    Error, Result, Scope, Store, citizens::port::PeopleWrites, municipalities::Municipality,
    page::PageRequest, privacy::Class, store::Urgency, wards::service::end_all_by_proxy,
};

use crate::{
    db::{BY_TOWN, SqlStore},
    photos::PhotoStore,
};

/// The hours of a town in which nobody notices.
const NIGHT: std::ops::Range<u32> = 2..5;
/// A town is gone through again after this, if it is night there.
const AGAIN: TimeDelta = TimeDelta::hours(20);
/// And after this at any hour: the process may have slept at night.
const AT_THE_LATEST: TimeDelta = TimeDelta::hours(26);

/// Seals what waits for it. Answers how many entries.
///
/// # Errors
/// Those of storage.
pub async fn seal(store: &SqlStore, now: DateTime<Utc>) -> Result<u64> {
    if store.installation().unsealed().await? == 0 {
        return Ok(0);
    }
    let db = store.at(Urgency::Sweep).transaction(Scope::Installation).await?;
    let sealed = db.seal_audit(now).await?;
    db.finish().await?;
    Ok(sealed)
}

/// Deletes files of pictures whose rows went, and notes erasures beside the photos. Answers how many
/// people were noted.
///
/// # Errors
/// Those of storage.
pub async fn tidy(store: &SqlStore, photos: &PhotoStore) -> Result<usize> {
    let store = store.at(Urgency::Sweep);
    for (town, photo) in store.installation().photo_removals().await? {
        photos.delete(town, photo).await?;
        let db = store.transaction(Scope::Installation).await?;
        db.photo_removed(town, photo).await?;
        db.finish().await?;
    }
    let erased = store.installation().unnoted_erasures().await?;
    if erased.is_empty() {
        return Ok(0);
    }
    for person in &erased {
        photos.note_erasure(*person).await?;
    }
    let db = store.transaction(Scope::Installation).await?;
    db.erasures_noted(&erased).await?;
    db.finish().await?;
    store.scrub(false).await?;
    Ok(erased.len())
}

/// Erases again whoever a restored backup brought back. To be called before anybody is served. Answers
/// how many.
///
/// # Errors
/// Those of storage.
pub async fn erase_again(store: &SqlStore, photos: &PhotoStore, now: DateTime<Utc>) -> Result<usize> {
    let mut erased = photos.noted_erasures().await?;
    erased.extend(store.installation().all_erasures().await?);
    let back = store.installation().still_here(&erased).await?;
    for person in &back {
        end_all_by_proxy(store, now, *person).await?;
        let db = store.transaction(Scope::Installation).await?;
        db.erase_person(now, *person).await?;
        db.finish().await?;
    }
    if !back.is_empty() {
        store.scrub(true).await?;
    }
    Ok(back.len())
}

/// What a night did in one town.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Night {
    /// The town.
    pub town: String,
    /// How many went, by class.
    pub removed: Vec<(Class, u64)>,
}

/// Goes through every town hall whose night it is and that was not gone through since the last one.
///
/// # Errors
/// Those of storage.
pub async fn nightly(store: &SqlStore, now: DateTime<Utc>) -> Result<Vec<Night>> {
    let mut nights = Vec::new();
    for town in towns(store).await? {
        let view = store.view(Scope::Municipality(town.id)).await?;
        let last = view.last_retention().await?;
        drop(view);
        let hour = now.with_timezone(&town.time_zone).hour();
        let due = match last {
            Some(last) => now - last > AT_THE_LATEST || (now - last > AGAIN && NIGHT.contains(&hour)),
            None => true,
        };
        if due {
            nights.push(expire(store, &town, now).await?);
        }
    }
    if nights.iter().any(|night| night.removed.iter().any(|(_, many)| *many > 0)) {
        store.at(Urgency::Sweep).scrub(true).await?;
    }
    Ok(nights)
}

/// Lets go in one town hall of what has been kept long enough.
///
/// # Errors
/// Those of storage.
pub async fn expire(store: &SqlStore, town: &Municipality, now: DateTime<Utc>) -> Result<Night> {
    let store = store.at(Urgency::Sweep);
    let scope = Scope::Municipality(town.id);
    let mut removed = Vec::new();
    for class in BY_TOWN {
        let Some(period) = town.settings.retention.of(class) else { continue };
        let mut many = 0;
        loop {
            // A slice at a time, so that nobody waits long to write.
            let db = store.transaction(scope).await?;
            if !db.one_retention().await? {
                break;
            }
            let (some, more) = db.expire(now, class, period).await?;
            many += some;
            if !more {
                db.note_retention(now, class, many).await?;
            }
            db.finish().await?;
            if !more {
                break;
            }
        }
        removed.push((class, many));
    }
    Ok(Night { town: town.name.to_string(), removed })
}

/// All town halls.
///
/// # Errors
/// Those of storage.
pub async fn towns(store: &SqlStore) -> Result<Vec<Municipality>> {
    let mut all = Vec::new();
    let mut request = PageRequest { limit: 100, after: None };
    loop {
        let page = store.read(Scope::Installation).await?.municipalities(None, &request).await?;
        all.extend(page.items);
        match page.next {
            Some(next) => request.after = Some(next),
            None => return Ok(all),
        }
    }
}

/// Deletes files, notes erasures, and lets go at night, as a worker does once a minute.
///
/// # Errors
/// Those of storage.
pub async fn upkeep(store: &SqlStore, photos: Option<&PhotoStore>, now: DateTime<Utc>) -> Result<(), Error> {
    let nights = nightly(store, now).await?;
    for night in nights {
        for (class, removed) in night.removed {
            metrics::counter!("retention_removed_total", "class" => class.to_string()).increment(removed);
        }
    }
    if let Some(photos) = photos {
        tidy(store, photos).await?;
    }
    Ok(())
}
