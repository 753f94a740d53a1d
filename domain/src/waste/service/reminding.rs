//! A turn of reminding: everything that fell due since the last one. Where dates are missing, people hear that
//! once, instead of nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

use super::{importing::town_of, missing, telling};
use crate::{
    Ctx, Result, Scope, Store, Tx,
    context::System,
    deliveries::{Channel, Topic},
    ids::{ContactPointId, MunicipalityId, PersonId, WasteTypeId},
    municipalities::{House, Municipality},
    time::TownCalendar,
    waste::{
        Collection, DueReminder, Freshness, Reminded, Section, WasteCalendar, WasteType, Window,
        collections_due, is_for, is_of,
        reminder::{EARLIEST_DAYS, LATE_AFTER},
    },
};

/// Takes the town hall's turn from `after` to now, and tells what fell due in it. Turn and messages are one
/// transaction: nothing is told twice, and what was due while nobody worked is told as late. Answers how
/// many ways were told, none where somebody else took the turn.
///
/// # Errors
/// Those of storage.
pub async fn take_turn(
    store: &dyn Store,
    ctx: &Ctx<System>,
    town: MunicipalityId,
    after: DateTime<Utc>,
) -> Result<Option<usize>> {
    let tx = store.begin(Scope::Municipality(town)).await?;
    if ctx.now <= after || !tx.take_reminder_turn(after, ctx.now).await? {
        return Ok(None);
    }
    let told = tell_due(&*tx, ctx, town, (after, ctx.now)).await?;
    tx.commit().await?;
    Ok(Some(told))
}

/// Tells what falls due between two moments, whoever's turn it is. Answers how many ways were told.
///
/// # Errors
/// Those of storage.
pub async fn remind(
    store: &dyn Store,
    ctx: &Ctx<System>,
    town: MunicipalityId,
    turn: (DateTime<Utc>, DateTime<Utc>),
) -> Result<usize> {
    let tx = store.begin(Scope::Municipality(town)).await?;
    let told = tell_due(&*tx, ctx, town, turn).await?;
    tx.commit().await?;
    Ok(told)
}

/// The day of a collection, and the moment its reminder was due.
pub(super) type DueDay = (NaiveDate, DateTime<Utc>);

/// Whom a message goes to, before it is known what it says.
type Way = (Channel, ContactPointId, PersonId);

async fn tell_due(
    tx: &dyn Tx,
    ctx: &Ctx<System>,
    town: MunicipalityId,
    turn: (DateTime<Utc>, DateTime<Utc>),
) -> Result<usize> {
    let town = town_of(tx, town).await?;
    let reminders = tx.reminders_at(times(&town, turn)).await?;
    let dates = dates(&town, turn, &reminders);
    if dates.values().all(Vec::is_empty) {
        return Ok(0);
    }
    let sight = Sight::of(tx, &town, turn.1).await?;
    let mut said: BTreeMap<(Way, NaiveDate), Said> = BTreeMap::new();
    for due in &reminders {
        let reminder = &due.reminder;
        let days = dates.get(&(reminder.days_before, reminder.time)).map(Vec::as_slice).unwrap_or_default();
        for (day, moment) in days {
            for collection in sight.on(*day, &due.street_key, &due.house) {
                if reminder.waste_type.is_some_and(|kind| kind != collection.waste_type) {
                    continue;
                }
                let way = (reminder.channel, due.contact_point, due.person);
                let said = said.entry((way, *day)).or_default();
                said.kinds.insert(collection.waste_type);
                said.late |= turn.1 - *moment > LATE_AFTER;
                said.moved_from = collection.moved_from().or(said.moved_from);
            }
        }
    }
    let mut groups: BTreeMap<(Reminded, Channel), Vec<(ContactPointId, PersonId)>> = BTreeMap::new();
    let told = said.len();
    for (((channel, contact_point, person), date), Said { kinds, moved_from, late }) in said {
        let waste_types = sight.in_order(&kinds);
        let reminded = Reminded { date, moved_from, waste_types, late };
        groups.entry((reminded, channel)).or_default().push((contact_point, person));
    }
    for ((reminded, channel), ways) in groups {
        let Reminded { date, moved_from, waste_types, late } = reminded;
        let named = waste_types.iter().filter_map(|id| sight.types.iter().find(|kind| kind.id == *id));
        let waste = named.map(|kind| kind.names.clone()).collect();
        let topic = Topic::WasteReminder { date, moved_from, waste, late };
        telling::send(tx, ctx, topic, (ctx.now, town.calendar().end_of(date)), (channel, ways)).await?;
    }
    Ok(told + missing::tell(tx, ctx, &sight, &reminders, &dates).await?)
}

#[derive(Default)]
struct Said {
    kinds: BTreeSet<WasteTypeId>,
    moved_from: Option<NaiveDate>,
    late: bool,
}

/// The times of day a turn goes through, where it is short and the clocks do not change in it.
fn times(
    town: &Municipality,
    (after, until): (DateTime<Utc>, DateTime<Utc>),
) -> Option<(NaiveTime, NaiveTime)> {
    use chrono::Offset;
    let (from, to) = (town.calendar().local(after), town.calendar().local(until));
    let same = from.date_naive() == to.date_naive() && from.offset().fix() == to.offset().fix();
    same.then(|| (from.time(), to.time()))
}

/// For each kind of reminder the days it is about in this turn, with the moments it was due.
pub(super) type Dates = HashMap<(u8, NaiveTime), Vec<DueDay>>;

fn dates(town: &Municipality, turn: (DateTime<Utc>, DateTime<Utc>), reminders: &[DueReminder]) -> Dates {
    let mut dates = HashMap::new();
    for DueReminder { reminder, .. } in reminders {
        let kind = (reminder.days_before, reminder.time);
        dates.entry(kind).or_insert_with(|| collections_due(town.calendar(), turn, kind));
    }
    dates
}

/// What the town collects in the coming days, as far as it is certain.
pub(super) struct Sight {
    pub town: TownCalendar,
    pub types: Vec<WasteType>,
    calendars: Vec<(Freshness, WasteCalendar)>,
    sections: HashMap<String, Vec<Section>>,
    days: HashMap<NaiveDate, Vec<Collection>>,
}

impl Sight {
    async fn of(tx: &dyn Tx, town: &Municipality, now: DateTime<Utc>) -> Result<Self> {
        let town = town.calendar();
        let today = town.date(now);
        let until = today.checked_add_days(Days::new(EARLIEST_DAYS.into())).unwrap_or(today);
        let calendars = tx.waste_calendars().await?.into_iter();
        let calendars = calendars.map(|calendar| (calendar.freshness(now), calendar));
        let mut sections: HashMap<String, Vec<Section>> = HashMap::new();
        for section in tx.sections_in(None).await? {
            let key = crate::municipalities::street_key(section.street.as_str());
            sections.entry(key).or_default().push(section);
        }
        let mut days: HashMap<NaiveDate, Vec<Collection>> = HashMap::new();
        let collections = tx.collections(None, Window { from: today, until }).await?;
        for collection in collections.into_iter().filter(Collection::takes_place) {
            days.entry(collection.date).or_default().push(collection);
        }
        let types = tx.waste_types().await?;
        Ok(Self { town, types, calendars: calendars.collect(), sections, days })
    }

    fn sections_in(&self, street_key: &str) -> &[Section] {
        self.sections.get(street_key).map(Vec::as_slice).unwrap_or_default()
    }

    /// Collections of a house on a day.
    fn on<'a>(
        &'a self,
        day: NaiveDate,
        street_key: &'a str,
        house: &'a House,
    ) -> impl Iterator<Item = &'a Collection> {
        let sections = self.sections_in(street_key);
        self.days.get(&day).into_iter().flatten().filter(move |collection| {
            let calendar = self.calendars.iter().find(|(_, calendar)| calendar.id == collection.calendar);
            calendar.is_some_and(|(freshness, calendar)| {
                *freshness == Freshness::Fresh
                    && calendar.is_sure_of(collection)
                    && is_for(collection, calendar, sections, (street_key, Some(house)))
            })
        })
    }

    /// The calendars of a house.
    pub fn of_house<'a>(
        &'a self,
        street_key: &'a str,
        house: &'a House,
    ) -> impl Iterator<Item = &'a (Freshness, WasteCalendar)> {
        let sections = self.sections_in(street_key);
        let is_here = move |(_, calendar): &&(Freshness, WasteCalendar)| {
            is_of(calendar, sections, (street_key, Some(house)))
        };
        self.calendars.iter().filter(is_here)
    }

    /// Kinds in the town's order.
    pub fn in_order(&self, kinds: &BTreeSet<WasteTypeId>) -> Vec<WasteTypeId> {
        self.types.iter().map(|kind| kind.id).filter(|id| kinds.contains(id)).collect()
    }
}
