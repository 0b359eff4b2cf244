//! What this machine remembers: settings and plans, history, keys.

pub mod config;
pub mod drives;
pub mod error;
mod files;
pub mod history;
pub mod host_keys;
mod json_file;
pub mod lock;
pub mod paths;
pub mod secret_file;
pub mod secrets;

pub use error::{Error, Result};
