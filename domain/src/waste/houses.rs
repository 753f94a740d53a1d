//! Which houses of a street are meant: `2-8`, `12a`, `odd`, `from 15`.

use std::fmt;

use crate::{error::Code, municipalities::House};

/// Longest text that is read.
const LONGEST: usize = 40;

/// One side of the street.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// Even numbers.
    Even,
    /// Odd numbers.
    Odd,
}

impl Side {
    fn has(self, number: u16) -> bool {
        number.is_multiple_of(2) == (self == Self::Even)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Extent {
    /// Every house.
    All,
    /// One house, and not its neighbours `12a` and `12b`.
    One(House),
    /// From a house to a house, both included. A number without a letter means all houses of the number.
    Span { from: Option<House>, to: Option<House> },
}

/// Houses of one street.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HouseRange {
    extent: Extent,
    side: Option<Side>,
}

impl HouseRange {
    /// The whole street.
    pub fn all() -> Self {
        Self { extent: Extent::All, side: None }
    }

    /// Reads houses as people write them, in German or English: nothing or `alle` for the whole street,
    /// `12a`, `2-8`, `2 – 8 gerade`, `ungerade`, `ab 15`, `bis 14 odd`.
    ///
    /// # Errors
    /// [`Code::HouseRangeInvalid`] for anything else, also for a range that ends before it begins and for a
    /// side no house of the range is on.
    pub fn parse(text: &str) -> Result<Self, Code> {
        if text.chars().count() > LONGEST {
            return Err(Code::HouseRangeInvalid);
        }
        let text = text.trim().to_lowercase().replace(['–', '—'], "-");
        let (body, side) = without_side(&text);
        let extent = extent(body.trim()).ok_or(Code::HouseRangeInvalid)?;
        let range = Self { extent, side };
        if range.is_sound() { Ok(range) } else { Err(Code::HouseRangeInvalid) }
    }

    /// Whether it is the whole street.
    pub fn is_whole(&self) -> bool {
        self.extent == Extent::All && self.side.is_none()
    }

    /// Whether the house is among them. One that stands on several plots, `12-14`, is where all of it is.
    pub fn contains(&self, house: &House) -> bool {
        let (first, last) = plots(house);
        self.has(&first, house) && self.has(&last, house)
    }

    fn has(&self, plot: &House, whole: &House) -> bool {
        self.side.is_none_or(|side| side.has(plot.number))
            && match &self.extent {
                Extent::All => true,
                Extent::One(one) => one == whole,
                Extent::Span { from, to } => {
                    from.as_ref().is_none_or(|from| from <= plot)
                        && to
                            .as_ref()
                            .is_none_or(|to| plot <= to || (plot.number == to.number && to.suffix.is_empty()))
                }
            }
    }

    fn is_sound(&self) -> bool {
        let on_side = |number| self.side.is_none_or(|side| side.has(number));
        match &self.extent {
            Extent::All => true,
            Extent::One(house) => on_side(house.number),
            Extent::Span { from: Some(from), to: Some(to) } => {
                let ordered = from < to || (from.number == to.number && to.suffix.is_empty());
                ordered && (from.number..=to.number).any(on_side)
            }
            Extent::Span { .. } => true,
        }
    }
}

/// The first and last plot a house stands on.
fn plots(house: &House) -> (House, House) {
    let Some((left, right)) = house.suffix.split_once('-') else { return (house.clone(), house.clone()) };
    let first = House { number: house.number, suffix: left.to_owned() };
    let last = match right.starts_with(|c: char| c.is_ascii_digit()) {
        true => House::parse(right).unwrap_or_else(|_| first.clone()),
        false => House { number: house.number, suffix: right.to_owned() },
    };
    (first, last)
}

/// The text without the word for a side, and the side.
fn without_side(text: &str) -> (&str, Option<Side>) {
    // The longer words first: one ends with the other.
    let words = [("ungerade", Side::Odd), ("gerade", Side::Even), ("odd", Side::Odd), ("even", Side::Even)];
    for (word, side) in words {
        if let Some(rest) = text.strip_suffix(word).or_else(|| text.strip_prefix(word)) {
            return (rest.trim_matches(|c: char| c.is_whitespace() || "(),:".contains(c)), Some(side));
        }
    }
    (text, None)
}

fn extent(body: &str) -> Option<Extent> {
    if body.is_empty() || matches!(body, "alle" | "all" | "*") {
        return Some(Extent::All);
    }
    for (word, is_start) in [("ab ", true), ("from ", true), ("bis ", false), ("to ", false)] {
        if let Some(house) = body.strip_prefix(word) {
            let house = Some(single(house)?);
            let (from, to) = if is_start { (house, None) } else { (None, house) };
            return Some(Extent::Span { from, to });
        }
    }
    match body.split_once('-') {
        None => single(body).map(Extent::One),
        Some((from, to)) => Some(Extent::Span { from: Some(single(from)?), to: Some(single(to)?) }),
    }
}

fn single(text: &str) -> Option<House> {
    House::parse(text).ok().filter(|house| !house.suffix.contains('-'))
}

impl fmt::Display for HouseRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.extent {
            Extent::All if self.side.is_none() => f.write_str("all")?,
            Extent::All => {}
            Extent::One(house) => write!(f, "{house}")?,
            Extent::Span { from: Some(from), to: Some(to) } => write!(f, "{from}-{to}")?,
            Extent::Span { from: Some(from), to: None } => write!(f, "from {from}")?,
            Extent::Span { from: None, to: Some(to) } => write!(f, "to {to}")?,
            Extent::Span { from: None, to: None } => f.write_str("all")?,
        }
        let gap = if self.extent == Extent::All { "" } else { " " };
        match self.side {
            None => Ok(()),
            Some(Side::Even) => write!(f, "{gap}even"),
            Some(Side::Odd) => write!(f, "{gap}odd"),
        }
    }
}

#[cfg(test)]
#[path = "houses_tests.rs"]
mod tests;
