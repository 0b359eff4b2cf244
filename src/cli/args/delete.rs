//! `strongroom delete`.

use clap::Args;

use super::Origin;
use crate::cli::parse;
use crate::model::snapshot::VersionId;

const DELETE_EXAMPLES: &str = "\
Examples:
  strongroom delete --from /media/blue --version 20261121T200000Z-full-5f3a9c2e
  strongroom delete --from /media/blue/backups --version ID ID ID --dry-run

Every other version stays whole: what it shares with those that go is kept. The last good version is never \
deleted. Only the home that writes the backup can delete from it.";

#[derive(Debug, Args)]
#[command(after_help = DELETE_EXAMPLES)]
pub struct Delete {
    #[command(flatten)]
    pub from: Origin,
    /// Versions to delete: their ids, as `strongroom versions` prints them
    #[arg(long = "version", value_name = "V", required = true, num_args = 1.., value_parser = parse::version_id)]
    pub versions: Vec<VersionId>,
    /// Only say what would go
    #[arg(long)]
    pub dry_run: bool,
}
