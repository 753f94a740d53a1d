//! What people leave behind in the tables of municipalities. The one place where a transaction goes
//! through several of them: it enters each in turn, so row-level security holds all the way.

use domain::{
    Scope, StoreError,
    complaints::service::sender_of,
    ids::{MunicipalityId, PersonId},
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction,
    sea_query::{Expr, ExprTrait, Query, SelectStatement, UpdateStatement},
};

use super::{Db, dialect, failed};

/// Rows of one person in a municipality's table.
fn of(table: &'static str, column: &'static str, municipality: MunicipalityId, person: PersonId) -> Expr {
    Expr::col((table, "municipality_id")).eq(municipality.0).and(Expr::col((table, column)).eq(person.0))
}

fn complaints_of(
    table: &'static str,
    column: &'static str,
    key: &'static str,
    rows: (MunicipalityId, PersonId),
) -> SelectStatement {
    let mine = of(table, column, rows.0, rows.1);
    Query::select().column((table, key)).from(table).and_where(mine).take()
}

fn reassign(
    table: &'static str,
    column: &'static str,
    municipality: MunicipalityId,
    from: PersonId,
    to: PersonId,
) -> UpdateStatement {
    let mine = of(table, column, municipality, from);
    Query::update().table(table).value(column, to.0).and_where(mine).take()
}

impl Db<DatabaseTransaction> {
    /// Gives a guest's complaints in one municipality, their own steps in them, what was sent about
    /// them and photos not reported yet to a citizen.
    pub(super) async fn hand_over(
        &self,
        municipality: MunicipalityId,
        guest: PersonId,
        into: PersonId,
    ) -> Result<(), StoreError> {
        let theirs = complaints_of("complaints", "reporter_id", "id", (municipality, guest));
        let mut steps = reassign("complaint_steps", "actor_id", municipality, guest, into);
        steps.and_where(Expr::col(("complaint_steps", "complaint_id")).in_subquery(theirs));
        // Whoever supports twice, as guest and as citizen, supports once.
        let supported =
            complaints_of("complaint_supports", "person_id", "complaint_id", (municipality, into));
        let mut supports = reassign("complaint_supports", "person_id", municipality, guest, into);
        supports.and_where(Expr::col(("complaint_supports", "complaint_id")).not_in_subquery(supported));
        // Whoever was told twice, as guest and as citizen, was told once.
        let told = complaints_of("audience", "person_id", "message_id", (municipality, into));
        let mut audience = reassign("audience", "person_id", municipality, guest, into);
        audience.and_where(Expr::col(("audience", "message_id")).not_in_subquery(told));
        // Whoever voted twice, as guest and as citizen, voted once.
        let voted = complaints_of("poll_votes", "person_id", "message_id", (municipality, into));
        let mut votes = reassign("poll_votes", "person_id", municipality, guest, into);
        votes.and_where(Expr::col(("poll_votes", "message_id")).not_in_subquery(voted));
        // Whoever shares a number with others that a message went to, as guest and as citizen, shares it once.
        let sharing = complaints_of("shared_deliveries", "person_id", "message_id", (municipality, into));
        let mut shared = reassign("shared_deliveries", "person_id", municipality, guest, into);
        shared.and_where(Expr::col(("shared_deliveries", "message_id")).not_in_subquery(sharing));
        let complaints = reassign("complaints", "reporter_id", municipality, guest, into);
        let deliveries = reassign("deliveries", "person_id", municipality, guest, into);
        let photos = Query::update()
            .table("photos")
            .value("sender", sender_of(into))
            .and_where(Expr::col(("photos", "municipality_id")).eq(municipality.0))
            .and_where(Expr::col(("photos", "sender")).eq(sender_of(guest)))
            .take();
        self.enter(municipality).await?;
        for statement in [steps, supports, complaints, deliveries, audience, votes, shared, photos] {
            self.connection().execute(&statement).await.map_err(failed)?;
        }
        Ok(())
    }

    pub(super) async fn enter(&self, municipality: MunicipalityId) -> Result<(), StoreError> {
        dialect::enter(self.connection(), Scope::Municipality(municipality)).await.map_err(failed)
    }
}
