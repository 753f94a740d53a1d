//! Finds a request's handler. actix-web tries its routes one after the other, each by a regular expression; with
//! two hundred of them that takes longer than a read from memory. Here routes stand in rooms by what their paths
//! are about, and a request tries those of one room.

use std::{collections::HashSet, sync::LazyLock};

use actix_web::{App, guard::fn_guard};
use utoipa_actix_web::{AppExt, scope::scope, service_config::ServiceConfig};

/// Registers the routes of a feature.
pub type Feature = fn(&mut ServiceConfig);

/// Features whose paths are about the same things.
struct Room {
    features: Vec<Feature>,
    subjects: HashSet<String>,
}

static ROOMS: LazyLock<Vec<Room>> = LazyLock::new(|| rooms(&crate::FEATURES));

/// Registers all features, each in its room.
pub fn routes(config: &mut ServiceConfig) {
    for room in ROOMS.iter() {
        let is_here = fn_guard(|context| room.subjects.contains(subject(context.head().uri.path())));
        let inside = |config: &mut ServiceConfig| {
            for feature in &room.features {
                config.configure(*feature);
            }
        };
        config.service(scope("").guard(is_here).configure(inside));
    }
}

/// A subject is found in one room only: features that share one share the room.
fn rooms(features: &[Feature]) -> Vec<Room> {
    let mut rooms: Vec<Room> = Vec::new();
    for feature in features {
        let (_, document) = App::new().into_utoipa_app().configure(*feature).split_for_parts();
        let subjects = document.paths.paths.keys().map(|path| subject(path).to_owned()).collect();
        let mut room = Room { features: vec![*feature], subjects };
        let shares: Vec<Room> =
            rooms.extract_if(.., |other| !other.subjects.is_disjoint(&room.subjects)).collect();
        for other in shares {
            room.features.extend(other.features);
            room.subjects.extend(other.subjects);
        }
        rooms.push(room);
    }
    rooms
}

/// What a path is about: `staff/complaints` for `/v1/municipalities/bad-dueben/staff/complaints/…`, `news` for
/// `/v1/municipalities/bad-dueben/news`, `v1/me` for `/v1/me/devices`. Nothing for a town itself.
fn subject(path: &str) -> &str {
    let path = path.strip_prefix('/').unwrap_or(path);
    let Some(town) = path.strip_prefix("v1/municipalities/") else { return segments(path, 2) };
    let within = town.split_once('/').map(|(_, within)| within).unwrap_or_default();
    let side = segments(within, 1);
    if matches!(side, "staff" | "admin") { segments(within, 2) } else { side }
}

/// The first segments of a path.
fn segments(path: &str, count: usize) -> &str {
    let end = path.match_indices('/').nth(count.saturating_sub(1)).map_or(path.len(), |(end, _)| end);
    path.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_what_it_is_about() {
        for (path, about) in [
            ("/livez", "livez"),
            ("/v1/me/devices/019a", "v1/me"),
            ("/v1/municipalities", "v1/municipalities"),
            ("/v1/municipalities/bad-dueben", ""),
            ("/v1/municipalities/bad-dueben/", ""),
            ("/v1/municipalities/bad-dueben/news", "news"),
            ("/v1/municipalities/bad-dueben/news.rss", "news.rss"),
            ("/v1/municipalities/bad-dueben/complaints/019a/photos", "complaints"),
            ("/v1/municipalities/bad-dueben/staff", "staff"),
            ("/v1/municipalities/bad-dueben/staff/complaints/019a", "staff/complaints"),
            ("", ""),
        ] {
            assert_eq!(subject(path), about, "{path}");
        }
    }

    #[test]
    fn every_path_has_one_room_and_none_is_crowded() {
        let document = crate::openapi::document();
        for path in document.paths.paths.keys() {
            let about = subject(path);
            assert!(!about.contains('{'), "{path} is about anything");
            let found = ROOMS.iter().filter(|room| room.subjects.contains(about)).count();
            assert_eq!(found, 1, "{path}");
        }
        let features: usize = ROOMS.iter().map(|room| room.features.len()).sum();
        assert_eq!(features, crate::FEATURES.len());
        assert!(ROOMS.len() > 12, "{}", ROOMS.len());
    }
}
