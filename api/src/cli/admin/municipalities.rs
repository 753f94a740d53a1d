//! Town halls on the installation.

use domain::{Scope, Store, municipalities::service, page::PageRequest};

use super::{Desk, NewMunicipality, boundary, refusal};
use crate::cli::Failure;

/// Town halls listed at a time.
const PAGE: u64 = 100;

impl Desk {
    pub(super) async fn create_municipality(&self, new: NewMunicipality) -> Result<(), Failure> {
        let new = service::NewMunicipality {
            boundary: new.boundary.as_deref().map(boundary::read).transpose()?,
            slug: new.slug,
            name: new.name,
            state: new.state,
            time_zone: new.time_zone,
            reference_prefix: new.prefix,
            ars: new.ars,
            default_department: new.default_department,
            email: new.email,
        };
        let municipality = service::found(&self.store, &self.ctx, new).await.map_err(refusal)?;
        println!(
            "{} is created. Its address is /v1/municipalities/{}.",
            municipality.name, municipality.slug
        );
        Ok(())
    }

    pub(super) async fn list(&self) -> Result<(), Failure> {
        let mut request = PageRequest { limit: PAGE, after: None };
        let reads = self.store.read(Scope::Installation).await?;
        loop {
            let page = reads.municipalities(None, &request).await?;
            for municipality in page.items {
                println!("{:<24} {} {}", municipality.slug, municipality.state, municipality.name);
            }
            match page.next {
                Some(position) => request.after = Some(position),
                None => return Ok(()),
            }
        }
    }
}
