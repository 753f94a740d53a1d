//! What a town's waste calendars say, kept in memory: when a date moves, everybody looks at once.

use std::collections::HashMap;

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use super::{
    Answer, Collection, Section, WasteCalendar, WasteType, Window, answer, calendars_of,
    port::{CollectionReads, WasteCalendarReads, WasteTypeReads},
};
use crate::{
    Code, Error, Result,
    ids::{WasteCalendarId, WasteSectionId},
    municipalities::{House, Municipality, street_key},
    text::Street,
};

/// Collections of one town that are kept; a town that has more is read from storage.
const MOST: usize = 100_000;

/// What is known of an address, and the kinds of waste it names.
#[derive(Clone, Debug)]
pub struct Known {
    /// Collections and gaps.
    pub answer: Answer,
    /// The town's kinds of waste.
    pub types: Vec<WasteType>,
}

impl Known {
    /// In the town's order within a day.
    pub(super) fn new(mut answer: Answer, types: Vec<WasteType>) -> Self {
        let place = |id| types.iter().position(|kind| kind.id == id);
        answer.collections.sort_by_key(|shown| (shown.collection.date, place(shown.collection.waste_type)));
        Self { answer, types }
    }
}

/// Refuses an address without a house in a street that is split.
///
/// # Errors
/// [`Code::Required`] at `/house_number`.
pub(super) fn needs_no_house(sections: &[Section], house: Option<&House>) -> Result<()> {
    if house.is_none() && sections.iter().any(|section| !section.houses.is_whole()) {
        return Err(Error::invalid("/house_number", Code::Required));
    }
    Ok(())
}

/// All collections of one section of a calendar, or those that are for all of it.
type Place = (WasteCalendarId, Option<WasteSectionId>);

/// A town's waste calendars with their collections in some years.
#[derive(Debug)]
pub struct Board {
    register_version: i64,
    window: Window,
    /// The kinds of waste in the town's order.
    pub types: Vec<WasteType>,
    calendars: Vec<WasteCalendar>,
    sections: HashMap<String, Vec<Section>>,
    /// None where there are too many.
    collections: Option<HashMap<Place, Vec<Collection>>>,
}

impl Board {
    /// Reads what the calendars of a town that was just looked up say from last year to the year after next.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn load<R>(reads: &R, town: &Municipality, now: DateTime<Utc>) -> Result<Self>
    where
        R: WasteTypeReads + WasteCalendarReads + CollectionReads + ?Sized,
    {
        let window = years_around(town.calendar().date(now));
        let mut sections: HashMap<String, Vec<Section>> = HashMap::new();
        for section in reads.sections_in(None).await? {
            sections.entry(street_key(section.street.as_str())).or_default().push(section);
        }
        let all = reads.collections(None, window).await?;
        let collections = (all.len() <= MOST).then(|| {
            let mut collections: HashMap<Place, Vec<Collection>> = HashMap::new();
            for collection in all {
                collections.entry((collection.calendar, collection.section)).or_default().push(collection);
            }
            collections
        });
        Ok(Self {
            register_version: town.register_version,
            window,
            types: reads.waste_types().await?,
            calendars: reads.waste_calendars().await?,
            sections,
            collections,
        })
    }

    /// Whether it still is what a town that was just looked up has.
    pub fn is_of(&self, town: &Municipality, now: DateTime<Utc>) -> bool {
        self.register_version >= town.register_version
            && self.window == years_around(town.calendar().date(now))
    }

    /// How many collections are kept.
    pub fn size(&self) -> usize {
        self.collections.iter().flat_map(HashMap::values).map(Vec::len).sum()
    }

    /// What is collected at an address in a window; none where that is not kept.
    ///
    /// # Errors
    /// [`Code::Required`] at `/house_number` where the street is split and no house is given.
    pub fn at_address(
        &self,
        (street, house): (&Street, Option<&House>),
        window: Window,
        now: DateTime<Utc>,
    ) -> Result<Option<Known>> {
        let key = street_key(street.as_str());
        let here = (key.as_str(), house);
        let sections = self.sections.get(&key).map(Vec::as_slice).unwrap_or_default();
        needs_no_house(sections, house)?;
        let Some(kept) = self.collections.as_ref().filter(|_| window.common(self.window) == Some(window))
        else {
            return Ok(None);
        };
        let whole = calendars_of(&self.calendars, sections, here).into_iter();
        let whole = whole.map(|calendar| (calendar.id, None));
        let named = sections.iter().map(|section| (section.calendar, Some(section.id)));
        let collections = whole.chain(named).filter_map(|place| kept.get(&place)).flatten();
        let collections = collections.filter(|collection| window.contains(collection.date)).cloned();
        let answer = answer(&self.calendars, sections, collections.collect(), here, window, now);
        Ok(Some(Known::new(answer, self.types.clone())))
    }
}

/// Last year, this one and the next two.
fn years_around(today: NaiveDate) -> Window {
    let year = |more: i32| Window::year(today.year().saturating_add(more));
    let all = year(-1).zip(year(2)).map(|(first, last)| Window { from: first.from, until: last.until });
    all.unwrap_or(Window { from: today, until: today })
}
