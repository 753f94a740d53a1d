//! Municipalities and their register.

use domain::municipalities::port::{MunicipalityReads, MunicipalityWrites};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use super::Db;

impl<C: ConnectionTrait + Send> MunicipalityReads for Db<C> {}

impl MunicipalityWrites for Db<DatabaseTransaction> {}
