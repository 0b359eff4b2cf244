//! Real servers, and the network before them, for the tests of the library and of the command line.

#![allow(dead_code, reason = "each of the two needs only some of it")]

pub mod account;
pub mod apache;
pub mod between;
pub mod ca;
pub mod dufs;
pub mod elsewhere;
pub mod fake;
pub mod fake_ftp;
pub mod fake_ipfs;
pub mod http;
pub mod js_ipfs;
#[cfg(all(unix, not(target_os = "macos")))]
pub mod machine;
#[cfg(all(unix, not(target_os = "macos")))]
pub mod notifications;
pub mod process;
pub mod proxy;
pub mod pure_ftpd;
pub mod share;
pub mod smtp;
pub mod ssh_agent;
pub mod sshd;
pub mod stores;
#[cfg(all(unix, not(target_os = "macos")))]
pub mod tray;
pub mod vsftpd;
