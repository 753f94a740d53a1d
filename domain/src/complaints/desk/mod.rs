//! The town hall's side of a complaint: what staff and the holders of a department's link do with it.
//!
//! Each use case takes the complaint in hand ([`case`]), changes it, and writes it back with its
//! history and its notices in one transaction. A complaint of another department does not exist.

mod case;
pub mod comment;
pub mod edit;
pub mod inbox;
pub mod link;
pub mod release;
pub mod transition;

pub use case::AtDesk;
pub use comment::{Comment, comment};
pub use edit::{Edit, edit};
pub use inbox::{Dossier, InboxQuery, inbox, show};
pub use link::{Answer, answer};
pub use release::release_photo;
pub use transition::{Move, transition};
