//! People.

use domain::citizens::port::{PeopleReads, PeopleWrites};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use super::Db;

impl<C: ConnectionTrait + Send> PeopleReads for Db<C> {}

impl PeopleWrites for Db<DatabaseTransaction> {}
