//! `strongroom download`.

use std::path::PathBuf;

use clap::Args;

use super::{ReadBack, Reading, There};
use crate::cli::parse;
use crate::model::restore::VersionChoice;

const EXAMPLES: &str = "\
Examples:
  strongroom download sftp://ada@nas.example/srv/backups --to ~/rescue
  strongroom download --plan Documents --to ~/rescue
  strongroom download 's3://bucket/backups?region=eu-west-1' --version 2026-11-20 --to ~/rescue
  strongroom download sftp://ada@nas.example/srv/backups/Documents-5f3a9c2e/strongroom.json --to ~/rescue

A version comes with all that it refers to, encrypted where it is encrypted, each object checked: the folder is then a destination \
of its own, which Strongroom, recover.py and the tools of its archives open. An address of a single file brings that file as it is.";

const OR_A_PLAN: &str = "Which backup, where several lie at the destination; without a URL a plan of this home, from its healthiest \
destination, and from another one where that fails";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, mut_arg("plan", |a| a.help(OR_A_PLAN)))]
pub struct Download {
    /// Destination, a backup's own folder there, or a single file there
    #[arg(value_name = "URL", required_unless_present = "plan")]
    pub url: Option<String>,
    /// Folder that gets it; it is made where it does not exist
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// Replace a single file that is there already
    #[arg(long)]
    pub overwrite: bool,
    /// latest, a version's id, or a time: the newest version begun by then
    #[arg(long, value_name = "V", default_value = "latest", value_parser = parse::version)]
    pub version: VersionChoice,
    /// What is read back in the folder of what came, and compared [default: as the plan wishes it, else always]
    #[arg(long, value_name = "WHERE")]
    pub read_back: Option<ReadBack>,
    #[command(flatten)]
    pub there: There,
}

impl Download {
    /// Which backup is meant.
    pub fn reading(&self) -> Reading {
        Reading { from: self.url.clone(), there: self.there.clone() }
    }
}
