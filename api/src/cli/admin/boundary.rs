//! A boundary from a file, as geographic programs write it.

use std::path::Path;

use domain::geo::{Geometry, MultiPolygon};
use serde::Deserialize;

use super::sentence;
use crate::cli::Failure;

/// GeoJSON (RFC 7946): a geometry, a feature that has one, or a collection of one such feature.
#[derive(Deserialize)]
#[serde(tag = "type")]
enum GeoJson {
    FeatureCollection { features: Vec<Feature> },
    Feature(Feature),
    Polygon { coordinates: serde_json::Value },
    MultiPolygon { coordinates: serde_json::Value },
}

#[derive(Deserialize)]
struct Feature {
    geometry: Box<GeoJson>,
}

/// The boundary in `file`.
pub fn read(file: &Path) -> Result<MultiPolygon, Failure> {
    let said = |problem: String| format!("The boundary {} {problem}", file.display());
    let bytes = std::fs::read(file).map_err(|error| said(format!("cannot be read: {error}")))?;
    let found = serde_json::from_slice(&bytes).ok().and_then(geometry);
    let geometry = found.ok_or_else(|| said("is not one Polygon or MultiPolygon in GeoJSON.".to_owned()))?;
    Ok(MultiPolygon::parse(&geometry).map_err(|code| said(format!("is not usable. {}", sentence(code))))?)
}

fn geometry(found: GeoJson) -> Option<Geometry> {
    match found {
        GeoJson::FeatureCollection { mut features } if features.len() == 1 => {
            geometry(*features.pop()?.geometry)
        }
        GeoJson::FeatureCollection { .. } => None,
        GeoJson::Feature(feature) => geometry(*feature.geometry),
        GeoJson::Polygon { coordinates } => Some(Geometry { kind: "Polygon".to_owned(), coordinates }),
        GeoJson::MultiPolygon { coordinates } => {
            Some(Geometry { kind: "MultiPolygon".to_owned(), coordinates })
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read_text(text: &Value) -> Result<MultiPolygon, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text.to_string()).unwrap();
        read(file.path()).map_err(|failure| failure.to_string())
    }

    #[test]
    fn geometries_come_bare_or_as_a_feature() {
        let polygon = json!({"type": "Polygon", "coordinates": [[[12.5, 51.5], [12.7, 51.5], [12.7, 51.7], [12.5, 51.5]]]});
        let feature = json!({"type": "Feature", "properties": {"GEN": "Bad Düben"}, "geometry": polygon});
        let collection = json!({"type": "FeatureCollection", "crs": {}, "features": [feature]});
        let bare = read_text(&polygon).unwrap();
        assert_eq!(read_text(&feature), Ok(bare.clone()));
        assert_eq!(read_text(&collection), Ok(bare));
    }

    #[test]
    fn what_is_no_boundary_is_named() {
        for no_boundary in [
            json!({"type": "Point", "coordinates": [12.5, 51.5]}),
            json!({"type": "FeatureCollection", "features": []}),
            json!([]),
        ] {
            assert!(read_text(&no_boundary).unwrap_err().contains("Polygon"), "{no_boundary}");
        }
        let swapped = json!({"type": "Polygon", "coordinates": [[[51.5, 12.5], [51.5, 12.7], [51.7, 12.7], [51.5, 12.5]]]});
        assert!(read_text(&swapped).unwrap_err().contains("not usable"));
        assert!(read(Path::new("nowhere.geojson")).unwrap_err().to_string().contains("cannot be read"));
    }
}
