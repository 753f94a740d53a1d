//! Whoever looks at something that staff, its reporter and perhaps everybody may see.

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use domain::{Code, Ctx, complaints::service::photos::Viewer, context::Reporter};
use futures::future::LocalBoxFuture;
use infrastructure::{
    secrets::{Purpose, Secrets, hex},
    tokens::Bearer,
};

use super::{Shown, gate, person::person, person::return_key, program, shown, town};
use crate::problem::Problem;

/// Anyone: a member of staff of the municipality in the path as such, staff of others as nobody in
/// particular, everybody else as a reporter. `Return-Key` wins over a token.
pub struct ViewerActor(pub Ctx<Viewer>);

impl ViewerActor {
    async fn of(request: HttpRequest) -> Result<Self, Problem> {
        let (moment, shown) = shown(&request).await?;
        let secrets = request.app_data::<Data<Secrets>>().ok_or_else(|| Problem::new(Code::Internal))?;
        let viewer = match (return_key(&request)?, shown) {
            (None, Shown::Key(key)) => Viewer::Staff(program(&request, &moment, &key).await?),
            (None, Shown::Token(access)) => match (access.bearer, person(access)) {
                (_, Some(person)) => {
                    Viewer::Reporter { reporter: Reporter::Person(person), return_key_hash: None }
                }
                (Bearer::Staff { account }, None) => {
                    match gate(&request)?.member(&moment.ctx, &town(&request)?, account).await {
                        Ok(staff) => Viewer::Staff(staff),
                        Err(error) if error.code() == Some(Code::NotFound) => anonymous(None, secrets),
                        Err(error) => return Err(error.into()),
                    }
                }
                _ => return Err(Problem::new(Code::Internal)),
            },
            (key, _) => anonymous(key, secrets),
        };
        Ok(Self(moment.ctx.with(viewer)))
    }
}

fn anonymous(return_key: Option<String>, secrets: &Secrets) -> Viewer {
    let hash = |key: &String| hex(&secrets.sign(Purpose::ReturnKey, key.as_bytes()));
    let return_key_hash = return_key.as_ref().map(hash);
    Viewer::Reporter { reporter: Reporter::Anonymous { return_key }, return_key_hash }
}

impl FromRequest for ViewerActor {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        Box::pin(Self::of(request.clone()))
    }
}
