//! What the system offers, in one vocabulary: files and folders by handle, locks, sockets, processes.
//!
//! Each room has one subject and the same names on every system; where systems differ, its halves lie in a folder of
//! its name. To the right of this layer nobody asks which system it is. What a system does not have is answered openly
//! (`Unsupported`, `None`, an empty list), never passed over: a caller says so to the person.

#[cfg(windows)]
mod account;
pub mod at;
pub mod attributes;
pub mod autostart;
pub mod beneath;
pub mod cause;
pub mod content;
pub mod disk;
pub mod drives;
pub mod durable;
pub mod folder;
pub mod handle;
pub mod identity;
pub mod interrupt;
pub mod links;
#[cfg(windows)]
mod nt;
pub mod owner;
pub mod permissions;
pub mod placeholders;
pub mod priority;
pub mod private;
pub mod program;
pub mod reason;
#[cfg(any(windows, test))]
mod reparse;
pub mod retry_after;
pub mod session;
pub mod shell;
pub mod socket;
pub mod stat;
pub mod surroundings;
pub mod temporary;
#[cfg(any(windows, test))]
mod windows_time;
