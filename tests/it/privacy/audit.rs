//! Who looked at what, and that nobody can change it unseen.

use std::time::Instant;

use domain::{
    Locale, Scope, Store,
    audit::{Entry, port::AuditWrites, verify::Fault},
    citizens::CodePurpose,
    context::Operator,
    ids::AuditId,
    staff::{Role, SecondFactor, team},
    text::EmailAddress,
};
use infrastructure::privacy::upkeep;
use sea_orm::{ConnectionTrait, Database};
use serde_json::{Value, json};
use uuid::Uuid;

use super::planted::INBOX;
use crate::{
    auth::{PASSWORD, access, renewal, second_factor::AMT},
    desk::town::Town,
    support::{Engine, on_both},
    tenancy::catalogue::texts,
};

on_both!(
    staff_leave_a_trace_when_they_look,
    who_takes_data_away_leaves_a_trace,
    signing_in_and_roles_leave_a_trace,
    keys_and_second_factors_leave_a_trace,
    a_copied_token_leaves_a_trace_and_is_told,
    nobody_who_serves_can_change_it,
    one_changed_row_among_100_000_is_found,
);

impl Town {
    /// Who did what to what, sorted, past row-level security.
    async fn trail(&self) -> Vec<String> {
        let connection = Database::connect(&self.rathaus.database().superuser_url).await.unwrap();
        let sql = "SELECT actor_kind || ' ' || deed || ' ' || subject_kind FROM audit_entries ORDER BY 1";
        let lines = texts::<1>(&connection, sql).await;
        connection.close().await.unwrap();
        lines.into_iter().map(|[line]| line).collect()
    }
}

async fn staff_leave_a_trace_when_they_look(town: Town) {
    let (_, clerk) = town.staff(Role::Clerk, &[&town.front]).await;
    let (_, stranger) = town.staff(Role::Clerk, &[&town.works]).await;
    let complaint = town.complaint(1, &town.front).await;
    let look = |path: &str, token: &str| town.rathaus.get(&format!("{INBOX}{path}")).bearer(token);
    let _: Value = look("", &clerk).expect(200).await;
    assert_eq!(town.trail().await, Vec::<String>::new(), "lists leave none");
    let _: Value = look("?q=Reifen", &clerk).expect(200).await;
    assert_eq!(town.trail().await, ["staff searched complaints"], "looking for words leaves one");
    look(&format!("/{}", complaint.id), &stranger).expect_problem(404, "not_found").await;
    assert_eq!(town.trail().await.len(), 1, "who sees nothing leaves none");
    let _: Value = look(&format!("/{}", complaint.id), &clerk).expect(200).await;
    let _: Value = look(&format!("/{}/history", complaint.id), &clerk).expect(200).await;
    let _: Value = look(&format!("/{}/routing", complaint.id), &clerk).expect(200).await;
    town.rathaus.get(&town.link(complaint.id, town.front.id)).send().await;
    let staff = [&["staff read complaint"; 3][..], &["staff searched complaints"]].concat();
    let expected = [&["desk_link read complaint"][..], &staff].concat();
    assert_eq!(town.trail().await, expected);
}

async fn who_takes_data_away_leaves_a_trace(town: Town) {
    let planted = town.plant().await;
    let of = |deed: &'static str| {
        let town = &town;
        async move { town.trail().await.into_iter().filter(|line| line.contains(deed)).collect::<Vec<_>>() }
    };
    let person = planted.person;
    let people = format!("/v1/municipalities/bad-dueben/staff/people/{person}/export");
    for (path, token) in [("/v1/me/export", &planted.token), (people.as_str(), &planted.admin)] {
        assert_eq!(town.rathaus.post(path, &json!({})).bearer(token).send().await.status, 200, "{path}");
    }
    assert_eq!(of("exported").await, ["person exported person", "staff exported person"]);
    let before = of("staff read").await.len();
    let seen: Value =
        town.rathaus.get(&format!("{INBOX}/{}", planted.complaint)).bearer(&planted.admin).expect(200).await;
    let photo = seen["photos"][0]["id"].as_str().unwrap();
    let photo = town.rathaus.get(&format!("/v1/municipalities/bad-dueben/photos/{photo}"));
    assert_eq!(photo.bearer(&planted.admin).send().await.status, 200);
    assert_eq!(of("staff read").await.len(), before + 2, "the report, and its picture");
}

async fn signing_in_and_roles_leave_a_trace(town: Town) {
    let (_, admin) = town.staff(Role::Admin, &[]).await;
    town.rathaus.citizen("erika@example.org").await;
    town.rathaus.staff_account("kim@example.org").await;
    let sign_in = json!({"email": "kim@example.org", "password": PASSWORD});
    let _: Value = town.rathaus.post("/v1/auth/staff-sessions", &sign_in).expect(201).await;
    let admins = "/v1/municipalities/bad-dueben/admin";
    let new = json!({"name": "Kim", "email": "kim@example.org", "role": "clerk", "departments": []});
    let invited: Value = town.rathaus.post(&format!("{admins}/staff"), &new).bearer(&admin).expect(201).await;
    let place = format!("{admins}/staff/{}", invited["id"].as_str().unwrap());
    let promoted = town.rathaus.request(reqwest::Method::PATCH, &place).json(&json!({"role": "lead"}));
    let promoted = crate::support::http::Call(promoted).bearer(&admin).header("if-match", "\"v1\"");
    let _: Value = promoted.expect(200).await;
    let made = town.rathaus.post(&format!("{admins}/departments"), &json!({"name": "Forst"})).bearer(&admin);
    let _: Value = made.expect(201).await;
    let refused = town.rathaus.post(&format!("{admins}/departments"), &json!({"name": "Forst"}));
    refused.bearer(&admin).expect_problem(409, "already_exists").await;
    let expected = [
        "staff changed staff",
        "staff created department",
        "staff created staff",
        "visitor signed_in account",
        "visitor signed_in account",
    ];
    assert_eq!(town.trail().await, expected, "what was refused leaves none");
}

async fn keys_and_second_factors_leave_a_trace(town: Town) {
    let (_, admin) = town.staff(Role::Admin, &[]).await;
    let keys = "/v1/municipalities/bad-dueben/admin/api-keys";
    let key = json!({"name": "Stadtplan", "scopes": ["register.read"]});
    let made: Value = town.rathaus.post(keys, &key).bearer(&admin).expect(201).await;
    let place = format!("{keys}/{}", made["id"].as_str().unwrap());
    for expected in [204, 412] {
        let revoked = town.rathaus.delete(&place).bearer(&admin).header("if-match", "\"v1\"").send().await;
        assert_eq!(revoked.status, expected, "{}", revoked.body);
    }
    assert_eq!(town.trail().await, ["staff created api_key", "staff removed api_key"]);

    let (authenticator, codes) = town.rathaus.guarded().await;
    let totp = town.rathaus.shown(&authenticator, 1);
    let sign_in = json!({"email": AMT, "password": PASSWORD, "totp": totp});
    let session: Value = town.rathaus.post("/v1/auth/staff-sessions", &sign_in).expect(201).await;
    let remove = async |code: &str, expected: u16| {
        let removal = json!({"password": PASSWORD, "totp": code});
        let removal = town.rathaus.post("/v1/auth/second-factor/removal", &removal);
        assert_eq!(removal.bearer(access(&session)).send().await.status, expected);
    };
    remove("000000", 422).await;
    remove(&codes[0], 204).await;
    let of_factors = async || -> Vec<String> {
        town.trail().await.into_iter().filter(|line| line.ends_with("second_factor")).collect()
    };
    let mut expected = vec!["account created second_factor", "account removed second_factor"];
    assert_eq!(of_factors().await, expected);

    let email = EmailAddress::parse(AMT).unwrap();
    let tx = town.rathaus.store().begin(Scope::Installation).await.unwrap();
    let account = tx.account_of_email(&email).await.unwrap().unwrap().id;
    let factor = SecondFactor {
        account,
        sealed_secret: String::new(),
        confirmed_at: Some(town.now()),
        last_step: 0,
        recovery_hashes: Vec::new(),
        version: 1,
        created_at: town.now(),
    };
    tx.insert_second_factor(&factor).await.unwrap();
    tx.commit().await.unwrap();
    let operator = town.rathaus.clock.ctx(Default::default(), Uuid::nil(), Operator);
    team::reset_second_factor(town.rathaus.store(), &operator, &email).await.unwrap();
    expected.push("operator removed second_factor");
    assert_eq!(of_factors().await, expected);
}

async fn a_copied_token_leaves_a_trace_and_is_told(town: Town) {
    let rathaus = &town.rathaus;
    let (citizen, guest) = (rathaus.citizen("erika@example.org").await, rathaus.guest().await);
    for session in [&citizen, &guest] {
        let _: Value = rathaus.refresh(renewal(session)).expect(200).await;
    }
    rathaus.clock.advance(chrono::TimeDelta::seconds(31));
    // The second time there is no session any more.
    for session in [&citizen, &guest, &citizen, &guest] {
        // Asked for in English first.
        rathaus.refresh(renewal(session)).expect_problem(401, "unauthenticated").await;
    }
    let trail = ["visitor signed_in account", "visitor token_copied account", "visitor token_copied person"];
    assert_eq!(town.trail().await, trail);
    rathaus.clock.advance(chrono::TimeDelta::minutes(11));
    let told: Vec<_> = rathaus
        .codes_due()
        .await
        .into_iter()
        .map(|letter| (letter.purpose, letter.address.as_str().to_owned(), letter.locale))
        .collect();
    let letter = (CodePurpose::TokenCopied, "erika@example.org".to_owned(), Locale::De);
    assert_eq!(told, [letter], "in the person's language; a guest has no address");
}

async fn nobody_who_serves_can_change_it(town: Town) {
    let complaint = town.complaint(1, &town.front).await;
    town.rathaus.get(&town.link(complaint.id, town.front.id)).send().await;
    assert_eq!(upkeep::seal(town.rathaus.store(), town.now()).await.unwrap(), 1);
    assert_eq!(upkeep::seal(town.rathaus.store(), town.now()).await.unwrap(), 0);
    let writer = town.rathaus.store().connections().writer();
    for table in ["audit_entries", "audit_blocks"] {
        for attempt in [format!("DELETE FROM {table}"), format!("UPDATE {table} SET id = id")] {
            let attempt = attempt.replace("audit_blocks SET id = id", "audit_blocks SET number = number");
            assert!(writer.execute_unprepared(&attempt).await.is_err(), "{attempt}");
        }
    }
    let verdict = town.rathaus.store().installation().verify_audit().await.unwrap();
    assert_eq!((verdict.sealed, verdict.blocks, verdict.faults.len()), (1, 1, 0));
}

/// Somebody who owns the database changes one entry behind everybody's back.
async fn one_changed_row_among_100_000_is_found(town: Town) {
    let store = town.rathaus.store();
    let ids: Vec<Uuid> = (0..100_001).map(|_| Uuid::now_v7()).collect();
    for slice in ids.chunks(2_000) {
        let db = store.transaction(Scope::Installation).await.unwrap();
        for id in slice {
            let entry = Entry {
                id: AuditId(*id),
                at: town.now(),
                municipality: Some(town.town.id),
                actor_kind: "staff".to_owned(),
                actor: Some(town.town.id.0),
                deed: "read".to_owned(),
                subject_kind: "complaint".to_owned(),
                subject: Some(*id),
            };
            db.insert_audit_entry(&entry).await.unwrap();
        }
        db.finish().await.unwrap();
        // The last one stays unsealed.
        if slice.len() == 2_000 {
            upkeep::seal(store, town.now()).await.unwrap();
        }
    }
    let begun = Instant::now();
    let verdict = store.installation().verify_audit().await.unwrap();
    assert_eq!((verdict.sealed, verdict.faults.len(), verdict.unsealed.len()), (100_000, 0, 1));
    println!("100,000 entries verified in {} ms", begun.elapsed().as_millis());

    let changed = ids[77_777];
    let owner = Database::connect(&town.rathaus.database().superuser_url).await.unwrap();
    let literal = match town.rathaus.database().engine {
        Engine::Sqlite => {
            owner.execute_unprepared("DROP TRIGGER audit_entries_no_update").await.unwrap();
            format!("X'{}'", changed.simple())
        }
        Engine::Postgres => format!("'{changed}'"),
    };
    let update = format!("UPDATE audit_entries SET deed = 'searched' WHERE id = {literal}");
    assert_eq!(owner.execute_unprepared(&update).await.unwrap().rows_affected(), 1);
    owner.close().await.unwrap();
    let begun = Instant::now();
    let verdict = store.installation().verify_audit().await.unwrap();
    println!("the changed one was found in {} ms", begun.elapsed().as_millis());
    assert_eq!(verdict.faults.len(), 1, "{:?}", verdict.faults);
    assert!(matches!(verdict.faults[0], Fault::EntryChanged { entry, .. } if entry.0 == changed));
}
