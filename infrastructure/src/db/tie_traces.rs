//! What people's ties leave in the tables of municipalities, when a guest becomes a citizen and when
//! somebody goes.

use domain::{
    StoreError,
    consents::Entry,
    follows::Follow,
    ids::{MunicipalityId, PersonId},
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, ExprTrait, FromQueryResult,
    entity::prelude::*,
    sea_query::{Expr, OnConflict, Order, Query},
};

use super::{
    Db, consents, corrupt, failed,
    follows::{self, streets, topics},
};

impl Db<DatabaseTransaction> {
    /// Adds what a guest chose in a municipality to what the citizen they are chose there, and the
    /// entries of the ledger that it rests on. The transaction is in that municipality.
    pub(super) async fn merge_follow(&self, tie: follows::Model, into: PersonId) -> Result<(), StoreError> {
        let (guest, municipality) = (PersonId(tie.person_id), MunicipalityId(tie.municipality_id));
        self.tie_bare(tie.created_at, into, municipality).await?;
        let Some(theirs) = follows::follow(tie)? else { return Ok(()) };
        let own = self.rows::<follows::Entity>().filter(follows::Column::PersonId.eq(into.0));
        let own = own.filter(follows::Column::MunicipalityId.eq(municipality.0));
        let own = own.one(self.connection()).await.map_err(failed)?;
        let own = own.map(follows::follow).transpose()?.flatten();
        let before = own.as_ref().map(|own| own.channels.clone()).unwrap_or_default();
        let merged = both(own, Follow { person: into, ..theirs });
        let new = before.changes_to(&merged.channels);
        self.change_tie(into, municipality, follows::chosen(&merged)?).await?;
        self.copy_interests(municipality, guest, into).await?;
        self.copy_reminders(municipality, guest, into).await?;
        let mut entries = self.given(municipality, guest).await?;
        entries.retain(|entry| new.contains(&(entry.channel, entry.purpose, true)));
        if entries.is_empty() { Ok(()) } else { self.write_consents(municipality, into, &entries).await }
    }

    /// The entries by which a person agreed, the last for each channel and purpose.
    async fn given(&self, municipality: MunicipalityId, person: PersonId) -> Result<Vec<Entry>, StoreError> {
        use consents::Column;
        let all = Query::select()
            .column(sea_orm::sea_query::Asterisk)
            .from(consents::Entity)
            .and_where(Expr::col(Column::MunicipalityId).eq(municipality.0))
            .and_where(Expr::col(Column::PersonId).eq(person.0))
            .and_where(Expr::col(Column::Given).eq(true))
            .order_by(Column::Number, Order::Desc)
            .take();
        let rows = self.connection().query_all(&all).await.map_err(failed)?;
        let mut given: Vec<Entry> = Vec::new();
        for row in rows {
            let entry = Entry::try_from(consents::Model::from_query_result(&row, "").map_err(failed)?)?;
            let same = |other: &Entry| (other.channel, other.purpose) == (entry.channel, entry.purpose);
            if !given.iter().any(same) {
                given.push(entry);
            }
        }
        Ok(given)
    }

    async fn copy_interests(
        &self,
        municipality: MunicipalityId,
        from: PersonId,
        to: PersonId,
    ) -> Result<(), StoreError> {
        let unequal = || corrupt("columns and values differ in number");
        let mine = |table: &'static str| {
            Expr::col((table, "municipality_id"))
                .eq(municipality.0)
                .and(Expr::col((table, "person_id")).eq(from.0))
        };
        let chosen = Query::select()
            .columns([topics::Column::MunicipalityId, topics::Column::TopicId])
            .expr(Expr::val(to.0))
            .from(topics::Entity)
            .and_where(mine("follow_topics"))
            .take();
        let watched = Query::select()
            .columns([streets::Column::MunicipalityId, streets::Column::StreetKey, streets::Column::Street])
            .expr(Expr::val(to.0))
            .from(streets::Entity)
            .and_where(mine("watched_streets"))
            .take();
        let mut into_topics = Query::insert();
        into_topics
            .into_table(topics::Entity)
            .columns([topics::Column::MunicipalityId, topics::Column::TopicId, topics::Column::PersonId])
            .select_from(chosen)
            .map_err(|_| unequal())?
            .on_conflict(OnConflict::new().do_nothing().to_owned());
        let mut into_streets = Query::insert();
        into_streets
            .into_table(streets::Entity)
            .columns([
                streets::Column::MunicipalityId,
                streets::Column::StreetKey,
                streets::Column::Street,
                streets::Column::PersonId,
            ])
            .select_from(watched)
            .map_err(|_| unequal())?
            .on_conflict(OnConflict::new().do_nothing().to_owned());
        for insert in [into_topics, into_streets] {
            self.connection().execute(&insert).await.map_err(failed)?;
        }
        Ok(())
    }

    /// Removes the entries of somebody who is gone. The database refuses it for anybody who is there.
    pub(super) async fn forget_consents(
        &self,
        municipality: MunicipalityId,
        person: PersonId,
    ) -> Result<(), StoreError> {
        self.enter(municipality).await?;
        let gone = Query::delete()
            .from_table(consents::Entity)
            .and_where(Expr::col(consents::Column::MunicipalityId).eq(municipality.0))
            .and_where(Expr::col(consents::Column::PersonId).eq(person.0))
            .take();
        self.connection().execute(&gone).await.map_err(failed)?;
        Ok(())
    }
}

/// Two ties of one person in one municipality as one: what the account says about them, and everything
/// that was chosen in either.
fn both(own: Option<Follow>, guest: Follow) -> Follow {
    let Some(mut own) = own else { return guest };
    for (channel, severity) in guest.channels.pairs() {
        own.channels.add(channel, severity);
    }
    Follow {
        chosen_at: own.chosen_at.or(guest.chosen_at),
        home: own.home.or(guest.home),
        age_group: own.age_group.or(guest.age_group),
        ..own
    }
}
