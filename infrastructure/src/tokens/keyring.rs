//! The signing keys of the installation, shared by all its instances through the database.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{Code, Error, Result, Scope, StoreError, context::Entropy};

use super::{Access, AccessTokens, LEEWAY, LIFETIME, SigningKey};
use crate::{
    db::{SqlStore, corrupt, signing_keys::Model},
    secrets::{Purpose, Secrets},
};

/// How old the copy of the keys may get: a new key is known everywhere after that.
const FRESH: Duration = Duration::from_secs(60);
/// The same, as a span on the calendar.
const FRESH_FOR: TimeDelta = TimeDelta::seconds(60);

/// A token of an unknown key has the keys read again, but not more often than this.
const EAGER: Duration = Duration::from_secs(1);

/// A key signs no longer than this.
const SIGNS_FOR: TimeDelta = TimeDelta::days(90);

/// Makes a new key where the one that signs is 90 days old, as [`Keyring::rotate`] does. Answers its name. Two
/// instances that do so at once lose nothing.
///
/// # Errors
/// Those of storage.
pub async fn rotate_old(
    store: &SqlStore,
    secrets: &Secrets,
    entropy: &dyn Entropy,
    now: DateTime<Utc>,
) -> Result<Option<String>> {
    let keys = store.installation().signing_keys(now).await?;
    let signs = keys.into_iter().find(|key| key.retired_at.is_none());
    match signs {
        Some(key) if key.created_at <= now - SIGNS_FOR => {
            make(store, secrets, entropy, now, true).await.map(Some)
        }
        // The first one is made when it is needed.
        _ => Ok(None),
    }
}

/// Two instances that start at once may both make a key: both verify, one signs.
async fn make(
    store: &SqlStore,
    secrets: &Secrets,
    entropy: &dyn Entropy,
    now: DateTime<Utc>,
    alone: bool,
) -> Result<String> {
    let (mut seed, mut nonce) = ([0; 32], [0; 12]);
    entropy.fill(&mut seed);
    entropy.fill(&mut nonce);
    let pkcs8 = SigningKey::generate(seed).map_err(|_| Error::refused(Code::Internal))?;
    let key = SigningKey::from_pkcs8(&pkcs8).map_err(|_| Error::refused(Code::Internal))?;
    let sealed = secrets
        .seal(Purpose::SigningKey, &pkcs8, key.kid().as_bytes(), nonce)
        .map_err(|_| Error::refused(Code::Internal))?;
    let tx = store.transaction(Scope::Installation).await?;
    if alone {
        // Other instances sign with an old key until they look again.
        tx.retire_signing_keys(now + FRESH_FOR).await?;
    }
    tx.insert_signing_key(Model {
        kid: key.kid().to_owned(),
        sealed_private_key: STANDARD.encode(sealed),
        public_key: key.jwk().to_string(),
        created_at: now,
        retired_at: None,
    })
    .await?;
    tx.finish().await?;
    Ok(key.kid().to_owned())
}

/// Issues and checks access tokens with the keys in the database. The first key is made when the
/// first token is needed.
pub struct Keyring {
    store: SqlStore,
    secrets: Secrets,
    entropy: Arc<dyn Entropy>,
    /// Issuer and audience.
    names: (String, String),
    lifetime: TimeDelta,
    loaded: RwLock<Option<(Instant, Arc<AccessTokens>)>>,
}

impl Keyring {
    /// The keys in `store`, sealed with `secrets`, for tokens of `issuer` for `audience` that live
    /// for `lifetime`, at most [`LIFETIME`].
    pub fn new(
        store: SqlStore,
        secrets: Secrets,
        entropy: Arc<dyn Entropy>,
        (issuer, audience): (String, String),
        lifetime: TimeDelta,
    ) -> Self {
        let lifetime = lifetime.min(LIFETIME);
        Self { store, secrets, entropy, names: (issuer, audience), lifetime, loaded: RwLock::default() }
    }

    /// How long a token lives.
    pub fn lifetime(&self) -> TimeDelta {
        self.lifetime
    }

    /// The keys as they are known by now. Where the database cannot be asked, those known before.
    ///
    /// # Errors
    /// Those of storage, as long as no key is known.
    pub async fn tokens(&self, now: DateTime<Utc>) -> Result<Arc<AccessTokens>> {
        self.not_older(FRESH, now).await
    }

    /// Makes a new key, which signs from the next minute on, and retires the others: they verify what they
    /// signed until it ends. Answers the new key's name.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn rotate(&self, now: DateTime<Utc>) -> Result<String> {
        let kid = self.make(now, true).await?;
        self.load(now).await?;
        Ok(kid)
    }

    /// What `token` says.
    ///
    /// # Errors
    /// [`Code::Unauthenticated`] for anything but a token of this installation that is valid now.
    pub async fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Access> {
        let mut tokens = self.tokens(now).await?;
        if !tokens.knows_key_of(token) {
            // Perhaps another instance made a key meanwhile.
            tokens = self.not_older(EAGER, now).await?;
        }
        Ok(tokens.verify(token, now)?)
    }

    async fn not_older(&self, age: Duration, now: DateTime<Utc>) -> Result<Arc<AccessTokens>> {
        let known = self.loaded.read().unwrap_or_else(PoisonError::into_inner).clone();
        match known {
            Some((at, tokens)) if at.elapsed() <= age => Ok(tokens),
            Some((_, tokens)) => Ok(self.load(now).await.unwrap_or(tokens)),
            None => self.load(now).await,
        }
    }

    async fn load(&self, now: DateTime<Utc>) -> Result<Arc<AccessTokens>> {
        let since = now - LIFETIME - LEEWAY;
        let mut rows = self.store.installation().signing_keys(since).await?;
        if !rows.iter().any(|row| row.retired_at.is_none()) {
            self.make(now, false).await?;
            rows = self.store.installation().signing_keys(since).await?;
        }
        // Retired keys verify what they signed; the newest of the others signs.
        rows.sort_by_key(|row| row.retired_at.is_some());
        let mut keys = rows.into_iter().map(|row| self.open(row)).collect::<Result<Vec<_>>>()?.into_iter();
        let newest = keys.next().ok_or(corrupt("no signing key"))?;
        let (issuer, audience) = self.names.clone();
        let tokens = AccessTokens::new(issuer, audience, newest, keys.collect()).living(self.lifetime);
        let tokens = Arc::new(tokens);
        let mut loaded = self.loaded.write().unwrap_or_else(PoisonError::into_inner);
        *loaded = Some((Instant::now(), tokens.clone()));
        Ok(tokens)
    }

    async fn make(&self, now: DateTime<Utc>, alone: bool) -> Result<String> {
        make(&self.store, &self.secrets, &*self.entropy, now, alone).await
    }

    fn open(&self, row: Model) -> Result<SigningKey> {
        let unreadable = || StoreError::Corrupt("a signing key cannot be opened: was auth.secret changed?");
        let sealed = STANDARD.decode(&row.sealed_private_key).map_err(|_| unreadable())?;
        let pkcs8 =
            self.secrets.open(Purpose::SigningKey, &sealed, row.kid.as_bytes()).map_err(|_| unreadable())?;
        Ok(SigningKey::from_pkcs8(&pkcs8).map_err(|_| unreadable())?)
    }
}
