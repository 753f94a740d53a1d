//! `rathaus admin`: what no town hall can do for itself. Works on the database directly.

mod addresses;
mod boundary;
mod keys;
mod municipalities;
mod staff;

use std::path::PathBuf;

use chrono_tz::Tz;
use clap::{Args, Subcommand};
use domain::{
    Code, Ctx, Error, Locale,
    context::Operator,
    staff::Role,
    text::{EmailAddress, Name, Slug},
    time::FederalState,
};
use infrastructure::db::SqlStore;

use super::{Failure, block_on};
use crate::{clock::Clock, config::Config, database, problem};

/// What an operator can do.
#[derive(Subcommand)]
pub enum Admin {
    /// Add a town hall with its default department.
    CreateMunicipality(NewMunicipality),
    /// List the town halls.
    List,
    /// Add somebody to a town hall's staff, with an account where they have none.
    CreateStaff(NewStaff),
    /// Take in a town hall's address register.
    ImportAddresses(NewAddresses),
    /// Take away the second factor of somebody whose authenticator is lost, and sign them out everywhere.
    ResetSecondFactor {
        /// The address they sign in with.
        #[arg(long, value_parser = |text: &str| EmailAddress::parse(text).map_err(sentence))]
        email: EmailAddress,
    },
    /// Make a new key that signs tokens, and retire the one before. Nobody is signed out.
    RotateKeys,
    /// Give somebody of the staff a new password and sign them out everywhere.
    ResetPassword {
        /// The address they sign in with.
        #[arg(long, value_parser = |text: &str| EmailAddress::parse(text).map_err(sentence))]
        email: EmailAddress,
        /// Read the password from standard input instead of making one up.
        #[arg(long)]
        password_stdin: bool,
    },
}

/// A town hall to be added.
#[derive(Args)]
pub struct NewMunicipality {
    /// Its name in addresses of the API, such as bad-dueben.
    #[arg(long, value_parser = slug)]
    slug: Slug,
    /// Its name for people.
    #[arg(long, value_parser = |text: &str| Name::parse(text).map_err(sentence))]
    name: Name,
    /// The Land whose holidays it keeps: BB, BE, BW, BY, HB, HE, HH, MV, NI, NW, RP, SH, SL, SN, ST or TH.
    #[arg(long, value_parser = state)]
    state: FederalState,
    /// What references begin with: one to eight capital letters.
    #[arg(long)]
    prefix: String,
    /// Its boundary: a GeoJSON file with a Polygon or MultiPolygon, longitude first.
    #[arg(long, value_name = "FILE")]
    boundary: Option<PathBuf>,
    /// Where its working day begins and ends.
    #[arg(long, default_value = "Europe/Berlin")]
    time_zone: Tz,
    /// Amtlicher Regionalschlüssel, twelve digits.
    #[arg(long)]
    ars: Option<String>,
    /// The department that gets what no rule places.
    #[arg(long, default_value = "Bürgerbüro", value_parser = |text: &str| Name::parse(text).map_err(sentence))]
    default_department: Name,
    /// Where this department gets its letters; without one the admins get them.
    #[arg(long, value_parser = |text: &str| EmailAddress::parse(text).map_err(sentence))]
    email: Option<EmailAddress>,
}

/// An address register to be taken in.
#[derive(Args)]
pub struct NewAddresses {
    /// The town hall, such as bad-dueben.
    #[arg(long, value_parser = slug)]
    municipality: Slug,
    /// The register: .csv with headings, or .geojson with a point for each house.
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// Remove houses that the file does not name.
    #[arg(long)]
    replace: bool,
    /// Take the other lines where some are wrong.
    #[arg(long)]
    skip_faults: bool,
}

/// Somebody to be added to a town hall's staff.
#[derive(Args)]
pub struct NewStaff {
    /// The town hall, such as bad-dueben.
    #[arg(long, value_parser = slug)]
    municipality: Slug,
    /// The address they sign in with.
    #[arg(long, value_parser = |text: &str| EmailAddress::parse(text).map_err(sentence))]
    email: EmailAddress,
    /// Their name, for colleagues only.
    #[arg(long, value_parser = |text: &str| Name::parse(text).map_err(sentence))]
    name: Name,
    /// What they may do: admin, editor, lead, clerk or auditor.
    #[arg(long, value_parser = role)]
    role: Role,
    /// Read the password from standard input instead of making one up.
    #[arg(long)]
    password_stdin: bool,
}

/// The database and the circumstances of one command.
struct Desk {
    store: SqlStore,
    ctx: Ctx<Operator>,
}

pub fn run(config: &Config, admin: Admin) -> Result<(), Failure> {
    block_on(async {
        let clock = Clock::system();
        let store = database::open_for_command(config).await?;
        let desk = Desk { store, ctx: clock.ctx(Locale::En, clock.uuid(), Operator) };
        match admin {
            Admin::CreateMunicipality(new) => desk.create_municipality(new).await,
            Admin::List => desk.list().await,
            Admin::CreateStaff(new) => desk.create_staff(new).await,
            Admin::ImportAddresses(new) => desk.import_addresses(&new).await,
            Admin::ResetSecondFactor { email } => desk.reset_second_factor(&email).await,
            Admin::RotateKeys => desk.rotate_keys(config, &clock).await,
            Admin::ResetPassword { email, password_stdin } => {
                desk.reset_password(&email, password_stdin).await
            }
        }
    })
}

/// What a code means, in a sentence.
fn sentence(code: Code) -> String {
    problem::sentence(code, Locale::En)
}

/// What a refusal means, in a sentence for each field; a broken store speaks for itself.
fn refusal(error: Error) -> Failure {
    match error {
        Error::Refused(refusal) if refusal.violations.is_empty() => sentence(refusal.code).into(),
        Error::Refused(refusal) => {
            let fields = refusal.violations.iter();
            let lines = fields
                .map(|field| format!("{}: {}", field.pointer.trim_start_matches('/'), sentence(field.code)));
            lines.collect::<Vec<_>>().join("\n").into()
        }
        Error::Store(broken) => broken.into(),
    }
}

fn slug(text: &str) -> Result<Slug, String> {
    Slug::parse(text)
        .map_err(|_| "must be lower-case letters, digits and hyphens, such as bad-dueben".to_owned())
}

fn state(text: &str) -> Result<FederalState, String> {
    text.to_uppercase().parse().map_err(|_| "must be one of the sixteen, such as SN".to_owned())
}

fn role(text: &str) -> Result<Role, String> {
    text.parse().map_err(|_| "must be admin, editor, lead, clerk or auditor".to_owned())
}
