//! `rathaus migrate`: brings the database's schema up to this version.

use super::{Failure, block_on};
use crate::{config::Config, database};

pub fn run(config: &Config) -> Result<(), Failure> {
    block_on(database::bring_up_to_date(config))?;
    println!("The database {} is up to date.", config.database.url);
    Ok(())
}
