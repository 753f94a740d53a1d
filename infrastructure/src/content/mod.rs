//! Sources of content: feeds, calendars and maps, handed in as files or asked on the web.

mod calendar;
mod feed;
mod html;
mod map;
mod osm;
mod overpass;
mod published;
mod words;

pub use published::{Handed, OnTheWeb};
