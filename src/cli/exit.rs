//! What the process says with its exit code. One table.

use crate::model::problem::Code;
use crate::model::run::{Outcome, RunDetail, RunReport};

/// Exit codes, in the order of weight when several runs end differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    Done,
    Warnings,
    NothingThere,
    WrongPassword,
    Usage,
    Failed,
    Cancelled,
}

impl Exit {
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Warnings => 3,
            Self::NothingThere => 10,
            Self::WrongPassword => 12,
            Self::Cancelled => 130,
        }
    }
}

impl From<Code> for Exit {
    fn from(code: Code) -> Self {
        match code {
            Code::Usage | Code::SeveralPlans | Code::NothingChosen => Self::Usage,
            Code::NothingThere | Code::DestinationMissing => Self::NothingThere,
            Code::WrongPassword
            | Code::PasswordNeeded
            | Code::OtherBackupsKey
            | Code::StoragePasswordNeeded
            | Code::StoragePassword => Self::WrongPassword,
            Code::Cancelled => Self::Cancelled,
            Code::Damaged
            | Code::TooMuch
            | Code::NotSealed
            | Code::ServerUnknown
            | Code::ServerChanged
            | Code::ServerCertificate
            | Code::ServerCertificateExpired
            | Code::ServerCertificateInvalid
            | Code::ServerAnswer
            | Code::MarkerMissing
            | Code::NotWritable
            | Code::NoRoom
            | Code::OtherOwner
            | Code::Doubtful
            | Code::ForeignHand
            | Code::SourceMissing
            | Code::SourceUnreadable
            | Code::SourceShrank
            | Code::Io
            | Code::Busy
            | Code::EngineGone
            | Code::Keyring
            | Code::HalfDone
            | Code::Settings
            | Code::NotSent
            | Code::TooNew
            | Code::Internal => Self::Failed,
        }
    }
}

impl From<&RunReport> for Exit {
    fn from(report: &RunReport) -> Self {
        match (&report.outcome, &report.detail) {
            (Outcome::Completed | Outcome::CompletedWithWarnings, RunDetail::Verify { report }) if !report.damaged.is_empty() => {
                Self::Failed
            }
            (Outcome::Completed, _) => Self::Done,
            (Outcome::CompletedWithWarnings, _) => Self::Warnings,
            (Outcome::Failed(problem), _) => problem.code.into(),
            (Outcome::Cancelled, _) => Self::Cancelled,
            (Outcome::LeftRunning, _) => Self::Failed,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}
