//! An example of every body and of everything a path names: composed from the examples of the fields, so
//! that none can be forgotten when a field is added.

use serde_json::{Map, Value, json};
use utoipa::openapi::{
    Content, OpenApi, RefOr,
    path::{Parameter, ParameterBuilder, ParameterIn},
};

use super::shared::operations;

/// The id in every example.
const ID: &str = "019a8f3e-7c11-7d2b-9a52-3f1f0f2a6c01";

/// Adds them where an operation shows none of its own.
pub fn complete(document: &mut OpenApi) {
    let schemas =
        document.components.as_ref().and_then(|components| serde_json::to_value(&components.schemas).ok());
    let schemas = Schemas(schemas.unwrap_or_default());
    for item in document.paths.paths.values_mut() {
        for (_, operation) in operations(item) {
            for parameter in operation.parameters.iter_mut().flatten() {
                if let RefOr::T(parameter) = parameter
                    && parameter.parameter_in == ParameterIn::Path
                {
                    schemas.name(parameter);
                }
            }
            if let Some(RefOr::T(body)) = &mut operation.request_body {
                body.content.iter_mut().for_each(|(media, content)| schemas.show(media, content));
            }
            for (status, response) in &mut operation.responses.responses {
                if let RefOr::T(response) = response
                    && status.starts_with('2')
                {
                    let given = response.content.iter_mut();
                    given.for_each(|(media, content)| schemas.show(media, content));
                }
            }
        }
    }
}

/// The named schemas.
struct Schemas(Value);

impl Schemas {
    fn name(&self, parameter: &mut Parameter) {
        let Ok(written) = serde_json::to_value(&*parameter) else { return };
        if written.get("example").is_none() {
            let example = written.get("schema").and_then(|schema| self.compose(schema, &[]));
            *parameter = ParameterBuilder::from(std::mem::take(parameter)).example(example).build();
        }
    }

    fn show(&self, media: &str, content: &mut RefOr<Content>) {
        if let RefOr::T(content) = content
            && media.ends_with("json")
            && content.example.is_none()
            && content.examples.is_empty()
        {
            content.example = self.example_of(&content.schema);
        }
    }

    fn example_of(&self, schema: &impl serde::Serialize) -> Option<Value> {
        self.compose(&serde_json::to_value(schema).ok()?, &[])
    }

    /// The example of a schema; none where its fields say too little. `within` are the schemas this one is
    /// a part of: a tree ends where it begins again.
    fn compose(&self, schema: &Value, within: &[&str]) -> Option<Value> {
        if let Some(example) = schema.get("example") {
            return Some(example.clone());
        }
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next()?;
            if within.contains(&name) {
                return None;
            }
            return self.compose(self.0.get(name)?, &[within, &[name]].concat());
        }
        let first = |list: &str| schema[list].as_array().and_then(|list| list.first()).cloned();
        let said = first("examples").or_else(|| schema.get("const").cloned()).or_else(|| first("enum"));
        said.or_else(|| schema.get("default").cloned()).or_else(|| self.of_type(schema, within))
    }

    fn of_type(&self, schema: &Value, within: &[&str]) -> Option<Value> {
        if let Some(parts) = schema["allOf"].as_array() {
            let parts = parts.iter().filter_map(|part| self.compose(part, within));
            let members = parts.filter_map(|part| part.as_object().cloned()).flatten();
            return Some(Value::Object(members.collect()));
        }
        let kinds =
            schema["type"].as_array().map_or_else(|| vec![&schema["type"]], |kinds| kinds.iter().collect());
        match kinds.into_iter().filter_map(Value::as_str).find(|kind| *kind != "null")? {
            "object" => {
                let members = schema["properties"].as_object()?.iter();
                let members =
                    members.filter_map(|(name, member)| Some((name.clone(), self.compose(member, within)?)));
                Some(Value::Object(members.collect::<Map<_, _>>()))
            }
            "array" => Some(self.compose(&schema["items"], within).into_iter().collect()),
            "string" => match schema["format"].as_str()? {
                "uuid" => Some(json!(ID)),
                "date-time" => Some(json!("2026-11-23T09:00:00Z")),
                "date" => Some(json!("2026-11-23")),
                _ => None,
            },
            "boolean" => Some(json!(true)),
            _ => None,
        }
    }
}
