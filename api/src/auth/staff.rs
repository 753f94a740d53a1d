//! Staff of one town hall.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use domain::{Code, Ctx, context::Staff, text::Slug};
use infrastructure::tokens::Bearer;

use super::{bearer, gate};
use crate::problem::Problem;

/// A member of staff of the municipality that `{municipality}` in the path names. Without a token
/// 401; with one of a citizen or guest 403; for staff of other town halls, and for a municipality
/// that is not here, 404.
pub struct StaffActor(pub Ctx<Staff>);

impl FromRequest for StaffActor {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let (moment, access) = bearer(&request).await?;
            let account = match access.ok_or_else(|| Problem::new(Code::Unauthenticated))?.bearer {
                Bearer::Staff { account } => account,
                Bearer::Citizen { .. } | Bearer::Guest { .. } => return Err(Problem::new(Code::Forbidden)),
            };
            let slug = request.match_info().get("municipality").unwrap_or_default();
            let slug = Slug::parse(slug).map_err(|_| Problem::new(Code::NotFound))?;
            let staff = gate(&request)?.member(&moment.ctx, &slug, account).await?;
            Ok(Self(moment.ctx.with(staff)))
        })
    }
}
