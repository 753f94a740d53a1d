//! `rathaus demo`: the main job, played and then left running to try.

use actix_web::rt;

use super::Failure;
use crate::{
    config::{Config, Log, LogFormat},
    demo,
};

pub fn run(config: Config, once: bool) -> Result<(), Failure> {
    // What goes wrong is shown among the steps; what goes well would hide them.
    super::logging::start(&Log { format: LogFormat::Text, level: "warn".to_owned() })?;
    rt::System::new().block_on(demo::run(config, once))
}
