//! `rathaus data-map`: what is kept about people, as a table for data-protection officers.

use infrastructure::privacy::DataMap;

use super::Failure;

pub fn run() -> Result<(), Failure> {
    println!("| Tabelle | Inhalt | Frist | Spalte | Bedeutung |\n|---|---|---|---|---|");
    for table in &DataMap::get()?.tables {
        for (column, meaning) in &table.columns {
            let meaning = format!("{meaning:?}").to_lowercase();
            println!(
                "| `{}` | {} | {} | `{column}` | {meaning} |",
                table.name,
                table.holds,
                table.class.in_german()
            );
        }
    }
    Ok(())
}
