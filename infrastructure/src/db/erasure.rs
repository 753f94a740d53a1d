//! The data map at work on people's rows: reading, erasing, and taking from old complaints what says
//! whose they were. Statements are made from the map's own words and from identifiers only, so nothing
//! anybody typed ever becomes part of one.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    ids::{ComplaintId, MunicipalityId, PersonId, PhotoId},
    privacy::port::{Kept, PhotoOf, PrivacyWrites},
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, QueryResult, QuerySelect, Set, Statement, entity::prelude::*,
    sea_query::OnConflict,
};

use super::{Db, corrupt, dialect, failed, forgotten::erasures, municipalities};
use crate::privacy::{DataMap, Meaning, TableMap, map::Erase};

/// What stands in a column that may not be empty after its text was erased.
const ERASED: &str = "(gelöscht)";

/// Whose rows are meant.
enum Whose<'a> {
    Person(PersonId),
    Cases(&'a [ComplaintId]),
}

/// Where a statement looks: into the rows of the town hall entered, or into what belongs to none.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    Town,
    Installation,
}

/// They are found through each other, so they go last and in this order.
const LAST: [&str; 3] = ["credentials", "accounts", "people"];

impl Db<DatabaseTransaction> {
    /// The rows of a table as a condition; none where this pass finds none.
    fn rows_of(&self, table: &TableMap, whose: &Whose<'_>, pass: Pass) -> Option<String> {
        let literal = |id: Uuid| dialect::uuid_literal(self.backend(), id);
        match whose {
            Whose::Person(person) => {
                let own = table.person.clone().filter(|_| table.is_by_town() == (pass == Pass::Town));
                let of_cases = table.case.as_ref().filter(|_| pass == Pass::Town).map(|column| {
                    format!("{column} IN (SELECT id FROM complaints WHERE reporter_id = :person)")
                });
                let condition: Vec<_> = own.into_iter().chain(of_cases).collect();
                (!condition.is_empty()).then(|| self.filled(&condition.join(" OR "), *person))
            }
            Whose::Cases(cases) => {
                let ids: Vec<_> = cases.iter().map(|case| literal(case.0)).collect();
                table.case.as_ref().map(|column| format!("{column} IN ({})", ids.join(", ")))
            }
        }
    }

    fn filled(&self, sql: &str, person: PersonId) -> String {
        sql.replace(":person", &dialect::uuid_literal(self.backend(), person.0))
            .replace(":text", &format!("'{}'", person.0.hyphenated()))
    }

    /// What is done to the rows of a table.
    fn cleaning(&self, table: &TableMap, whose: &Whose<'_>, pass: Pass) -> Vec<String> {
        let Some(mut rows) = self.rows_of(table, whose, pass) else { return Vec::new() };
        if let (Whose::Person(person), Some(unless)) = (whose, &table.unless) {
            rows = format!("({rows}) AND NOT ({})", self.filled(unless, *person));
        }
        let name = &table.name;
        let mut statements = Vec::new();
        if name == "photos" {
            statements.push(format!(
                "INSERT INTO photo_removals (municipality_id, photo_id) SELECT municipality_id, id FROM photos \
                 WHERE {rows} ON CONFLICT DO NOTHING"
            ));
        }
        if table.erase == Erase::Rows {
            statements.push(format!("DELETE FROM {name} WHERE {rows}"));
            return statements;
        }
        let changes: Vec<_> =
            table.columns.iter().filter_map(|(column, meaning)| changed(column, *meaning)).collect();
        if !changes.is_empty() {
            statements.push(format!("UPDATE {name} SET {} WHERE {rows}", changes.join(", ")));
        }
        statements
    }

    async fn run(&self, statements: &[String]) -> Result<(), StoreError> {
        if !statements.is_empty() {
            self.connection().execute_unprepared(&statements.join(";\n")).await.map_err(failed)?;
        }
        Ok(())
    }

    /// The town halls to go through one by one; one pass without a town where the database does not
    /// keep their rows apart.
    pub(super) async fn passes(
        &self,
        within: Option<MunicipalityId>,
    ) -> Result<Vec<Option<MunicipalityId>>, StoreError> {
        if within.is_some() {
            return Ok(vec![within]);
        }
        if !dialect::keeps_apart(self.backend()) {
            return Ok(vec![None]);
        }
        let ids: Vec<Uuid> = self
            .rows::<municipalities::Entity>()
            .select_only()
            .column(municipalities::Column::Id)
            .into_tuple()
            .all(self.connection())
            .await
            .map_err(failed)?;
        Ok(ids.into_iter().map(|id| Some(MunicipalityId(id))).collect())
    }

    /// Erases a person everywhere.
    pub(super) async fn erase(&self, now: DateTime<Utc>, person: PersonId) -> Result<(), StoreError> {
        let whose = Whose::Person(person);
        let map = DataMap::get()?;
        let clean = |tables: &mut dyn Iterator<Item = &TableMap>, pass| -> Vec<String> {
            tables.flat_map(|table| self.cleaning(table, &whose, pass)).collect()
        };
        let in_towns = clean(&mut map.tables.iter().filter(|table| !table.after_person), Pass::Town);
        let in_towns_after = clean(&mut map.tables.iter().filter(|table| table.after_person), Pass::Town);
        let mut works_for_a_town = false;
        for town in self.passes(None).await? {
            if let Some(town) = town {
                self.enter(town).await?;
            }
            works_for_a_town |= self.is_staff(person).await?;
            self.run(&in_towns).await?;
        }
        let is_last = |table: &&TableMap| LAST.contains(&table.name.as_str());
        let mut statements =
            clean(&mut map.tables.iter().filter(|table| !is_last(table)), Pass::Installation);
        if works_for_a_town {
            let literal = dialect::uuid_literal(self.backend(), person.0);
            let leave =
                "UPDATE accounts SET person_id = NULL, name = NULL, phone = NULL, version = version + 1";
            statements.push(format!("{leave} WHERE person_id = {literal}"));
        }
        let goes = |table: &&TableMap| is_last(table) && (!works_for_a_town || table.name == "people");
        statements.extend(clean(&mut map.tables.iter().filter(goes), Pass::Installation));
        self.run(&statements).await?;
        if !in_towns_after.is_empty() {
            for town in self.passes(None).await? {
                if let Some(town) = town {
                    self.enter(town).await?;
                }
                self.run(&in_towns_after).await?;
            }
        }
        let again = OnConflict::column(erasures::Column::PersonId).do_nothing().to_owned();
        let row = erasures::ActiveModel { person_id: Set(person.0), erased_at: Set(now), noted: Set(false) };
        self.insert_later(vec![row], Some(again)).await
    }

    /// Takes from complaints of the municipality in scope what says whose they were.
    pub async fn deidentify(&self, cases: &[ComplaintId]) -> Result<(), StoreError> {
        if cases.is_empty() {
            return Ok(());
        }
        let whose = Whose::Cases(cases);
        let tables = DataMap::get()?.tables.iter().filter(|table| table.case.is_some());
        let statements: Vec<_> = tables.flat_map(|table| self.cleaning(table, &whose, Pass::Town)).collect();
        self.run(&statements).await
    }

    /// Whether the person's account works in the town hall entered, or in any where they are not kept apart.
    async fn is_staff(&self, person: PersonId) -> Result<bool, StoreError> {
        let literal = dialect::uuid_literal(self.backend(), person.0);
        let mine = format!("SELECT id FROM accounts WHERE person_id = {literal}");
        let rows = self.query(format!("SELECT 1 AS here FROM staff WHERE account_id IN ({mine})")).await?;
        Ok(!rows.is_empty())
    }

    async fn kept_in(
        &self,
        table: &TableMap,
        (whose, pass): (&Whose<'_>, Pass),
        town: Option<MunicipalityId>,
        to_staff: bool,
    ) -> Result<Option<Kept>, StoreError> {
        let Some(rows) = self.rows_of(table, whose, pass) else { return Ok(None) };
        let exported = table.columns.iter().filter(|(_, meaning)| meaning.is_exported(to_staff));
        let columns: Vec<String> = exported.map(|(column, _)| column.clone()).collect();
        let object = dialect::row_as_json(self.backend(), &columns);
        let own = self.within(town.filter(|_| table.columns.contains_key("municipality_id")));
        let sql = format!("SELECT {object} AS kept FROM {} WHERE ({rows}){own}", table.name);
        let mut kept =
            Kept { table: table.name.clone(), holds: table.holds.clone(), columns, rows: Vec::new() };
        for row in self.query(sql).await? {
            let text: String = row.try_get("", "kept").map_err(failed)?;
            kept.rows.push(serde_json::from_str(&text).map_err(|_| corrupt("a row that is no JSON"))?);
        }
        Ok(Some(kept))
    }

    /// The end of a condition that keeps to one town hall.
    fn within(&self, town: Option<MunicipalityId>) -> String {
        let literal = |town: MunicipalityId| dialect::uuid_literal(self.backend(), town.0);
        town.map(|town| format!(" AND municipality_id = {}", literal(town))).unwrap_or_default()
    }

    pub(super) async fn query(&self, sql: String) -> Result<Vec<QueryResult>, StoreError> {
        let statement = Statement::from_string(self.backend(), sql);
        self.connection().query_all_raw(statement).await.map_err(failed)
    }
}

#[async_trait]
impl PrivacyWrites for Db<DatabaseTransaction> {
    async fn kept_about(
        &self,
        person: PersonId,
        within: Option<MunicipalityId>,
        to_staff: bool,
    ) -> Result<Vec<Kept>, StoreError> {
        let whose = Whose::Person(person);
        let map = DataMap::get()?;
        let mut all: Vec<Kept> = Vec::new();
        let mut add = |kept: Kept| match all.iter_mut().find(|known| known.table == kept.table) {
            Some(known) => known.rows.extend(kept.rows),
            None => all.push(kept),
        };
        for town in self.passes(within).await? {
            if let Some(town) = town {
                self.enter(town).await?;
            }
            for table in &map.tables {
                self.kept_in(table, (&whose, Pass::Town), town, to_staff).await?.map(&mut add);
            }
        }
        for table in &map.tables {
            self.kept_in(table, (&whose, Pass::Installation), within, to_staff).await?.map(&mut add);
        }
        Ok(all)
    }

    async fn photos_of(
        &self,
        person: PersonId,
        within: Option<MunicipalityId>,
    ) -> Result<Vec<PhotoOf>, StoreError> {
        let table = DataMap::get()?.table("photos").ok_or(corrupt("data-map.toml"))?;
        let Some(rows) = self.rows_of(table, &Whose::Person(person), Pass::Town) else {
            return Ok(Vec::new());
        };
        let mut all = Vec::new();
        for town in self.passes(within).await? {
            if let Some(town) = town {
                self.enter(town).await?;
            }
            let own = self.within(town);
            let sql = format!("SELECT municipality_id, id, content_hash FROM photos WHERE ({rows}){own}");
            for row in self.query(sql).await? {
                let hash: String = row.try_get("", "content_hash").map_err(failed)?;
                all.push(PhotoOf {
                    municipality: MunicipalityId(row.try_get("", "municipality_id").map_err(failed)?),
                    photo: PhotoId(row.try_get("", "id").map_err(failed)?),
                    content: hash.parse().map_err(|_| corrupt("photos.content_hash"))?,
                });
            }
        }
        Ok(all)
    }
}

/// What becomes of a column whose row stays.
fn changed(column: &str, meaning: Meaning) -> Option<String> {
    match meaning {
        Meaning::Cleared | Meaning::Internal => Some(format!("{column} = NULL")),
        Meaning::Emptied if column.ends_with("_hash") => Some(format!("{column} = '{}'", "0".repeat(64))),
        Meaning::Emptied => Some(format!("{column} = '{ERASED}'")),
        Meaning::Coarsened => {
            Some(format!("{column} = CAST(ROUND({column} * 1000) AS double precision) / 1000"))
        }
        // Whoever saw it before must look again.
        Meaning::Plain if column == "version" => Some("version = version + 1".to_owned()),
        Meaning::Plain if column == "deidentified" => Some("deidentified = true".to_owned()),
        _ => None,
    }
}
