//! Use cases: admins give keys to programs and take them back; programs show them.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    ApiKey, KeyMode, KeyScope,
    api_key::{LIVE_OF_ONE_NAME, LONGEST_LIFE, USUAL_LIFE},
};
use crate::{
    Code, Ctx, Error, Result, Scope, Store, StoreError,
    audit::{Deed, Subject, note},
    context::{Permission, Staff, Visitor},
    idempotency::{Once, Outcome},
    ids::{ApiKeyId, MunicipalityId},
    municipalities::service::MAX_ENTRIES,
    text::Name,
};

/// Use is noted at most so often.
const NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);

/// A key to be. Its secret was drawn already; only the hash comes here.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// The identifier.
    pub id: ApiKeyId,
    /// What the town hall calls the program.
    pub name: Name,
    /// Whether what is done with it counts.
    pub mode: KeyMode,
    /// What it is for.
    pub scopes: Vec<KeyScope>,
    /// SHA-256 of the secret.
    pub secret_hash: String,
    /// When it ends; [`USUAL_LIFE`] from now where absent.
    pub expires_at: Option<DateTime<Utc>>,
}

/// The keys by name, those that ended too.
pub async fn list(store: &dyn Store, ctx: &Ctx<Staff>) -> Result<Vec<ApiKey>> {
    ctx.require(Permission::ManageKeys)?;
    Ok(store.read(ctx.scope()).await?.api_keys().await?)
}

/// One key.
pub async fn get(store: &dyn Store, ctx: &Ctx<Staff>, id: ApiKeyId) -> Result<ApiKey> {
    ctx.require(Permission::ManageKeys)?;
    store.read(ctx.scope()).await?.api_key(id).await?.ok_or_else(Error::not_found)
}

/// Adds a key.
///
/// # Errors
/// [`Code::TooMany`] at `/name` where two of that name live, so that a new one can be put in use before
/// the old one goes; [`Code::OutOfRange`] at `/expires_at`, [`Code::Required`] at `/scopes`.
pub async fn create(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    new: NewKey,
    once: Once<'_, ApiKey>,
) -> Result<Outcome<ApiKey>> {
    ctx.require(Permission::ManageKeys)?;
    let expires_at = new.expires_at.unwrap_or(ctx.now + USUAL_LIFE);
    if expires_at <= ctx.now || expires_at > ctx.now + LONGEST_LIFE {
        return Err(Error::invalid("/expires_at", Code::OutOfRange));
    }
    let mut scopes = new.scopes;
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.is_empty() {
        return Err(Error::invalid("/scopes", Code::Required));
    }
    let tx = store.begin(ctx.scope()).await?;
    if let Some(answer) = once.replay(&*tx, ctx.now).await? {
        return Ok(Outcome::Replayed(answer));
    }
    // Makes whoever adds one at the same moment wait, so that both count.
    tx.touch_register().await?;
    let keys = tx.api_keys().await?;
    if keys.len() >= MAX_ENTRIES {
        return Err(Error::invalid("", Code::TooMany));
    }
    let alike = |key: &&ApiKey| key.name == new.name && key.lives(ctx.now);
    if keys.iter().filter(alike).count() >= LIVE_OF_ONE_NAME {
        return Err(Error::invalid("/name", Code::TooMany));
    }
    let key = ApiKey {
        id: new.id,
        name: new.name,
        mode: new.mode,
        scopes,
        secret_hash: new.secret_hash,
        made_by: ctx.actor.staff,
        created_at: ctx.now,
        expires_at,
        last_used_at: None,
        revoked_at: None,
        version: 1,
    };
    tx.insert_api_key(&key).await.map_err(Error::conflict)?;
    note(&*tx, ctx, Deed::Created, Subject::ApiKey(key.id)).await?;
    once.remember(&*tx, ctx.now, &key).await?;
    tx.commit().await?;
    Ok(Outcome::Done(key))
}

/// Revokes a key at `version`. Its row stays, so that who looks later knows that there was one.
///
/// # Errors
/// [`Code::NotFound`]; stale where it was revoked meanwhile.
pub async fn revoke(store: &dyn Store, ctx: &Ctx<Staff>, id: ApiKeyId, version: i64) -> Result<()> {
    ctx.require(Permission::ManageKeys)?;
    let tx = store.begin(ctx.scope()).await?;
    let key = tx.api_key(id).await?.ok_or_else(Error::not_found)?;
    if key.version != version {
        return Err(StoreError::Stale.into());
    }
    if key.revoked_at.is_none() {
        tx.revoke_api_key(ctx.now, id, version).await?;
        note(&*tx, ctx, Deed::Removed, Subject::ApiKey(id)).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// The key of the town hall with this id, where it opens something at this moment; that it was used
/// is noted.
///
/// # Errors
/// [`Code::Unauthenticated`] for one that ended, and alike for one that is not this town hall's.
pub async fn admit(
    store: &dyn Store,
    ctx: &Ctx<Visitor>,
    town: MunicipalityId,
    id: ApiKeyId,
) -> Result<ApiKey> {
    let found = store.read(Scope::Municipality(town)).await?.api_key(id).await?;
    let key = found.filter(|key| key.lives(ctx.now));
    let key = key.ok_or_else(|| Error::refused(Code::Unauthenticated))?;
    if key.last_used_at.is_none_or(|last| ctx.now - last >= NOTED_EVERY) {
        let tx = store.begin(Scope::Municipality(town)).await?;
        tx.note_api_key_use(ctx.now, id).await?;
        tx.commit().await?;
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator;

    use super::*;

    /// Whatever a program may do, it never manages the town hall or works at its desks.
    #[test]
    fn a_key_with_every_scope_changes_nothing_of_the_town_halls() {
        let now = DateTime::UNIX_EPOCH;
        let key = ApiKey {
            id: uuid::Uuid::nil().into(),
            name: Name::parse("Maps").unwrap(),
            mode: KeyMode::Live,
            scopes: KeyScope::iter().collect(),
            secret_hash: String::new(),
            made_by: uuid::Uuid::nil().into(),
            created_at: now,
            expires_at: now + USUAL_LIFE,
            last_used_at: None,
            revoked_at: None,
            version: 1,
        };
        use Permission::*;
        for permission in Permission::iter() {
            let allowed =
                matches!(permission, FileComplaints | ReadComplaints | AllDepartments | ReadRegister);
            assert_eq!(key.rights().permit(permission), allowed, "{permission}");
        }
        assert!(key.lives(now) && !key.lives(now + USUAL_LIFE));
    }
}
