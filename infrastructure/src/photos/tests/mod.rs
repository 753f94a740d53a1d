//! Pictures are made here, byte by byte where it matters; none is read from a file.

mod bucket;
mod corpus;
mod damaged;
mod kept;
mod stored;
