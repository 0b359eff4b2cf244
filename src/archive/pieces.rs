//! Which pieces are stored and where, found by their BLAKE3: what was moved, copied or stored before is not stored again (FORMAT §3).
//!
//! What a run stores goes into a [`Log`]. At its end the log becomes a sorted file beside those of older runs; the next run looks up
//! there what it has read ([`PieceIndex`]). Where a file is missing, as on a new machine, it is made from the parent's catalog.
//! Memory is bounded: of ten million pieces a filter of some ten bits each and one in 64 hashes.
//!
//! All of it is a cache. That it is missing, cut short or damaged only costs room at the destination: each record carries a
//! checksum of its own, so that no wrong place ever gets into a catalog, and what is found counts only where the run may refer to it.

mod index;
mod log;
mod record;
mod sorted;
mod table;
#[cfg(test)]
mod tests;

pub use index::{PieceIndex, keep};
pub use log::Log;
pub use record::{Key, Record};
pub use table::Table;
