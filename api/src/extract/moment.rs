//! The circumstances of a request: made once by the frame, the same for everything that happens in it.

use std::{
    future::{Ready, ready},
    net::IpAddr,
};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload};
use domain::{Code, Ctx, context::Visitor};

use crate::problem::Problem;

/// When, in which language, under which request id and from where. The actor is nobody yet:
/// extractors that read a token go on with [`Ctx::with`].
///
/// ```
/// use api::extract::Moment;
///
/// async fn handler(moment: Moment) -> String {
///     moment.ctx.now.to_rfc3339()
/// }
/// ```
#[derive(Clone)]
pub struct Moment {
    /// The circumstances as use cases take them.
    pub ctx: Ctx<Visitor>,
    /// The client's address, for counting only: it is not logged.
    pub client: IpAddr,
}

impl Moment {
    /// The moment of `request`; an error only where the frame is missing.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        request.extensions().get::<Self>().cloned().ok_or_else(|| Problem::new(Code::Internal))
    }
}

impl FromRequest for Moment {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}
