//! `rathaus retention`: whether what is kept goes in time.

use domain::{Scope, text::Slug};
use infrastructure::privacy::upkeep::{expire, towns};

use super::{Failure, block_on};
use crate::{clock::Clock, config::Config, database};

/// What can be done.
#[derive(clap::Subcommand)]
pub enum Retention {
    /// Show for each class how long it is kept, what is overdue, and when it was last gone through.
    Report {
        /// Only this town hall, such as bad-dueben.
        #[arg(long, value_parser = |text: &str| Slug::parse(text).map_err(|code| code.to_string()))]
        municipality: Option<Slug>,
    },
    /// Let go now of what has been kept long enough, as every night does.
    Run,
}

pub fn run(config: &Config, retention: Retention) -> Result<(), Failure> {
    block_on(async {
        let now = Clock::system().now();
        let store = database::open_for_command(config).await?;
        let mut overdue = 0;
        for town in towns(&store).await? {
            match &retention {
                Retention::Report { municipality: Some(only), .. } if *only != town.slug => continue,
                Retention::Report { .. } => {
                    println!("{}", town.name);
                    let view = store.view(Scope::Municipality(town.id)).await?;
                    for standing in view.retention(now, town.settings.retention).await? {
                        let last = match standing.last_run {
                            Some(at) => format!("{} ({} went)", at.format("%F %H:%M"), standing.last_removed),
                            None => "never".to_owned(),
                        };
                        println!(
                            "  {:<10} kept {:>4} days   overdue {:>6}   last run {last}",
                            standing.class.to_string(),
                            standing.period.num_days(),
                            standing.overdue,
                        );
                        overdue += standing.overdue;
                    }
                }
                Retention::Run => {
                    let night = expire(&store, &town, now).await?;
                    let went: Vec<_> =
                        night.removed.iter().map(|(class, many)| format!("{many} {class}")).collect();
                    println!("{}: {}", night.town, went.join(", "));
                }
            }
        }
        match overdue {
            0 => Ok(()),
            many => Err(format!("{many} are overdue.").into()),
        }
    })
}
