//! What text messages and calls cost.

use serde::{Deserialize, Serialize};

/// The highest price there may be: 100 euros.
pub const MOST: u32 = 100_000;

/// What a town hall pays, in tenths of a euro cent; unknown where absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"sms_segment": 75, "voice_minute": 120}))]
pub struct Prices {
    /// For one text message; a long text is several.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0, maximum = 100_000)]
    pub sms_segment: Option<u32>,
    /// For a minute of a call that somebody picked up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0, maximum = 100_000)]
    pub voice_minute: Option<u32>,
}

/// What is paid for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paid {
    /// Text messages, each part of a long one counted.
    pub sms_segments: u64,
    /// Minutes of calls, each begun one counted.
    pub voice_minutes: u64,
}

impl Paid {
    /// Both together.
    pub fn and(self, other: Self) -> Self {
        Self {
            sms_segments: self.sms_segments.saturating_add(other.sms_segments),
            voice_minutes: self.voice_minutes.saturating_add(other.voice_minutes),
        }
    }

    /// The same so many times.
    pub fn times(self, many: u64) -> Self {
        Self {
            sms_segments: self.sms_segments.saturating_mul(many),
            voice_minutes: self.voice_minutes.saturating_mul(many),
        }
    }
}

impl Prices {
    /// What it costs in euro cents, a begun cent counted as one; none where a price is not known that is needed.
    pub fn euro_cents(self, paid: Paid) -> Option<u64> {
        let part = |price: Option<u32>, many: u64| match many {
            0 => Some(0),
            many => price.map(|price| many.saturating_mul(price.into())),
        };
        let tenths = part(self.sms_segment, paid.sms_segments)?
            .saturating_add(part(self.voice_minute, paid.voice_minutes)?);
        Some(tenths.div_ceil(10))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_known_where_every_price_is_that_it_takes() {
        let prices = Prices { sms_segment: Some(75), voice_minute: None };
        let paid = |sms_segments, voice_minutes| Paid { sms_segments, voice_minutes };
        assert_eq!(prices.euro_cents(paid(0, 0)), Some(0));
        assert_eq!(prices.euro_cents(paid(3, 0)), Some(23), "22.5 cents");
        assert_eq!(prices.euro_cents(paid(3, 1)), None);
        let prices = Prices { voice_minute: Some(120), ..prices };
        assert_eq!(prices.euro_cents(paid(3, 2)), Some(47));
        assert_eq!(prices.euro_cents(paid(u64::MAX, u64::MAX)), Some(u64::MAX.div_ceil(10)));
    }
}
