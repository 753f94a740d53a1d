//! Which department a complaint belongs to, and why.

pub mod clock;
pub mod condition;
pub mod decision;
pub mod engine;
mod explain;
pub mod port;
pub mod register;
pub mod rule;
pub mod rulebook;
pub mod service;
mod truth;
pub mod words;

pub use clock::{TimeOfDay, TimeRange, Weekday};
pub use condition::{Condition, ConditionTree};
pub use decision::{Decision, Finding, Reasons, StoredDecision, Verdict};
pub use engine::Facts;
pub use register::{Register, RegisteredArea, RegisteredCategory};
pub use rule::{Actions, Broken, Defect, DefectKind, Priority, Rule};
pub use rulebook::RuleBook;
