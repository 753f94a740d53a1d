//! Several at the same desk at the same moment.

use domain::staff::Role;
use futures::future::{join, join_all};
use serde_json::json;

use super::town::Town;
use crate::support::on_both;

on_both!(remarks_are_never_stale, complaints_never_repeat_each_other);

const INBOX: &str = "/v1/municipalities/bad-dueben/staff/complaints";

async fn remarks_are_never_stale(town: Town) {
    let id = town.complaint(1, &town.works).await.id;
    let (_, token) = town.staff(Role::Clerk, &[&town.works]).await;
    let say = |n: u8| {
        let body = json!({"public_text": format!("Nummer {n}")});
        town.rathaus.post(&format!("{INBOX}/{id}/comments"), &body).bearer(&token).send()
    };
    let answers = join_all((0..12).map(say)).await;
    let said = answers.iter().filter(|answer| answer.status == 201).count();
    // On a busy machine a remark may have to be sent again, but never because of another one.
    for answer in &answers {
        assert!(matches!(answer.status.as_u16(), 201 | 503), "{}", answer.body);
    }
    assert!(said > 0);
    assert_eq!(town.steps(id).await.len(), said);
}

async fn complaints_never_repeat_each_other(town: Town) {
    let (_, token) = town.staff(Role::Clerk, &[&town.works]).await;
    for round in 0..4 {
        let one = town.complaint(2 * round + 1, &town.works).await.id;
        let two = town.complaint(2 * round + 2, &town.works).await.id;
        let repeats = |id, original| {
            let body = json!({"to": "duplicate", "original": original});
            let call = town.rathaus.post(&format!("{INBOX}/{id}/transitions"), &body);
            call.bearer(&token).header("if-match", "\"v1\"").send()
        };
        let (first, second) = join(repeats(one, two), repeats(two, one)).await;
        let mut statuses = [first.status.as_u16(), second.status.as_u16()];
        statuses.sort_unstable();
        // Whoever would have to wait for each other is told to come back.
        assert!(matches!(statuses, [200, 422 | 503]), "{statuses:?}");
        let originals = [town.stored(one).await.original, town.stored(two).await.original];
        assert_eq!(originals.iter().flatten().count(), 1, "{originals:?}");
    }
}
