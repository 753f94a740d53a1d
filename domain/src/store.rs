//! The persistence port. Everything is read and written inside one scope.

use async_trait::async_trait;

use crate::{
    audit::port::AuditWrites,
    broadcasts::port::{
        BroadcastReads, BroadcastWrites, PollReads, PollWrites, SegmentReads, SegmentWrites, TemplateReads,
        TemplateWrites,
    },
    categories::port::{CategoryReads, CategoryWrites},
    citizens::port::{
        AccountReads, AccountWrites, AddressChangeReads, AddressChangeWrites, CodeReads, CodeWrites,
        DeviceReads, DeviceWrites, PeopleReads, PeopleWrites, SessionReads, SessionWrites, SignInSweeps,
    },
    complaints::port::{ComplaintReads, ComplaintWrites},
    consents::port::{ConsentReads, ConsentWrites},
    content::{
        port::{ContentReads, ContentWrites},
        sources::port::{ContentSourceReads, ContentSourceWrites},
    },
    deliveries::port::{CallWrites, DeliveryReads, Outbox, ReportWrites},
    follows::port::{FollowReads, FollowWrites},
    idempotency::IdempotencyWrites,
    ids::MunicipalityId,
    integrations::port::{ApiKeyReads, ApiKeyWrites},
    limits::{CounterReads, CounterWrites},
    municipalities::port::{
        AddressReads, AddressWrites, AreaReads, AreaWrites, DepartmentReads, DepartmentWrites, LegalReads,
        LegalWrites, MunicipalityReads, MunicipalityWrites, TopicReads, TopicWrites,
    },
    privacy::port::PrivacyWrites,
    routing::port::{RoutingReads, RoutingWrites},
    staff::port::{SecondFactorReads, SecondFactorWrites, StaffReads, StaffWrites},
    wards::port::{WardReads, WardWrites},
    waste::port::{
        CollectionReads, CollectionWrites, ReminderReads, ReminderWrites, WasteCalendarReads,
        WasteCalendarWrites, WasteTypeReads, WasteTypeWrites,
    },
};

/// Whose rows an access may see. Given once, to [`Store::read`] or [`Store::begin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The rows of one town hall, and the installation-wide tables.
    Municipality(MunicipalityId),
    /// The installation-wide tables only.
    Installation,
}

/// How urgent a write is where only one writer can work at a time (SQLite).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::EnumIter)]
pub enum Urgency {
    /// Somebody waits for the answer.
    Request,
    /// A crisis message is on its way.
    Crisis,
    /// Any other message.
    Routine,
    /// Housekeeping.
    Sweep,
}

/// What storage can fail with. What the caller did wrong is never among it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The row changed since it was read.
    #[error("the row changed since it was read")]
    Stale,
    /// A unique constraint holds: the row is there already.
    #[error("the row is there already")]
    Duplicate,
    /// Another row still refers to it, or it refers to a row that is not there.
    #[error("another row depends on it")]
    Dependent,
    /// The database undid it because others wrote the same rows at the same moment. A second try may do better:
    /// see [`undisturbed`].
    #[error("others wrote the same rows at the same moment")]
    Overtaken,
    /// No connection or no turn to write within the time allowed.
    #[error("no turn to write within the time allowed")]
    Busy,
    /// A row that this version of the program cannot read.
    #[error("unreadable row: {0}")]
    Corrupt(&'static str),
    /// The database failed.
    #[error("the database failed")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The place where photos are kept failed.
    #[error("photo storage failed")]
    Files(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// How often [`undisturbed`] tries.
const TRIES: u32 = 5;

/// Does a piece of work anew, a few times, that the database undid because others wrote the same rows at the same
/// moment. Each try is a transaction of its own.
///
/// # Errors
/// Those of the work; [`StoreError::Overtaken`] where that many tries were not enough.
pub async fn undisturbed<T>(work: impl AsyncFn() -> Result<T, crate::Error>) -> Result<T, crate::Error> {
    for _ in 1..TRIES {
        match work().await {
            Err(crate::Error::Store(StoreError::Overtaken)) => {}
            done => return done,
        }
    }
    work().await
}

/// Access to everything stored.
#[async_trait]
pub trait Store: Send + Sync {
    /// A consistent view for reading.
    async fn read(&self, scope: Scope) -> Result<Box<dyn Reads>, StoreError>;
    /// A transaction; dropping it without [`Tx::commit`] rolls back.
    async fn begin(&self, scope: Scope) -> Result<Box<dyn Tx>, StoreError>;
}

/// Everything that can be read.
pub trait Reads:
    Send
    + Sync
    + MunicipalityReads
    + LegalReads
    + DepartmentReads
    + AreaReads
    + AddressReads
    + CategoryReads
    + RoutingReads
    + PeopleReads
    + AccountReads
    + AddressChangeReads
    + SessionReads
    + CodeReads
    + DeviceReads
    + FollowReads
    + ConsentReads
    + TopicReads
    + WardReads
    + WasteTypeReads
    + WasteCalendarReads
    + CollectionReads
    + ReminderReads
    + StaffReads
    + SecondFactorReads
    + ApiKeyReads
    + ComplaintReads
    + ContentReads
    + ContentSourceReads
    + DeliveryReads
    + BroadcastReads
    + PollReads
    + TemplateReads
    + SegmentReads
    + CounterReads
{
}

/// Everything that can be read and written, all or nothing.
#[async_trait]
pub trait Tx:
    Reads
    + MunicipalityWrites
    + LegalWrites
    + AuditWrites
    + PrivacyWrites
    + DepartmentWrites
    + AreaWrites
    + AddressWrites
    + CategoryWrites
    + RoutingWrites
    + PeopleWrites
    + AccountWrites
    + AddressChangeWrites
    + SessionWrites
    + CodeWrites
    + DeviceWrites
    + FollowWrites
    + ConsentWrites
    + TopicWrites
    + WardWrites
    + WasteTypeWrites
    + WasteCalendarWrites
    + CollectionWrites
    + ReminderWrites
    + SignInSweeps
    + CounterWrites
    + IdempotencyWrites
    + StaffWrites
    + SecondFactorWrites
    + ApiKeyWrites
    + ComplaintWrites
    + ContentWrites
    + ContentSourceWrites
    + Outbox
    + ReportWrites
    + CallWrites
    + BroadcastWrites
    + PollWrites
    + TemplateWrites
    + SegmentWrites
{
    /// Makes the writes durable.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}
