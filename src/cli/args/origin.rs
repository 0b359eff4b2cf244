//! What is read of a backup, wherever it lies: `versions`, `ls`, `find` and `diff`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::{parse, server};
use crate::model::restore::VersionChoice;

/// Which backup at which destination.
#[derive(Debug, Args)]
pub struct Origin {
    /// Destination: the folder or address that was given to --to, or as `strongroom storage list` shows it
    #[arg(long, value_name = "DEST")]
    pub from: String,
    #[command(flatten)]
    pub there: There,
}

/// Which backup is read: one at a destination, or a plan of this home wherever it lies.
#[derive(Clone, Debug, Args)]
#[command(mut_arg("plan", |a| a.help(OR_A_PLAN)))]
pub struct Reading {
    /// Destination: the folder or address that was given to --to, or as `strongroom storage list` shows it
    #[arg(long, value_name = "DEST", required_unless_present = "plan")]
    pub from: Option<String>,
    #[command(flatten)]
    pub there: There,
}

const OR_A_PLAN: &str = "Which backup, where several lie at the destination; without --from a plan of this home, read from its healthiest \
destination, and from another one where that fails";

impl Reading {
    /// Where a destination is named.
    pub fn origin(&self) -> Option<Origin> {
        Some(Origin { from: self.from.clone()?, there: self.there.clone() })
    }

    /// What people call it by.
    pub fn name(&self) -> &str {
        self.from.as_deref().or(self.there.plan.as_deref()).unwrap_or_default()
    }
}

/// The same, where the name of a plan may stand alone.
#[derive(Debug, Args)]
#[command(mut_arg("from", |a| a.required_unless_present("name")))]
pub struct ReadingNamed {
    /// A plan of this home, by name or id, instead of --from
    #[arg(value_name = "PLAN", conflicts_with_all = ["from", "plan"])]
    name: Option<String>,
    #[command(flatten)]
    other: Reading,
}

impl ReadingNamed {
    /// Which backup is meant.
    pub fn meant(&self) -> Reading {
        let mut meant = self.other.clone();
        meant.there.plan = self.name.clone().or(meant.there.plan);
        meant
    }
}

/// What is said of a backup besides where it lies.
#[derive(Clone, Debug, Args)]
pub struct There {
    /// Which backup, where several lie at the destination
    #[arg(long, value_name = "NAME")]
    pub plan: Option<String>,
    #[command(flatten)]
    pub opens: Unlock,
    #[command(flatten)]
    pub server: Server,
}

/// Which server a destination lies on, where it lies on one.
#[derive(Clone, Debug, Default, Args)]
pub struct Server {
    /// The key of an SFTP server, as its administrator tells it; once known it must stay the same
    #[arg(long, value_name = "SHA256:…", value_parser = server::fingerprint)]
    pub host_key: Option<String>,
    /// Trust an SFTP server that is new, whatever its key is; remembered, so that it must stay the same
    #[arg(long, conflicts_with = "host_key")]
    pub accept_new_host_key: bool,
    /// Certificates (PEM) that may vouch for a server over TLS, beside those the system trusts; remembered for that server
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
}

/// What opens an encrypted backup.
#[derive(Clone, Debug, Args)]
pub struct Unlock {
    /// Read the password from this file; one newline at its end does not count
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Open it with this key file, not with a password
    #[arg(long, value_name = "FILE", conflicts_with = "password_file")]
    pub key_file: Option<PathBuf>,
}

const VERSIONS_EXAMPLES: &str = "\
Examples:
  strongroom versions Documents
  strongroom versions --from /media/blue/backups
  strongroom versions --from /media/blue/backups --of ~/Documents/thesis.odt

Of a plan with several destinations, LACKING AT says where a version is missing, by what this computer knows of \
them; in JSON that is in \"at\", \"missing_at\" and \"unknown_at\". Versions that lie only at others are named \
below the table.

With --of each version that has the file is listed, the newest first: what it was then, and what changed since \
the version below it. In JSON, versions with the same \"content\" hold the same bytes.";

#[derive(Debug, Args)]
#[command(after_help = VERSIONS_EXAMPLES)]
pub struct Versions {
    #[command(flatten)]
    pub from: ReadingNamed,
    /// Original path of a file or folder: only the versions that have it
    #[arg(long, value_name = "PATH")]
    pub of: Option<PathBuf>,
}

const LS_EXAMPLES: &str = "\
Examples:
  strongroom ls --from /media/blue/backups
  strongroom ls --plan Documents /home/u/Documents
  strongroom ls --from /media/blue/backups --version 2026-11-20 -R --json
  strongroom ls --from download.tar.gz -R

--from may also be one archive: a tar (plain, gz, bz2, lz4, zst) or zip of any program's, or a volume of a \
backup, sealed or not. PATH is then a path in it.";

#[derive(Debug, Args)]
#[command(after_help = LS_EXAMPLES)]
pub struct Ls {
    #[command(flatten)]
    pub from: Reading,
    /// latest, a version's id, or a time: the newest version begun by then
    #[arg(long, value_name = "V", default_value = "latest", value_parser = parse::version)]
    pub version: VersionChoice,
    /// Also what lies below the folders
    #[arg(short = 'R', long)]
    pub recursive: bool,
    /// Key slots (keys-1.json) of the backup that a single sealed volume is of, where they do not lie above it
    #[arg(long, value_name = "FILE")]
    pub keys: Option<PathBuf>,
    /// Original path of a file or folder; without it the sources are listed
    pub path: Option<PathBuf>,
}

const FIND_EXAMPLES: &str = "\
Examples:
  strongroom find invoice --from /media/blue/backups
  strongroom find 'IMG_04*.raw' --plan Pictures --json

Each file is listed with its states, the newest first: time, size, the newest version that has it so. \
`strongroom restore --version V --path P` brings one back.";

#[derive(Debug, Args)]
#[command(after_help = FIND_EXAMPLES)]
pub struct Find {
    /// Part of a name; with * (any characters) or ? (any one) the whole of it. Case does not matter
    #[arg(value_name = "PATTERN", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub pattern: String,
    #[command(flatten)]
    pub from: Reading,
    /// Most files to list
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub limit: u64,
}

const DIFF_EXAMPLES: &str = "\
Examples:
  strongroom diff --plan Documents 2026-11-20
  strongroom diff --from /media/blue/backups 2026-11-20 2026-11-21T18:00 --json

+ added, - removed, * changed, > moved. Content is compared by its hashes, without reading it; a folder's \
time alone is no difference. Exits with 0 whether anything differs or not.";

#[derive(Debug, Args)]
#[command(after_help = DIFF_EXAMPLES)]
pub struct Diff {
    #[command(flatten)]
    pub from: Reading,
    /// The older of the two: latest, a version's id, or a time
    #[arg(value_name = "V1", value_parser = parse::version)]
    pub before: VersionChoice,
    /// What it is compared with
    #[arg(value_name = "V2", default_value = "latest", value_parser = parse::version)]
    pub after: VersionChoice,
}
