//! Which department a complaint belongs to, and why.

pub mod clock;
pub mod condition;
pub mod decision;
mod explain;
pub mod port;
pub mod rule;
pub mod words;

pub use clock::{TimeOfDay, TimeRange, Weekday};
pub use condition::{Condition, ConditionTree};
pub use decision::{Decision, Finding, Reasons, Verdict};
pub use rule::{Actions, Broken, Defect, DefectKind, Priority, Rule};
