//! The demonstration: a town, a citizen with an iPhone, a guest with an Android phone, and a town
//! hall, played through the public HTTP API against the real server, with stand-ins for Apple,
//! Google, the mail server and the telephone provider.

mod client;
mod next;
mod play;
mod screen;
mod surroundings;
mod town;
mod trial;

use play::Cast;
use screen::{Screen, paragraph};
use surroundings::Surroundings;

use crate::{cli::Failure, clock::Clock, config::Config};

/// Plays, then serves until Ctrl-C, or ends after the play with `once`. Of the settings only
/// `http.listen` and `http.requests_per_minute` count.
pub async fn run(config: Config, once: bool) -> Result<(), Failure> {
    let clock = Clock::system();
    let began = clock.now();
    let on = Surroundings::start(&config.http, clock.clone()).await?;
    paragraph(
        "Rathaus demo. The town is Bad Düben in Saxony; its boundary and all points are approximate, its offices are \
         those of many small towns, and all persons are invented.",
    );
    let mut screen = Screen::default();
    let played = play(&on, &clock, &mut screen).await;
    let seconds = (clock.now() - began).as_seconds_f64();
    println!();
    match &played {
        Ok((cast, trial)) => {
            paragraph(&format!("{} steps, all as they should be, in {seconds:.1} s.", screen.steps()));
            if !once {
                next::suggest(&on, cast, trial);
                next::watch(&on).await?;
            }
        }
        Err(failure) => screen.failure(failure),
    }
    on.stop().await?;
    played.map(drop).map_err(|_| "The demo failed.".into())
}

/// The play, and the file that lets a program go on from there.
async fn play(on: &Surroundings, clock: &Clock, screen: &mut Screen) -> Result<(Cast, String), Failure> {
    let cast = play::play(on, clock, screen).await?;
    let trial = trial::write(on, &cast, clock).await?;
    Ok((cast, trial))
}
