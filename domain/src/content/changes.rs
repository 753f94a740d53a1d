//! What changed since an app asked last: its copy becomes what the server has.
//!
//! A town's changes are counted in the transaction that makes them, by a row that stays locked until it
//! commits. So the numbers come in the order of the commits, and who has seen number 7 has seen all up to
//! it: a late commit gets a later number. What the clock alone shows or hides has no number; for that the
//! position also holds the moment up to which the clock was followed.

use std::{fmt, str::FromStr, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{
    Kind, Library,
    library::{Entry, REMEMBERED},
};
use crate::{Code, Error, Result, ids::ContentId};

/// How long an unchanged position is given back as it was, before its moment is moved on.
const STANDS: TimeDelta = TimeDelta::days(1);

/// How far an app has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since {
    /// The number of the last change it has.
    changed: i64,
    /// The last piece of that number.
    id: Uuid,
    /// The moment up to which it has followed the clock.
    moment: DateTime<Utc>,
    /// The last piece of that moment.
    turned: Uuid,
}

/// What became of one piece.
#[derive(Clone, Debug)]
pub enum Change {
    /// It is there, so.
    Shown(Arc<Entry>),
    /// It is not there any more.
    Gone(ContentId, Kind),
}

impl Change {
    fn id(&self) -> Uuid {
        match self {
            Self::Shown(entry) => entry.content.id.0,
            Self::Gone(id, _) => id.0,
        }
    }
}

/// Some changes.
#[derive(Clone, Debug)]
pub struct Changes {
    /// Each piece at most once.
    pub items: Vec<Change>,
    /// Where to go on.
    pub next: Since,
    /// Whether there are more already.
    pub more: bool,
}

impl Library {
    /// At most `limit` changes after `since`; everything from the beginning where that is absent.
    ///
    /// # Errors
    /// [`Code::CursorExpired`] where what was removed since is forgotten.
    pub fn changes(&self, since: Option<Since>, now: DateTime<Utc>, limit: usize) -> Result<Changes> {
        let begins = since.is_none();
        let since = since.unwrap_or(Since { changed: 0, id: Uuid::nil(), moment: now, turned: Uuid::max() });
        if now - since.moment > REMEMBERED {
            return Err(Error::refused(Code::CursorExpired));
        }
        let mut counted = self.counted(since, now);
        let newest = counted.last().map(|(changed, id, _)| (*changed, *id));
        if begins {
            // Who has nothing need not hear what is gone.
            counted.retain(|(.., change)| matches!(change, Change::Shown(_)));
        }
        let more = counted.len() > limit;
        counted.truncate(limit);
        let last = if more { counted.last().map(|(changed, id, _)| (*changed, *id)) } else { newest };
        let (changed, id) = last.unwrap_or((since.changed, since.id));
        let mut next = Since { changed, id, ..since };
        let mut items: Vec<_> = counted.into_iter().map(|(.., change)| change).collect();
        if more {
            return Ok(Changes { items, next, more });
        }
        let after =
            self.turns.partition_point(|(moment, id, _)| (*moment, *id) <= (since.moment, since.turned));
        let turned = self.turns.iter().skip(after).take_while(|(moment, ..)| *moment <= now);
        let mut turned: Vec<_> = turned.collect();
        let more = turned.len() > limit - items.len();
        turned.truncate(limit - items.len());
        if more && let Some((moment, id, _)) = turned.last() {
            (next.moment, next.turned) = (*moment, *id);
        }
        for (.., at) in turned {
            if let Some(change) = self.entries.get(*at).map(|entry| shown(entry, now))
                && items.iter().all(|before| before.id() != change.id())
            {
                items.push(change);
            }
        }
        if !more && (!items.is_empty() || begins || now - since.moment > STANDS) {
            (next.moment, next.turned) = (now.max(since.moment), Uuid::max());
        }
        Ok(Changes { items, next, more })
    }

    /// The pieces with a number after `since`, in the order of the numbers. Not beyond the number that was
    /// looked up before anything was read: of later changes, reading may have met one and missed another.
    fn counted(&self, since: Since, now: DateTime<Utc>) -> Vec<(i64, Uuid, Change)> {
        let entries = self.entries.iter().map(|entry| (entry.content.changed, entry.content.id.0));
        let entries = entries.zip(&self.entries).filter(|(at, _)| *at > (since.changed, since.id));
        let entries = entries.map(|((changed, id), entry)| (changed, id, shown(entry, now)));
        let gone = self.gone.iter().filter(|gone| (gone.changed, gone.id.0) > (since.changed, since.id));
        let gone = gone.map(|gone| (gone.changed, gone.id.0, Change::Gone(gone.id, gone.kind)));
        let known = self.town.content_version;
        let mut counted: Vec<_> = entries.chain(gone).filter(|(changed, ..)| *changed <= known).collect();
        counted.sort_by_key(|(changed, id, _)| (*changed, *id));
        counted
    }
}

fn shown(entry: &Arc<Entry>, now: DateTime<Utc>) -> Change {
    if entry.content.is_public(now) {
        Change::Shown(entry.clone())
    } else {
        Change::Gone(entry.content.id, entry.content.kind)
    }
}

impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { changed, id, moment, turned } = self;
        write!(f, "{changed}/{}/{}/{}", id.simple(), moment.timestamp_micros(), turned.simple())
    }
}

/// The text is no position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a position in the changes")]
pub struct NoPosition;

impl FromStr for Since {
    type Err = NoPosition;

    fn from_str(text: &str) -> Result<Self, NoPosition> {
        let read = || {
            let mut parts = text.split('/');
            let (changed, id) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
            let moment = DateTime::from_timestamp_micros(parts.next()?.parse().ok()?)?;
            let turned = parts.next()?.parse().ok()?;
            parts.next().is_none().then_some(Self { changed, id, moment, turned })
        };
        read().ok_or(NoPosition)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{
        super::{
            Removal,
            library::tests::{library, news},
        },
        *,
    };

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::minutes(minute)
    }

    /// Follows all pages into a copy.
    fn follow(
        library: &Library,
        copy: &mut BTreeMap<Uuid, i64>,
        mut since: Option<Since>,
        now: DateTime<Utc>,
    ) -> Since {
        loop {
            let changes = library.changes(since, now, 2).unwrap();
            for change in &changes.items {
                match change {
                    Change::Shown(entry) => copy.insert(change.id(), entry.content.version),
                    Change::Gone(..) => copy.remove(&change.id()),
                };
            }
            since = Some(changes.next.to_string().parse().unwrap());
            if !changes.more {
                return changes.next;
            }
        }
    }

    fn public(library: &Library, now: DateTime<Utc>) -> BTreeMap<Uuid, i64> {
        let seen = library.entries.iter().filter(|entry| entry.content.is_public(now));
        seen.map(|entry| (entry.content.id.0, entry.content.version)).collect()
    }

    #[test]
    fn a_copy_becomes_what_the_server_has_by_changes_and_by_the_clock() {
        let mut pieces: Vec<_> = (1..=5).map(|n| news(n, at(0))).collect();
        pieces[1].sheet.publish_from = Some(at(10));
        pieces[2].sheet.publish_until = Some(at(10));
        pieces[3].sheet.publish_from = Some(at(10));
        pieces[4].sheet.publish_from = Some(at(20));
        let before = library(pieces.clone(), vec![], at(0));
        let mut copy = BTreeMap::new();
        let mut since = follow(&before, &mut copy, None, at(0));
        assert_eq!(copy, public(&before, at(0)));
        assert_eq!(copy.len(), 2);

        // Nothing is new: the same position again.
        let same = before.changes(Some(since), at(5), 2).unwrap();
        assert_eq!((same.next, same.items.len(), same.more), (since, 0, false));

        // The clock alone.
        since = follow(&before, &mut copy, Some(since), at(10));
        assert_eq!(copy, public(&before, at(10)));
        assert_eq!(copy.len(), 3);

        // A change, a removal, and the clock.
        pieces[0].version = 2;
        pieces[0].changed = 6;
        let gone = Removal { id: pieces.remove(1).id, kind: Kind::News, changed: 7 };
        let after = library(pieces, vec![gone], at(0));
        let since = follow(&after, &mut copy, Some(since), at(30));
        assert_eq!(copy, public(&after, at(30)));
        assert!(after.changes(Some(since), at(31), 2).unwrap().items.is_empty());
    }

    #[test]
    fn a_change_met_while_reading_does_not_hide_one_that_was_missed() {
        let gone = Removal { id: news(7, at(0)).id, kind: Kind::News, changed: 7 };
        let mut half_read = library(vec![news(1, at(0))], vec![gone], at(0));
        half_read.town.content_version = 5;
        let since = half_read.changes(None, at(0), 10).unwrap().next;
        let read = library(vec![news(1, at(0)), news(6, at(0))], vec![gone], at(0));
        let ids: Vec<_> =
            read.changes(Some(since), at(0), 10).unwrap().items.iter().map(Change::id).collect();
        assert_eq!(ids, [Uuid::from_u128(6), Uuid::from_u128(7)]);
    }

    #[test]
    fn what_is_forgotten_is_said() {
        let library = library(vec![news(1, at(0))], vec![], at(0));
        let since = library.changes(None, at(0), 10).unwrap().next;
        let late = library.changes(Some(since), at(0) + REMEMBERED + TimeDelta::minutes(1), 10);
        assert_eq!(late.unwrap_err().code(), Some(Code::CursorExpired));
        // Who asks now and then is given a new moment.
        let day = library.changes(Some(since), at(0) + STANDS + TimeDelta::minutes(1), 10).unwrap();
        assert_ne!(day.next, since);
    }

    #[test]
    fn a_position_reads_what_it_writes() {
        let since = Since { changed: 7, id: Uuid::max(), moment: at(3), turned: Uuid::nil() };
        assert_eq!(since.to_string().parse(), Ok(since));
        for text in ["", "7", "7/x/1/2", &format!("{since}/1")] {
            assert_eq!(text.parse::<Since>(), Err(NoPosition), "{text}");
        }
    }
}
