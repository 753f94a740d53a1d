//! Staff move, cancel and add collections.

use chrono::NaiveDate;

use super::{importing::town_of, telling};
use crate::{
    Code, Ctx, Error, Result, Store,
    audit::{Deed, Subject, note},
    context::{Permission, Staff},
    ids::{CollectionId, WasteCalendarId, WasteTypeId},
    text::Slug,
    waste::{Change, Collection, Reason, Status, Stop, Told, WasteType, Window},
};

/// What changes about a calendar's collections of one day.
#[derive(Clone, Debug)]
pub struct NewChange {
    /// The day they are on; none adds one.
    pub from: Option<NaiveDate>,
    /// The day they will be on; none cancels them.
    pub to: Option<NaiveDate>,
    /// Only those of this kind, cancelled ones too; required for one that is added.
    pub waste_type: Option<Slug>,
    /// Where one is that is added, for what people bring themselves.
    pub stop: Option<Stop>,
    /// Why.
    pub reason: Reason,
}

/// Moves, cancels or adds collections, and tells those who had them. Answers what they are now.
///
/// # Errors
/// [`Code::ExactlyOne`] where neither day is given; [`Code::UnknownReference`] for a kind, and for a day
/// without collections; [`Code::OutOfRange`] for days that are over; [`Code::AlreadyExists`] where there
/// is one on that day.
pub async fn change_collections(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    id: WasteCalendarId,
    new: NewChange,
) -> Result<Vec<Collection>> {
    ctx.require(Permission::ManageRegister)?;
    let tx = store.begin(ctx.scope()).await?;
    let calendar = tx.hold_waste_calendar(id).await?.ok_or_else(Error::not_found)?;
    let town = town_of(&*tx, ctx.actor.municipality).await?;
    let today = town.calendar().date(ctx.now);
    let kind = match &new.waste_type {
        Some(code) => Some(kind(tx.waste_types().await?, code)?),
        None => None,
    };
    let told = match (new.from, new.to) {
        (None, None) => return Err(Error::invalid("/from", Code::ExactlyOne)),
        (Some(from), to) => {
            let mut meant = tx.collections(Some(&[id]), Window { from, until: from }).await?;
            meant.retain(|it| kind.is_none_or(|kind| it.waste_type == kind));
            // What was cancelled comes back only where its kind is named and nothing else of it takes place.
            if kind.is_none() || meant.iter().any(Collection::takes_place) {
                meant.retain(Collection::takes_place);
            }
            let there = match to {
                Some(to) => tx.collections(Some(&[id]), Window { from: to, until: to }).await?,
                None => Vec::new(),
            };
            let change = to.map_or(Change::Cancel(new.reason), |to| Change::Move(to, new.reason));
            let mut told = Vec::new();
            for mut collection in meant {
                let wrong = |code| Error::invalid(if from < today { "/from" } else { "/to" }, code);
                told.extend(collection.change(change, ctx.now, today).map_err(wrong)?);
                let same = |it: &&Collection| it.takes_place() && it.id != collection.id;
                if there.iter().filter(same).any(|it| is_like(it, &collection)) {
                    return Err(Error::refused(Code::AlreadyExists));
                }
            }
            if told.is_empty() {
                return Err(Error::invalid("/from", Code::UnknownReference));
            }
            told
        }
        (None, Some(to)) => {
            let waste_type = kind.ok_or_else(|| Error::invalid("/waste_type", Code::Required))?;
            if to < today {
                return Err(Error::invalid("/to", Code::OutOfRange));
            }
            let there = tx.collections(Some(&[id]), Window { from: to, until: to }).await?;
            let same =
                |it: &Collection| it.takes_place() && it.waste_type == waste_type && it.stop == new.stop;
            if there.iter().any(same) {
                return Err(Error::refused(Code::AlreadyExists));
            }
            let collection = Collection {
                id: ctx.id::<CollectionId>(),
                calendar: id,
                section: None,
                waste_type,
                regular: to,
                date: to,
                before: None,
                status: Status::Added,
                reason: Some(new.reason),
                stop: new.stop,
                sequence: 0,
                changed_at: ctx.now,
            };
            vec![Told { collection, from: None, to: Some(to) }]
        }
    };
    let put: Vec<_> = told.iter().map(|told| told.collection.clone()).collect();
    tx.put_collections(&put).await?;
    telling::tell(&*tx, ctx, &town, &calendar, &told).await?;
    tx.touch_register().await?;
    note(&*tx, ctx, Deed::Changed, Subject::WasteCalendar(id)).await?;
    tx.commit().await?;
    Ok(put)
}

/// Whether two are the same to the same people.
fn is_like(it: &Collection, other: &Collection) -> bool {
    (it.waste_type, it.section, &it.stop) == (other.waste_type, other.section, &other.stop)
}

fn kind(types: Vec<WasteType>, code: &Slug) -> Result<WasteTypeId> {
    let found = types.into_iter().find(|kind| kind.code == *code);
    found.map(|kind| kind.id).ok_or_else(|| Error::invalid("/waste_type", Code::UnknownReference))
}
