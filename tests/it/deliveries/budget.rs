//! What messages may cost.

use domain::{
    Code, Scope, Store,
    deliveries::{Severity, budget::pay},
};

use super::town::{Town, id, noon};
use crate::support::{TestDatabase, on_both};

on_both!(a_crisis_has_a_purse_of_its_own);

async fn a_crisis_has_a_purse_of_its_own(database: TestDatabase) {
    const MOST: u64 = 5;
    let town = Town::new(&database).await;
    let spend = async |municipality, severity| {
        let tx = town.store.begin(Scope::Installation).await.unwrap();
        let spent = pay(&*tx, noon(), municipality, severity, MOST).await;
        if spent.is_ok() {
            tx.commit().await.unwrap();
        }
        spent
    };
    let (here, elsewhere) = (town.municipality, id());
    let mut alarms = 0;
    for severity in [Severity::Information, Severity::Important, Severity::Notice].into_iter().cycle().take(5)
    {
        alarms += u32::from(spend(here, severity).await.unwrap().reaches_alarm());
    }
    assert_eq!(alarms, 1, "at four fifths, once");
    for severity in [Severity::Information, Severity::Important, Severity::Notice] {
        assert_eq!(spend(here, severity).await.unwrap_err().code(), Some(Code::TooManyRequests));
    }
    for _ in 0..MOST {
        spend(here, Severity::Crisis).await.unwrap();
    }
    assert!(spend(here, Severity::Crisis).await.is_err(), "it has an end as well");
    spend(elsewhere, Severity::Information).await.unwrap();
}
