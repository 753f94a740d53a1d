//! Whom operations open to, and what everybody else is answered.

use domain::{integrations::KeyScope, staff::Role};

use super::callers::{Caller, Desk};

/// What a caller is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Let in.
    In,
    /// 401.
    Unauthenticated,
    /// 403.
    Forbidden,
    /// 404, the same as for what does not exist.
    Missing,
}

/// Whom an operation opens to.
#[derive(Clone, Copy, Debug)]
pub enum Door {
    /// Everybody, with a token or without.
    Anyone,
    /// Nobody by a token: what the body holds decides, and here it is wrong.
    Credentials,
    /// Whoever has a session.
    Session,
    /// Whoever has a session as staff, of any town.
    Employee,
    /// Citizens and guests, each to their own.
    Person,
    /// Citizens, each to their own; guests have no account.
    Citizen,
    /// Citizens and guests, and of them only the owner of the object.
    Owner,
    /// Citizens and guests, and of them only those who represent the ward.
    Representative,
    /// Whoever is not of the staff.
    Public,
    /// Whoever is not of the staff, and of them only who reported the complaint.
    Reporter,
    /// The reporter, and the staff in these roles where the complaint is their department's business; to
    /// others nothing is there.
    Viewer(&'static [Role]),
    /// The town's staff in these roles.
    Staff(&'static [Role]),
    /// The town's staff in these roles, where the complaint is their department's business.
    Department(&'static [Role]),
}

/// Roles whose business every department is.
const ALL_DEPARTMENTS: &[Role] = &[Role::Admin, Role::Auditor];

impl Door {
    /// What `caller` is answered; `scope` is what a program's key must be for.
    pub fn to(self, caller: Caller, scope: Option<KeyScope>) -> Outcome {
        use Outcome::*;
        match (self, caller) {
            (_, Caller::Program(desk, given)) => self.to_program(desk, given, scope),
            (Self::Anyone, _) => In,
            (Self::Credentials, _) => Unauthenticated,
            (Self::Session, Caller::Anonymous) => Unauthenticated,
            (Self::Session, _) => In,
            (Self::Employee, Caller::Anonymous) => Unauthenticated,
            (Self::Employee, Caller::Staff(..)) => In,
            (Self::Employee, _) => Forbidden,

            (Self::Person | Self::Owner | Self::Representative | Self::Citizen, Caller::Anonymous) => {
                Unauthenticated
            }
            (Self::Citizen, Caller::Guest) => Forbidden,
            (
                Self::Person
                | Self::Citizen
                | Self::Owner
                | Self::Representative
                | Self::Public
                | Self::Reporter,
                Caller::Staff(..),
            ) => Forbidden,
            (Self::Person | Self::Citizen | Self::Public, _) => In,
            (Self::Representative, Caller::CitizenSelf | Caller::Proxy) => In,
            (Self::Owner | Self::Reporter | Self::Viewer(_), Caller::CitizenSelf) => In,
            (Self::Viewer(roles), Caller::Staff(..)) => match Self::Department(roles).to(caller, scope) {
                Forbidden => Missing,
                outcome => outcome,
            },
            (Self::Owner | Self::Representative | Self::Reporter | Self::Viewer(_), _) => Missing,

            (Self::Staff(_) | Self::Department(_), Caller::Staff(Desk::OtherTown, _)) => Missing,
            (Self::Staff(roles) | Self::Department(roles), Caller::Staff(desk, role)) => {
                let theirs = desk == Desk::Here || ALL_DEPARTMENTS.contains(&role);
                match (roles.contains(&role), self) {
                    (false, _) => Forbidden,
                    (true, Self::Department(_)) if !theirs => Missing,
                    (true, _) => In,
                }
            }
            (Self::Staff(_) | Self::Department(_), Caller::Anonymous) => Unauthenticated,
            (Self::Staff(_) | Self::Department(_), _) => Forbidden,
        }
    }

    /// What a program is answered whose key is for `given`. Where a key is looked at, one of another town
    /// is no key.
    fn to_program(self, desk: Desk, given: KeyScope, scope: Option<KeyScope>) -> Outcome {
        use Outcome::*;
        let files = given == KeyScope::FileComplaints;
        match self {
            Self::Anyone => In,
            Self::Credentials => Unauthenticated,
            Self::Session | Self::Employee | Self::Person | Self::Citizen => Forbidden,
            Self::Owner | Self::Representative => Forbidden,
            Self::Viewer(_) if scope.is_none() => Missing,
            _ if desk == Desk::OtherTown => Unauthenticated,
            Self::Public if files => In,
            Self::Reporter if files => Missing,
            Self::Public | Self::Reporter => Forbidden,
            Self::Viewer(_) if scope == Some(given) => In,
            Self::Viewer(_) => Missing,
            Self::Staff(_) | Self::Department(_) if scope == Some(given) => In,
            Self::Staff(_) | Self::Department(_) => Forbidden,
        }
    }
}
