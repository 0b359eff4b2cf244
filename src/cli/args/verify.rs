//! `strongroom verify`.

use clap::{Args, ValueEnum};

use super::ReadingNamed;
use crate::cli::parse;
use crate::model::restore::{Depth, VersionChoice};

const VERIFY_EXAMPLES: &str = "\
Examples:
  strongroom verify Documents                     at each of its destinations
  strongroom verify --from /media/blue/backups
  strongroom verify --from /media/blue/backups --version latest --depth full

Exits with 1 where anything is damaged, and names the files it hits.";

#[derive(Debug, Args)]
#[command(after_help = VERIFY_EXAMPLES)]
pub struct Verify {
    #[command(flatten)]
    pub from: ReadingNamed,
    /// Only this version: latest, an id, or a time
    #[arg(long, value_name = "V", value_parser = parse::version, conflicts_with = "all")]
    pub version: Option<VersionChoice>,
    /// All versions (what happens without --version too)
    #[arg(long)]
    pub all: bool,
    /// How deep to look
    #[arg(long, default_value = "checksums")]
    pub depth: DepthName,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DepthName {
    /// Everything is present and has its size
    Quick,
    /// And has its SHA-256
    Checksums,
    /// And every piece of every file can be opened and has its hash
    Full,
}

impl From<DepthName> for Depth {
    fn from(depth: DepthName) -> Self {
        match depth {
            DepthName::Quick => Self::Quick,
            DepthName::Checksums => Self::Checksums,
            DepthName::Full => Self::Full,
        }
    }
}
