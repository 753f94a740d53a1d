//! What readers may ask for.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Code, Locale,
    content::{
        Kind, Language,
        library::{Filter, LONGEST_WINDOW},
    },
    text::{Query as SearchText, Slug},
    time::is_reckoned_with,
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{extract::malformed, municipalities::Near, problem::Problem};

/// How far ahead events are shown where nothing else is asked.
const USUAL_WINDOW: TimeDelta = TimeDelta::days(92);
/// Farthest that is near, in metres.
const FARTHEST: u32 = 100_000;

/// Which pieces of a kind.
#[derive(Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Look {
    /// Words, all of which occur; German ones are found in any spelling and inside compounds. The best fit
    /// comes first.
    #[param(required = false, nullable = false, value_type = String, min_length = 1, max_length = 100)]
    pub q: Option<SearchText>,
    /// Only of this topic.
    #[param(required = false, nullable = false, value_type = String, max_length = 60, pattern = "^[a-z0-9-]+$")]
    pub topic: Option<Slug>,
    /// Only about this district.
    #[param(required = false, nullable = false, value_type = String, max_length = 60, pattern = "^[a-z0-9-]+$")]
    pub area: Option<Slug>,
    /// The nearest first: latitude and longitude, separated by a comma. What has no place is left out.
    #[param(
        required = false, nullable = false, value_type = String, max_length = 30, example = "51.5919,12.5853",
        pattern = "^-?(90|[0-8]?[0-9](\\.[0-9]{1,8})?),-?(180|(1[0-7][0-9]|[0-9]{1,2})(\\.[0-9]{1,8})?)$"
    )]
    pub near: Option<Near>,
    /// With `near`: not farther than so many metres.
    #[param(required = false, nullable = false, minimum = 1, maximum = 100_000, example = 5_000)]
    pub radius_m: Option<u32>,
    /// Only what is open now.
    #[param(required = false, nullable = false)]
    pub open: Option<bool>,
    /// The language of the words, where they were translated; that of `Accept-Language` where absent.
    #[param(required = false, nullable = false, value_type = String, min_length = 2, max_length = 3, pattern = "^[a-z]{2,3}$")]
    pub language: Option<Language>,
}

/// Which pieces of all kinds.
#[derive(Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LookAmongAll {
    /// Words, all of which occur; German ones are found in any spelling and inside compounds. The best fit
    /// comes first.
    #[param(required = false, nullable = false, value_type = String, min_length = 1, max_length = 100)]
    q: Option<SearchText>,
    /// Only of this kind.
    #[param(required = false, inline, nullable = false, value_type = Kind)]
    kind: Option<Kind>,
    /// Only of this topic.
    #[param(required = false, nullable = false, value_type = String, max_length = 60, pattern = "^[a-z0-9-]+$")]
    topic: Option<Slug>,
    /// Only about this district.
    #[param(required = false, nullable = false, value_type = String, max_length = 60, pattern = "^[a-z0-9-]+$")]
    area: Option<Slug>,
    /// The nearest first: latitude and longitude, separated by a comma. What has no place is left out.
    #[param(
        required = false, nullable = false, value_type = String, max_length = 30, example = "51.5919,12.5853",
        pattern = "^-?(90|[0-8]?[0-9](\\.[0-9]{1,8})?),-?(180|(1[0-7][0-9]|[0-9]{1,2})(\\.[0-9]{1,8})?)$"
    )]
    near: Option<Near>,
    /// With `near`: not farther than so many metres.
    #[param(required = false, nullable = false, minimum = 1, maximum = 100_000, example = 5_000)]
    radius_m: Option<u32>,
    /// The language of the words, where they were translated; that of `Accept-Language` where absent.
    #[param(required = false, nullable = false, value_type = String, min_length = 2, max_length = 3, pattern = "^[a-z]{2,3}$")]
    pub language: Option<Language>,
}

/// Which events.
#[derive(Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LookForEvents {
    /// Not over before; now where absent.
    #[param(required = false, nullable = false, value_type = String, format = DateTime, example = "2026-12-01T00:00:00Z")]
    from: Option<DateTime<Utc>>,
    /// Not begun later, at most 400 days after `from`; 92 days after it where absent.
    #[param(required = false, nullable = false, value_type = String, format = DateTime, example = "2026-12-31T23:59:59Z")]
    to: Option<DateTime<Utc>>,
    /// Words, all of which occur; German ones are found in any spelling and inside compounds. The best fit
    /// comes first.
    #[param(required = false, nullable = false, value_type = String, min_length = 1, max_length = 100)]
    q: Option<SearchText>,
    /// Only of this topic.
    #[param(required = false, nullable = false, value_type = String, max_length = 60, pattern = "^[a-z0-9-]+$")]
    topic: Option<Slug>,
    /// Only about this district.
    #[param(required = false, nullable = false, value_type = String, max_length = 60, pattern = "^[a-z0-9-]+$")]
    area: Option<Slug>,
    /// The nearest first: latitude and longitude, separated by a comma. What has no place is left out.
    #[param(
        required = false, nullable = false, value_type = String, max_length = 30, example = "51.5919,12.5853",
        pattern = "^-?(90|[0-8]?[0-9](\\.[0-9]{1,8})?),-?(180|(1[0-7][0-9]|[0-9]{1,2})(\\.[0-9]{1,8})?)$"
    )]
    near: Option<Near>,
    /// With `near`: not farther than so many metres.
    #[param(required = false, nullable = false, minimum = 1, maximum = 100_000, example = 5_000)]
    radius_m: Option<u32>,
    /// The language of the words, where they were translated; that of `Accept-Language` where absent.
    #[param(required = false, nullable = false, value_type = String, min_length = 2, max_length = 3, pattern = "^[a-z]{2,3}$")]
    pub language: Option<Language>,
}

/// In which language.
#[derive(Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Speak {
    /// The language of the words, where they were translated; that of `Accept-Language` where absent.
    #[param(required = false, nullable = false, value_type = String, min_length = 2, max_length = 3, pattern = "^[a-z]{2,3}$")]
    pub language: Option<Language>,
}

/// Refuses a radius around nothing, and one that is none.
fn around(near: Option<Near>, radius_m: Option<u32>) -> Result<(), Problem> {
    if radius_m.is_some_and(|metres| !(1..=FARTHEST).contains(&metres)) {
        return Err(malformed("/radius_m", Code::OutOfRange));
    }
    if radius_m.is_some() && near.is_none() {
        return Err(malformed("/near", Code::Required));
    }
    Ok(())
}

impl Look {
    /// What is looked for among pieces of `kind`.
    pub fn among(&self, kind: Kind) -> Result<Filter, Problem> {
        around(self.near, self.radius_m)?;
        Ok(Filter {
            kind: Some(kind),
            q: self.q.as_ref().map(|q| q.as_str().to_owned()),
            topic: self.topic.clone(),
            area: self.area.clone(),
            near: self.near.map(|near| near.0),
            radius_m: self.radius_m,
            open: self.open.unwrap_or(false),
            window: None,
        })
    }
}

impl LookAmongAll {
    /// What is looked for among all.
    pub fn filter(&self) -> Result<Filter, Problem> {
        around(self.near, self.radius_m)?;
        Ok(Filter {
            kind: self.kind,
            q: self.q.as_ref().map(|q| q.as_str().to_owned()),
            topic: self.topic.clone(),
            area: self.area.clone(),
            near: self.near.map(|near| near.0),
            radius_m: self.radius_m,
            ..Filter::default()
        })
    }
}

impl LookForEvents {
    /// What is looked for among events. Where no time was asked for it begins with this minute, so that
    /// the pages of one list fit together.
    pub fn filter(&self, now: DateTime<Utc>) -> Result<Filter, Problem> {
        let minute = DateTime::from_timestamp(now.timestamp() - now.timestamp().rem_euclid(60), 0);
        let from = self.from.or(minute).unwrap_or(now);
        if !is_reckoned_with(from) {
            return Err(malformed("/from", Code::OutOfRange));
        }
        let to = self.to.unwrap_or(from + USUAL_WINDOW);
        if to < from || to - from > LONGEST_WINDOW {
            return Err(malformed("/to", Code::OutOfRange));
        }
        around(self.near, self.radius_m)?;
        Ok(Filter {
            kind: Some(Kind::Event),
            q: self.q.as_ref().map(|q| q.as_str().to_owned()),
            topic: self.topic.clone(),
            area: self.area.clone(),
            near: self.near.map(|near| near.0),
            radius_m: self.radius_m,
            window: Some((from, to)),
            ..Filter::default()
        })
    }
}

/// The language asked for.
pub fn spoken(asked: Option<&Language>, locale: Locale) -> Language {
    asked.cloned().unwrap_or_else(|| locale.into())
}
