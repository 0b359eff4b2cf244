//! The command line as clap reads it: here the commands, below a file for what each takes. What the options mean is said
//! once, in the help texts.

mod adopt;
mod backup;
mod daemon;
mod delete;
mod download;
mod history;
mod key;
mod limit;
mod new;
mod notify;
mod origin;
mod pause;
mod plan;
mod replicate;
mod restore;
mod retention;
mod schedule;
mod status;
mod storage;
#[cfg(test)]
mod tests;
mod tools;
mod verify;

use clap::{Parser, Subcommand};

pub use self::adopt::Adopt;
pub use self::backup::{Backup, Type};
pub use self::daemon::Daemon;
pub use self::delete::Delete;
pub use self::download::Download;
pub use self::history::{History, HistoryExport, HistoryOf, HistoryWhat};
pub use self::key::{Key, KeyAdd, KeyChange, KeyRecovery, KeyRemove, KeyRotate, NewPassword};
pub use self::limit::{Limit, Speed, Times};
pub use self::new::{CipherName, FormatOptions, Kdf, ReadBack, SealOptions, Sources};
pub use self::notify::{Notify, NotifyAdd, NotifyAway, NotifyCommand, NotifyEmail, NotifyWebhook, NotifyWhat};
pub use self::origin::{Diff, Find, Ls, Origin, Reading, ReadingNamed, Server, There, Unlock, Versions};
pub use self::pause::{Pause, Resume, Until};
pub use self::plan::{Plan, PlanAdd, PlanEdit};
pub use self::replicate::Replicate;
pub use self::restore::Restore;
pub use self::retention::{Cleanup, Pin, Retention, RetentionSet};
pub use self::schedule::{How, Schedule, ScheduleOf, When};
pub use self::status::Status;
pub use self::storage::{MaxSize, Storage, StorageAt, StorageEdit, StorageHealth, StorageMove, StorageOf, StorageRemove};
pub use self::tools::{Compress, Decompress, Decrypt, Encrypt, Inspect, NewFile};
pub use self::verify::Verify;

const AFTER: &str = "\
Without a command the window opens; with --hidden it waits until it is asked for.

Examples:
  strongroom backup --source ~/Documents --to /media/blue/backups
  strongroom versions --from /media/blue/backups
  strongroom restore Documents --to /tmp/back
  strongroom restore --from /media/blue/backups --to /tmp/back
  strongroom verify --from /media/blue/backups --depth full

Password: from --password-file or --key-file, else from the environment: STRONGROOM_PASSWORD, \
STRONGROOM_PASSWORD_FILE, STRONGROOM_PASSWORD_COMMAND or STRONGROOM_KEY_FILE, else it is asked for. \
It is never an argument. A recovery key or a key file is taken wherever a password is.

A server's password: from STRONGROOM_STORAGE_PASSWORD or the file that STRONGROOM_STORAGE_PASSWORD_FILE \
names. One that is remembered for a server comes first; the given one is for the server whose address stands in \
the command, or for the only one of a plan without a remembered one. Where several servers ask for one, none gets \
it: `strongroom storage add` with it remembers it for the address that it is given, also in the place of another one.

STRONGROOM_HOME moves all of Strongroom's own files (settings, history, keys, log) to that folder.

Exit codes:
  0    done
  1    failed
  2    the command line asks for something that cannot be
  3    done with warnings: some files could not be read or restored; each listed
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
    /// Start without the window, with an icon in the tray where there is one: schedules are kept, and another start opens the window
    #[arg(long)]
    pub hidden: bool,
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Back up: plans by name, or folders to a destination
    Backup(Box<Backup>),
    /// List the versions of a plan or at a destination, or those of one file
    Versions(Versions),
    /// List the files of a version
    Ls(Ls),
    /// Find files by name in all versions
    Find(Find),
    /// Say what differs between two versions
    Diff(Diff),
    /// Restore files from a version
    Restore(Box<Restore>),
    /// Check that what lies at a destination, or at each one of a plan, is whole
    Verify(Verify),
    /// Delete versions; all others stay whole
    Delete(Delete),
    /// Copy versions to another destination
    Replicate(Replicate),
    /// Bring a version with all that it needs, or a single file of a destination, into a folder
    Download(Box<Download>),
    /// Go on with a backup that lies at a destination: on a new machine, or where the old settings are lost
    Adopt(Adopt),
    /// Show, make, change or remove plans
    #[command(subcommand)]
    Plan(Plan),
    /// Say when plans run by themselves: any number of schedules each
    #[command(subcommand)]
    Schedule(Schedule),
    /// Say how plans stand, and what would be lost if the disk died now: the exit code is 0 where all are protected, 3 where there are warnings or no version yet, 1 where one needs attention
    Status(Status),
    /// Say which versions of a plan stay
    #[command(subcommand)]
    Retention(Retention),
    /// Let go what a plan's rule does not keep: now, and not after its next backup
    Cleanup(Cleanup),
    /// Let a version stay whatever is cleaned up
    Pin(Pin),
    /// Take a version's pin away
    Unpin(Pin),
    /// Show, try, add and remove destinations
    #[command(subcommand)]
    Storage(Storage),
    /// Show and change how fast servers are written and read
    Limit(Limit),
    /// Have somebody told when a backup fails, is overdue, or was made: on the desktop, by e-mail, by a webhook
    Notify(Notify),
    /// Show and change what opens an encrypted backup: passwords, recovery keys, key files
    #[command(subcommand)]
    Key(Key),
    /// Let backups stand still for a while, and what the window does (another command: Ctrl-Z there)
    Pause(Pause),
    /// Let what is paused go on
    Resume(Resume),
    /// List, show and export the runs of this home: backups, restores, verifications, deletions
    History(History),
    /// Say what a file is: sealed or not, an archive of any program's, key slots, a manifest
    Inspect(Inspect),
    /// Seal a single file with a password or a key file
    Encrypt(Encrypt),
    /// Take a file out of its seal: one made by `encrypt`, or a volume of a backup
    Decrypt(Decrypt),
    /// Compress a single file
    Compress(Compress),
    /// Unpack a single compressed file of any program's
    Decompress(Decompress),
    /// Keep to the schedules without a window, until Ctrl-C or the system ends it
    Daemon(Daemon),
    /// See it work: sample files, two backups, a check and a restore, in a folder of their own
    Tour,
}
