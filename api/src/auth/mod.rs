//! From a token to an actor. Handlers name who may act by the extractor they take:
//!
//! | extractor | who gets through | gives |
//! |---|---|---|
//! | [`PersonActor`] | citizens and guests | `Ctx<Person>` |
//! | [`MaybePerson`] | anyone; a citizen or guest is recognised | `Ctx<Option<Person>>` |
//! | [`ReporterActor`] | citizens, guests, anyone with a return key or nothing, and programs with a key | `Ctx<Reporter>` |
//! | [`ViewerActor`] | anyone, staff as staff of the municipality in the path | `Ctx<Viewer>` |
//! | [`StaffActor`] | staff of the municipality in the path, and programs with its key | `Ctx<Staff>` |
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

mod address;
mod gate;
mod person;
mod remembered;
mod staff;
mod viewer;

pub use address::guard_keys;
pub use gate::Gate;
pub use person::{MaybePerson, PersonActor, ReporterActor, ReturnKey, SignedIn};
pub use staff::StaffActor;
pub use viewer::ViewerActor;

use actix_web::{HttpRequest, http::header, web::Data};
use domain::{Code, context::Staff, text::Slug};
use infrastructure::{
    secrets::{KEY_PREFIX, KeyText},
    tokens::{Access, Bearer},
};

use crate::{extract::Moment, problem::Problem, quota};

/// What was sent to say who asks.
enum Shown {
    /// Nothing.
    Nothing,
    /// A token that counts.
    Token(Access),
    /// A program's key. Whether it counts is known where the municipality is.
    Key(KeyText),
}

/// Who sent the request: nobody where there is no token.
///
/// # Errors
/// [`Code::Unauthenticated`] for any token that does not count, [`Code::Forbidden`] for a key: what it
/// is sent to is not for programs.
async fn bearer(request: &HttpRequest) -> Result<(Moment, Option<Access>), Problem> {
    match shown(request).await? {
        (moment, Shown::Nothing) => Ok((moment, None)),
        (moment, Shown::Token(access)) => Ok((moment, Some(access))),
        (_, Shown::Key(_)) => Err(Problem::new(Code::Forbidden)),
    }
}

/// What was sent to say who asks.
///
/// # Errors
/// [`Code::Unauthenticated`] for any token that does not count and anything that is no key.
async fn shown(request: &HttpRequest) -> Result<(Moment, Shown), Problem> {
    let moment = Moment::of(request)?;
    let mut values = request.headers().get_all(header::AUTHORIZATION);
    let Some(value) = values.next() else { return Ok((moment, Shown::Nothing)) };
    let refused = || Problem::new(Code::Unauthenticated);
    let (scheme, token) =
        value.to_str().ok().and_then(|value| value.trim().split_once(' ')).ok_or_else(refused)?;
    if !scheme.eq_ignore_ascii_case("bearer") || values.next().is_some() {
        return Err(refused());
    }
    let token = token.trim();
    if token.starts_with(KEY_PREFIX) {
        let key = KeyText::decode(token).ok_or_else(refused)?;
        return Ok((moment, Shown::Key(key)));
    }
    let access = gate(request)?.admit(&moment.ctx, token).await?;
    let whose = match access.bearer {
        Bearer::Citizen { account, .. } | Bearer::Staff { account } => account.0,
        Bearer::Guest { person } => person.0,
    };
    quota::take_account(request, whose).await?;
    Ok((moment, Shown::Token(access)))
}

/// The program with this key, in the municipality that the path names.
async fn program(request: &HttpRequest, moment: &Moment, key: &KeyText) -> Result<Staff, Problem> {
    let program = gate(request)?.program(&moment.ctx, &town(request)?, key).await?;
    quota::take_account(request, key.id.0).await?;
    Ok(program)
}

/// The municipality that the path names.
fn town(request: &HttpRequest) -> Result<Slug, Problem> {
    let slug = request.match_info().get("municipality").unwrap_or_default();
    Slug::parse(slug).map_err(|_| Problem::new(Code::NotFound))
}

fn gate(request: &HttpRequest) -> Result<&Data<Gate>, Problem> {
    request.app_data::<Data<Gate>>().ok_or_else(|| Problem::new(Code::Internal))
}
