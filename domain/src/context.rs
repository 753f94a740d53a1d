//! Who acts, when, and with which chance: what every use case is given.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Result,
    error::{Code, Error},
    ids::{
        AccountId, ApiKeyId, CategoryId, ComplaintId, DepartmentId, MunicipalityId, PersonId, SessionId,
        StaffId,
    },
    store::Scope,
};

/// Where random bytes come from: the system's source in service, a seeded one in tests.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with random bytes fit for secrets.
    fn fill(&self, bytes: &mut [u8]);
}

/// A language people are addressed in.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::EnumIter,
    utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Locale {
    /// German, the default.
    #[default]
    De,
    /// English.
    En,
}

/// The circumstances of one request or one piece of work, with the actor in its type.
#[derive(Clone)]
pub struct Ctx<A> {
    /// The moment of the request, whole microseconds.
    pub now: DateTime<Utc>,
    /// Language of answers.
    pub locale: Locale,
    /// Names the request in logs and problems.
    pub request_id: Uuid,
    /// Who acts.
    pub actor: A,
    entropy: Arc<dyn Entropy>,
}

impl<A> Ctx<A> {
    /// A context at `now`.
    pub fn new(
        now: DateTime<Utc>,
        locale: Locale,
        request_id: Uuid,
        entropy: Arc<dyn Entropy>,
        actor: A,
    ) -> Self {
        Self { now, locale, request_id, actor, entropy }
    }

    /// The same circumstances with another actor.
    pub fn with<B>(&self, actor: B) -> Ctx<B> {
        Ctx {
            now: self.now,
            locale: self.locale,
            request_id: self.request_id,
            actor,
            entropy: self.entropy.clone(),
        }
    }

    /// A new identifier: UUIDv7 of this moment (RFC 9562).
    pub fn id<I: From<Uuid>>(&self) -> I {
        let millis = u64::try_from(self.now.timestamp_millis()).unwrap_or_default();
        I::from(uuid::Builder::from_unix_timestamp_millis(millis, &self.random::<10>()).into_uuid())
    }

    /// Random bytes fit for secrets.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.entropy.fill(&mut bytes);
        bytes
    }
}

/// Nobody in particular: no token was sent.
#[derive(Clone, Debug)]
pub struct Visitor;

/// The process itself: routing, promises, sweeps.
#[derive(Clone, Debug)]
pub struct System;

/// Whoever runs the installation, at the command line.
#[derive(Clone, Debug)]
pub struct Operator;

/// A person with a token: citizen (has an account) or guest (has none).
#[derive(Clone, Debug)]
pub struct Person {
    /// Who it is.
    pub person: PersonId,
    /// The account of a citizen, none for a guest.
    pub account: Option<AccountId>,
    /// The session the token belongs to.
    pub session: SessionId,
}

/// Whoever files or follows up a complaint.
#[derive(Clone, Debug)]
pub enum Reporter {
    /// A citizen or a guest, by bearer token.
    Person(Person),
    /// Nobody in particular, with the return key of a complaint where one is at hand.
    Anonymous {
        /// The secret shown once when the complaint was filed.
        return_key: Option<String>,
    },
    /// A program with a town hall's key, for somebody who told it: nobody in particular either.
    Program(ApiKeyId),
}

/// Whoever acts for one town hall, in that town hall: somebody of its staff, or a program that the
/// town hall gave a key.
#[derive(Clone, Debug)]
pub struct Staff {
    /// What they showed.
    pub credential: Credential,
    /// The account they signed in with; of a program, the key's own id.
    pub account: AccountId,
    /// Their place in this town hall; of a program, the key's own id.
    pub staff: StaffId,
    /// The town hall.
    pub municipality: MunicipalityId,
    /// Display name, for history that only staff sees.
    pub name: String,
    /// What they may do, looked up for this request.
    pub rights: Rights,
    /// The departments they work in; some see all.
    pub departments: Vec<DepartmentId>,
    /// The kinds of complaints they are limited to; all where there are none.
    pub categories: Vec<CategoryId>,
}

/// What somebody showed who acts for a town hall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// The token of a session.
    Session,
    /// An integrator's key.
    Key,
}

/// A set of permissions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights(Vec<Permission>);

impl Rights {
    /// Whether the permission is among them.
    pub fn permit(&self, permission: Permission) -> bool {
        self.0.contains(&permission)
    }
}

impl FromIterator<Permission> for Rights {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(permissions.into_iter().collect())
    }
}

/// Whoever holds the signed link from a department's e-mail: one complaint, one department. It is
/// what the link says; its short names keep the address short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeskLink {
    /// The town hall.
    #[serde(rename = "m")]
    pub municipality: MunicipalityId,
    /// The only complaint the link opens.
    #[serde(rename = "c")]
    pub complaint: ComplaintId,
    /// The department it was sent to.
    #[serde(rename = "d")]
    pub department: DepartmentId,
}

/// A right to do one kind of thing in one town hall. Code asks for permissions, never for roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::EnumIter)]
#[strum(serialize_all = "snake_case")]
pub enum Permission {
    /// See complaints of one's departments.
    ReadComplaints,
    /// Edit, comment and move complaints of one's departments.
    WorkComplaints,
    /// See and work complaints of every department.
    AllDepartments,
    /// Make photos and exact places public.
    ReleasePhotos,
    /// File complaints that somebody told them of.
    FileComplaints,
    /// See departments, categories, areas and addresses as they are kept.
    ReadRegister,
    /// Change departments, categories, areas, addresses and topics.
    ManageRegister,
    /// See routing rules.
    ReadRouting,
    /// Change routing rules.
    ManageRouting,
    /// See who works here.
    ReadStaff,
    /// Invite and change staff.
    ManageStaff,
    /// See the town hall's settings.
    ReadSettings,
    /// Change the town hall's settings.
    ManageSettings,
    /// Hand people what the town hall keeps about them.
    AnswerRequests,
    /// See, make and revoke keys for programs.
    ManageKeys,
    /// Register people without a smartphone and look after their registration.
    RegisterWards,
    /// See content that is not public yet.
    ReadContent,
    /// Write content and hand it in for review.
    WriteContent,
    /// Publish content, change what is public, and withdraw it.
    PublishContent,
    /// See broadcasts, whom they reach, and what came of them.
    ReadBroadcasts,
    /// Write and submit broadcasts.
    WriteBroadcasts,
    /// Approve broadcasts.
    ApproveBroadcasts,
}

impl Ctx<Staff> {
    /// Goes on only with the permission.
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.actor.rights.permit(permission) { Ok(()) } else { Err(Error::refused(Code::Forbidden)) }
    }

    /// The town hall whose rows this person may see.
    pub fn scope(&self) -> Scope {
        Scope::Municipality(self.actor.municipality)
    }

    /// Whether complaints of `department` are this person's business.
    pub fn serves(&self, department: DepartmentId) -> bool {
        self.actor.rights.permit(Permission::AllDepartments) || self.actor.departments.contains(&department)
    }
}
