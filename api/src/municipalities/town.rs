//! The town hall a path names.

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use domain::{Code, Scope, Store, municipalities::Municipality, text::Slug};
use futures::future::LocalBoxFuture;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::problem::Problem;

/// The part of a path that names a town hall, for the document: `params(TownPath)`.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct TownPath {
    /// The town hall's name in addresses.
    #[param(value_type = String, max_length = 60, pattern = "^[a-z0-9-]+$", example = "bad-dueben")]
    pub municipality: Slug,
}

/// The town hall of `{municipality}` in the path; 404 where there is none.
pub struct Town(pub Municipality);

impl Town {
    async fn of(request: HttpRequest) -> Result<Self, Problem> {
        let store = request.app_data::<Data<dyn Store>>().ok_or_else(|| Problem::new(Code::Internal))?;
        let unknown = || Problem::new(Code::NotFound);
        let slug = request.match_info().get("municipality").ok_or_else(unknown)?;
        let slug = Slug::parse(slug).map_err(|_| unknown())?;
        let found = store.read(Scope::Installation).await?.municipality(&slug).await?;
        found.map(Self).ok_or_else(unknown)
    }
}

impl FromRequest for Town {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        Box::pin(Self::of(request.clone()))
    }
}
