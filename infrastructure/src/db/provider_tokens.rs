//! One provider token for all instances of an installation: Apple counts a team's tokens over all
//! of its servers.

use std::sync::Arc;

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use chrono::{DateTime, Utc};
use domain::{Scope, StoreError, context::Entropy};
use sea_orm::{ConnectionTrait, ExprTrait, Set, entity::prelude::*, sea_query::OnConflict};

use super::{Db, SqlStore, corrupt, failed};
use crate::{
    gateways::{IssuedToken, ProviderTokens},
    secrets::{Purpose, Secrets},
};

const PROVIDER: &str = "apns";

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "provider_tokens")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub provider: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub team: String,
    pub sealed_token: String,
    pub issued_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Keeps provider tokens in the database, sealed.
#[derive(Clone)]
pub struct SharedTokens {
    /// Where they are kept.
    pub store: SqlStore,
    /// Seals them.
    pub secrets: Secrets,
    /// Chance, for sealing.
    pub entropy: Arc<dyn Entropy>,
}

#[async_trait]
impl ProviderTokens for SharedTokens {
    async fn newer(
        &self,
        name: &str,
        after: DateTime<Utc>,
        fresh: IssuedToken,
    ) -> Result<IssuedToken, StoreError> {
        let db = self.store.transaction(Scope::Installation).await?;
        // One statement decides between instances: it waits for the row, and replaces only what is
        // older than asked for.
        let again = OnConflict::columns([Column::Provider, Column::Team])
            .update_columns([Column::SealedToken, Column::IssuedAt])
            .action_and_where(Expr::col((Entity, Column::IssuedAt)).lte(after))
            .to_owned();
        Entity::insert_many([ActiveModel {
            provider: Set(PROVIDER.to_owned()),
            team: Set(name.to_owned()),
            sealed_token: Set(self.seal(name, &fresh.token)?),
            issued_at: Set(fresh.issued_at),
        }])
        .on_conflict(again)
        .exec_without_returning(db.connection())
        .await
        .map_err(failed)?;
        let kept = kept(&db, name).await?.ok_or(corrupt("a provider token vanished"))?;
        let token = self.open(name, &kept.sealed_token)?;
        db.finish().await?;
        Ok(IssuedToken { token: token.into(), issued_at: kept.issued_at })
    }
}

impl SharedTokens {
    fn seal(&self, name: &str, token: &str) -> Result<String, StoreError> {
        let mut nonce = [0; 12];
        self.entropy.fill(&mut nonce);
        let sealed = self.secrets.seal(Purpose::ProviderCredential, token.as_bytes(), name.as_bytes(), nonce);
        Ok(STANDARD_NO_PAD.encode(sealed.map_err(|_| corrupt("a provider token that cannot be sealed"))?))
    }

    fn open(&self, name: &str, sealed: &str) -> Result<String, StoreError> {
        const UNREADABLE: &str = "provider_tokens.sealed_token";
        let sealed = STANDARD_NO_PAD.decode(sealed).map_err(|_| corrupt(UNREADABLE))?;
        let token = self.secrets.open(Purpose::ProviderCredential, &sealed, name.as_bytes());
        String::from_utf8(token.map_err(|_| corrupt(UNREADABLE))?).map_err(|_| corrupt(UNREADABLE))
    }
}

async fn kept<C: ConnectionTrait + Send>(db: &Db<C>, name: &str) -> Result<Option<Model>, StoreError> {
    db.rows::<Entity>()
        .filter(Column::Provider.eq(PROVIDER))
        .filter(Column::Team.eq(name))
        .one(db.connection())
        .await
        .map_err(failed)
}
