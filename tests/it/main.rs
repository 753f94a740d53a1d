//! The end-to-end tests. Folders mirror the routes.

mod architecture;
mod deliveries;
mod migrations;
mod problems;
mod serving;
mod support;
mod tenancy;
