//! Use cases of complaints, from the side of those who report them.

mod arrival;
mod confirmation;
mod intake;
pub mod photos;
mod place;
mod public;
mod read;
mod repeats;
mod reporter;
mod submit;
mod support;

pub use confirmation::{confirm, send_code_again};
pub use intake::Intake;
pub use place::NewPlace;
pub use public::{PublicComplaint, PublicQuery, nearby, public};
pub use read::{Asker, Mine, Own, Shown, mine, show};
pub use reporter::{Claim, comment, object, own, withdraw};
pub use submit::{NewComplaint, Submitted, submit};
pub use support::support;

use crate::{context::Reporter, ids::PersonId};

/// Who sends a photo, as it is noted until the photo is attached. Whoever is nobody in particular is
/// known by the photo's id alone, which nobody else knows.
pub fn sender(reporter: &Reporter) -> String {
    match reporter {
        Reporter::Person(person) => sender_of(person.person),
        Reporter::Anonymous { .. } | Reporter::Program(_) => "anonymous".to_owned(),
    }
}

/// A citizen or guest as sender of a photo.
pub fn sender_of(person: PersonId) -> String {
    format!("person:{person}")
}
