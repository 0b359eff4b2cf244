//! `strongroom key`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Kdf, Origin};

const KEY_EXAMPLES: &str = "\
Examples:
  strongroom key list --from /media/blue/backups
  strongroom key add --from /media/blue/backups
  strongroom key new ~/strongroom.key
  strongroom key add --from /media/blue/backups --add-key-file ~/strongroom.key
  strongroom key remove 3fa9c21b --from /media/blue/backups
  strongroom key change --from /media/blue/backups --same-password
  strongroom key rotate --from /media/blue/backups --recovery-key-file ~/paper

A new password comes from --new-password-file or STRONGROOM_NEW_PASSWORD, else it is asked for. \
Only the small files of key slots are written anew, never a volume. Whoever kept an older one, with a \
password that opened it, can still read everything: only rotate ends that, for versions to come.";

#[derive(Debug, Subcommand)]
#[command(after_help = KEY_EXAMPLES)]
pub enum Key {
    /// List what opens a backup: passwords, recovery keys, key files
    List(Origin),
    /// Add a password or a key file
    Add(KeyAdd),
    /// Remove a password, recovery key or key file; never the last one
    Remove(KeyRemove),
    /// Make a new recovery key; older ones no longer open anything
    Recovery(KeyRecovery),
    /// Change the password, or stretch it anew as much as this machine can
    ///
    /// Given the recovery key or a key file instead of the password, it replaces all passwords.
    Change(KeyChange),
    /// Make a new key for the versions to come; older ones stay readable
    Rotate(KeyRotate),
    /// Make a key file: it opens backups that it is added to, instead of a password
    New {
        /// The new file; only you can read it
        file: PathBuf,
    },
}

/// Where a new password comes from.
#[derive(Debug, Args)]
pub struct NewPassword {
    /// Read the new password from this file; one newline at its end does not count
    #[arg(long, value_name = "FILE")]
    pub new_password_file: Option<PathBuf>,
    /// Make the new password and write it to this new file, which only you can read
    #[arg(long, value_name = "FILE", conflicts_with = "new_password_file")]
    pub make_password: Option<PathBuf>,
    /// What turns the new password into a key [default: as the plan has it, else scrypt]
    #[arg(long, value_name = "KDF")]
    pub kdf: Option<Kdf>,
}

#[derive(Debug, Args)]
pub struct KeyAdd {
    #[command(flatten)]
    pub from: Origin,
    #[command(flatten)]
    pub new: NewPassword,
    /// Add this key file instead of a password; `key new` makes one
    #[arg(long, value_name = "FILE", conflicts_with_all = ["new_password_file", "make_password", "kdf"])]
    pub add_key_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct KeyRemove {
    /// Its id, as `key list` shows it
    #[arg(value_name = "ID")]
    pub slot: String,
    #[command(flatten)]
    pub from: Origin,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub struct KeyRecovery {
    /// Write it to this new file, which only you can read
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub from: Origin,
}

#[derive(Debug, Args)]
pub struct KeyChange {
    #[command(flatten)]
    pub from: Origin,
    #[command(flatten)]
    pub new: NewPassword,
    /// Keep the password and only stretch it anew
    #[arg(long, conflicts_with_all = ["new_password_file", "make_password"])]
    pub same_password: bool,
}

#[derive(Debug, Args)]
pub struct KeyRotate {
    #[command(flatten)]
    pub from: Origin,
    /// Make a recovery key for the new key too and write it to this new file
    #[arg(long, value_name = "FILE")]
    pub recovery_key_file: Option<PathBuf>,
    /// What turns the password into a key [default: as the plan has it, else scrypt]
    #[arg(long, value_name = "KDF")]
    pub kdf: Option<Kdf>,
    /// Do not ask, though other passwords, recovery keys and key files will no longer open anything
    #[arg(long)]
    pub yes: bool,
}
