//! Complaints.

use domain::complaints::port::{ComplaintReads, ComplaintWrites};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use super::Db;

impl<C: ConnectionTrait + Send> ComplaintReads for Db<C> {}

impl ComplaintWrites for Db<DatabaseTransaction> {}
