//! `rathaus openapi`: writes the document that clients are generated from.

use std::{fs, path::Path};

use super::Failure;

pub fn run(output: &Path) -> Result<(), Failure> {
    let text = crate::openapi::text()?;
    if output == Path::new("-") {
        print!("{text}");
        return Ok(());
    }
    fs::write(output, text).map_err(|error| format!("{} cannot be written: {error}", output.display()))?;
    println!("{} is written.", output.display());
    Ok(())
}
