//! A saved audience: the houses along a river, parents of a district.

use super::{Audience, AudienceTree};
use crate::{Error, Result, Violation, error::Code, ids::SegmentId, text::Name};

/// Segments of a town hall.
pub const MOST_SEGMENTS: usize = 200;

/// A filter under a name. A broadcast that names it is for those it finds when it is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// Its identifier.
    pub id: SegmentId,
    /// What staff call it.
    pub name: Name,
    /// The filter.
    pub audience: AudienceTree,
    /// Raised by every change.
    pub version: i64,
}

impl Segment {
    /// The filter, checked. It names no other segment: what it means is read in one place.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parsed(&self) -> Result<Audience> {
        let audience = Audience::parse(&self.audience, "/audience").map_err(Error::violations)?;
        if audience.segments().is_empty() {
            Ok(audience)
        } else {
            Err(Error::violations(vec![Violation::new("/audience", Code::NotAllowed)]))
        }
    }
}
