//! The main job, played step by step. Each step checks what it shows: the first that does not do
//! what it should ends the play.

mod content;
mod desk;
mod flood;
mod follow_up;
mod grandmother;
mod letters;
mod people;
mod phones;
mod photo;
mod report;
mod variations;
mod waste;

use std::time::Duration;

use domain::{Locale, context::Operator};

use super::{client::Client, screen::Screen, surroundings::Surroundings, town};
use crate::{cli::Failure, clock::Clock};

pub use people::{Citizen, Colleague, Guest};
pub use report::Report;

/// How long a letter or a push may take to arrive. They take milliseconds; a machine may be busy.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whom and what the play leaves behind, to go on with.
pub struct Cast {
    /// With an iPhone and a report.
    pub citizen: Citizen,
    /// Works at the Ordnungsamt.
    pub clerk: Colleague,
    /// Runs the town's side.
    pub admin: Colleague,
    /// The citizen's.
    pub report: Report,
    /// The page behind the link in the office's letter.
    pub desk_link: String,
}

/// Plays all of it.
pub async fn play(on: &Surroundings, clock: &Clock, screen: &mut Screen) -> Result<Cast, Failure> {
    let nobody = Client::new(&on.base)?;
    let mut heard = phones::Heard::default();
    let operator = clock.ctx(Locale::De, clock.uuid(), Operator);
    let town = town::found(on.server.store(), &on.server.parts().passwords, &operator).await?;
    screen.step("operator", &town);
    let (admin, clerk) = people::staff(&nobody, screen).await?;
    let citizen = people::citizen(on, &nobody, clock, screen).await?;
    let guest = people::guest(&nobody, clock, screen).await?;

    let photo = photo::by_citizen(&citizen, screen).await?;
    let report = report::by_citizen(&citizen, &admin, &photo, clock, screen).await?;
    let desk_link = desk::letter(on, &report, screen).await?;
    desk::accepts_by_link(&nobody, &desk_link, &clerk, &report, screen).await?;
    heard.iphone(on, &citizen, &report, screen).await?;
    follow_up::neighbour_supports(&guest, &report, screen).await?;
    follow_up::public_list(&nobody, &report, screen).await?;
    desk::works_in_the_inbox(&clerk, &report, screen).await?;
    heard.iphone(on, &citizen, &report, screen).await?;
    follow_up::comments(on, &citizen, &report, screen).await?;
    desk::resolves(&clerk, &report, screen).await?;
    heard.iphone(on, &citizen, &report, screen).await?;
    follow_up::objects(on, &citizen, &report, screen).await?;

    variations::on_android(on, &mut heard, &guest, &admin, screen).await?;
    variations::anonymous(&nobody, screen).await?;
    variations::outside(&citizen, screen).await?;
    variations::rule_about_nothing(&admin, screen).await?;
    grandmother::is_registered(on, &citizen, &clerk, screen).await?;
    content::is_at_hand(&admin, &nobody, screen).await?;
    waste::of_one_s_own_door(on, &mut heard, &citizen, &admin, clock, screen).await?;
    flood::warning(on, clock, (&citizen, &guest), (&nobody, &admin), screen).await?;
    phones::nobody_broke_a_rule(on, screen)?;
    Ok(Cast { citizen, clerk, admin, report, desk_link })
}
