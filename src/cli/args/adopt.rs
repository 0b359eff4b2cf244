//! `strongroom adopt`.

use clap::Args;

use super::There;

const ADOPT_EXAMPLES: &str = "\
Examples:
  strongroom adopt /media/blue/backups
  strongroom adopt sftp://ada@nas.example/srv/backups --plan Documents

What it backs up is what its newest version holds; exclusions and schedule are not known at a destination: `strongroom plan edit` sets \
them. The machine that wrote the backup before must no longer write there. Nothing can be deleted for seven days.";

#[derive(Debug, Args)]
#[command(after_help = ADOPT_EXAMPLES)]
pub struct Adopt {
    /// Where the backup lies: a folder or an address, as --to of `strongroom backup` takes them
    #[arg(value_name = "DEST")]
    pub from: String,
    /// Name of the plan that it becomes [default: the backup's]
    #[arg(long)]
    pub name: Option<String>,
    /// Do not ask whether it is to be taken over from another machine
    #[arg(long)]
    pub yes: bool,
    #[command(flatten)]
    pub there: There,
}
