//! `strongroom restore`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};

use super::ReadingNamed;
use crate::cli::parse;
use crate::model::restore::{Conflict, VersionChoice};

const RESTORE_EXAMPLES: &str = "\
Examples:
  strongroom restore Documents --to /tmp/back         the plan of that name
  strongroom restore --from /media/blue/backups --to /tmp/back
  strongroom restore --from /mnt/blue --in-place --path ~/a.odt --conflict newer
  strongroom restore --from /mnt/blue --version 2026-11-20 --to /tmp/a --dry-run
  strongroom restore --from download.tar.gz --to /tmp/unpacked

A plan of this home is restored from the destination that seems best: one that can be reached and is whole, a folder before a server. Where \
it fails, another one goes on, also in the middle.

--to DIR puts each source under DIR by its own name (DIR/Documents/…). A file whose content is damaged \
in the backup is not written; it is named, and everything else is restored.

--from may also be one archive: a tar (plain, gz, bz2, lz4, zst) or zip of any program's, or a volume of a backup, \
sealed or not, also a broken one: what is readable before and behind the damage is restored, the rest named, and so is \
what may not be whole. What other programs pack (xz, 7z, rar and the like) is refused by its name. Nothing is written \
outside DIR and no link is followed; devices, setuid and security attributes are left out.";

#[derive(Debug, Args)]
#[command(after_help = RESTORE_EXAMPLES, group = ArgGroup::new("where").required(true).args(["to", "in_place"]))]
pub struct Restore {
    #[command(flatten)]
    pub from: ReadingNamed,
    /// latest, a version's id, or a time: the newest version begun by then
    #[arg(long, value_name = "latest|ID|TIME", default_value = "latest", value_parser = parse::version)]
    pub version: VersionChoice,
    /// Restore below this folder
    #[arg(long, value_name = "DIR")]
    pub to: Option<PathBuf>,
    /// Restore to where the files were
    #[arg(long)]
    pub in_place: bool,
    /// With --to: the whole original path below DIR
    #[arg(long, requires = "to", conflicts_with = "in_place")]
    pub full_paths: bool,
    /// Only this file or folder, by its original path
    #[arg(long, value_name = "P")]
    pub path: Vec<PathBuf>,
    /// What to do where a file already stands
    #[arg(long, value_name = "RULE", default_value = "skip")]
    pub conflict: ConflictRule,
    /// Only say what would be done
    #[arg(long)]
    pub dry_run: bool,
    /// Key slots (keys-1.json) of the backup that a single sealed volume is of, where they do not lie above it
    #[arg(long, value_name = "FILE")]
    pub keys: Option<PathBuf>,
    /// From a single archive: also what unpacks to more than 16 GiB and a thousand times its size
    #[arg(long)]
    pub any_size: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ConflictRule {
    /// Leave what is there
    Skip,
    /// Replace it; the old file is moved aside
    Overwrite,
    /// Replace it where the backup's is newer
    Newer,
    /// Restore beside it under another name
    KeepBoth,
}

impl From<ConflictRule> for Conflict {
    fn from(rule: ConflictRule) -> Self {
        match rule {
            ConflictRule::Skip => Self::Skip,
            ConflictRule::Overwrite => Self::Overwrite,
            ConflictRule::Newer => Self::Newer,
            ConflictRule::KeepBoth => Self::KeepBoth,
        }
    }
}
