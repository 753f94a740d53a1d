//! Filing a complaint.

use std::net::IpAddr;

use chrono::{Datelike, TimeDelta};

use super::{Intake, NewPlace, arrival, place, sender};
use crate::{
    Code, Ctx, Error, Result, Scope, Store, StoreError, Tx,
    categories::Category,
    citizens::service::{NewCode, queue_code},
    complaints::{
        Action, ActorKind, Complaint, Reference, Status, Step, history::in_order, photo::ContentHash,
    },
    context::Reporter,
    idempotency::{Once, Outcome},
    ids::{ComplaintId, PersonId, PhotoId},
    limits::{self, Quota, spend},
    routing::{Decision, Priority},
    text::{Description, Slug},
};

/// Reports of guests from one client address, behind which many phones may be.
const GUESTS_PER_CLIENT: Quota = Quota::new("guest_reports_per_client", 60, TimeDelta::days(1));
/// Anonymous reports from one client address.
const ANONYMOUS_PER_CLIENT: Quota = Quota::new("anonymous_reports", 30, TimeDelta::days(1));

/// A report as it comes in.
#[derive(Clone, Debug)]
pub struct NewComplaint {
    /// Its identifier.
    pub id: ComplaintId,
    /// Whether the app made the id: then the report may have come before.
    pub may_repeat: bool,
    /// What it is about.
    pub category: Slug,
    /// What the citizen wrote.
    pub description: Description,
    /// Where it is.
    pub place: NewPlace,
    /// Its photos, in their order.
    pub photos: Vec<PhotoId>,
    /// Whether nobody shall know who reported it.
    pub anonymous: bool,
    /// Of the whole report as it was sent.
    pub content: ContentHash,
    /// Keyed hash of the return key an anonymous reporter is shown.
    pub return_key_hash: String,
    /// The code to be mailed where the report must be confirmed; none where no address was given.
    pub code: Option<NewCode>,
    /// Where the request came from.
    pub client: IpAddr,
}

/// What came of a report.
#[derive(Clone, Debug)]
pub struct Submitted {
    /// The complaint as it stands now.
    pub complaint: Complaint,
    /// Whether it had been filed before by the same request; the return key is not shown again.
    pub repeated: bool,
}

/// In which role somebody reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filer {
    Citizen(PersonId),
    Guest(PersonId),
    Anonymous,
}

/// Whether to look first if the report has been filed before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    First,
    No,
}

/// Files a complaint: it is on a desk when this answers, unless it waits for the reporter's code.
///
/// The reference is given at once, so a report that is never confirmed leaves a gap: a number that
/// somebody was told never means another complaint.
///
/// # Errors
/// [`Code::Unauthenticated`] without a token where the report is not anonymous,
/// [`Code::GuestsNotAccepted`], [`Code::AnonymousNotAccepted`], [`Code::TooManyRequests`],
/// [`Code::OutsideMunicipality`], [`Code::AlreadyExists`] where the id belongs to another report;
/// violations at `/id`, `/category`, `/address`, `/photos` and `/email`.
pub async fn submit(
    store: &dyn Store,
    ctx: &Ctx<Reporter>,
    intake: &Intake,
    new: NewComplaint,
    once: Once<'_, Submitted>,
) -> Result<Outcome<Submitted>> {
    if new.id.0.is_nil() {
        return Err(Error::invalid("/id", Code::NotAllowed));
    }
    let filed = file(store, ctx, intake, &new, &once, Look::No).await;
    match filed {
        Err(Error::Store(error)) if !matches!(error, StoreError::Duplicate) => Err(error.into()),
        // Reports rarely come twice, so whether this one did is asked only where something speaks against
        // it: its id is taken, its photos are attached, its category is closed by now.
        Err(_) if new.may_repeat => file(store, ctx, intake, &new, &once, Look::First).await,
        filed => filed,
    }
}

async fn file(
    store: &dyn Store,
    ctx: &Ctx<Reporter>,
    intake: &Intake,
    new: &NewComplaint,
    once: &Once<'_, Submitted>,
    look: Look,
) -> Result<Outcome<Submitted>> {
    let tx = store.begin(Scope::Municipality(intake.town.id)).await?;
    if let Some(answer) = once.replay(&*tx, ctx.now).await? {
        return Ok(Outcome::Replayed(answer));
    }
    let filer = filer(ctx, new.anonymous)?;
    if look == Look::First
        && let Some(known) = tx.complaint(new.id).await?
    {
        return repeated(known, filer, new).map(Outcome::Done);
    }
    let unknown = || Error::invalid("/category", Code::UnknownReference);
    let category = intake.open_category(&new.category).ok_or_else(unknown)?;
    accepted(intake, category, filer)?;
    within_limits(&*tx, ctx, intake, filer, new.client).await?;
    let code = confirmation(intake, filer, new.code.as_ref())?;
    let complaint = reported(&*tx, ctx, intake, category, filer, new, code).await?;
    let submitted = match code {
        Some(code) => {
            queue_code(&*tx, ctx.now, code).await?;
            keep(&*tx, ctx, complaint, None, new).await?
        }
        None => {
            let mut complaint = complaint;
            let routed = arrival::route(ctx, intake, &mut complaint)?;
            arrival::announce(&*tx, ctx, intake, &complaint, &routed.0).await?;
            keep(&*tx, ctx, complaint, Some(routed), new).await?
        }
    };
    once.remember(&*tx, ctx.now, &submitted).await?;
    tx.commit().await?;
    Ok(Outcome::Done(submitted))
}

fn filer(ctx: &Ctx<Reporter>, anonymous: bool) -> Result<Filer> {
    match &ctx.actor {
        _ if anonymous => Ok(Filer::Anonymous),
        Reporter::Program(_) => Ok(Filer::Anonymous),
        Reporter::Person(person) if person.account.is_some() => Ok(Filer::Citizen(person.person)),
        Reporter::Person(person) => Ok(Filer::Guest(person.person)),
        Reporter::Anonymous { .. } => Err(Error::refused(Code::Unauthenticated)),
    }
}

/// The same report again is answered as the first time; another report under its id is refused.
fn repeated(known: Complaint, filer: Filer, new: &NewComplaint) -> Result<Submitted> {
    if known.content == new.content && known.reporter == filer.person() {
        Ok(Submitted { complaint: known, repeated: true })
    } else {
        Err(Error::refused(Code::AlreadyExists))
    }
}

fn accepted(intake: &Intake, category: &Category, filer: Filer) -> Result<()> {
    let settings = &intake.town.settings;
    match filer {
        Filer::Guest(_) if !(settings.accepts_guests && category.accepts_guests) => {
            Err(Error::refused(Code::GuestsNotAccepted))
        }
        Filer::Anonymous if !(settings.accepts_anonymous && category.accepts_anonymous) => {
            Err(Error::refused(Code::AnonymousNotAccepted))
        }
        _ => Ok(()),
    }
}

async fn within_limits(
    tx: &dyn Tx,
    ctx: &Ctx<Reporter>,
    intake: &Intake,
    filer: Filer,
    client: IpAddr,
) -> Result<()> {
    let town = intake.town.id;
    match filer {
        Filer::Citizen(_) => Ok(()),
        Filer::Guest(person) => {
            let most = intake.town.settings.guest_reports_per_day.into();
            let quota = Quota::new("guest_reports", most, TimeDelta::days(1));
            spend(tx, ctx.now, quota, &format!("{town}/{person}")).await?;
            // Guests cost nothing to make.
            let client = limits::client(client);
            spend(tx, ctx.now, GUESTS_PER_CLIENT, &format!("{town}/{client}")).await.map(drop)
        }
        Filer::Anonymous => {
            let client = limits::client(client);
            spend(tx, ctx.now, ANONYMOUS_PER_CLIENT, &format!("{town}/{client}")).await.map(drop)
        }
    }
}

/// The code to be mailed, where this report waits for one.
fn confirmation<'a>(intake: &Intake, filer: Filer, code: Option<&'a NewCode>) -> Result<Option<&'a NewCode>> {
    if !(matches!(filer, Filer::Guest(_)) && intake.town.settings.guests_confirm_by_email) {
        return Ok(None);
    }
    code.map(Some).ok_or_else(|| Error::invalid("/email", Code::Required))
}

/// The complaint before it is routed. Takes the next number last, so that what is refused takes none.
async fn reported(
    tx: &dyn Tx,
    ctx: &Ctx<Reporter>,
    intake: &Intake,
    category: &Category,
    filer: Filer,
    new: &NewComplaint,
    code: Option<&NewCode>,
) -> Result<Complaint> {
    let town = &intake.town;
    let place = place::find(tx, town, &new.place).await?;
    // Attaching asks again; this is so that no number is taken for nothing.
    all_there(tx.attachable(&new.photos, &sender(&ctx.actor)).await?, new)?;
    if let Some(person) = filer.person() {
        tx.follow(ctx.now, person, town.id).await?;
    }
    let broken = || Error::refused(Code::Internal);
    let year = u16::try_from(town.calendar().date(ctx.now).year()).map_err(|_| broken())?;
    let number = tx.next_number(year).await?;
    let anonymous = filer == Filer::Anonymous;
    Ok(Complaint {
        id: new.id,
        reference: Reference::new(&town.reference_prefix, year, number).map_err(|_| broken())?,
        status: if code.is_some() { Status::Unconfirmed } else { Status::Submitted },
        category: category.id,
        department: intake.default_department().ok_or_else(broken)?.id,
        assignee: None,
        priority: Priority::Normal,
        description: new.description.clone(),
        place,
        content: new.content,
        anonymous,
        reporter: filer.person(),
        return_key_hash: anonymous.then(|| new.return_key_hash.clone()),
        confirm_email: code.and_then(|code| code.code.address.email().cloned()),
        original: None,
        title: None,
        place_released: false,
        due: None,
        first_answered_at: None,
        reminded_for: None,
        overdue_told_for: None,
        settled_at: None,
        created_at: ctx.now,
        updated_at: ctx.now,
        version: 1,
    })
}

/// Stores the complaint with its history, its photos and, once routed, why it went where it went.
async fn keep(
    tx: &dyn Tx,
    ctx: &Ctx<Reporter>,
    complaint: Complaint,
    routed: Option<(Decision, Step)>,
    new: &NewComplaint,
) -> Result<Submitted> {
    tx.insert_complaint(&complaint).await?;
    let filed = Step {
        id: ctx.id(),
        complaint: complaint.id,
        at: ctx.now,
        by: ActorKind::Reporter,
        actor: complaint.reporter.map(Into::into),
        action: Action::Filed,
        from: None,
        to: Some(if routed.is_some() { Status::Submitted } else { complaint.status }),
        public_text: None,
        internal_text: None,
    };
    let (decision, moved) = routed.unzip();
    tx.insert_steps(&in_order([filed].into_iter().chain(moved))).await?;
    if let Some(decision) = decision {
        tx.insert_decision(ctx.now, ctx.id(), complaint.id, &decision).await?;
    }
    all_there(tx.attach_photos(complaint.id, &new.photos, &sender(&ctx.actor)).await?, new)?;
    Ok(Submitted { complaint, repeated: false })
}

fn all_there(photos: u64, new: &NewComplaint) -> Result<()> {
    let all = usize::try_from(photos).ok() == Some(new.photos.len());
    if all { Ok(()) } else { Err(Error::invalid("/photos", Code::UnknownReference)) }
}

impl Filer {
    fn person(self) -> Option<PersonId> {
        match self {
            Self::Citizen(person) | Self::Guest(person) => Some(person),
            Self::Anonymous => None,
        }
    }
}
