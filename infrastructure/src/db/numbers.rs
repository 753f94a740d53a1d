//! The numbers in references of complaints, one count for each town hall and year.

use domain::{StoreError, ids::MunicipalityId};
use sea_orm::DatabaseConnection;

use super::{corrupt, dialect, failed};
use crate::together::Together;

/// Whose next number of which year.
pub type Count = (MunicipalityId, u16);

/// Gives numbers in transactions of their own, where many transactions write at the same time: the
/// row that counts would be locked until the disk has the whole complaint, and a town hall could file
/// no more complaints than the disk makes turns. One transaction takes exactly as many numbers as are
/// waited for. A number given is never given again; where nothing comes of it, it stays a gap.
pub struct Numbers {
    connection: DatabaseConnection,
    waiting: Together<Count, u32>,
}

impl Numbers {
    /// Numbers by way of a connection that nothing else waits for.
    pub fn new(connection: DatabaseConnection) -> Self {
        Self { connection, waiting: Together::default() }
    }

    /// The next number of a count.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn next(&self, count: Count) -> Result<u32, StoreError> {
        self.waiting.answer(count, |counts| self.take(counts)).await
    }

    async fn take(&self, counts: Vec<Count>) -> Result<Vec<u32>, StoreError> {
        // In one order everywhere, so that two processes never wait for each other.
        let mut wanted: Vec<(Count, u32)> = Vec::new();
        let mut sorted = counts.clone();
        sorted.sort_by_key(|(town, year)| (town.0, *year));
        for count in sorted {
            match wanted.last_mut() {
                Some((last, many)) if *last == count => *many += 1,
                _ => wanted.push((count, 1)),
            }
        }
        let last = dialect::take_numbers(&self.connection, &wanted).await.map_err(failed)?;
        let mut next: Vec<(Count, u32)> = Vec::with_capacity(wanted.len());
        for ((count, many), last) in wanted.into_iter().zip(last) {
            let last = u32::try_from(last).map_err(|_| corrupt("reference_counters.last"))?;
            next.push((count, last.saturating_sub(many)));
        }
        counts
            .iter()
            .map(|count| {
                let given = next.iter_mut().find(|(other, _)| other == count);
                let (_, given) = given.ok_or(corrupt("reference_counters.last"))?;
                *given += 1;
                Ok(*given)
            })
            .collect()
    }
}
