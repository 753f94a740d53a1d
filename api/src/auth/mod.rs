//! From a token to an actor. Handlers name who may act by the extractor they take:
//!
//! | extractor | who gets through | gives |
//! |---|---|---|
//! | [`PersonActor`] | citizens and guests | `Ctx<Person>` |
//! | [`MaybePerson`] | anyone; a citizen or guest is recognised | `Ctx<Option<Person>>` |
//! | [`ReporterActor`] | citizens, guests, and anyone with a return key or nothing | `Ctx<Reporter>` |
//! | [`ViewerActor`] | anyone, staff as staff of the municipality in the path | `Ctx<Viewer>` |
//! | [`StaffActor`] | staff of the municipality in the path | `Ctx<Staff>` |
//! | [`SignedIn`] | whoever has a token | `Ctx<Access>` |
//!
//! A bad token is 401 everywhere, also where none is needed.
//! ```
//! use api::{auth::{PersonActor, StaffActor}, problem::Problem};
//! use domain::Permission;
//!
//! async fn mine(PersonActor(ctx): PersonActor) -> String {
//!     format!("{:?}", ctx.actor.person)
//! }
//! async fn inbox(StaffActor(ctx): StaffActor) -> Result<String, Problem> {
//!     ctx.require(Permission::ReadComplaints)?;
//!     Ok(format!("{:?}", ctx.actor.municipality))
//! }
//! ```

mod gate;
mod person;
mod remembered;
mod staff;
mod viewer;

pub use gate::Gate;
pub use person::{MaybePerson, PersonActor, ReporterActor, ReturnKey, SignedIn};
pub use staff::StaffActor;
pub use viewer::ViewerActor;

use actix_web::{HttpRequest, http::header, web::Data};
use domain::Code;
use infrastructure::tokens::Access;

use crate::{extract::Moment, problem::Problem};

/// Who sent the request: nobody where there is no token.
///
/// # Errors
/// [`Code::Unauthenticated`] for any token that does not count.
async fn bearer(request: &HttpRequest) -> Result<(Moment, Option<Access>), Problem> {
    let moment = Moment::of(request)?;
    let mut values = request.headers().get_all(header::AUTHORIZATION);
    let Some(value) = values.next() else { return Ok((moment, None)) };
    let refused = || Problem::new(Code::Unauthenticated);
    let (scheme, token) =
        value.to_str().ok().and_then(|value| value.trim().split_once(' ')).ok_or_else(refused)?;
    if !scheme.eq_ignore_ascii_case("bearer") || values.next().is_some() {
        return Err(refused());
    }
    let gate = gate(request)?;
    let access = gate.admit(&moment.ctx, token.trim()).await?;
    Ok((moment, Some(access)))
}

fn gate(request: &HttpRequest) -> Result<&Data<Gate>, Problem> {
    request.app_data::<Data<Gate>>().ok_or_else(|| Problem::new(Code::Internal))
}
