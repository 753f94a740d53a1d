//! What messages may cost.

use domain::{
    Scope, Store,
    deliveries::{
        Severity,
        budget::{Budget, Purse, left, pay, refund},
    },
};

use super::town::{Town, id, noon};
use crate::support::{TestDatabase, on_both};

on_both!(a_crisis_has_a_purse_of_its_own);

const BUDGET: Budget = Budget { routine: 10, crisis: 5 };

async fn a_crisis_has_a_purse_of_its_own(database: TestDatabase) {
    let town = Town::new(&database).await;
    let spend = async |municipality, severity, wanted| {
        let tx = town.store.begin(Scope::Installation).await.unwrap();
        let (paid, spent) =
            pay(&*tx, noon(), BUDGET, (municipality, Purse::from(severity), wanted)).await.unwrap();
        tx.commit().await.unwrap();
        (paid, spent.reached_alarm_by(paid))
    };
    let (here, elsewhere) = (town.municipality, id());
    assert_eq!(spend(here, Severity::Information, 7).await, (7, false));
    assert_eq!(spend(here, Severity::Important, 2).await, (2, true), "at four fifths, once");
    assert_eq!(spend(here, Severity::Notice, 4).await, (1, false), "as many as are left");
    assert_eq!(spend(here, Severity::Notice, 1).await, (0, false));
    assert_eq!(spend(here, Severity::Crisis, 9).await, (5, true), "it has an end as well");
    assert_eq!(spend(elsewhere, Severity::Information, 1).await, (1, false));
    let tx = town.store.begin(Scope::Installation).await.unwrap();
    refund(&*tx, noon(), BUDGET, (here, Purse::Routine, 3)).await.unwrap();
    tx.commit().await.unwrap();
    let reads = town.store.read(Scope::Installation).await.unwrap();
    let left = async |purse| left(&*reads, noon(), BUDGET, (here, purse)).await.unwrap();
    assert_eq!((left(Purse::Routine).await, left(Purse::Crisis).await), (3, 0));
    assert_eq!(spend(here, Severity::Information, 4).await, (3, true), "what did not leave is there again");
}
