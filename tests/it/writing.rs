//! Many who write at the same time: durable together where that is cheaper, undone alone.

use std::time::Duration;

use domain::{
    Scope, Store, StoreError,
    citizens::{Person, PersonKind},
};
use futures::future::join_all;

use crate::support::{Engine, eventually::eventually, installation::Installation, on_both};

on_both!(what_one_does_wrong_is_undone_alone, requests_in_line_share_a_commit);

const SOON: Duration = Duration::from_secs(10);

fn person(rathaus: &Installation) -> Person {
    Person {
        id: rathaus.clock.uuid().into(),
        kind: PersonKind::Guest,
        locale: Default::default(),
        version: 1,
        created_at: rathaus.clock.now(),
    }
}

/// Writes one person and, as told, commits it, gives up, or gets it wrong.
async fn write(rathaus: &Installation, person: &Person, commit: bool) -> Result<(), StoreError> {
    let tx = rathaus.store().begin(Scope::Installation).await?;
    tx.insert_person(person).await?;
    if commit { tx.commit().await } else { Ok(()) }
}

async fn there(rathaus: &Installation, person: &Person) -> bool {
    let reads = rathaus.store().read(Scope::Installation).await.unwrap();
    reads.person(person.id).await.unwrap().is_some()
}

async fn what_one_does_wrong_is_undone_alone(rathaus: Installation) {
    let [first, given_up, last] = [(); 3].map(|()| person(&rathaus));
    let held = rathaus.store().begin(Scope::Installation).await.unwrap();
    let (one, two, three, four, ()) = futures::join!(
        write(&rathaus, &first, true),
        write(&rathaus, &given_up, false),
        // Already there, as soon as the first one's is.
        async {
            match rathaus.database().engine {
                Engine::Sqlite => write(&rathaus, &first, true).await,
                Engine::Postgres => Err(StoreError::Duplicate),
            }
        },
        write(&rathaus, &last, true),
        async { held.commit().await.unwrap() },
    );
    one.unwrap();
    two.unwrap();
    assert!(matches!(three, Err(StoreError::Duplicate)), "{three:?}");
    four.unwrap();
    assert!(there(&rathaus, &first).await && there(&rathaus, &last).await);
    assert!(!there(&rathaus, &given_up).await);
}

async fn requests_in_line_share_a_commit(rathaus: Installation) {
    let database = rathaus.database();
    let log = format!("{}-wal", database.url.trim_start_matches("sqlite://"));
    let people: Vec<Person> = (0..12).map(|_| person(&rathaus)).collect();
    let held = rathaus.store().begin(Scope::Installation).await.unwrap();
    let before = commits(&log);
    let written = join_all(people.iter().map(|person| write(&rathaus, person, true)));
    let (written, ()) = futures::join!(written, async { held.commit().await.unwrap() });
    written.into_iter().for_each(Result::unwrap);
    for person in &people {
        assert!(there(&rathaus, person).await);
    }
    if database.engine == Engine::Sqlite {
        let commits = commits(&log) - before;
        assert!((1..12).contains(&commits), "{commits} commits for 12 writes and an empty one");
    }
    // Whoever writes next finds the way free.
    eventually("another write", SOON, async || write(&rathaus, &person(&rathaus), true).await.ok()).await;
}

/// Commits in a write-ahead log: frames that name the size of the database (SQLite, "WAL File Format").
fn commits(log: &str) -> usize {
    let log = std::fs::read(log).unwrap_or_default();
    let Some(page) = log.get(8..12) else { return 0 };
    let page = u32::from_be_bytes(page.try_into().unwrap()) as usize;
    let frames = log.get(32..).unwrap_or_default().chunks_exact(24 + page);
    frames.filter(|frame| frame[4..8] != [0; 4]).count()
}
