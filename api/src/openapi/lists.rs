//! Lists refer to what they list. Written out in each list, every item would become a class of its own in
//! generated clients, beside the one of its name.

use utoipa::openapi::{
    OpenApi, Ref, RefOr, Schema,
    schema::{ArrayItems, Components},
};

/// What [`crate::extract::Listed`] is called in the document, before the name of its items.
const LIST: &str = "Listed_";

/// Puts a reference wherever a list writes out a schema that has a name.
pub fn refer(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    let lists: Vec<String> =
        components.schemas.keys().filter(|name| name.starts_with(LIST)).cloned().collect();
    for list in lists {
        let item = list.trim_start_matches(LIST).to_owned();
        let Some(known) = components.schemas.get(&item).cloned() else { continue };
        if let Some(items) = items(components, &list)
            && *items == known
        {
            *items = RefOr::Ref(Ref::from_schema_name(item));
        }
    }
}

fn items<'a>(components: &'a mut Components, list: &str) -> Option<&'a mut RefOr<Schema>> {
    let Some(RefOr::T(Schema::Object(object))) = components.schemas.get_mut(list) else { return None };
    let Some(RefOr::T(Schema::Array(array))) = object.properties.get_mut("items") else { return None };
    match &mut array.items {
        ArrayItems::RefOrSchema(items) => Some(&mut **items),
        ArrayItems::False => None,
    }
}
