//! The command line as clap reads it. What the options mean is said here once, in the help texts.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};

use super::parse;
use crate::model::format::KdfKind;
use crate::model::restore::{Conflict, Depth, VersionChoice};
use crate::model::run::RunKind;
use crate::model::schedule::Schedule;
use crate::model::snapshot::WantedType;
use crate::model::source_spec::Preset;

const AFTER: &str = "\
Without a command the window opens.

Examples:
  strongroom backup --source ~/Documents --to /media/blue/backups
  strongroom versions --from /media/blue/backups
  strongroom restore --from /media/blue/backups --to /tmp/back
  strongroom verify --from /media/blue/backups --depth full

Password: from --password-file, else from the environment: STRONGROOM_PASSWORD,
STRONGROOM_PASSWORD_FILE or STRONGROOM_PASSWORD_COMMAND, else it is asked for.
It is never an argument. A recovery key is taken wherever a password is.

STRONGROOM_HOME moves all of Strongroom's own files (settings, history, keys, log) to that folder.

Exit codes:
  0    done
  1    failed
  2    the command line asks for something that cannot be
  3    done with warnings: some files could not be read or restored; they are listed
  10   there is nothing: no destination, backup, version or file of that name
  12   wrong password, or none given
  130  cancelled";

/// Backups that stay yours: ordinary archives, sealed, verified.
#[derive(Debug, Parser)]
#[command(name = "strongroom", version, after_help = AFTER, disable_help_subcommand = true, max_term_width = 100)]
pub struct Cli {
    /// Print one JSON object a line, the last one the result
    #[arg(long, global = true)]
    pub json: bool,
    /// No progress, only what came of it
    #[arg(short, long, global = true)]
    pub quiet: bool,
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Back up: plans by name, or folders to a destination
    Backup(Box<Backup>),
    /// List the versions that lie at a destination
    Versions(Origin),
    /// List the files of a version
    Ls(Ls),
    /// Restore files from a version
    Restore(Restore),
    /// Check that what lies at a destination is whole
    Verify(Verify),
    /// Show, make, change or remove plans
    #[command(subcommand)]
    Plan(Plan),
    /// List the runs of this home: backups, restores, verifications
    History(History),
    /// See it work: sample files, two backups, a check and a restore, in a folder of their own
    Tour,
}

/// What kind of version a backup makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Type {
    /// Incremental where a version to build on is there, else full
    Auto,
    /// Everything anew: shares nothing with older versions
    Full,
    /// Only what changed since the last version
    Incremental,
}

impl From<Type> for WantedType {
    fn from(kind: Type) -> Self {
        match kind {
            Type::Auto => Self::Auto,
            Type::Full => Self::Full,
            Type::Incremental => Self::Incremental,
        }
    }
}

const BACKUP_EXAMPLES: &str = "\
Examples:
  strongroom backup Documents                          the plan of that name
  strongroom backup --all                              every plan of this home
  strongroom backup --source ~/Documents ~/Pictures --to /media/blue/backups
  strongroom backup --source /etc --to /srv/backups --name etc --password-file /etc/strongroom/password --json

The same --to and --name again continues the same backup: only what changed is stored.";

/// What goes with `backup --source` only: a plan has its own.
const OF_FOLDERS: [&str; 11] = [
    "exclude",
    "preset",
    "no_tags",
    "one_file_system",
    "to",
    "name",
    "level",
    "volume_size",
    "no_encryption",
    "kdf",
    "recovery_key_file",
];

#[derive(Debug, Args)]
#[command(after_help = BACKUP_EXAMPLES, group = ArgGroup::new("what").required(true).args(["plans", "all", "source"]))]
#[command(mut_arg("source", |a| a.requires("to")))]
#[command(mut_args(|a| if OF_FOLDERS.contains(&a.get_id().as_str()) { a.conflicts_with_all(["plans", "all"]) } else { a }))]
pub struct Backup {
    /// Plans by name or id
    #[arg(value_name = "PLAN")]
    pub plans: Vec<String>,
    /// Every plan of this home
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub sources: Sources,
    /// Destination: a folder on this machine or on a drive
    #[arg(long, value_name = "DEST")]
    pub to: Option<String>,
    /// Name of the backup [default: name of the first source]
    #[arg(long)]
    pub name: Option<String>,
    /// What kind of version to make
    #[arg(long = "type", value_name = "TYPE", default_value = "auto")]
    pub kind: Type,
    #[command(flatten)]
    pub format: FormatOptions,
    #[command(flatten)]
    pub seal: SealOptions,
    /// Go on with a backup that another home owns, which must no longer write there; or begin anew where it has vanished
    #[arg(long)]
    pub take_over: bool,
}

#[derive(Debug, Args)]
pub struct Sources {
    /// Files and folders to back up
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub source: Vec<PathBuf>,
    /// Leave out what matches, in gitignore syntax; `!` brings back
    #[arg(long, value_name = "GLOB", allow_hyphen_values = true)]
    pub exclude: Vec<String>,
    /// Leave out a known group of things that nobody misses
    #[arg(long, value_name = "GROUP")]
    pub preset: Vec<PresetName>,
    /// Also take folders marked by CACHEDIR.TAG or .nobackup
    #[arg(long)]
    pub no_tags: bool,
    /// Do not descend into other mounted file systems
    #[arg(long)]
    pub one_file_system: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PresetName {
    /// Caches and thumbnails
    Caches,
    /// The trash
    Trash,
    /// Build results: node_modules, target, …
    DeveloperBuilds,
}

impl From<PresetName> for Preset {
    fn from(name: PresetName) -> Self {
        match name {
            PresetName::Caches => Self::Caches,
            PresetName::Trash => Self::Trash,
            PresetName::DeveloperBuilds => Self::DeveloperBuilds,
        }
    }
}

#[derive(Debug, Args)]
pub struct FormatOptions {
    /// zstd level, 1 (fast) to 19 (small) [default: 3]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..=19))]
    pub level: Option<i32>,
    /// Close each volume at about this size, as 64M or 1G [default: grows with the backup from 64M]
    #[arg(long, value_name = "SIZE", value_parser = parse::volume_size)]
    pub volume_size: Option<u64>,
}

#[derive(Debug, Args)]
pub struct SealOptions {
    /// Read the password from this file; one newline at its end does not count
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Store everything readable for anybody who has the destination
    #[arg(long, conflicts_with_all = ["password_file", "kdf", "recovery_key_file"])]
    pub no_encryption: bool,
    /// What turns the password of a new backup into a key [default: scrypt]
    #[arg(long, value_name = "KDF")]
    pub kdf: Option<Kdf>,
    /// For a new backup: make a recovery key too and write it to this new file
    #[arg(long, value_name = "FILE")]
    pub recovery_key_file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kdf {
    Scrypt,
    Pbkdf2,
}

impl From<Kdf> for KdfKind {
    fn from(kdf: Kdf) -> Self {
        match kdf {
            Kdf::Scrypt => Self::Scrypt,
            Kdf::Pbkdf2 => Self::Pbkdf2,
        }
    }
}

/// Which backup at which destination.
#[derive(Debug, Args)]
pub struct Origin {
    /// Destination: the folder that was given to --to
    #[arg(long, value_name = "DEST")]
    pub from: String,
    /// Which backup, where several lie at the destination
    #[arg(long, value_name = "NAME")]
    pub plan: Option<String>,
    /// Read the password from this file; one newline at its end does not count
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
}

const LS_EXAMPLES: &str = "\
Examples:
  strongroom ls --from /media/blue/backups
  strongroom ls --from /media/blue/backups /home/u/Documents
  strongroom ls --from /media/blue/backups --version 2026-11-20 -R --json";

#[derive(Debug, Args)]
#[command(after_help = LS_EXAMPLES)]
pub struct Ls {
    #[command(flatten)]
    pub from: Origin,
    /// latest, a version's id, or a time: the newest version begun by then
    #[arg(long, value_name = "V", default_value = "latest", value_parser = parse::version)]
    pub version: VersionChoice,
    /// Also what lies below the folders
    #[arg(short = 'R', long)]
    pub recursive: bool,
    /// Original path of a file or folder; without it the sources are listed
    pub path: Option<PathBuf>,
}

const RESTORE_EXAMPLES: &str = "\
Examples:
  strongroom restore --from /media/blue/backups --to /tmp/back
  strongroom restore --from /media/blue/backups --in-place --path /home/u/Documents/thesis.odt --conflict keep-both
  strongroom restore --from /media/blue/backups --version 2026-11-20T18:00 --to /tmp/back --dry-run

--to DIR puts each source under DIR by its own name (DIR/Documents/…). A file whose content is damaged
in the backup is not written; it is named, and everything else is restored.";

#[derive(Debug, Args)]
#[command(after_help = RESTORE_EXAMPLES, group = ArgGroup::new("where").required(true).args(["to", "in_place"]))]
pub struct Restore {
    #[command(flatten)]
    pub from: Origin,
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

const VERIFY_EXAMPLES: &str = "\
Examples:
  strongroom verify --from /media/blue/backups
  strongroom verify --from /media/blue/backups --version latest --depth full

Exits with 1 where anything is damaged, and names the files it hits.";

#[derive(Debug, Args)]
#[command(after_help = VERIFY_EXAMPLES)]
pub struct Verify {
    #[command(flatten)]
    pub from: Origin,
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

#[derive(Debug, Subcommand)]
pub enum Plan {
    /// List the plans of this home
    List,
    /// Show all of a plan
    Show {
        /// Name or id
        plan: String,
    },
    /// Make a plan
    Add(Box<PlanAdd>),
    /// Change a plan; what is not given stays
    Edit(Box<PlanEdit>),
    /// Remove a plan; its versions stay unless asked otherwise
    Remove {
        /// Name or id
        plan: String,
        /// Also delete all its versions at the destination
        #[arg(long)]
        delete_versions: bool,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

const ADD_EXAMPLES: &str = "\
Examples:
  strongroom plan add Documents --source ~/Documents --to /media/blue/backups --schedule daily@20:00
  strongroom plan add etc --source /etc --to /srv/backups --no-encryption --exclude '*.bak'

Scheduled runs are made while the window is open.";

#[derive(Debug, Args)]
#[command(after_help = ADD_EXAMPLES, mut_arg("source", |a| a.required(true)))]
pub struct PlanAdd {
    /// Name of the plan
    pub name: String,
    #[command(flatten)]
    pub sources: Sources,
    /// Destination: a folder on this machine or on a drive
    #[arg(long, value_name = "DEST")]
    pub to: String,
    #[command(flatten)]
    pub format: FormatOptions,
    #[command(flatten)]
    pub seal: SealOptions,
    /// When it runs by itself: off, 6h (every six hours), daily@20:00
    #[arg(long, default_value = "off", value_parser = parse::schedule)]
    pub schedule: Schedule,
}

#[derive(Debug, Args)]
pub struct PlanEdit {
    /// Name or id
    pub plan: String,
    /// A new name
    #[arg(long)]
    pub name: Option<String>,
    /// Files and folders to back up instead of the present ones
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub source: Vec<PathBuf>,
    /// Leave out what matches, instead of the present patterns; an empty one removes them
    #[arg(long, value_name = "GLOB", allow_hyphen_values = true)]
    pub exclude: Option<Vec<String>>,
    #[command(flatten)]
    pub format: FormatOptions,
    /// When it runs by itself: off, 6h (every six hours), daily@20:00
    #[arg(long, value_parser = parse::schedule)]
    pub schedule: Option<Schedule>,
}

#[derive(Debug, Args)]
pub struct History {
    /// Only runs of this plan: name or id
    #[arg(long, value_name = "PLAN")]
    pub plan: Option<String>,
    /// Only runs of this kind
    #[arg(long)]
    pub kind: Option<KindName>,
    /// Only runs with warnings or failures
    #[arg(long)]
    pub troubled: bool,
    /// Only runs whose plan, problem or warnings hold this text
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub search: String,
    /// How many of the newest
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KindName {
    Backup,
    Restore,
    Verify,
}

impl From<KindName> for RunKind {
    fn from(kind: KindName) -> Self {
        match kind {
            KindName::Backup => Self::Backup,
            KindName::Restore => Self::Restore,
            KindName::Verify => Self::Verify,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(std::iter::once("strongroom").chain(line.split_whitespace()))
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_form_of_the_command_line_is_read() {
        for line in [
            "",
            "backup Documents Pictures",
            "backup --all --type full",
            "backup --source a b --to d --name n --type incremental --exclude *.o --exclude !x --level 19 --volume-size 64M --password-file f",
            "backup --source a --to d --no-encryption --take-over --json",
            "--json versions --from d",
            "versions --from d --plan p",
            "ls --from d --version latest /home/u",
            "ls --from d --version 20261121T200000Z-full-5f3a9c2e -R",
            "restore --from d --to out",
            "restore --from d --version 2026-11-20T18:00 --in-place --path a --path b --conflict keep-both --dry-run",
            "restore --from d --to out --full-paths --conflict newer",
            "verify --from d --all --depth quick",
            "verify --from d --version latest --depth full",
            "plan list",
            "plan show n",
            "plan add n --source a --to d --schedule daily@20:00 --level 5",
            "plan edit n --schedule 6h --exclude *.o --source x",
            "plan remove n --delete-versions --yes",
            "history --plan n --limit 5",
            "tour",
        ] {
            assert!(parse(line).is_ok(), "{line}: {}", parse(line).unwrap_err());
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for line in [
            "backup",
            "backup --source a",
            "backup Documents --all",
            "backup Documents --source a --to d",
            "backup Documents --to d",
            "backup Documents --exclude x",
            "backup Documents --no-encryption",
            "backup --all --level 3",
            "backup --source a --to d --level 99",
            "backup --source a --to d --no-encryption --password-file f",
            "backup --source a --to d --password hunter2",
            "restore --from d",
            "restore --from d --to out --in-place",
            "restore --from d --in-place --full-paths",
            "restore --from d --to out --conflict maybe",
            "verify --from d --version latest --all",
            "plan add n --source a",
            "plan add n --to d",
            "plan add n --source a --to d --schedule yearly",
            "history --limit 0",
            "nonsense",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
