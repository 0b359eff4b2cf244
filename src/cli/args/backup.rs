//! `strongroom backup`.

use clap::{ArgGroup, Args, ValueEnum};

use super::{FormatOptions, ReadBack, SealOptions, Server, Sources};
use crate::cli::parse;
use crate::model::snapshot::{VersionId, WantedType};

/// What kind of version a backup makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Type {
    /// Incremental where a version to build on is there, else full
    Auto,
    /// Everything anew: shares nothing with older versions
    Full,
    /// Only what changed since the last full version
    Differential,
    /// Only what changed since the last version, or since --base
    Incremental,
}

impl From<Type> for WantedType {
    fn from(kind: Type) -> Self {
        match kind {
            Type::Auto => Self::Auto,
            Type::Full => Self::Full,
            Type::Differential => Self::Differential,
            Type::Incremental => Self::Incremental,
        }
    }
}

const BACKUP_EXAMPLES: &str = "\
Examples:
  strongroom backup Documents                          the plan of that name
  strongroom backup --all                              every plan of this home
  strongroom backup --source ~/Documents ~/Pictures --to /media/blue/backups
  strongroom backup --source /etc --to /srv/backups --password-file ~/.secret

The same --to and --name again continues the same backup: only what changed is stored. One that was cut off, cancelled or ran \
out of room is gone on with from the volumes it had finished.";

/// What goes with `backup --source` only: a plan has its own.
const OF_FOLDERS: [&str; 15] = [
    "exclude",
    "preset",
    "no_tags",
    "one_file_system",
    "to",
    "name",
    "format",
    "level",
    "volume_size",
    "read_back",
    "no_encryption",
    "make_password",
    "cipher",
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
    /// Destination: a folder, or the address of one on a server: sftp://user@host:port/path (or so with ftps:// or webdav://), s3://bucket/prefix?endpoint=URL&region=R, gs://bucket/prefix, az://account/container/prefix, ipfs+http://host:port/folder; in a bucket's prefix {machine} becomes this machine's name as it is now, and {env:NAME} what that variable holds; repeated for several, each gets all of it
    #[arg(long, value_name = "DEST")]
    pub to: Vec<String>,
    #[command(flatten)]
    pub server: Server,
    /// Name of the backup [default: name of the first source]
    #[arg(long)]
    pub name: Option<String>,
    /// What kind of version to make
    #[arg(long = "type", value_name = "TYPE", default_value = "auto")]
    pub kind: Type,
    /// The version that an incremental one builds on, instead of the last: its id
    #[arg(long, value_name = "VERSION", value_parser = parse::version_id)]
    pub base: Option<VersionId>,
    #[command(flatten)]
    pub format: FormatOptions,
    /// What is read back of what was written, at each destination that gets it, and compared [default: always]
    #[arg(long, value_name = "WHERE")]
    pub read_back: Option<ReadBack>,
    #[command(flatten)]
    pub seal: SealOptions,
    /// Go on with a backup that another home owns, which must no longer write there; or begin anew where it has vanished
    #[arg(long)]
    pub take_over: bool,
    /// Back up although a source, or a drive mounted within one, has vanished or shrunk sharply since the last version: it is as it should be
    #[arg(long)]
    pub accept_shrunk: bool,
}
