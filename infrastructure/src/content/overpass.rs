//! What Overpass answers of OpenStreetMap (`[out:json]`), as features of GeoJSON.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
struct Answer {
    elements: Vec<Value>,
}

#[derive(Deserialize)]
struct Element {
    #[serde(rename = "type")]
    kind: String,
    id: u64,
    /// Of a node.
    lat: Option<f64>,
    lon: Option<f64>,
    /// Of a way or relation (`out center`).
    center: Option<At>,
    /// Of a way (`out geom`). What lies outside of the area asked for is null.
    #[serde(default)]
    geometry: Vec<Option<At>>,
    /// Of a way: nodes that are elements themselves (`>; out skel`).
    #[serde(default)]
    nodes: Vec<u64>,
    #[serde(default)]
    tags: Map<String, Value>,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
struct At {
    lat: f64,
    lon: f64,
}

/// The elements that say what they are, each with its number; none where it is no such answer.
pub fn features(bytes: &[u8]) -> Option<Vec<(u32, Value)>> {
    let Answer { elements } = serde_json::from_slice(bytes).ok()?;
    let elements = elements.into_iter().map(serde_json::from_value::<Element>);
    let elements: Vec<_> = (1..).zip(elements).collect();
    let of_node = |element: &Element| Some((element.id, element.at()?));
    let read = elements.iter().filter_map(|(_, element)| element.as_ref().ok());
    let nodes: HashMap<_, _> = read.filter(|element| element.kind == "node").filter_map(of_node).collect();
    let feature = |(number, element): (u32, Result<Element, _>)| match element {
        // The nodes that a way is drawn by.
        Ok(element) if element.tags.is_empty() => None,
        Ok(element) => Some((number, element.feature(&nodes))),
        Err(_) => Some((number, Value::Null)),
    };
    Some(elements.into_iter().filter_map(feature).collect())
}

impl Element {
    fn at(&self) -> Option<At> {
        Some(At { lat: self.lat?, lon: self.lon? })
    }

    fn feature(self, nodes: &HashMap<u64, At>) -> Value {
        let path: Option<Vec<At>> = match self.geometry.is_empty() {
            true => self.nodes.iter().map(|id| nodes.get(id).copied()).collect(),
            false => self.geometry.iter().copied().collect(),
        };
        let path = path.filter(|path| path.len() > 1);
        let geometry = match (self.at().or(self.center), path) {
            (_, Some(path)) if self.is_area(&path) => {
                json!({"type": "Polygon", "coordinates": [line(&path)]})
            }
            (_, Some(path)) => json!({"type": "LineString", "coordinates": line(&path)}),
            (Some(at), None) => json!({"type": "Point", "coordinates": pair(&at)}),
            (None, None) => Value::Null,
        };
        let Self { kind, id, tags, .. } = self;
        json!({"type": "Feature", "id": format!("{kind}/{id}"), "geometry": geometry, "properties": {"tags": tags}})
    }

    /// A way round something is that; a way one goes in a circle is still a way.
    fn is_area(&self, path: &[At]) -> bool {
        let is_way = ["highway", "route", "waterway"].iter().any(|tag| self.tags.contains_key(*tag));
        path.len() > 3 && path.first() == path.last() && !is_way
    }
}

/// Longitude first.
fn pair(at: &At) -> Value {
    json!([at.lon, at.lat])
}

fn line(path: &[At]) -> Value {
    path.iter().map(pair).collect()
}
