//! `strongroom history`.

use clap::{Args, ValueEnum};

use crate::model::run::RunKind;

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
    Delete,
    Encrypt,
    Decrypt,
    Compress,
    Decompress,
    /// That could not be sent
    Message,
}

impl From<KindName> for RunKind {
    fn from(kind: KindName) -> Self {
        match kind {
            KindName::Backup => Self::Backup,
            KindName::Restore => Self::Restore,
            KindName::Verify => Self::Verify,
            KindName::Delete => Self::Delete,
            KindName::Encrypt => Self::Encrypt,
            KindName::Decrypt => Self::Decrypt,
            KindName::Compress => Self::Compress,
            KindName::Decompress => Self::Decompress,
            KindName::Message => Self::Message,
        }
    }
}
