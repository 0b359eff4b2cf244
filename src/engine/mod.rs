//! Does things: the actor that owns a home, its runs and its schedules. Knows no screen.

mod access;
mod actor;
mod answer;
mod backup;
mod compare;
mod core;
mod costs;
mod counting;
mod deletion;
mod destination;
pub mod env;
mod explain;
mod find;
mod folder;
mod hand;
pub mod handle;
mod keys;
mod left;
pub mod message;
mod opened;
mod overview;
mod parent;
mod restore;
mod run;
pub mod single;
mod sources;
mod start;
mod tool;
mod verify;

pub use env::{Env, Waker};
pub use handle::{Handle, Pending};
pub use start::{Engine, Mode};
