//! One entry, and making it.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    Ctx, Result, Tx,
    context::{DeskLink, Operator, Person, Staff, System, Visitor},
    ids::{
        AccountId, AddressId, ApiKeyId, AreaId, AuditId, BroadcastTemplateId, CategoryId, ComplaintId,
        ContentId, ContentSourceId, DepartmentId, MessageId, MunicipalityId, PersonId, PhotoId,
        RoutingRuleId, SegmentId, StaffId, TesterId, WasteCalendarId,
    },
};

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::EnumString, strum::EnumIter)]
#[strum(serialize_all = "snake_case")]
pub enum Deed {
    /// Looked at in detail.
    Read,
    /// Looked for by name, address or number.
    Searched,
    /// Handed out as a whole.
    Exported,
    /// Erased.
    Erased,
    /// Signed in.
    SignedIn,
    /// Came with a copy of a token, which ended the session.
    TokenCopied,
    /// Added.
    Created,
    /// Changed.
    Changed,
    /// Removed.
    Removed,
    /// Taken in from a file.
    Imported,
    /// Handed in.
    Submitted,
    /// Approved.
    Approved,
    /// Decided alone what takes two.
    BrokeGlass,
    /// Called back.
    Cancelled,
    /// Taken back after it was done.
    Undone,
    /// Told in person what a broadcast says.
    Informed,
    /// Sent once more to those who were not reached.
    SentAgain,
}

/// What it was done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A person's data.
    Person(PersonId),
    /// An account.
    Account(AccountId),
    /// The second factor of an account.
    SecondFactor(AccountId),
    /// A complaint.
    Complaint(ComplaintId),
    /// The complaints of the town hall as a whole.
    Complaints,
    /// A picture of a complaint.
    Photo(PhotoId),
    /// Somebody of the staff.
    Staff(StaffId),
    /// A department.
    Department(DepartmentId),
    /// A kind of complaint.
    Category(CategoryId),
    /// An area.
    Area(AreaId),
    /// A house of the address register.
    Address(AddressId),
    /// The address register as a whole.
    Addresses,
    /// A broadcast.
    Broadcast(MessageId),
    /// A template of broadcasts.
    BroadcastTemplate(BroadcastTemplateId),
    /// A saved audience.
    Segment(SegmentId),
    /// A routing rule.
    RoutingRule(RoutingRuleId),
    /// The order of the routing rules.
    RoutingRules,
    /// A program's key.
    ApiKey(ApiKeyId),
    /// The town hall's settings.
    Settings(MunicipalityId),
    /// What the law asks the town hall to say.
    LegalFacts(MunicipalityId),
    /// Somebody who may follow before the service starts.
    Tester(TesterId),
    /// People of the town hall as a whole.
    People,
    /// A piece of content.
    Content(ContentId),
    /// A source of content.
    ContentSource(ContentSourceId),
    /// A waste calendar.
    WasteCalendar(WasteCalendarId),
    /// What all waste calendars share.
    WasteCalendars,
}

impl Subject {
    fn parts(self) -> (&'static str, Option<Uuid>) {
        match self {
            Self::Person(id) => ("person", Some(id.0)),
            Self::Account(id) => ("account", Some(id.0)),
            Self::SecondFactor(id) => ("second_factor", Some(id.0)),
            Self::Complaint(id) => ("complaint", Some(id.0)),
            Self::Complaints => ("complaints", None),
            Self::Photo(id) => ("photo", Some(id.0)),
            Self::Staff(id) => ("staff", Some(id.0)),
            Self::Department(id) => ("department", Some(id.0)),
            Self::Category(id) => ("category", Some(id.0)),
            Self::Area(id) => ("area", Some(id.0)),
            Self::Address(id) => ("address", Some(id.0)),
            Self::Addresses => ("addresses", None),
            Self::Broadcast(id) => ("broadcast", Some(id.0)),
            Self::BroadcastTemplate(id) => ("broadcast_template", Some(id.0)),
            Self::Segment(id) => ("segment", Some(id.0)),
            Self::RoutingRule(id) => ("routing_rule", Some(id.0)),
            Self::RoutingRules => ("routing_rules", None),
            Self::ApiKey(id) => ("api_key", Some(id.0)),
            Self::Settings(id) => ("settings", Some(id.0)),
            Self::LegalFacts(id) => ("legal_facts", Some(id.0)),
            Self::Tester(id) => ("tester", Some(id.0)),
            Self::People => ("people", None),
            Self::Content(id) => ("content", Some(id.0)),
            Self::ContentSource(id) => ("content_source", Some(id.0)),
            Self::WasteCalendar(id) => ("waste_calendar", Some(id.0)),
            Self::WasteCalendars => ("waste_calendars", None),
        }
    }
}

/// Who did it, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// `staff`, `person`, `account` (of staff, in no town hall), `visitor`, `operator`, `system` or `desk_link`.
    pub kind: &'static str,
    /// Their identifier, where they have one.
    pub id: Option<Uuid>,
    /// The town hall they acted in, where they acted in one.
    pub municipality: Option<MunicipalityId>,
}

/// Somebody whose deeds are noted.
pub trait Accountable {
    /// Who it is.
    fn actor(&self) -> Actor;
}

macro_rules! accountable {
    ($($actor:ty => $kind:literal, $id:expr, $municipality:expr;)*) => {$(
        impl Accountable for $actor {
            fn actor(&self) -> Actor {
                let (id, municipality): (fn(&Self) -> Option<Uuid>, fn(&Self) -> Option<MunicipalityId>) =
                    ($id, $municipality);
                Actor { kind: $kind, id: id(self), municipality: municipality(self) }
            }
        }
    )*};
}

accountable! {
    Staff => "staff", |staff| Some(staff.staff.0), |staff| Some(staff.municipality);
    DeskLink => "desk_link", |link| Some(link.department.0), |link| Some(link.municipality);
    Person => "person", |person| Some(person.person.0), |_| None;
    Visitor => "visitor", |_| None, |_| None;
    Operator => "operator", |_| None, |_| None;
    System => "system", |_| None, |_| None;
}

/// An entry as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its identifier.
    pub id: AuditId,
    /// When it was done.
    pub at: DateTime<Utc>,
    /// In which town hall, where in one.
    pub municipality: Option<MunicipalityId>,
    /// What kind of actor did it.
    pub actor_kind: String,
    /// Who did it.
    pub actor: Option<Uuid>,
    /// What was done.
    pub deed: String,
    /// What kind of thing it was done to.
    pub subject_kind: String,
    /// Which.
    pub subject: Option<Uuid>,
}

/// Notes a deed in the transaction in which it is done.
///
/// # Errors
/// Those of storage: what cannot be noted is not done.
pub async fn note<A: Accountable>(tx: &dyn Tx, ctx: &Ctx<A>, deed: Deed, subject: Subject) -> Result<()> {
    let (actor, (subject_kind, subject)) = (ctx.actor.actor(), subject.parts());
    let entry = Entry {
        id: ctx.id(),
        at: ctx.now,
        municipality: actor.municipality,
        actor_kind: actor.kind.to_owned(),
        actor: actor.id,
        deed: deed.to_string(),
        subject_kind: subject_kind.to_owned(),
        subject,
    };
    Ok(tx.insert_audit_entry(&entry).await?)
}
