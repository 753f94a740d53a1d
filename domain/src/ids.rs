//! Every identifier is its own type, so that one cannot stand where another belongs.

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use uuid::Uuid;

/// Length of a UUID as RFC 9562 writes it.
const WRITTEN_OUT: usize = 36;

/// A UUID as RFC 9562 writes it, in small or capital letters: an identifier has one form, without braces and with
/// its hyphens.
fn canonical<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Uuid, D::Error> {
    let text = String::deserialize(deserializer)?;
    let id = Uuid::try_parse(&text).map_err(|_| D::Error::custom("no UUID"))?;
    if text.len() == WRITTEN_OUT { Ok(id) } else { Err(D::Error::custom("no UUID")) }
}

macro_rules! ids {
    ($($(#[doc = $doc:literal])+ $name:ident;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, utoipa::ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = Uuid, example = "019a8f3e-7c11-7d2b-9a52-3f1f0f2a6c01")]
        pub struct $name(pub Uuid);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                canonical(deserializer).map(Self)
            }
        }
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
    /// A change of the address somebody signs in with.
    AddressChangeId;
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

impl From<CodeId> for AddressChangeId {
    /// A change is named as the code that confirms it.
    fn from(code: CodeId) -> Self {
        Self(code.0)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::*;

    #[test]
    fn an_identifier_has_one_form() {
        let read = |text: &str| from_value::<ComplaintId>(Value::from(text)).ok();
        let id = ComplaintId(Uuid::from_u128(0x019a_8f3e_7c11_7d2b_9a52_3f1f_0f2a_6c01));
        let written = "019a8f3e-7c11-7d2b-9a52-3f1f0f2a6c01";
        assert_eq!(read(written), Some(id));
        assert_eq!(read(&written.to_uppercase()), Some(id), "as Apple's telephones write it");
        assert_eq!(json!(id), written);
        for other in [
            format!("{{{written}}}"),
            format!("urn:uuid:{written}"),
            written.replace('-', ""),
            format!("{written} "),
            String::new(),
        ] {
            assert_eq!(read(&other), None, "{other}");
        }
    }
}
