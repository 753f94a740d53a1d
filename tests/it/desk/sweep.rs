//! What time alone does.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Scope, Store,
    complaints::{Status, promises::sweep},
    context::System,
};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::town::Town;
use crate::support::on_both;

on_both!(
    a_desk_is_reminded_once_and_its_lead_told_once,
    a_settled_complaint_is_closed_with_its_duplicates,
    what_nobody_confirmed_is_deleted,
    what_is_broken_keeps_nothing_else_waiting,
);

impl Town {
    pub async fn sweep(&self) -> domain::complaints::promises::Swept {
        let ctx = self.rathaus.clock.ctx(Default::default(), Uuid::nil(), System);
        sweep(self.rathaus.store(), &ctx).await.unwrap()
    }

    async fn execute(&self, scope: Scope, sql: &str) {
        let db = self.rathaus.store().transaction(scope).await.unwrap();
        db.connection().execute_unprepared(sql).await.unwrap();
        db.finish().await.unwrap();
    }

    pub fn set(&self, at: &str) {
        let at: DateTime<Utc> = at.parse().unwrap();
        let forward = at - self.now();
        self.rathaus.clock.advance(forward);
    }
}

async fn a_desk_is_reminded_once_and_its_lead_told_once(town: Town) {
    // Reported on a Monday: the first answer is promised for Wednesday.
    let id = town.complaint(1, &town.works).await.id;
    town.set("2026-11-24T06:59:59Z");
    assert_eq!(town.sweep().await.reminded, 0);
    town.set("2026-11-24T07:00:00Z");
    let (one, two) = tokio::join!(town.sweep(), town.sweep());
    assert_eq!(one.reminded + two.reminded, 1);
    assert_eq!(town.sweep().await.reminded, 0);
    town.set("2026-11-25T23:00:00Z");
    let (one, two) = tokio::join!(town.sweep(), town.sweep());
    assert_eq!((one.overdue + two.overdue, one.reminded + two.reminded), (1, 0));
    assert_eq!(town.sweep().await.overdue, 0);
    assert_eq!(town.steps(id).await.len(), 2);
    assert!(town.stored(id).await.is_overdue(town.now()));
    assert_eq!(
        town.rathaus.letters(town.town.id).await,
        ["desk_reminder bauhof@example.org", "promise_passed leitung@example.org"]
    );
}

async fn a_settled_complaint_is_closed_with_its_duplicates(town: Town) {
    let mut settled = town.complaint(1, &town.works).await;
    let mut double = town.complaint(2, &town.works).await;
    settled.status = Status::Resolved;
    settled.settled_at = Some(town.now());
    double.status = Status::Duplicate;
    double.original = Some(settled.id);
    let tx = town.rathaus.store().begin(town.scope()).await.unwrap();
    tx.update_complaint(&settled).await.unwrap();
    tx.update_complaint(&double).await.unwrap();
    tx.commit().await.unwrap();
    town.rathaus.clock.advance(TimeDelta::days(28));
    assert_eq!(town.sweep().await.closed, 0);
    town.rathaus.clock.advance(TimeDelta::seconds(1));
    assert_eq!(town.sweep().await.closed, 1);
    for id in [settled.id, double.id] {
        assert_eq!(town.stored(id).await.status, Status::Closed);
    }
    assert_eq!(town.sweep().await.closed, 0);
}

async fn what_nobody_confirmed_is_deleted(town: Town) {
    let mut waiting = town.complaint(1, &town.works).await;
    waiting.status = Status::Unconfirmed;
    let tx = town.rathaus.store().begin(town.scope()).await.unwrap();
    tx.update_complaint(&waiting).await.unwrap();
    tx.commit().await.unwrap();
    town.rathaus.clock.advance(TimeDelta::hours(24));
    assert_eq!(town.sweep().await.deleted, 0);
    town.rathaus.clock.advance(TimeDelta::seconds(1));
    assert_eq!(town.sweep().await.deleted, 1);
    let reads = town.rathaus.store().read(town.scope()).await.unwrap();
    assert!(reads.complaint(waiting.id).await.unwrap().is_none());
}

async fn what_is_broken_keeps_nothing_else_waiting(town: Town) {
    let broken = town.complaint(1, &town.works).await;
    let sound = town.complaint(2, &town.works).await;
    // Founded earlier, so swept earlier.
    town.rathaus.clock.advance(TimeDelta::days(-1));
    let first = town.rathaus.found("aachen", "Aachen").await.id;
    town.rathaus.clock.advance(TimeDelta::days(1));
    let unreadable = "UPDATE municipalities SET state = 'XX' WHERE slug = 'aachen'";
    town.execute(Scope::Installation, unreadable).await;
    let reference = broken.reference;
    let unreadable = format!("UPDATE complaints SET priority = 'later' WHERE reference = '{reference}'");
    town.execute(town.scope(), &unreadable).await;
    town.set("2026-11-24T07:00:00Z");
    let swept = town.sweep().await;
    assert_eq!(swept.reminded, 1);
    assert_eq!(town.steps(sound.id).await.len(), 1);
    let faults: Vec<_> = swept.faults.iter().map(|fault| (fault.municipality, fault.complaint)).collect();
    assert_eq!(faults, [(first, None)]);
}
