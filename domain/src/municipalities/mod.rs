//! Town halls, their departments, areas and addresses.

pub mod port;
