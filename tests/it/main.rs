//! The end-to-end tests. Folders mirror the routes.

mod admin;
mod architecture;
mod auth;
mod commands;
mod complaints;
mod deliveries;
mod desk;
mod idempotency;
mod migrations;
mod municipalities;
mod photos;
mod problems;
mod routing;
mod serving;
mod support;
mod telephony;
mod tenancy;
