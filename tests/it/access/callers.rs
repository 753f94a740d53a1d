//! Everybody who may ask.

use domain::{integrations::KeyScope, staff::Role};

/// Who asks. Somebody of the staff works in the town with the department the objects belong to, in
/// that town with another department, or in another town. Whoever runs the installation is not among
/// them: they work at its command line and have no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Without a token.
    Anonymous,
    /// An app installation without an account, that owns nothing here.
    Guest,
    /// The citizen whose objects they are.
    CitizenSelf,
    /// Another citizen of the town.
    CitizenOther,
    /// One who represents the same ward as the citizen does, and owns nothing else of theirs.
    Proxy,
    /// A citizen of another town, who owns such objects there.
    CitizenElsewhere,
    /// Somebody of the staff.
    Staff(Desk, Role),
    /// A program with a key of the town, or of the other town, for this.
    Program(Desk, KeyScope),
}

/// Where somebody of the staff works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Desk {
    /// In the department.
    Here,
    /// In another department of the town.
    OtherDepartment,
    /// In another town.
    OtherTown,
}

/// Every role of a town hall's staff.
pub const ROLES: [Role; 5] = [Role::Admin, Role::Editor, Role::Lead, Role::Clerk, Role::Auditor];

/// Everything a key can be for.
pub const SCOPES: [KeyScope; 3] =
    [KeyScope::FileComplaints, KeyScope::ReadComplaints, KeyScope::ReadRegister];

impl Caller {
    /// What citizens and guests are called here.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Guest => Some("guest"),
            Self::CitizenSelf => Some("erika"),
            Self::CitizenOther => Some("max"),
            Self::Proxy => Some("paula"),
            Self::CitizenElsewhere => Some("petra"),
            Self::Anonymous | Self::Staff(..) | Self::Program(..) => None,
        }
    }

    /// Each of them.
    pub fn all() -> Vec<Self> {
        use Caller::*;
        let mut all = vec![Anonymous, Guest, CitizenSelf, CitizenOther, Proxy, CitizenElsewhere];
        for desk in [Desk::Here, Desk::OtherDepartment, Desk::OtherTown] {
            all.extend(ROLES.map(|role| Staff(desk, role)));
        }
        all.extend(SCOPES.map(|scope| Program(Desk::Here, scope)));
        all.push(Program(Desk::OtherTown, KeyScope::ReadComplaints));
        all.push(Program(Desk::OtherTown, KeyScope::FileComplaints));
        all
    }
}
