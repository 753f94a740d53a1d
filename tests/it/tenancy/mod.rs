//! One town hall never sees another's rows: by the shape of the tables, by the filter of every query
//! and, on PostgreSQL, by a second wall in the database.

pub mod catalogue;
mod isolation;
mod shape;
mod walls;
