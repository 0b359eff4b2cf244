//! `strongroom replicate`.

use clap::Args;

use super::{Origin, ReadBack};
use crate::cli::parse;
use crate::model::snapshot::VersionId;

const REPLICATE_EXAMPLES: &str = "\
Examples:
  strongroom replicate --from /media/blue/backups --to /media/red/backups
  strongroom replicate --from /media/blue --to sftp://ada@nas.example/srv/backups

What the other destination lacks is copied as it is, encrypted where it is encrypted, and checked on the way; what it has is not \
sent again. A version appears there when all of it lies there. What was deleted there stays deleted, and what was found damaged \
there is replaced. Cut off, it goes on where it was.";

#[derive(Debug, Args)]
#[command(after_help = REPLICATE_EXAMPLES)]
pub struct Replicate {
    #[command(flatten)]
    pub from: Origin,
    /// The destination that gets what it lacks
    #[arg(long, value_name = "DEST")]
    pub to: String,
    /// Only these versions: their ids [default: all]
    #[arg(long = "version", value_name = "V", num_args = 1.., value_parser = parse::version_id)]
    pub versions: Vec<VersionId>,
    /// What is read back there of what was sent, and compared [default: as the plan wishes it, else always]
    #[arg(long, value_name = "WHERE")]
    pub read_back: Option<ReadBack>,
}
