//! The four tabs.

pub mod backups;
