//! What storage must do for routing rules and decisions.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{Broken, Decision, Rule, StoredDecision};
use crate::{
    StoreError,
    ids::{ComplaintId, DecisionId, RoutingRuleId},
};

/// Reading.
#[async_trait]
pub trait RoutingReads: Send + Sync {
    /// The rules in the order they are tried, those out of use included.
    async fn rules(&self) -> Result<Vec<Rule>, StoreError>;
    /// One rule.
    async fn rule(&self, id: RoutingRuleId) -> Result<Option<Rule>, StoreError>;
    /// Why a complaint went where it went, the latest decision first.
    async fn decisions_of(&self, complaint: ComplaintId) -> Result<Vec<StoredDecision>, StoreError>;
}

/// Writing.
#[async_trait]
pub trait RoutingWrites: Send + Sync {
    /// Adds a rule. `Dependent` where its department is gone.
    async fn insert_rule(&self, now: DateTime<Utc>, rule: &Rule) -> Result<(), StoreError>;
    /// Changes a rule at `rule.version` and raises it.
    async fn update_rule(&self, rule: &Rule) -> Result<(), StoreError>;
    /// Removes a rule at that version.
    async fn delete_rule(&self, id: RoutingRuleId, version: i64) -> Result<(), StoreError>;
    /// Notes that a rule cannot be evaluated; false where that was noted before.
    async fn note_broken(&self, id: RoutingRuleId, broken: &Broken) -> Result<bool, StoreError>;
    /// Keeps why a complaint went where it went.
    async fn insert_decision(
        &self,
        now: DateTime<Utc>,
        id: DecisionId,
        complaint: ComplaintId,
        decision: &Decision,
    ) -> Result<(), StoreError>;
}
