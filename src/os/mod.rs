//! What the system offers, in one vocabulary: files and folders by handle, locks, sockets, processes.
//!
//! Each room has one subject and the same names on every system; where systems differ, its halves lie in a folder of
//! its name. To the right of this layer nobody asks which system it is. What a system does not have is answered openly
//! (`Unsupported`, `None`, an empty list), never passed over: a caller says so to the person.

#[cfg(windows)]
mod account;
pub mod drives;
pub mod identity;
pub mod interrupt;
pub mod links;
pub mod permissions;
pub mod private;
pub mod session;
pub mod socket;
