//! People who agreed under an earlier system or on forms, taken in at once with what proves it.

use chrono::NaiveDate;

use super::service::WardChoice;
use crate::{Code, Error, text::Name};

/// Lines of one file.
pub const MOST_LINES: usize = 1_000;

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Somebody with a mailbox or a mobile, who can sign in there and finds what was taken over.
    Resident,
    /// Somebody without a smartphone.
    Ward,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::EnumString)]
#[strum(serialize_all = "snake_case")]
pub enum Column {
    /// Resident or ward.
    Kind,
    /// The name.
    Name,
    /// A number.
    Phone,
    /// Numbers that are tried after it.
    FurtherPhones,
    /// A mailbox.
    Email,
    /// The street they live in.
    Street,
    /// The house.
    HouseNumber,
    /// Streets to hear about besides.
    WatchedStreets,
    /// Codes of topics.
    Topics,
    /// How old they are.
    AgeGroup,
    /// Their language.
    Language,
    /// What brings warnings of danger.
    Crisis,
    /// What brings what is to be read today.
    Important,
    /// What brings what can wait.
    Information,
    /// Where the proof lies.
    Document,
    /// When they agreed.
    AgreedOn,
    /// The last day it is good for.
    ValidUntil,
}

/// One line, read but not yet checked against the town.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its number in the file, from 1.
    pub number: u32,
    /// Resident or ward.
    pub kind: Kind,
    /// The name.
    pub name: Name,
    /// What was chosen, and the ways there.
    pub choice: WardChoice,
    /// Where the proof lies.
    pub document: Name,
    /// When they agreed.
    pub agreed_on: NaiveDate,
    /// The last day it is good for.
    pub valid_until: Option<NaiveDate>,
}

/// Why a line was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line's number in the file, from 1.
    pub line: u32,
    /// Where in the line.
    pub column: Column,
    /// What is wrong.
    pub code: Code,
}

impl Fault {
    /// What a refusal says about a line: the member it points at names the column.
    ///
    /// # Errors
    /// The error itself where it is no refusal.
    pub fn of(line: u32, error: Error) -> Result<Self, Error> {
        let Error::Refused(refusal) = error else { return Err(error) };
        let first = refusal.violations.first();
        let names = first.map(|violation| violation.pointer.rsplit('/')).into_iter().flatten();
        let column = names.filter_map(|name| name.parse().ok()).next().unwrap_or(Column::Name);
        Ok(Self { line, column, code: first.map_or(refusal.code, |violation| violation.code) })
    }
}

/// What came of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// People who were not there before.
    pub added: u64,
    /// People who were there, and choose for themselves.
    pub unchanged: u64,
    /// Lines that were not taken, each with the first thing that is wrong with it.
    pub faults: Vec<Fault>,
}
