//! Bytes in, bytes out, synchronous: what a version is made of, and how it comes back.

pub mod before;
pub mod browse;
pub mod catalog_io;
pub mod changes;
pub mod codec;
pub mod error;
pub mod extract;
pub mod format_doc;
pub mod frame_reader;
pub mod json_lines;
pub mod key;
pub mod loose;
pub mod object;
pub mod object_list;
pub mod pieces;
pub mod run_journal;
pub mod scan;
pub mod seal;
pub mod select;
pub mod sums;
pub mod tar_stream;
pub mod target;
#[cfg(test)]
pub mod test_objects;
#[cfg(test)]
pub mod test_version;
pub mod verify;
pub mod worn;
pub mod writer;
pub mod zip;

pub use error::{Error, Result};
