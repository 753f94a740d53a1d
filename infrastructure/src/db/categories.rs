//! Categories.

use domain::categories::port::{CategoryReads, CategoryWrites};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use super::Db;

impl<C: ConnectionTrait + Send> CategoryReads for Db<C> {}

impl CategoryWrites for Db<DatabaseTransaction> {}
