//! Whose rows a table holds. Every entity says so here, once, or it cannot be queried.

use sea_orm::EntityTrait;

use super::{
    accounts, addresses, areas, categories, complaints, departments, municipalities, photos, staff, steps,
    supports,
};

/// An entity that knows its municipality column, or that it has none.
pub trait Scoped: EntityTrait {
    /// The column that names the municipality; none for an installation-wide table.
    fn municipality() -> Option<Self::Column>;
}

macro_rules! of_one_municipality {
    ($($entity:path => $column:path),* $(,)?) => {$(
        impl Scoped for $entity {
            fn municipality() -> Option<Self::Column> { Some($column) }
        }
    )*};
}

macro_rules! of_the_installation {
    ($($entity:path, $reason:literal;)*) => {
        $(impl Scoped for $entity {
            fn municipality() -> Option<Self::Column> { None }
        })*
        /// The installation-wide tables that have entities, each with the reason why no municipality
        /// owns its rows.
        pub const INSTALLATION_WIDE: &[(&str, &str)] = &[$((stringify!($entity), $reason)),*];
    };
}

of_the_installation! {
    accounts::Entity, "somebody may work in several town halls, or be a citizen of several";
    municipalities::Entity, "the municipalities themselves; anyone may look for theirs";
}

of_one_municipality! {
    addresses::Entity => addresses::Column::MunicipalityId,
    areas::Entity => areas::Column::MunicipalityId,
    categories::Entity => categories::Column::MunicipalityId,
    complaints::Entity => complaints::Column::MunicipalityId,
    complaints::counters::Entity => complaints::counters::Column::MunicipalityId,
    departments::Entity => departments::Column::MunicipalityId,
    photos::Entity => photos::Column::MunicipalityId,
    steps::Entity => steps::Column::MunicipalityId,
    supports::Entity => supports::Column::MunicipalityId,
    staff::Entity => staff::Column::MunicipalityId,
    staff::departments::Entity => staff::departments::Column::MunicipalityId,
}
