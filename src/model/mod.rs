//! What things are: plain data and pure rules. No IO, no async, no clock: whoever needs the time is given it.

pub mod catalog;
pub mod compare;
pub mod format;
pub mod history;
pub mod human;
pub mod inspection;
pub mod key;
pub mod location;
pub mod marker;
pub mod names;
pub mod path;
pub mod plan;
pub mod problem;
pub mod prune;
pub mod recent;
pub mod recover;
pub mod restore;
pub mod run;
pub mod schedule;
pub mod secret;
pub mod settings;
pub mod snapshot;
pub mod source_spec;
pub mod status;
pub mod tool;
pub mod volume_size;
