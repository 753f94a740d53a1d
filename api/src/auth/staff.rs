//! Staff of one town hall.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use domain::{Code, Ctx, context::Staff};
use infrastructure::tokens::Bearer;

use super::{Shown, gate, program, shown, town};
use crate::problem::Problem;

/// A member of staff of the municipality that `{municipality}` in the path names, or a program with a
/// key of it. Without a token or with another municipality's key 401; with the token of a citizen or
/// guest 403; for staff of other town halls, and for a municipality that is not here, 404.
pub struct StaffActor(pub Ctx<Staff>);

impl FromRequest for StaffActor {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let (moment, shown) = shown(&request).await?;
            let gate = gate(&request)?;
            let staff = match shown {
                Shown::Nothing => return Err(Problem::new(Code::Unauthenticated)),
                Shown::Key(key) => program(&request, &moment, &key).await?,
                Shown::Token(access) => match access.bearer {
                    Bearer::Staff { account } => gate.member(&moment.ctx, &town(&request)?, account).await?,
                    Bearer::Citizen { .. } | Bearer::Guest { .. } => {
                        return Err(Problem::new(Code::Forbidden));
                    }
                },
            };
            Ok(Self(moment.ctx.with(staff)))
        })
    }
}
