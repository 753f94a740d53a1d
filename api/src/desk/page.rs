//! What the page behind a department's link shows.

use askama::Template;
use chrono::{DateTime, Utc};
use domain::{
    Locale,
    complaints::{Complaint, Status, Step, desk::link::DeskView, status::ActorKind},
    municipalities::Department,
    text::Remark,
    time::TownCalendar,
};

use super::words::{Said, Words, status, step, words};

/// The style of all pages.
pub const STYLE: &str = include_str!("../../templates/desk/style.css");

/// A field that was filled in wrongly, and what to do about it.
pub struct Wrong {
    pub field: &'static str,
    pub text: &'static str,
}

/// What was entered, to be shown again.
#[derive(Default)]
pub struct Entered {
    pub public_text: String,
    pub internal_text: String,
    pub department: String,
}

/// A short page that says one thing.
#[derive(Template)]
#[template(path = "desk/notice.html")]
pub struct NoticePage {
    pub t: &'static Words,
    pub said: &'static Said,
    /// Where to go on.
    pub back: Option<String>,
}

/// The complaint with its forms.
#[derive(Template)]
#[template(path = "desk/complaint.html")]
pub struct ComplaintPage {
    t: &'static Words,
    token: String,
    version: i64,
    town: String,
    department: String,
    reference: String,
    category: String,
    status: &'static str,
    due: Option<String>,
    reported: String,
    description: String,
    address: Option<String>,
    map: Option<String>,
    photos: Vec<PhotoLinks>,
    steps: Vec<StepLine>,
    may_accept: bool,
    may_resolve: bool,
    may_return: bool,
    others: Vec<Other>,
    wrong: Option<Wrong>,
    public_text: String,
    internal_text: String,
    chosen: String,
}

struct PhotoLinks {
    thumb: String,
    full: String,
}

struct StepLine {
    stamp: String,
    at: String,
    what: String,
    public_text: Option<String>,
    internal_text: Option<String>,
}

struct Other {
    id: String,
    name: String,
}

impl From<Department> for Other {
    fn from(department: Department) -> Self {
        Self { id: department.id.to_string(), name: department.name.into_string() }
    }
}

impl ComplaintPage {
    /// The page as it is now, with what was entered and was wrong.
    pub fn new(view: DeskView, token: &str, locale: Locale, entered: Entered, wrong: Option<Wrong>) -> Self {
        let calendar = TownCalendar { state: view.municipality.state, zone: view.municipality.time_zone };
        let moment = |at: DateTime<Utc>| on_the_clock(at, calendar, locale);
        let complaint = view.dossier.complaint;
        let may = |to| complaint.status.may_become(to, ActorKind::DeskLink);
        let photo = |id, size: &str| format!("/desk/{token}/photos/{id}/{size}");
        Self {
            t: words(locale),
            token: token.to_owned(),
            version: complaint.version,
            town: view.municipality.name.into_string(),
            department: view.dossier.department.name.into_string(),
            reference: complaint.reference.to_string(),
            category: view.dossier.category.names.in_locale(locale).to_string(),
            status: status(complaint.status, locale),
            due: complaint.next_due().map(moment),
            reported: moment(complaint.created_at),
            may_accept: may(Status::Accepted),
            may_resolve: may(Status::Resolved) || may(Status::Accepted),
            may_return: may(Status::Routed),
            map: map_link(&complaint),
            address: complaint.place.address.map(String::from),
            description: complaint.description.into_string(),
            photos: view
                .dossier
                .photos
                .iter()
                .map(|kept| PhotoLinks { thumb: photo(kept.id, "thumb"), full: photo(kept.id, "full") })
                .collect(),
            steps: view.steps.into_iter().map(|step| line(step, calendar, locale)).collect(),
            others: view.others.into_iter().map(Other::from).collect(),
            wrong,
            public_text: entered.public_text,
            internal_text: entered.internal_text,
            chosen: entered.department,
        }
    }

    fn is_wrong(&self, field: &str) -> bool {
        self.wrong_about(field).is_some()
    }

    fn wrong_about(&self, field: &str) -> Option<&'static str> {
        self.wrong.as_ref().filter(|wrong| wrong.field == field).map(|wrong| wrong.text)
    }

    fn is_chosen(&self, other: &Other) -> bool {
        self.chosen == other.id
    }
}

fn line(taken: Step, calendar: TownCalendar, locale: Locale) -> StepLine {
    StepLine {
        stamp: taken.at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        at: on_the_clock(taken.at, calendar, locale),
        what: step(&taken, locale),
        public_text: taken.public_text.map(Remark::into_string),
        internal_text: taken.internal_text.map(Remark::into_string),
    }
}

/// A moment on the town's clocks.
fn on_the_clock(at: DateTime<Utc>, calendar: TownCalendar, locale: Locale) -> String {
    let format = match locale {
        Locale::De => "%d.%m.%Y, %H:%M Uhr",
        Locale::En => "%-d %B %Y, %H:%M",
    };
    calendar.local(at).format(format).to_string()
}

/// The place on a public map.
fn map_link(complaint: &Complaint) -> Option<String> {
    let point = complaint.place.point?;
    let (lat, lon) = (point.lat, point.lon);
    Some(format!("https://www.openstreetmap.org/?mlat={lat:.6}&mlon={lon:.6}#map=18/{lat:.6}/{lon:.6}"))
}
