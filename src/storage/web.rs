//! What destinations that are reached over HTTP have in common: connections, patience, passwords, what failures mean.

pub mod agent;
pub mod client;
pub mod download;
pub mod failure;
pub mod login;
pub mod pace;
pub mod range;
mod socket;

/// Read at a time where all of an object is.
pub const PIECE: usize = 1 << 20;
