//! The end-to-end tests. Folders mirror the routes.

mod architecture;
mod migrations;
mod problems;
mod serving;
mod support;
