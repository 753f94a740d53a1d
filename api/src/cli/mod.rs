//! The commands of `rathaus`. Each answers with an exit code and, where it fails, with one sentence.

mod admin;
mod audit;
mod backup;
mod data_map;
#[cfg(feature = "demo")]
mod demo;
mod doctor;
pub mod logging;
mod migrate;
mod openapi;
mod retention;
mod serve;

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand, ValueEnum};

use crate::config::Config;

/// What a command fails with: a sentence for whoever typed it.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The line between town halls and citizens' phones.
#[derive(Parser)]
#[command(name = "rathaus", version)]
struct Cli {
    /// The configuration file; rathaus.toml where there is one.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Play the main job in a made-up town, then serve it to try by hand.
    #[cfg(feature = "demo")]
    Demo {
        /// End after the play; the exit code says whether every step did what it should.
        #[arg(long)]
        once: bool,
    },
    /// Serve the API and send messages until stopped.
    Serve {
        /// What this process does.
        #[arg(long, value_enum, default_value_t = Role::All)]
        role: Role,
    },
    /// Bring the database's schema up to this version.
    Migrate,
    /// Add town halls and their first staff.
    #[command(subcommand)]
    Admin(admin::Admin),
    /// Write the OpenAPI document.
    Openapi {
        /// Where to; `-` is standard output.
        #[arg(long, default_value = "openapi/rathaus.json", value_name = "FILE")]
        output: PathBuf,
    },
    /// Copy database and photos into a new folder, while the server goes on.
    Backup {
        /// The folder; it must not be there yet.
        #[arg(long, value_name = "FOLDER")]
        into: PathBuf,
    },
    /// Put a backup into an empty database and its photos back. People erased since stay erased.
    Restore {
        /// The backup.
        #[arg(long, value_name = "FOLDER")]
        from: PathBuf,
        /// A later backup that knows who was erased after this one, where the photos of that time are lost.
        #[arg(long, value_name = "FOLDER")]
        erasures: Option<PathBuf>,
    },
    /// Check that the audit log is what was sealed.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// See that what is kept goes in time.
    #[command(subcommand)]
    Retention(retention::Retention),
    /// Print what is kept in which column, and what becomes of it.
    DataMap,
    /// Check every setting and what it leads to, without starting.
    Doctor,
}

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Serves requests and sends messages.
    All,
    /// Serves requests only.
    Api,
    /// Sends messages only.
    Worker,
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    match execute(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a command line given as words, the program's name first.
pub fn run_words<W: Into<OsString> + Clone>(words: impl IntoIterator<Item = W>) -> Result<(), Failure> {
    execute(Cli::try_parse_from(words)?)
}

fn execute(cli: Cli) -> Result<(), Failure> {
    let config = || Config::load(cli.config.as_deref()).map_err(Failure::from);
    match cli.command {
        #[cfg(feature = "demo")]
        Command::Demo { once } => demo::run(config()?, once),
        Command::Serve { role } => serve::run(config()?, role),
        Command::Migrate => migrate::run(&config()?),
        Command::Admin(admin) => admin::run(&config()?, admin),
        Command::Backup { into } => backup::run(&config()?, &into),
        Command::Restore { from, erasures } => backup::restore(&config()?, &from, erasures.as_ref()),
        Command::DataMap => data_map::run(),
        Command::Audit(audit) => audit::run(&config()?, audit),
        Command::Retention(retention) => retention::run(&config()?, retention),
        Command::Openapi { output } => openapi::run(&output),
        Command::Doctor => doctor::run(&config()?),
    }
}

/// Runs a short piece of work to its end.
fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(work)
}
