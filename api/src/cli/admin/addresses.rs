//! A town hall's address register from a file.

use domain::{
    Error, Locale,
    municipalities::{
        address_import::{Mode, OnFault, Report},
        service::addresses::import_by_operator,
    },
};

use super::{Desk, NewAddresses, refusal};
use crate::{
    cli::Failure,
    problem::sentence,
    register::addresses::{Kind, read_file},
};

impl Desk {
    pub(super) async fn import_addresses(&self, new: &NewAddresses) -> Result<(), Failure> {
        let town = self.town(&new.municipality).await?;
        let said = |problem: String| format!("The register {} {problem}", new.file.display());
        let bytes = std::fs::read(&new.file).map_err(|error| said(format!("cannot be read: {error}")))?;
        let ending = new.file.extension().map(|ending| ending.to_ascii_lowercase());
        let kind = match ending.as_ref().and_then(|ending| ending.to_str()) {
            Some("csv" | "txt" | "tsv") => Kind::Csv,
            Some("geojson" | "json") => Kind::GeoJson,
            _ => return Err(said("must end in .csv or .geojson.".to_owned()).into()),
        };
        let lines = read_file(kind, &bytes, &town).map_err(refusal)?;
        let mode = if new.replace { Mode::Replace } else { Mode::Merge };
        let on_fault = if new.skip_faults { OnFault::Skip } else { OnFault::Refuse };
        match import_by_operator(&self.store, &self.ctx, town.id, lines, mode, on_fault).await {
            Ok(report) => show(&report),
            Err(error) => return Err(refused(error)),
        }
        Ok(())
    }
}

fn show(report: &Report) {
    let Report { added, changed, unchanged, removed, refused, faults } = report;
    for fault in faults {
        println!("line {}, {}: {}", fault.line, fault.column, sentence(fault.code, Locale::En));
    }
    println!(
        "{added} added, {changed} changed, {unchanged} unchanged, {removed} removed, {refused} refused."
    );
}

/// Nothing was taken: says which lines are to blame.
fn refused(error: Error) -> Failure {
    match refusal(error) {
        lines if lines.to_string().contains('\n') || lines.to_string().contains('/') => {
            format!("Nothing was taken. These lines are wrong (--skip-faults takes the others):\n{lines}")
                .into()
        }
        other => other,
    }
}
