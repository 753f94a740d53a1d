//! What is kept about people, who looks at it, and that it goes.

mod audit;
mod backup;
mod documents;
mod erasure;
mod export;
pub mod legal;
mod map;
mod planted;
mod retention;
