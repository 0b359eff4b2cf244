//! Strongroom: backups that stay yours.
//!
//! Every volume is an ordinary archive that standard tools open, and still the whole is incremental, deduplicated,
//! encrypted, verified and randomly accessible. The layers import only downwards (`tests/it/layers.rs` reads the `use` lines):
//!
//! ```text
//! main → { ui, cli } → ipc → engine → { archive, storage, notify, state } → os → model
//! ```

pub mod archive;
pub mod cli;
pub mod engine;
pub mod ipc;
pub mod model;
pub mod notify;
pub mod os;
pub mod state;
pub mod storage;
pub mod ui;
