//! Routing rules.

use domain::routing::port::{RoutingReads, RoutingWrites};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use super::Db;

impl<C: ConnectionTrait + Send> RoutingReads for Db<C> {}

impl RoutingWrites for Db<DatabaseTransaction> {}
