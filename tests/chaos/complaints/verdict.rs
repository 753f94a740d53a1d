//! Compares what people were told was done with what is there.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use clap::ValueEnum;
use serde_json::Value;
use uuid::Uuid;

use super::{Books, Report, Story};
use crate::{
    Plan,
    ground::Ground,
    killable::Killable,
    killer::{Blow, longest_recovery},
    screens::Screens,
};

pub async fn reach(
    plan: &Plan,
    stories: &[Story],
    blows: &[Blow<Books>],
    installation: &Killable,
    ground: &Ground,
) -> Report {
    let screens = Screens::of(installation);
    let complaints = complaints(ground).await;
    let messages = messages(ground).await;
    let books = Books::of(ground).await;

    let reported: HashSet<Uuid> = stories.iter().map(|story| story.filed.id).collect();
    let missing = reported.iter().filter(|id| !complaints.contains_key(id)).count();
    let steps = || stories.iter().flat_map(|story| story.steps.iter().map(move |step| (&story.person, step)));
    let unheard = steps().filter(|(person, step)| {
        let message = messages.get(&(step.complaint, step.status.to_owned()));
        !message.is_some_and(|message| screens.show(&person.device_token, *message))
    });
    let repeated = stories.iter().filter(|story| {
        complaints.get(&story.filed.id).is_some_and(|created_at| *created_at < story.filed.began)
    });
    Report {
        database: plan.engine.to_possible_value().unwrap().get_name().to_owned(),
        seed: plan.seed,
        people: stories.len(),
        kills: blows.len(),
        database_stops: blows.iter().filter(|blow| blow.with_database).count(),
        steps: stories.len() + steps().count(),
        lost: missing + unheard.count(),
        duplicate_calls: screens.duplicate_calls,
        visible_duplicates: screens.visible_duplicates,
        duplicate_mails: screens.duplicate_mails,
        unknown: books.unknown,
        second_effects: complaints.len() - (reported.len() - missing),
        answers_repeated: repeated.count(),
        answers_changed: stories.iter().filter(|story| story.filed.answered_otherwise).count(),
        violations: screens.violations.len(),
        kills_while_sending: blows.iter().filter(|blow| blow.books.pending > 0).count(),
        recovery_seconds_max: longest_recovery(blows),
        conserved: blows.iter().map(|blow| blow.books).chain([books]).all(|books| books.balance()),
    }
}

/// All complaints that are stored, and when each was.
async fn complaints(ground: &Ground) -> HashMap<Uuid, DateTime<Utc>> {
    let rows = ground.rows("SELECT id, created_at FROM complaints").await;
    rows.iter().map(|row| (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap())).collect()
}

/// The messages to reporters, by complaint and the state it was taken to.
async fn messages(ground: &Ground) -> HashMap<(Uuid, String), Uuid> {
    let sql = "SELECT id, subject_id, params FROM messages WHERE kind = 'complaint_status'";
    let rows = ground.rows(sql).await;
    rows.iter()
        .map(|row| {
            let params: Value = row.try_get_by_index(2).unwrap();
            let status = params["status"].as_str().unwrap().to_owned();
            ((row.try_get_by_index(1).unwrap(), status), row.try_get_by_index(0).unwrap())
        })
        .collect()
}
