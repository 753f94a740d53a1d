//! Every identifier is its own type, so that one cannot stand where another belongs.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[doc = $doc:literal])+ $name:ident;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = Uuid, example = "019a8f3e-7c11-7d2b-9a52-3f1f0f2a6c01")]
        pub struct $name(pub Uuid);

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self { Self(id) }
        }
        impl From<$name> for Uuid {
            fn from(id: $name) -> Self { id.0 }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { self.0.fmt(f) }
        }
        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> { text.parse().map(Self) }
        }
    )+};
}

ids! {
    /// One town hall on the installation: the tenant.
    MunicipalityId;
    /// A citizen, a guest or a ward.
    PersonId;
    /// A sign-in: of a citizen or of staff.
    AccountId;
    /// A signed-in installation: one family of refresh tokens.
    SessionId;
    /// A one-time code.
    CodeId;
    /// One way to reach someone.
    ContactPointId;
    /// An app installation, named by the app itself.
    DeviceId;
    /// A member of a town hall's staff.
    StaffId;
    /// A desk in the town hall.
    DepartmentId;
    /// One person's tie to somebody they represent.
    ProxyId;
    /// An interest one can choose.
    TopicId;
    /// A kind of complaint.
    CategoryId;
    /// A named polygon.
    AreaId;
    /// A house in the address register.
    AddressId;
    /// A key for a program.
    ApiKeyId;
    /// A rule that says which department a complaint belongs to.
    RoutingRuleId;
    /// A stored answer to "why here".
    DecisionId;
    /// A citizen's report.
    ComplaintId;
    /// A piece of content: of news, a place, an event.
    ContentId;
    /// A picture or document of content.
    ContentFileId;
    /// A source of content.
    ContentSourceId;
    /// A step in a complaint's history.
    HistoryId;
    /// A picture of a complaint.
    PhotoId;
    /// A broadcast or a notice.
    MessageId;
    /// Words of broadcasts with places to fill in.
    BroadcastTemplateId;
    /// A saved audience.
    SegmentId;
    /// Rows of one message that a worker leases together.
    ChunkId;
    /// One running process that sends.
    WorkerId;
    /// An entry of the audit log.
    AuditId;
    /// Somebody who may follow before the service starts.
    TesterId;
    /// A kind of waste.
    WasteTypeId;
    /// What one source of collections publishes.
    WasteCalendarId;
    /// Houses of a street that a calendar is for.
    WasteSectionId;
    /// A collection of waste, or a stop.
    CollectionId;
}
