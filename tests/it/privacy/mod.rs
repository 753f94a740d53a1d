//! What is kept about people, and that it goes.

mod map;
