//! `strongroom storage`.

use clap::{Args, Subcommand};

use super::Server;
use crate::cli::parse;

#[derive(Debug, Subcommand)]
pub enum Storage {
    /// List the destinations of all plans
    List,
    /// Add a destination to a plan: the next backup copies there what lies at the others
    Add(StorageOf),
    /// Change how much a plan may take at one of its destinations
    Edit(StorageEdit),
    /// Take a destination from a plan; what lies there stays
    Remove(StorageRemove),
    /// Move a plan from one destination to another: its versions are copied there, and later ones go there instead
    Move(StorageMove),
    /// Try a destination: whether it can be written, read and cleaned up, how fast, and how much room there is
    Test(StorageAt),
    /// Tell of destinations whether they can be reached and what lies there; or how they were until now
    Health(StorageHealth),
}

/// A destination of a plan.
#[derive(Debug, Args)]
pub struct StorageOf {
    /// A folder or an address, as --to of `strongroom backup` takes them
    #[arg(value_name = "DEST")]
    pub to: String,
    /// Name or id of the plan
    #[arg(long, value_name = "NAME")]
    pub plan: String,
    /// The most that the plan's versions may take there, as 200GB: a run that would take more ends before it does [default: all there is room for]
    #[arg(long, value_name = "SIZE", value_parser = parse::max_size)]
    pub max_size: Option<MaxSize>,
    #[command(flatten)]
    pub server: Server,
}

#[derive(Debug, Args)]
pub struct StorageEdit {
    /// A folder or an address, as `strongroom storage list` shows it
    #[arg(value_name = "DEST")]
    pub to: String,
    /// Name or id of the plan
    #[arg(long, value_name = "NAME")]
    pub plan: String,
    /// The most that the plan's versions may take there, as 200GB; none: all there is room for
    #[arg(long, value_name = "SIZE|none", value_parser = parse::max_size)]
    pub max_size: MaxSize,
}

#[derive(Debug, Args)]
pub struct StorageRemove {
    /// A folder or an address, as `strongroom storage list` shows it
    #[arg(value_name = "DEST")]
    pub to: String,
    /// Name or id of the plan
    #[arg(long, value_name = "NAME")]
    pub plan: String,
}

#[derive(Debug, Args)]
pub struct StorageMove {
    /// Where the plan goes now, as `strongroom storage list` shows it
    #[arg(value_name = "DEST")]
    pub from: String,
    /// Where it is to go: a folder or an address
    #[arg(long, value_name = "DEST")]
    pub to: String,
    /// Name or id of the plan
    #[arg(long, value_name = "NAME")]
    pub plan: String,
    #[command(flatten)]
    pub server: Server,
}

/// Bytes, or as much as there is room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxSize(pub Option<u64>);

#[derive(Debug, Args)]
pub struct StorageAt {
    /// A folder or an address, as --to of `strongroom backup` takes them
    #[arg(value_name = "DEST")]
    pub to: String,
    #[command(flatten)]
    pub server: Server,
}

#[derive(Debug, Args)]
pub struct StorageHealth {
    /// Destinations [default: those of all plans]
    #[arg(value_name = "DEST")]
    pub to: Vec<String>,
    /// Tell how they were at each check until now, instead of checking them: a line for each, how often they could be used, since when they are away and when they will be full; the exit code is 1 where one could not be used at its last check, else 0
    #[arg(long)]
    pub history: bool,
    /// How many days back [default: 30]
    #[arg(long, value_name = "N", requires = "history", value_parser = clap::value_parser!(u32).range(1..=730))]
    pub days: Option<u32>,
    #[command(flatten)]
    pub server: Server,
}
