//! Use cases: the town hall's staff keep its rules, and are told when one breaks.

use super::{Actions, Broken, ConditionTree, Decision, Register, RegisteredArea, RegisteredCategory, Rule};
use crate::{
    Code, Ctx, Error, Reads, Result, Scope, Store, Tx,
    audit::{Deed, Subject, note},
    context::{Permission, Staff},
    deliveries::{MAIL_LIFE, NewMessage, Topic},
    idempotency::{Once, Outcome},
    ids::RoutingRuleId,
    staff::Role,
    text::Name,
    time::TownCalendar,
};

/// Rules one town hall may have.
pub const MAX_RULES: usize = 10_000;

/// A rule to be added.
#[derive(Clone, Debug)]
pub struct NewRule {
    /// What the town hall calls it.
    pub name: Name,
    /// Its place in the order; last where absent.
    pub position: Option<i32>,
    /// What it asks.
    pub condition: ConditionTree,
    /// What it does.
    pub actions: Actions,
    /// Whether it takes part.
    pub active: bool,
}

/// What changes about a rule; absent members stay.
#[derive(Clone, Debug, Default)]
pub struct RuleChange {
    /// What the town hall calls it.
    pub name: Option<Name>,
    /// Its place in the order.
    pub position: Option<i32>,
    /// What it asks.
    pub condition: Option<ConditionTree>,
    /// What it does.
    pub actions: Option<Actions>,
    /// Whether it takes part.
    pub active: Option<bool>,
}

/// What rules of the municipality in scope may refer to.
pub async fn register<R: Reads + ?Sized>(reads: &R, calendar: TownCalendar) -> Result<Register> {
    let departments = reads.departments().await?;
    let default_department = reads.default_department().await?.id;
    let staff = reads.staff().await?.into_iter().filter(|member| member.active);
    let categories = reads.categories().await?.into_iter().map(|category| {
        let registered = RegisteredCategory {
            name: category.names.de.into_string(),
            name_en: category.names.en.map(Name::into_string),
            active: category.active,
        };
        (category.id, registered)
    });
    let areas = reads
        .areas()
        .await?
        .into_iter()
        .map(|area| (area.id, RegisteredArea { name: area.name.into_string(), shape: area.geometry }));
    Ok(Register {
        calendar,
        default_department,
        departments: departments.iter().map(|department| department.id).collect(),
        staff: staff.map(|member| member.id).collect(),
        categories: categories.collect(),
        areas: areas.collect(),
    })
}

/// The rules in the order they are tried.
pub async fn list(store: &dyn Store, ctx: &Ctx<Staff>) -> Result<Vec<Rule>> {
    ctx.require(Permission::ReadRouting)?;
    Ok(store.read(scope(ctx)).await?.rules().await?)
}

/// One rule.
pub async fn get(store: &dyn Store, ctx: &Ctx<Staff>, id: RoutingRuleId) -> Result<Rule> {
    ctx.require(Permission::ReadRouting)?;
    store.read(scope(ctx)).await?.rule(id).await?.ok_or_else(Error::not_found)
}

/// Adds a rule.
///
/// # Errors
/// Violations where its bounds are not kept or it refers to something that is not there.
pub async fn create(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    new: NewRule,
    once: Once<'_, Rule>,
) -> Result<Outcome<Rule>> {
    ctx.require(Permission::ManageRouting)?;
    let tx = store.begin(scope(ctx)).await?;
    if let Some(answer) = once.replay(&*tx, ctx.now).await? {
        return Ok(Outcome::Replayed(answer));
    }
    // First, since it makes changes of one register wait for each other: nothing that the rule
    // refers to goes between the check and the commit.
    tx.touch_register().await?;
    let rules = tx.rules().await?;
    if rules.len() >= MAX_RULES {
        return Err(Error::invalid("", Code::TooMany));
    }
    let last = rules.iter().map(|rule| rule.position).max().unwrap_or_default();
    let rule = Rule {
        id: ctx.id(),
        position: new.position.unwrap_or(last.saturating_add(1)),
        name: new.name,
        condition: new.condition,
        actions: new.actions,
        active: new.active,
        broken: None,
        version: 1,
    };
    check(&*tx, ctx, &rule).await?;
    tx.insert_rule(ctx.now, &rule).await?;
    note(&*tx, ctx, Deed::Created, Subject::RoutingRule(rule.id)).await?;
    once.remember(&*tx, ctx.now, &rule).await?;
    tx.commit().await?;
    Ok(Outcome::Done(rule))
}

/// Changes a rule at `version`. A broken one that can be evaluated again counts as whole.
///
/// # Errors
/// As [`create`]; stale where it changed since.
pub async fn change(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    id: RoutingRuleId,
    version: i64,
    change: RuleChange,
) -> Result<Rule> {
    ctx.require(Permission::ManageRouting)?;
    let tx = store.begin(scope(ctx)).await?;
    tx.touch_register().await?;
    let mut rule = tx.rule(id).await?.ok_or_else(Error::not_found)?;
    rule.version = version;
    rule.name = change.name.unwrap_or(rule.name);
    rule.position = change.position.unwrap_or(rule.position);
    rule.condition = change.condition.unwrap_or(rule.condition);
    rule.actions = change.actions.unwrap_or(rule.actions);
    rule.active = change.active.unwrap_or(rule.active);
    rule.broken = None;
    check(&*tx, ctx, &rule).await?;
    tx.update_rule(&rule).await?;
    note(&*tx, ctx, Deed::Changed, Subject::RoutingRule(id)).await?;
    tx.commit().await?;
    Ok(Rule { version: version + 1, ..rule })
}

/// Removes a rule at `version`.
pub async fn remove(store: &dyn Store, ctx: &Ctx<Staff>, id: RoutingRuleId, version: i64) -> Result<()> {
    ctx.require(Permission::ManageRouting)?;
    let tx = store.begin(scope(ctx)).await?;
    tx.touch_register().await?;
    tx.rule(id).await?.ok_or_else(Error::not_found)?;
    tx.delete_rule(id, version).await?;
    note(&*tx, ctx, Deed::Removed, Subject::RoutingRule(id)).await?;
    tx.commit().await?;
    Ok(())
}

/// Refuses to let something go that a rule refers to, with the rule's name.
pub async fn unused_by_rules(tx: &dyn Tx, id: impl Into<uuid::Uuid>) -> Result<()> {
    let id = id.into();
    match tx.rules().await?.into_iter().find(|rule| rule.names(id)) {
        Some(rule) => Err(Error::with_values(Code::InUse, vec![("rule", rule.name.into_string())])),
        None => Ok(()),
    }
}

/// Where a decision fell back because a rule is broken: notes it and tells the admins, once.
pub async fn tell_broken<A>(tx: &dyn Tx, ctx: &Ctx<A>, decision: &Decision) -> Result<()> {
    let fallback = decision.reasons.fallback.as_ref();
    let Some(found) = fallback.and_then(|fallback| fallback.broken.as_ref()) else { return Ok(()) };
    let broken = Broken { since: ctx.now, defect: found.defect };
    if !tx.note_broken(found.rule.id, &broken).await? {
        return Ok(());
    }
    let staff = tx.staff().await?;
    let admins = staff.into_iter().filter(|member| member.active && member.role == Role::Admin);
    let mailboxes = admins.map(|member| member.email);
    let topic = Topic::RuleBroken { rule: found.rule.id };
    if let Some(mail) = NewMessage::to_mailboxes(mailboxes, topic, ctx.id(), ctx.now + MAIL_LIFE) {
        tx.enqueue(ctx.now, &mail).await?;
    }
    Ok(())
}

async fn check(tx: &dyn Tx, ctx: &Ctx<Staff>, rule: &Rule) -> Result<()> {
    let town = tx.municipality_by_id(ctx.actor.municipality).await?.ok_or_else(Error::not_found)?;
    let calendar = TownCalendar { state: town.state, zone: town.time_zone };
    register(tx, calendar).await?.check(rule).map_err(Error::violations)?;
    Ok(())
}

fn scope(ctx: &Ctx<Staff>) -> Scope {
    Scope::Municipality(ctx.actor.municipality)
}
