//! `rathaus audit`: whether the audit log is still what was sealed.

use std::time::Instant;

use domain::audit::verify::{Fault, Verdict};

use super::{Failure, block_on};
use crate::{config::Config, database};

/// What can be done with the log.
#[derive(clap::Subcommand)]
pub enum Audit {
    /// Compare every entry with its seal, and name those not sealed yet. Safe while serving on PostgreSQL;
    /// on SQLite stop the server, or verify a backup.
    Verify,
}

pub fn run(config: &Config, audit: Audit) -> Result<(), Failure> {
    let Audit::Verify = audit;
    block_on(async {
        let begun = Instant::now();
        let store = database::open_for_command(config).await?;
        let verdict = store.installation().verify_audit().await?;
        say(&verdict, begun)
    })
}

fn say(verdict: &Verdict, begun: Instant) -> Result<(), Failure> {
    let Verdict { blocks, sealed, faults, unsealed, head } = verdict;
    println!(
        "Entries that are as they were sealed: {sealed}, in blocks: {blocks} ({:.1} s).",
        begun.elapsed().as_secs_f64()
    );
    if let Some(head) = head {
        println!(
            "The last block is {head}: note it elsewhere, and you will see if blocks are taken off the end."
        );
    }
    match unsealed.as_slice() {
        [] => println!("Nothing waits for its seal."),
        tail => {
            println!("Entries not sealed yet: {}", tail.len());
            tail.iter().take(20).for_each(|entry| println!("  {entry}"));
        }
    }
    for fault in faults {
        match fault {
            Fault::EntryChanged { entry, block } => println!("Entry {entry} of block {block} was changed."),
            Fault::EntryMissing { entry, block } => println!("Entry {entry} of block {block} is missing."),
            Fault::BlockChanged { block } => println!("Block {block} was changed."),
            Fault::ChainBroken { block } => println!("Block {block} does not follow the one before."),
        }
    }
    match faults.len() {
        0 => Ok(()),
        many => Err(format!("The audit log is not what was sealed; faults: {many}.").into()),
    }
}
