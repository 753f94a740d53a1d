//! Checks tokens against what is stored, and issues them.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::{
    Code, Ctx, Error, Result, Scope, Store,
    citizens::{self, Session, SessionKind},
    context::{self, Credential, Visitor},
    ids::{AccountId, ApiKeyId, MunicipalityId, SessionId},
    integrations::{self, ApiKey},
    staff::{self, Member},
    text::Slug,
};
use infrastructure::{
    db::rehearsal::for_real,
    secrets::{KeyText, sha256},
    tokens::{Access, Bearer, Keyring},
};

use super::remembered::Remembered;

/// The gate everyone with a token passes. A token alone is not enough: its session must still
/// stand, and what staff may do is looked up, never read from the token.
pub struct Gate {
    keyring: Keyring,
    store: Arc<dyn Store>,
    tokens: Remembered<[u8; 32], Access>,
    sessions: Remembered<SessionId, Session>,
    towns: Remembered<Slug, MunicipalityId>,
    members: Remembered<(MunicipalityId, AccountId), Member>,
    keys: Remembered<(MunicipalityId, ApiKeyId), ApiKey>,
}

impl Gate {
    /// A gate for the tokens of `keyring`.
    pub fn new(keyring: Keyring, store: Arc<dyn Store>) -> Self {
        Self {
            keyring,
            store,
            tokens: Remembered::default(),
            sessions: Remembered::default(),
            towns: Remembered::default(),
            members: Remembered::default(),
            keys: Remembered::default(),
        }
    }

    /// The signing keys.
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Has everything looked up again: after a session, an account, a member of staff or a key changed.
    /// Other instances notice within a minute by themselves.
    pub fn forget(&self) {
        self.sessions.clear();
        self.members.clear();
        self.keys.clear();
    }

    /// What a token says, if it and its session count at this moment.
    ///
    /// # Errors
    /// [`Code::Unauthenticated`] otherwise.
    pub async fn admit(&self, ctx: &Ctx<Visitor>, token: &str) -> Result<Access> {
        let access = self.verify(ctx.now, token).await?;
        let session = match self.sessions.get(ctx.now, &access.session) {
            Some(session) if session.lives(ctx.now) => session,
            _ => {
                let reads = self.store.read(Scope::Installation).await?;
                let session = citizens::service::standing(&*reads, ctx, access.session).await?;
                self.sessions.put(ctx.now, session.id, session.clone());
                session
            }
        };
        if bearer_of(&session) == Some(access.bearer) {
            Ok(access)
        } else {
            Err(Error::refused(Code::Unauthenticated))
        }
    }

    /// A phone sends the same token many times, and its signature is the dearest part of a short request.
    async fn verify(&self, now: DateTime<Utc>, token: &str) -> Result<Access> {
        let hash = sha256(token.as_bytes());
        if let Some(access) = self.tokens.get(now, &hash)
            && access.expires_at > now
        {
            return Ok(access);
        }
        let access = self.keyring.verify(token, now).await?;
        self.tokens.put(now, hash, access);
        Ok(access)
    }

    /// An access token for a session.
    ///
    /// # Errors
    /// Those of storage while no signing key is known.
    pub async fn issue<A>(&self, ctx: &Ctx<A>, session: &Session) -> Result<String> {
        let broken = || Error::refused(Code::Internal);
        let bearer = bearer_of(session).ok_or_else(broken)?;
        let tokens = self.keyring.tokens(ctx.now).await?;
        tokens.issue(bearer, session.id, ctx.id(), ctx.now).map_err(|_| broken())
    }

    /// The member of staff an account is in the municipality named `slug`.
    ///
    /// # Errors
    /// [`Code::NotFound`] for an unknown municipality, and alike where the account does not work:
    /// another town hall's inside is nobody's business. [`Code::SecondFactorMissing`] where the town
    /// hall requires one and the account has none.
    pub async fn member(
        &self,
        ctx: &Ctx<Visitor>,
        slug: &Slug,
        account: AccountId,
    ) -> Result<context::Staff> {
        let municipality = self.town(ctx, slug).await?;
        let key = (municipality, account);
        let member = match self.members.get(ctx.now, &key) {
            Some(member) => member,
            None => {
                let member = staff::service::enter(&*self.store, ctx, municipality, account).await?;
                self.members.put(ctx.now, key, member.clone());
                member
            }
        };
        Ok(context::Staff {
            credential: Credential::Session,
            account,
            staff: member.id,
            municipality,
            name: member.name.into_string(),
            rights: member.role.rights(),
            departments: member.departments,
            categories: member.categories,
        })
    }

    /// The program with this key, in the municipality named `slug`.
    ///
    /// # Errors
    /// [`Code::NotFound`] for an unknown municipality, [`Code::Unauthenticated`] for a key that is not
    /// this municipality's or opens nothing any more.
    pub async fn program(&self, ctx: &Ctx<Visitor>, slug: &Slug, shown: &KeyText) -> Result<context::Staff> {
        let municipality = self.town(ctx, slug).await?;
        let place = (municipality, shown.id);
        let key = match self.keys.get(ctx.now, &place) {
            Some(key) if key.lives(ctx.now) => key,
            _ => {
                // A test key's use counts, whatever becomes of the rest.
                let admitted = integrations::service::admit(&*self.store, ctx, municipality, shown.id);
                let key = for_real(admitted).await?;
                self.keys.put(ctx.now, place, key.clone());
                key
            }
        };
        if key.mode != shown.mode || !shown.is_stored_as(&key.secret_hash) {
            return Err(Error::refused(Code::Unauthenticated));
        }
        Ok(context::Staff {
            credential: Credential::Key,
            account: AccountId(key.id.0),
            staff: key.id.0.into(),
            municipality,
            rights: key.rights(),
            name: key.name.into_string(),
            departments: Vec::new(),
            categories: Vec::new(),
        })
    }

    async fn town(&self, ctx: &Ctx<Visitor>, slug: &Slug) -> Result<MunicipalityId> {
        if let Some(town) = self.towns.get(ctx.now, slug) {
            return Ok(town);
        }
        let reads = self.store.read(Scope::Installation).await?;
        let town = reads.municipality(slug).await?.ok_or_else(Error::not_found)?.id;
        self.towns.put(ctx.now, slug.clone(), town);
        Ok(town)
    }
}

/// Whose tokens a session has.
fn bearer_of(session: &Session) -> Option<Bearer> {
    Some(match (session.kind, session.person, session.account) {
        (SessionKind::Citizen, Some(person), Some(account)) => Bearer::Citizen { person, account },
        (SessionKind::Guest, Some(person), None) => Bearer::Guest { person },
        (SessionKind::Staff, None, Some(account)) => Bearer::Staff { account },
        _ => return None,
    })
}
