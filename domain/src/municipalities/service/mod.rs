//! Town halls: how one joins the installation, and how anyone finds it.

pub mod addresses;
pub mod areas;
pub mod departments;
pub mod legal;
pub mod settings;
pub mod streets;
pub mod topics;

use chrono_tz::Tz;

use super::{Department, Municipality, Settings};
use crate::{
    Code, Ctx, Error, Result, Scope, Store,
    complaints::complaint::Reference,
    context::Operator,
    geo::{MultiPolygon, Point},
    ids::MunicipalityId,
    page::{Page, PageRequest},
    text::{EmailAddress, Name, Slug},
    time::FederalState,
};

/// Departments, areas and kinds of complaint a town hall may have, of each.
pub const MAX_ENTRIES: usize = 1_000;

/// A town hall that joins the installation.
#[derive(Clone, Debug)]
pub struct NewMunicipality {
    /// Its name in addresses of the API.
    pub slug: Slug,
    /// Its name for people.
    pub name: Name,
    /// The Land whose holidays it keeps.
    pub state: FederalState,
    /// Where its working day begins and ends.
    pub time_zone: Tz,
    /// What its references begin with: one to eight capital letters.
    pub reference_prefix: String,
    /// Amtlicher Regionalschlüssel, twelve digits.
    pub ars: Option<String>,
    /// Its boundary.
    pub boundary: Option<MultiPolygon>,
    /// The department that gets what no rule places.
    pub default_department: Name,
    /// Its mailbox; without one the admins are told of reports.
    pub email: Option<EmailAddress>,
}

/// Adds a town hall with its default department.
///
/// # Errors
/// [`Code::AlreadyExists`] where the slug is taken; violations for prefix and Regionalschlüssel.
pub async fn found(store: &dyn Store, ctx: &Ctx<Operator>, new: NewMunicipality) -> Result<Municipality> {
    Reference::new(&new.reference_prefix, 2026, 1)
        .map_err(|code| Error::invalid("/reference_prefix", code))?;
    let twelve_digits = |ars: &String| ars.len() == 12 && ars.bytes().all(|byte| byte.is_ascii_digit());
    if !new.ars.as_ref().is_none_or(twelve_digits) {
        return Err(Error::invalid("/ars", Code::NotAllowed));
    }
    let municipality = Municipality {
        id: ctx.id::<MunicipalityId>(),
        slug: new.slug,
        name: new.name,
        state: new.state,
        time_zone: new.time_zone,
        reference_prefix: new.reference_prefix,
        ars: new.ars,
        boundary: new.boundary,
        settings: Settings::default(),
        register_version: 1,
        content_version: 0,
        version: 1,
        created_at: ctx.now,
    };
    let department = Department {
        id: ctx.id(),
        name: new.default_department,
        email: new.email,
        lead_email: None,
        is_default: true,
        version: 1,
    };
    let tx = store.begin(Scope::Municipality(municipality.id)).await?;
    tx.insert_municipality(&municipality).await.map_err(Error::conflict)?;
    tx.insert_department(ctx.now, &department).await?;
    tx.commit().await?;
    Ok(municipality)
}

/// Town halls by name: those whose name contains `q`, and of these only the one responsible for the
/// place `near`, where they are given.
pub async fn find(
    store: &dyn Store,
    q: Option<&str>,
    near: Option<Point>,
    page: &PageRequest,
) -> Result<Page<Municipality>> {
    let reads = store.read(Scope::Installation).await?;
    let Some(near) = near else {
        return Ok(reads.municipalities(q, page).await?);
    };
    let named = |municipality: &Municipality| {
        q.is_none_or(|q| municipality.name.as_str().to_lowercase().contains(&q.to_lowercase()))
    };
    let responsible = reads.municipality_at(near).await?.filter(named);
    let first_page = page.after.is_none();
    Ok(Page { items: responsible.into_iter().filter(|_| first_page).collect(), next: None })
}
