use uuid::Uuid;

use super::{
    super::{Format, content_source::tests::source},
    *,
};
use crate::{
    content::{Event, Kind, Language, Text},
    error::Code,
    geo::Point,
    text::Line,
    time::FederalState,
};

pub fn town() -> TownCalendar {
    TownCalendar { state: FederalState::Sn, zone: chrono_tz::Europe::Berlin }
}

fn now() -> DateTime<Utc> {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

fn sheet(title: &str) -> Sheet {
    let title = Line::parse(title).unwrap();
    Sheet::of(Text { language: Language::parse("de").unwrap(), title, summary: None, body: None })
}

fn item(key: &str, title: &str) -> Item {
    Item { line: 7, key: key.into(), kind: Kind::News, sheet: sheet(title), dated: Some(now()) }
}

pub fn event(key: &str, starts_at: &str) -> Item {
    let event = Event {
        starts_at: starts_at.parse().unwrap(),
        ends_at: None,
        recurrence: None,
        cancelled: false,
        cancelled_dates: Vec::new(),
        organizer: None,
        price: None,
    };
    Item { kind: Kind::Event, sheet: Sheet { event: Some(event), ..sheet(key) }, ..item(key, key) }
}

/// A town's content and what was taken, by one source.
struct Town {
    source: ContentSource,
    taken: Vec<Taken>,
    contents: Vec<Content>,
    next: u128,
}

impl Town {
    fn with(format: Format) -> Self {
        Self { source: source(format), taken: Vec::new(), contents: Vec::new(), next: 1 }
    }

    fn take(&mut self, items: Vec<Result<Item, Fault>>) -> Plan {
        let ground = Ground {
            source: &self.source,
            taken: self.taken.clone(),
            contents: self.contents.clone(),
            town: town(),
            now: now(),
            changed: 1,
        };
        let next = &mut self.next;
        let plan = plan(ground, Understood::of(items, town()).unwrap(), || {
            *next += 1;
            Uuid::from_u128(*next)
        });
        for content in &plan.put {
            self.contents.retain(|known| known.id != content.id);
            self.contents.push(content.clone());
        }
        self.taken.retain(|known| {
            !plan.forgotten.contains(&known.key) && plan.taken.iter().all(|taken| taken.key != known.key)
        });
        self.taken.extend(plan.taken.clone());
        self.source = self.source.clone().succeeded(now(), Default::default());
        plan
    }
}

fn counts(plan: &Plan) -> [u64; 6] {
    let Report { added, changed, unchanged, kept, withdrawn, ignored, .. } = plan.report;
    [added, changed, unchanged, kept, withdrawn, ignored]
}

#[test]
fn a_feed_is_followed_and_what_staff_did_stays() {
    let mut town = Town::with(Format::Feed);
    let first = town.take(["a", "b", "c", "a"].map(|key| Ok(item(key, key))).to_vec());
    assert_eq!(counts(&first), [3, 0, 0, 0, 0, 1]);
    assert!(first.told.is_empty(), "what was there before is no news");
    let again = town.take(["a", "b", "c"].map(|key| Ok(item(key, key))).to_vec());
    assert_eq!((counts(&again), again.put.len()), ([0, 0, 3, 0, 0, 0], 0));

    // Staff change one and remove one; a third is archived, and that is no change of what it says.
    town.contents[1].sheet = sheet("b, besser");
    town.contents.retain(|content| content.sheet != sheet("c"));
    town.contents[0].state = State::Archived;
    let changed = town.take(["a", "b", "c", "d"].map(|key| Ok(item(key, &format!("{key}!")))).to_vec());
    assert_eq!(counts(&changed), [1, 1, 0, 2, 0, 0]);
    assert_eq!((changed.put[0].sheet.texts[0].title.as_str(), changed.put[0].version), ("a!", 2));
    assert_eq!(changed.put[0].state, State::Archived);
    assert_eq!(changed.told.len(), 1);
    // What falls off the end of a feed is still true.
    assert_eq!(counts(&town.take(vec![Ok(item("d", "d!"))])), [0, 0, 1, 0, 0, 0]);
}

#[test]
fn news_are_published_or_wait_and_few_are_told() {
    let mut town = Town::with(Format::Feed);
    town.source.publishes = false;
    let draft = town.take(vec![Ok(item("a", "a"))]);
    assert_eq!((draft.put[0].state, draft.put[0].published_at), (State::Draft, None));
    town.source.publishes = true;
    let old = Item { dated: Some(now() - TimeDelta::days(2)), ..item("old", "alt") };
    let many = (0..5).map(|n| item(&n.to_string(), "neu")).chain([old]).map(Ok).collect();
    let many = town.take(many);
    assert_eq!((counts(&many)[0], many.told.len()), (6, 3));
    assert_eq!(many.put[5].published_at, Some(now() - TimeDelta::days(2)));
}

#[test]
fn what_staff_published_of_a_source_that_does_not_is_theirs() {
    let mut town = Town::with(Format::Feed);
    town.source.publishes = false;
    town.take(vec![Ok(item("a", "a")), Ok(item("b", "b"))]);
    town.contents[0].become_state(State::Published, now()).unwrap();
    let said = || vec![Ok(item("a", "a, ungesehen")), Ok(item("b", "b, neu"))];
    let changed = town.take(said());
    assert_eq!(counts(&changed), [0, 1, 0, 1, 0, 0]);
    assert_eq!((changed.put[0].state, changed.put[0].sheet.clone()), (State::Draft, sheet("b, neu")));
    // Once it is a draft again it says what the source says, for staff to look at.
    town.contents.iter_mut().for_each(|content| content.state = State::Draft);
    let withdrawn = town.take(said());
    assert_eq!(counts(&withdrawn), [0, 1, 1, 0, 0, 0]);
    assert_eq!(withdrawn.put[0].sheet, sheet("a, ungesehen"));
}

#[test]
fn what_a_calendar_no_longer_has_is_archived_unless_it_is_over() {
    let mut town = Town::with(Format::Calendar);
    let (past, next) = (event("past", "2026-11-01T10:00:00Z"), event("next", "2026-12-01T10:00:00Z"));
    town.take(vec![Ok(past), Ok(next.clone()), Ok(event("stays", "2026-12-02T10:00:00Z"))]);
    let fewer = town.take(vec![Ok(event("stays", "2026-12-02T10:00:00Z"))]);
    assert_eq!(counts(&fewer), [0, 0, 1, 0, 1, 0]);
    assert_eq!(fewer.put[0].state, State::Archived);
    let back = town.take(vec![Ok(event("stays", "2026-12-02T10:00:00Z")), Ok(next)]);
    assert_eq!(counts(&back), [1, 0, 1, 0, 0, 0]);
}

#[test]
fn all_of_a_source_or_nothing() {
    let mut town = Town::with(Format::Map);
    let swapped = Point { lat: 12.58, lon: 51.59 };
    let place =
        Item { kind: Kind::Place, sheet: Sheet { location: Some(swapped), ..sheet("x") }, ..item("x", "x") };
    let broken = Fault { line: 9, pointer: "/title".into(), code: Code::Required };
    let plan = town.take(vec![Ok(item("a", "a")), Ok(place), Err(broken.clone())]);
    let axes = Fault { line: 7, pointer: "/location".into(), code: Code::AxesSwapped };
    assert_eq!(plan.report.faults, [axes, broken]);
    assert!(plan.put.is_empty() && plan.taken.is_empty());
}
