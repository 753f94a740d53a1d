//! Routing rules as the town hall's staff keep them.

use domain::{
    Code, Ctx, Error, Scope, Store, StoreError,
    context::{Credential, Staff, System},
    geo::Point,
    idempotency::{Once, Outcome},
    ids::DepartmentId,
    municipalities::Municipality,
    routing::{
        Actions, Decision, DefectKind, Facts, Rule, RuleBook,
        service::{self, NewRule, RuleChange, change, list, register, remove, tell_broken, unused_by_rules},
    },
    staff::{Member, Role},
    text::Name,
    time::TownCalendar,
};
use reqwest::Method;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{http::Call, installation::Installation, on_both, town::rectangle};

on_both!(
    the_first_rule_that_holds_decides,
    a_rule_that_names_nothing_is_refused,
    a_rule_changed_meanwhile_is_stale,
    what_a_rule_names_stays,
    only_who_may_keeps_rules,
    a_rule_that_breaks_later_is_told_once,
    staff_keep_rules_over_the_api,
);

fn staff(installation: &Installation, town: &Municipality, role: Role) -> Ctx<Staff> {
    let actor = Staff {
        credential: Credential::Session,
        account: installation.clock.uuid().into(),
        staff: installation.clock.uuid().into(),
        municipality: town.id,
        name: "Ada Admin".into(),
        rights: role.rights(),
        departments: Vec::new(),
        categories: Vec::new(),
    };
    installation.clock.ctx(Default::default(), Uuid::nil(), actor)
}

fn rule(name: &str, condition: Value, department: DepartmentId) -> NewRule {
    NewRule {
        name: Name::parse(name).unwrap(),
        position: None,
        condition: serde_json::from_value(condition).unwrap(),
        actions: Actions { department, assignee: None, priority: None, extra_emails: Vec::new() },
        active: true,
    }
}

async fn create(store: &impl Store, ctx: &Ctx<Staff>, new: NewRule) -> domain::Result<Rule> {
    match service::create(store, ctx, new, Once::unkeyed()).await? {
        Outcome::Done(rule) => Ok(rule),
        Outcome::Replayed(_) => panic!("replayed without a key"),
    }
}

async fn default_department(installation: &Installation, town: &Municipality) -> DepartmentId {
    let reads = installation.store().read(Scope::Municipality(town.id)).await.unwrap();
    reads.default_department().await.unwrap().id
}

async fn decide(installation: &Installation, town: &Municipality, facts: Facts<'_>) -> Decision {
    let reads = installation.store().read(Scope::Municipality(town.id)).await.unwrap();
    let register = register(&*reads, TownCalendar { state: town.state, zone: town.time_zone }).await.unwrap();
    RuleBook::new(reads.rules().await.unwrap(), &register).decide(&facts)
}

async fn the_first_rule_that_holds_decides(installation: Installation) {
    let town = installation.found("bad-dueben", "Bad Düben").await;
    let ctx = staff(&installation, &town, Role::Admin);
    let desk = default_department(&installation, &town).await;
    let waste = installation.add_category(&town, "illegal-waste", 1).await;
    let area = installation.add_area(&town, "schnaditz", rectangle(12.55, 51.58, 12.57, 51.6)).await;
    let store = installation.store();
    create(store, &ctx, rule("Tyres", json!({"words": ["reifen"]}), desk)).await.unwrap();
    let first = NewRule {
        position: Some(0),
        ..rule("Waste in Schnaditz", json!({"all": [{"category": [waste.id]}, {"area": [area.id]}]}), desk)
    };
    create(store, &ctx, first).await.unwrap();
    let names: Vec<_> =
        list(store, &ctx).await.unwrap().into_iter().map(|rule| rule.name.into_string()).collect();
    assert_eq!(names, ["Waste in Schnaditz", "Tyres"]);

    let inside = Point::parse(51.59, 12.56).unwrap();
    let facts = Facts {
        category: waste.id,
        text: "Alte Reifen am Waldrand",
        point: Some(inside),
        at: ctx.now,
        anonymous: false,
    };
    let decided = |decision: Decision| decision.reasons.rule.unwrap().name;
    assert_eq!(decided(decide(&installation, &town, facts).await), "Waste in Schnaditz");
    let nowhere = Facts { point: None, ..facts };
    assert_eq!(decided(decide(&installation, &town, nowhere).await), "Tyres");
}

async fn a_rule_that_names_nothing_is_refused(installation: Installation) {
    let town = installation.found("bad-dueben", "Bad Düben").await;
    let other = installation.found("eilenburg", "Eilenburg").await;
    let ctx = staff(&installation, &town, Role::Admin);
    let desk = default_department(&installation, &town).await;
    let foreign = default_department(&installation, &other).await;
    let missing = Uuid::from_u128(7);
    let wrong_person = NewRule {
        actions: Actions {
            department: desk,
            assignee: Some(missing.into()),
            priority: None,
            extra_emails: Vec::new(),
        },
        ..rule("Person", json!({"anonymous": true}), desk)
    };
    for (new, pointer) in [
        (rule("Area", json!({"area": [missing]}), desk), "/condition/area/0"),
        (
            rule("Category", json!({"any": [{"anonymous": true}, {"category": [missing]}]}), desk),
            "/condition/any/1/category/0",
        ),
        (rule("Foreign desk", json!({"anonymous": true}), foreign), "/actions/department"),
        (wrong_person, "/actions/assignee"),
    ] {
        let Err(Error::Refused(refusal)) = create(installation.store(), &ctx, new).await else {
            panic!("{pointer}: accepted");
        };
        assert_eq!(refusal.violations[0].pointer, pointer);
        assert_eq!(refusal.violations[0].code, Code::UnknownReference);
    }
    assert!(list(installation.store(), &ctx).await.unwrap().is_empty(), "nothing was written");
}

async fn a_rule_changed_meanwhile_is_stale(installation: Installation) {
    let town = installation.found("bad-dueben", "Bad Düben").await;
    let ctx = staff(&installation, &town, Role::Admin);
    let desk = default_department(&installation, &town).await;
    let store = installation.store();
    let saved = create(store, &ctx, rule("Anonymous", json!({"anonymous": true}), desk)).await.unwrap();
    let off = || RuleChange { active: Some(false), ..RuleChange::default() };
    let changed = change(store, &ctx, saved.id, saved.version, off()).await.unwrap();
    assert_eq!(list(store, &ctx).await.unwrap().first(), Some(&changed));
    let stale = change(store, &ctx, saved.id, saved.version, off()).await;
    assert!(matches!(stale, Err(Error::Store(StoreError::Stale))), "{stale:?}");
    let stale = remove(store, &ctx, saved.id, saved.version).await;
    assert!(matches!(stale, Err(Error::Store(StoreError::Stale))), "{stale:?}");
    remove(store, &ctx, saved.id, changed.version).await.unwrap();
    assert_eq!(
        remove(store, &ctx, saved.id, changed.version).await.unwrap_err().code(),
        Some(Code::NotFound)
    );
}

async fn what_a_rule_names_stays(installation: Installation) {
    let town = installation.found("bad-dueben", "Bad Düben").await;
    let ctx = staff(&installation, &town, Role::Admin);
    let desk = default_department(&installation, &town).await;
    let waste = installation.add_category(&town, "illegal-waste", 1).await;
    let light = installation.add_category(&town, "street-light", 2).await;
    let condition = json!({"not": {"category": [waste.id]}});
    create(installation.store(), &ctx, rule("All but waste", condition, desk)).await.unwrap();
    let tx = installation.store().begin(Scope::Municipality(town.id)).await.unwrap();
    let Err(Error::Refused(refusal)) = unused_by_rules(&*tx, waste.id).await else { panic!("unused") };
    assert_eq!(refusal.code, Code::InUse);
    assert_eq!(refusal.values, [("rule", "All but waste".to_owned())]);
    unused_by_rules(&*tx, light.id).await.unwrap();
}

async fn only_who_may_keeps_rules(installation: Installation) {
    let town = installation.found("bad-dueben", "Bad Düben").await;
    let desk = default_department(&installation, &town).await;
    for role in [Role::Editor, Role::Clerk, Role::Auditor] {
        let ctx = staff(&installation, &town, role);
        let refusal = create(installation.store(), &ctx, rule("X", json!({"anonymous": true}), desk)).await;
        assert_eq!(refusal.unwrap_err().code(), Some(Code::Forbidden), "{role}");
    }
}

async fn a_rule_that_breaks_later_is_told_once(installation: Installation) {
    let town = installation.found("bad-dueben", "Bad Düben").await;
    let ctx = staff(&installation, &town, Role::Admin);
    let desk = default_department(&installation, &town).await;
    let waste = installation.add_category(&town, "illegal-waste", 1).await;
    let assignee = installation.employ(&town, "clerk@example.org", Role::Clerk).await;
    installation.employ(&town, "admin@example.org", Role::Admin).await;
    let actions =
        Actions { department: desk, assignee: Some(assignee.id), priority: None, extra_emails: Vec::new() };
    let new = NewRule { actions, ..rule("To the clerk", json!({"anonymous": true}), desk) };
    let saved = create(installation.store(), &ctx, new).await.unwrap();
    let tx = installation.store().begin(Scope::Municipality(town.id)).await.unwrap();
    tx.update_member(&Member { active: false, ..assignee }).await.unwrap();
    tx.commit().await.unwrap();

    let facts = Facts { category: waste.id, text: "Müll", point: None, at: ctx.now, anonymous: true };
    let decision = decide(&installation, &town, facts).await;
    assert_eq!(decision.department, desk);
    for _ in 0..2 {
        let tx = installation.store().begin(Scope::Municipality(town.id)).await.unwrap();
        tell_broken(&*tx, &ctx.with(System), &decision).await.unwrap();
        tx.commit().await.unwrap();
    }
    let reads = installation.store().read(Scope::Municipality(town.id)).await.unwrap();
    let broken = reads.rule(saved.id).await.unwrap().unwrap().broken.unwrap();
    assert_eq!((broken.since, broken.defect.kind), (ctx.now, DefectKind::Assignee));
    let view = installation.store().view(Scope::Municipality(town.id)).await.unwrap();
    let count = Statement::from_string(view.backend(), "SELECT count(*) AS n FROM deliveries");
    let row = view.connection().query_one_raw(count).await.unwrap().unwrap();
    assert_eq!(row.try_get::<i64>("", "n").unwrap(), 1, "the admin is told once, the clerk is not");
}

const RULES: &str = "/v1/municipalities/bad-dueben/admin/routing-rules";

async fn staff_keep_rules_over_the_api(installation: Installation) {
    let town = installation.found("bad-dueben", "Bad Düben").await;
    let other = installation.found("eilenburg", "Eilenburg").await;
    let desk = default_department(&installation, &town).await;
    let admin = installation.employ(&town, "admin@example.org", Role::Admin).await;
    let admin = installation.token(&admin).await;
    let clerk = installation.employ(&town, "clerk@example.org", Role::Clerk).await;
    let clerk = installation.token(&clerk).await;
    let stranger = installation.employ(&other, "stranger@example.org", Role::Admin).await;
    let stranger = installation.token(&stranger).await;
    let new = json!({
        "name": "Tyres",
        "condition": {"words": ["reifen"]},
        "actions": {"department": desk, "priority": "high"}
    });
    let call = |method: Method, path: &str, body: &Value| {
        Call(installation.request(method, path).json(body)).bearer(&admin)
    };

    installation.post(RULES, &new).expect_problem(401, "unauthenticated").await;
    installation.post(RULES, &new).bearer(&clerk).expect_problem(403, "forbidden").await;
    installation.post(RULES, &new).bearer(&stranger).expect_problem(404, "not_found").await;
    for (member, value, pointer) in [
        ("colour", json!("red"), "/colour"),
        ("name", json!("x".repeat(81)), "/name"),
        ("name", json!("NUL\u{0}"), "/name"),
        ("position", json!(-1), "/position"),
        ("condition", json!({}), "/condition"),
        ("condition", json!({"area": [Uuid::nil()]}), "/condition/area/0"),
        ("actions", json!({"department": Uuid::nil()}), "/actions/department"),
    ] {
        let mut wrong = new.clone();
        wrong[member] = value;
        let refused = call(Method::POST, RULES, &wrong).expect_problem(422, "validation_failed").await;
        assert_eq!(refused.json::<Value>()["errors"][0]["pointer"], pointer, "{}", refused.body);
    }
    let none: Value = installation.get(RULES).bearer(&admin).expect(200).await;
    assert_eq!(none["items"], json!([]), "nothing was written");

    let made = call(Method::POST, RULES, &new).send().await;
    assert_eq!(made.status, 201, "{}", made.body);
    let place = made.headers["location"].to_str().unwrap().to_owned();
    let tag = made.headers["etag"].to_str().unwrap().to_owned();
    let seen = installation.get(&place).bearer(&admin).header("if-none-match", &tag).send().await;
    assert_eq!(seen.status, 304);

    let rename = json!({"name": "Old tyres", "active": false});
    call(Method::PATCH, &place, &rename).expect_problem(428, "precondition_required").await;
    let changed: Value = call(Method::PATCH, &place, &rename).header("if-match", &tag).expect(200).await;
    assert_eq!((&changed["name"], &changed["active"]), (&json!("Old tyres"), &json!(false)));
    assert_eq!(changed["condition"], new["condition"], "what is absent stays");
    call(Method::PATCH, &place, &rename).header("if-match", &tag).expect_problem(412, "stale").await;
    installation.delete(&place).bearer(&admin).header("if-match", &tag).expect_problem(412, "stale").await;
    let gone = installation.delete(&place).bearer(&admin).header("if-match", "\"v2\"").send().await;
    assert_eq!(gone.status, 204, "{}", gone.body);
    installation.get(&place).bearer(&admin).expect_problem(404, "not_found").await;
}
