//! Where a restore writes: a folder opened once, beneath which nothing is followed out (FORMAT §8).

pub mod journal;
pub mod metadata;
pub mod name;
pub mod root;
pub mod undo;
