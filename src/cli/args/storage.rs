//! `strongroom storage`.

use clap::{Args, Subcommand};

use super::Server;

#[derive(Debug, Subcommand)]
pub enum Storage {
    /// List the destinations of all plans
    List,
    /// Add a destination to a plan: the next backup copies there what lies at the others
    Add(StorageOf),
    /// Take a destination from a plan; what lies there stays
    Remove(StorageOf),
    /// Try a destination: whether it can be written, how fast, and how much room there is
    Test(StorageAt),
    /// Tell of destinations whether they can be reached, what lies there, and what is missing
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
    #[command(flatten)]
    pub server: Server,
}

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
    #[command(flatten)]
    pub server: Server,
}
