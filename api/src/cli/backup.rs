//! `rathaus backup` and `rathaus restore`: database and photos together, and back.

use std::path::{Path, PathBuf};

use infrastructure::{
    backup::{self, Manifest, Restored, Target},
    photos::PhotoStore,
};

use super::{Failure, block_on};
use crate::{
    clock::Clock,
    config::{Config, ConfigError},
};

/// Takes a backup while the server goes on.
pub fn run(config: &Config, into: &Path) -> Result<(), Failure> {
    let photos = photos(config)?;
    block_on(async {
        let url = config.database.url.expose();
        let manifest = backup::back_up(url, &photos, into, Clock::system().now()).await?;
        println!(
            "{} is whole as checked; files: {}. It holds everything: keep it safe.",
            into.display(),
            manifest.files.len()
        );
        Ok(())
    })
}

/// Restores one into an empty place.
pub fn restore(config: &Config, from: &Path, erasures: Option<&PathBuf>) -> Result<(), Failure> {
    let photos = photos(config)?;
    let also_erased = match erasures {
        Some(later) => Manifest::read(later)?.erased,
        None => Vec::new(),
    };
    block_on(async {
        let target = Target {
            url: config.database.url.expose(),
            owner_url: config.database.owner_url.as_ref().map(|owner| owner.expose()),
            photos: &photos,
        };
        let restored = backup::restore(from, &target, &also_erased, Clock::system().now()).await?;
        let Restored { manifest, pictures, erased_again, undecided } = restored;
        println!(
            "Restored as of {}: the database, and files of photos: {pictures}.",
            manifest.made_at.format("%F %T UTC")
        );
        println!("People who were erased since and are erased again: {erased_again}.");
        println!(
            "Messages that were on their way, may have arrived since and are not sent again: {undecided}."
        );
        Ok(())
    })
}

fn photos(config: &Config) -> Result<PhotoStore, Failure> {
    let opened = PhotoStore::open(&config.files.url, std::env::vars());
    Ok(opened.map_err(|error| ConfigError::setting("files.url", error.to_string()))?)
}
