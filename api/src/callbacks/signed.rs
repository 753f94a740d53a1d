//! A form that a provider signed.

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    web::{Bytes, Data},
};
use domain::Code;
use infrastructure::gateways::twilio::{SIGNATURE_HEADER, is_signed};

use crate::{config::Config, problem::Problem};

/// Longest form that is read, in bytes.
const LONGEST: usize = 64 * 1024;

/// The fields of a form whose `X-Twilio-Signature` was made with the token of our account, over our
/// public address and these very fields.
pub struct Signed {
    fields: Vec<(String, String)>,
}

impl Signed {
    /// The first field of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl FromRequest for Signed {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = Bytes::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let body = body.await.map_err(|_| Problem::new(Code::PayloadTooLarge))?;
            if body.len() > LONGEST {
                return Err(Problem::new(Code::PayloadTooLarge));
            }
            let forbidden = || Problem::new(Code::Forbidden);
            let fields: Vec<(String, String)> =
                serde_urlencoded::from_bytes(&body).map_err(|_| Problem::new(Code::MalformedParameter))?;
            let config = request.app_data::<Data<Config>>().ok_or_else(|| Problem::new(Code::Internal))?;
            let given = request.headers().get(SIGNATURE_HEADER).and_then(|value| value.to_str().ok());
            let given = given.ok_or_else(forbidden)?;
            let path = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
            let url = format!("{}{path}", config.audience());
            let accounts = [&config.sms.twilio, &config.voice.twilio];
            let ours = |token: &str| is_signed(token, &url, &fields, given);
            if accounts.into_iter().flatten().any(|account| ours(account.auth_token.expose())) {
                Ok(Self { fields })
            } else {
                Err(forbidden())
            }
        })
    }
}
