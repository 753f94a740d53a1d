//! People without a smartphone, who are represented: registered by a relative, an acquaintance or the town
//! hall, told by call, text message or e-mail, and free to refuse or leave at any time.

pub mod people_import;
pub mod port;
pub mod proxy;
pub mod service;
pub mod state;
pub mod ward;

pub use proxy::{Invitation, Proxy};
pub use state::WardState;
pub use ward::{REMEMBERED_FOR, RegisteredBy, Ward};
