//! A run: one execution of something, how far it is and how it ended.

mod cancel;
mod object;
mod progress;
mod read_back;
mod report;
pub mod words;

use serde::{Deserialize, Serialize};

pub use self::cancel::Cancel;
pub use self::progress::{Progress, ProgressView, Stage};
pub use self::report::{Outcome, ReadBack, RunDetail, RunReport};

/// Chosen by whoever asks for the run, so that it can be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RunId(pub u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunKind {
    Backup,
    Restore,
    Verify,
    /// Of versions.
    Delete,
    /// Of versions, to another destination.
    Replicate,
    /// Of single files, as are the three below.
    Encrypt,
    Decrypt,
    Compress,
    Decompress,
    /// Of an object of a destination.
    Download,
    /// To somebody: noted only where it could not be sent.
    Message,
    /// No run: something that was done to what is set up.
    Event,
}

impl RunKind {
    /// Works on a single file, not on a backup.
    pub const fn is_tool(self) -> bool {
        matches!(self, Self::Encrypt | Self::Decrypt | Self::Compress | Self::Decompress | Self::Download)
    }

    /// The name that scripts and the history have for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Backup => "backup",
            Self::Restore => "restore",
            Self::Verify => "verify",
            Self::Delete => "delete",
            Self::Replicate => "replicate",
            Self::Encrypt => "encrypt",
            Self::Decrypt => "decrypt",
            Self::Compress => "compress",
            Self::Decompress => "decompress",
            Self::Download => "download",
            Self::Message => "message",
            Self::Event => "event",
        }
    }

    /// What such a run is called before the name of what it is about: "Backup of".
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Backup => "Backup of",
            Self::Restore => "Restore of",
            Self::Verify => "Verification of",
            Self::Delete => "Deletion of versions of",
            Self::Replicate => "Copy of",
            Self::Encrypt => "Encryption of",
            Self::Decrypt => "Decryption of",
            Self::Compress => "Compression of",
            Self::Decompress => "Decompression of",
            Self::Download => "Download of",
            Self::Message => "Message about",
            Self::Event => "Change of",
        }
    }

    /// What it does while it runs: "Backing up".
    pub const fn doing(self) -> &'static str {
        match self {
            Self::Backup => "Backing up",
            Self::Restore => "Restoring",
            Self::Verify => "Verifying",
            Self::Delete => "Deleting versions",
            Self::Replicate => "Copying",
            Self::Encrypt => "Encrypting",
            Self::Decrypt => "Decrypting",
            Self::Compress => "Compressing",
            Self::Decompress => "Decompressing",
            Self::Download => "Downloading",
            Self::Message => "Sending a message about",
            Self::Event => "Changing",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    ByHand,
    Schedule,
    /// Gone on with after a crash.
    Resumed,
    /// A destination that lacked versions is there again.
    CatchUp,
    /// What the plan's rule does not keep goes after a backup.
    Retention,
}
