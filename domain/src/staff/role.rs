//! What each role may do. The only place that knows.

use serde::{Deserialize, Serialize};

use strum::IntoEnumIterator;

use crate::context::{Permission, Rights};

/// A role in one town hall.
#[derive(
    Clone,
    Copy,
    Debug,
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
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Role {
    /// Runs the town hall's side: everything.
    Admin,
    /// Writes news and broadcasts; no complaints.
    Editor,
    /// Leads departments: works complaints, releases photos.
    Lead,
    /// Works complaints of their departments.
    Clerk,
    /// Reads everything, changes nothing.
    Auditor,
}

impl Role {
    /// Whether the role includes the permission.
    pub fn permits(self, permission: Permission) -> bool {
        use Permission::*;
        match self {
            Self::Admin => true,
            Self::Editor => {
                matches!(
                    permission,
                    ReadRegister
                        | ReadContent
                        | WriteContent
                        | PublishContent
                        | ReadBroadcasts
                        | WriteBroadcasts
                        | ApproveBroadcasts
                )
            }
            Self::Lead => matches!(
                permission,
                ReadComplaints
                    | WorkComplaints
                    | ReleasePhotos
                    | ReadRegister
                    | ReadRouting
                    | ReadStaff
                    | RegisterWards
                    | ReadContent
                    | WriteContent
                    | ReadBroadcasts
                    | ApproveBroadcasts
            ),
            Self::Clerk => {
                matches!(
                    permission,
                    ReadComplaints
                        | WorkComplaints
                        | ReadRegister
                        | ReadStaff
                        | RegisterWards
                        | ReadContent
                        | WriteContent
                )
            }
            Self::Auditor => matches!(
                permission,
                ReadComplaints
                    | AllDepartments
                    | ReadRegister
                    | ReadRouting
                    | ReadStaff
                    | ReadSettings
                    | ReadContent
                    | ReadBroadcasts
            ),
        }
    }

    /// All that the role includes.
    pub fn rights(self) -> Rights {
        Permission::iter().filter(|permission| self.permits(*permission)).collect()
    }
}
