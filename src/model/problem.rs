//! What went wrong, as a person meets it: what happened and what to do about it.

use serde::{Deserialize, Serialize};

use super::path::PathBytes;

/// Stable names for scripts; the wording beside them may change, these may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// The arguments or settings ask for something that cannot be.
    Usage,
    /// The plan, version or path that was asked for does not exist.
    NothingThere,
    SeveralPlans,
    WrongPassword,
    /// A password or recovery key is needed and none was given.
    PasswordNeeded,
    /// Sealed with a key that none of this backup's slots holds.
    OtherBackupsKey,
    /// A checksum or authentication tag does not fit.
    Damaged,
    /// More than is read or written unless somebody says that it may be: what looks like a bomb, or a very long list.
    TooMuch,
    /// Unsealed where the plan says sealed.
    NotSealed,
    /// The destination is not plugged in, not mounted, or not there.
    DestinationMissing,
    /// Nobody has said yet that a server with this key is the right one.
    ServerUnknown,
    /// A server shows another key than before.
    ServerChanged,
    /// A server asks for a password or key, and none is known.
    StoragePasswordNeeded,
    /// A server refuses the password or key that it was given, or it cannot be one.
    StoragePassword,
    /// Nobody who is trusted vouches for a server's certificate.
    ServerCertificate,
    /// A server's certificate was made for another name, or cannot be taken whoever vouches for it.
    ServerCertificateInvalid,
    /// A server's certificate has run out.
    ServerCertificateExpired,
    /// What answers is no server of the kind that was named, one that lies, or one that sends elsewhere.
    ServerAnswer,
    /// The folder is there, but its marker is not: perhaps the empty mount point of a drive.
    MarkerMissing,
    NotWritable,
    NoRoom,
    /// A person is to be asked before anything is done.
    Doubtful,
    /// Another home writes into this plan folder.
    OtherOwner,
    /// Versions vanished without a tombstone, or foreign ones appeared.
    ForeignHand,
    SourceMissing,
    SourceUnreadable,
    /// A source has vanished or shrunk so sharply that a person is asked before a version is made of it.
    SourceShrank,
    NothingChosen,
    Io,
    Cancelled,
    /// Another process of ours holds what is needed.
    Busy,
    EngineGone,
    Keyring,
    /// What opens a backup was changed, but not to the end, or nobody knows whether it was.
    HalfDone,
    Settings,
    /// A message could not be sent.
    NotSent,
    /// Made by a newer Strongroom.
    TooNew,
    /// Strongroom itself is at fault.
    Internal,
}

impl Code {
    /// Whether a backup that ended so is held: a source is not as it was, and nothing is cleaned up before that is clear.
    pub const fn is_held(self) -> bool {
        matches!(self, Self::SourceShrank | Self::SourceMissing)
    }

    /// Whether a server's password or key would help.
    pub const fn wants_storage_password(self) -> bool {
        matches!(self, Self::StoragePasswordNeeded | Self::StoragePassword)
    }

    /// Whether a server only asks for what nobody has said yet: nothing that was given is wrong.
    pub const fn is_question(self) -> bool {
        matches!(self, Self::ServerUnknown | Self::StoragePasswordNeeded)
    }
}

/// A failure on its way to a person. `engine::explain` is the only place that words it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{what} {fix}")]
pub struct Problem {
    pub code: Code,
    /// What happened, one sentence.
    pub what: String,
    /// What to do about it, one sentence; may be empty.
    pub fix: String,
    /// For experts and bug reports: paths, system errors. Never a secret.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// How the command line does what `fix` says, one sentence: the window has its own ways. May be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub command: String,
}

impl Problem {
    pub fn new(code: Code, what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { code, what: what.into(), fix: fix.into(), detail: String::new(), command: String::new() }
    }

    /// Whether it is a destination that cannot be reached, or not be told for what it was: another one may do.
    pub fn is_away(&self) -> bool {
        use Code::{DestinationMissing, Io, MarkerMissing, NothingThere, ServerChanged, ServerUnknown};
        let codes = [DestinationMissing, Io, MarkerMissing, NothingThere, ServerChanged, ServerUnknown];
        codes.contains(&self.code) || self.code.wants_storage_password()
    }

    /// As scripts get it.
    pub fn object(&self) -> serde_json::Value {
        let Self { code, what, fix, detail, .. } = self.clone().on_command_line();
        serde_json::json!({ "code": code, "what": what, "fix": fix, "detail": detail })
    }

    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    pub fn with_command(mut self, command: impl Into<String>) -> Self {
        self.command = command.into();
        self
    }

    /// As the command line tells it: what it has for that stands with what is to be done.
    pub fn on_command_line(mut self) -> Self {
        if !self.command.is_empty() {
            let command = std::mem::take(&mut self.command);
            self.fix = format!("{} {command}", self.fix).trim_start().to_owned();
        }
        self
    }
}

/// What was skipped or not done as asked, while the run as a whole went on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    pub cause: Cause,
    /// The file it is about; empty where it is about none.
    pub path: PathBytes,
    /// The system's or our own words.
    pub detail: String,
}

impl Warning {
    /// About the run as a whole, not about a file.
    pub fn of_all(cause: Cause, detail: impl Into<String>) -> Self {
        Self { cause, path: PathBytes::default(), detail: detail.into() }
    }
}

/// Warnings are grouped by these on screen, the heaviest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// Content is damaged in the backup; the file was not restored.
    Damaged,
    /// Was restored out of something damaged or incomplete, and nothing proves that it is whole.
    Unproven,
    /// Could not be written on restore.
    NotWritten,
    /// Whole, but of a kind that is not taken out of an archive of another program's: encrypted, an unknown method, a device.
    ForeignKind,
    /// Could not be read; the version keeps what its parent had, if it had it.
    Unreadable,
    /// Changed while it was read, twice.
    ChangedWhileRead,
    /// The read-back could not bypass the cache, or another promise was not kept in full.
    Incomplete,
    /// Was listed, then gone before it was read.
    Vanished,
    /// A socket or another kind that no archive holds.
    UnsupportedKind,
    /// Owner, mode, times or attributes could not be set on restore.
    MetadataNotSet,
    /// A destination did not get the version.
    Destination,
    /// What is of no use any more could not be removed: whoever writes there may not delete.
    NotCleared,
    /// Left as it was because of the conflict policy.
    Skipped,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_command_line_has_is_told_only_there_and_once() {
        let problem =
            Problem::new(Code::SeveralPlans, "Several lie there.", "Say which one.").with_command("Here --plan names it.");
        assert_eq!(problem.to_string(), "Several lie there. Say which one.");
        let told = problem.on_command_line();
        assert_eq!(told.fix, "Say which one. Here --plan names it.");
        assert_eq!(told.clone().on_command_line(), told);
        assert_eq!(Problem::new(Code::Io, "x", "").with_command("Here it is.").on_command_line().fix, "Here it is.");
    }
}
