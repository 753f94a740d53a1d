//! The database itself keeps the ledger.

use domain::Scope;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::{LEDGER, choice, town};
use crate::{
    auth::access,
    support::{installation::Installation, on_both},
};

on_both!(an_entry_is_never_changed, entries_go_with_their_person, choosing_at_once_keeps_the_ledger_whole);

impl Installation {
    /// Changes rows of the town, past every rule of ours.
    pub async fn execute(&self, town: domain::ids::MunicipalityId, sql: &str) {
        self.try_execute(town, sql).await.unwrap();
    }

    pub async fn try_execute(
        &self,
        town: domain::ids::MunicipalityId,
        sql: &str,
    ) -> Result<u64, sea_orm::DbErr> {
        let db = self.store().transaction(Scope::Municipality(town)).await.unwrap();
        let changed = db.connection().execute_unprepared(sql).await?.rows_affected();
        db.finish().await.unwrap();
        Ok(changed)
    }
}

async fn an_entry_is_never_changed(rathaus: Installation) {
    let town = town(&rathaus).await;
    let guest = rathaus.guest().await;
    let _: Value = rathaus.choose(access(&guest), &choice(json!({}))).expect(200).await;
    let before = rathaus.ask(town.id, LEDGER).await;
    for sql in [
        "UPDATE consents SET given = NOT given",
        "UPDATE consents SET at = at",
        "DELETE FROM consents",
        "DELETE FROM consents WHERE number = 1",
    ] {
        let refused = rathaus.try_execute(town.id, sql).await.unwrap_err();
        assert!(refused.to_string().contains("only added to"), "{sql}: {refused}");
    }
    assert_eq!(rathaus.ask(town.id, LEDGER).await, before);
    assert!(!before.is_empty());
}

async fn entries_go_with_their_person(rathaus: Installation) {
    let town = town(&rathaus).await;
    let citizen = rathaus.citizen("erika@example.org").await;
    let mail = choice(json!({"channels": {"crisis": ["email"]}, "watched_streets": ["Am Lauch"]}));
    let _: Value = rathaus.choose(access(&citizen), &mail).expect(200).await;
    assert_eq!(rathaus.ask(town.id, LEDGER).await.len(), 1);
    assert_eq!(rathaus.delete("/v1/me").bearer(access(&citizen)).send().await.status, 204);
    for table in ["consents", "reach", "follow_topics", "watched_streets", "contacts", "contact_points"] {
        assert_eq!(rathaus.ask(town.id, &format!("SELECT count(*) FROM {table}")).await, ["0"], "{table}");
    }
}

async fn choosing_at_once_keeps_the_ledger_whole(rathaus: Installation) {
    let town = town(&rathaus).await;
    let guest = rathaus.guest().await;
    let choices = (0..12).map(|n| {
        let channels = if n % 2 == 0 { json!({"crisis": ["push"]}) } else { json!({"notice": ["push"]}) };
        let choice = choice(json!({"channels": channels}));
        let rathaus = &rathaus;
        let token = access(&guest).to_owned();
        async move { rathaus.choose(&token, &choice).send().await.status.as_u16() }
    });
    let answers = futures::future::join_all(choices).await;
    assert!(answers.iter().all(|status| matches!(status, 200 | 503)), "{answers:?}");
    let shown: Value = rathaus.get(super::FOLLOW).bearer(access(&guest)).expect(200).await;
    let mut standing = std::collections::BTreeMap::new();
    for entry in rathaus.ask(town.id, LEDGER).await {
        let words: Vec<_> = entry.split(' ').map(str::to_owned).collect();
        let before = standing.insert(words[1].clone(), words[2] == "yes");
        assert_ne!(before, Some(words[2] == "yes"), "nothing is said twice in a row");
    }
    for purpose in ["crisis", "notice"] {
        let chosen = shown["channels"][purpose] == json!(["push"]);
        assert_eq!(standing.get(purpose).copied().unwrap_or_default(), chosen, "{purpose}: {standing:?}");
    }
}
