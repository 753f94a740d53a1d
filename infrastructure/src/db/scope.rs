//! Whose rows a table holds. Every entity says so here, once, or it cannot be queried.

use sea_orm::EntityTrait;

use super::{
    accounts, address_changes, addresses, api_keys, areas, audience, audit, broadcast_templates,
    broadcast_turns, broadcasts, categories, chunks, codes, complaints, consents, contact_points, contacts,
    content, content_files, content_sources, decisions, deliveries, departments, follows, forgotten,
    households, idempotency, legal, messages, municipalities, people, photos, poll_votes, provider_tokens,
    proxies, rate_counters, reach, retention, routing, second_factors, segments, sending, sessions,
    signing_keys, staff, steps, supports, topics, wards, waste_calendars, waste_collections, waste_gaps,
    waste_reminders, waste_types, workers,
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
    accounts::credentials::Entity, "they belong to an account";
    address_changes::Entity, "they belong to an account";
    audit::Entity, "a sign-in belongs to no town hall, and one chain seals everything";
    audit::queue::Entity, "what waits for the one seal";
    audit::blocks::Entity, "one chain seals everything";
    second_factors::Entity, "they belong to an account";
    broadcast_turns::Entity, "workers look for due broadcasts of every town hall at once";
    chunks::Entity, "workers look for due work of every town hall at once";
    codes::Entity, "nobody knows yet whose address it is, or of which town hall";
    contact_points::Entity, "a phone or a mailbox is somebody's, whatever town hall writes to it";
    contact_points::devices::Entity, "a phone follows several town halls";
    forgotten::erasures::Entity, "people are erased in every town hall at once";
    forgotten::removals::Entity, "files to delete, of every town hall at once";
    contacts::Entity, "a mailbox or a telephone is a person's, whatever town hall writes to it";
    idempotency::Entity, "a request is recognised before anything of it is read";
    waste_reminders::turns::Entity, "workers look for town halls whose reminders are due, all at once";
    workers::Entity, "a process works for every town hall";
    municipalities::Entity, "the municipalities themselves; anyone may look for theirs";
    people::Entity, "a citizen may live in one town and report in another";
    follows::Entity, "the ties of one person to several town halls";
    proxies::Entity, "a tie of two people; whoever represents others sees them in one list";
    provider_tokens::Entity, "one APNs token per team serves all instances";
    rate_counters::Entity, "limits hold across the installation";
    sessions::Entity, "a person signs in to the installation, not to a town hall";
    signing_keys::Entity, "tokens are the installation's";
}

of_one_municipality! {
    addresses::Entity => addresses::Column::MunicipalityId,
    api_keys::Entity => api_keys::Column::MunicipalityId,
    audience::Entity => audience::Column::MunicipalityId,
    areas::Entity => areas::Column::MunicipalityId,
    broadcasts::Entity => broadcasts::Column::MunicipalityId,
    broadcast_templates::Entity => broadcast_templates::Column::MunicipalityId,
    broadcast_templates::versions::Entity => broadcast_templates::versions::Column::MunicipalityId,
    categories::Entity => categories::Column::MunicipalityId,
    complaints::Entity => complaints::Column::MunicipalityId,
    consents::Entity => consents::Column::MunicipalityId,
    content::Entity => content::Column::MunicipalityId,
    content::removals::Entity => content::removals::Column::MunicipalityId,
    content_files::Entity => content_files::Column::MunicipalityId,
    content_sources::Entity => content_sources::Column::MunicipalityId,
    content_sources::taken::Entity => content_sources::taken::Column::MunicipalityId,
    complaints::counters::Entity => complaints::counters::Column::MunicipalityId,
    deliveries::Entity => deliveries::Column::MunicipalityId,
    deliveries::attempts::Entity => deliveries::attempts::Column::MunicipalityId,
    decisions::Entity => decisions::Column::MunicipalityId,
    departments::Entity => departments::Column::MunicipalityId,
    households::Entity => households::Column::MunicipalityId,
    legal::Entity => legal::Column::MunicipalityId,
    legal::testers::Entity => legal::testers::Column::MunicipalityId,
    follows::streets::Entity => follows::streets::Column::MunicipalityId,
    follows::topics::Entity => follows::topics::Column::MunicipalityId,
    messages::Entity => messages::Column::MunicipalityId,
    photos::Entity => photos::Column::MunicipalityId,
    poll_votes::Entity => poll_votes::Column::MunicipalityId,
    segments::Entity => segments::Column::MunicipalityId,
    steps::Entity => steps::Column::MunicipalityId,
    supports::Entity => supports::Column::MunicipalityId,
    sending::notes::Entity => sending::notes::Column::MunicipalityId,
    retention::Entity => retention::Column::MunicipalityId,
    reach::Entity => reach::Column::MunicipalityId,
    routing::Entity => routing::Column::MunicipalityId,
    staff::Entity => staff::Column::MunicipalityId,
    staff::categories::Entity => staff::categories::Column::MunicipalityId,
    staff::departments::Entity => staff::departments::Column::MunicipalityId,
    topics::Entity => topics::Column::MunicipalityId,
    wards::Entity => wards::Column::MunicipalityId,
    waste_calendars::Entity => waste_calendars::Column::MunicipalityId,
    waste_calendars::sections::Entity => waste_calendars::sections::Column::MunicipalityId,
    waste_collections::Entity => waste_collections::Column::MunicipalityId,
    waste_gaps::Entity => waste_gaps::Column::MunicipalityId,
    waste_reminders::Entity => waste_reminders::Column::MunicipalityId,
    waste_types::Entity => waste_types::Column::MunicipalityId,
}
