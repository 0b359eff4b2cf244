//! Real servers for the tests of the library and of the command line.

#![allow(dead_code, reason = "each of the two needs only some of it")]

pub mod apache;
pub mod ca;
pub mod dufs;
pub mod fake;
pub mod process;
pub mod sshd;
pub mod stores;
