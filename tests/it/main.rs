//! The end-to-end tests. Folders mirror the routes.

mod access;
mod admin;
mod architecture;
mod auth;
mod bad_input;
mod bounds;
mod commands;
mod complaints;
mod deliveries;
mod desk;
mod idempotency;
mod logs;
mod migrations;
mod municipalities;
mod photos;
mod privacy;
mod problems;
mod quotas;
mod routing;
mod serving;
mod slow;
mod stopping;
mod streets;
mod support;
mod telephony;
mod tenancy;
