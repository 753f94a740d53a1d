//! Keyset paging: lists are read forward from a position, never by offset.

use uuid::Uuid;

/// Where a page ended: the sort key of its last row and that row's id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The sort key as canonical text; times as RFC 3339 with microseconds.
    pub key: String,
    /// Breaks ties.
    pub id: Uuid,
}

/// Which part of a list is asked for.
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// 1 to 100 rows.
    pub limit: u64,
    /// Rows after this position; from the beginning where absent.
    pub after: Option<Position>,
}

/// Some rows and, where more follow, the position to go on from.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The rows in order.
    pub items: Vec<T>,
    /// Where to go on.
    pub next: Option<Position>,
}

impl<T> Page<T> {
    /// Makes a page of `limit + 1` fetched rows: the extra row only says that more follow.
    pub fn cut(mut rows: Vec<T>, request: &PageRequest, position: impl Fn(&T) -> Position) -> Self {
        let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(position) } else { None };
        Self { items: rows, next }
    }

    /// A page of a list that is small enough to be read as a whole, in the order of its positions.
    pub fn of(all: Vec<T>, request: &PageRequest, position: impl Fn(&T) -> Position) -> Self {
        let mut rows: Vec<_> = all.into_iter().map(|row| (position(&row), row)).collect();
        rows.sort_by(|(a, _), (b, _)| a.cmp(b));
        rows.retain(|(position, _)| request.after.as_ref().is_none_or(|after| position > after));
        Self::cut(rows.into_iter().map(|(_, row)| row).collect(), request, position)
    }

    /// The same page with other items.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next: self.next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(row: &u128) -> Position {
        Position { key: format!("{:02}", row % 10), id: Uuid::from_u128(*row) }
    }

    #[test]
    fn pages_of_a_small_list_follow_each_other_and_lose_nothing() {
        let all = || vec![13, 1, 12, 2, 3];
        let first = Page::of(all(), &PageRequest { limit: 3, after: None }, position);
        assert_eq!(first.items, [1, 2, 12]);
        let second = Page::of(all(), &PageRequest { limit: 3, after: first.next }, position);
        assert_eq!((second.items, second.next), (vec![3, 13], None));
    }
}
