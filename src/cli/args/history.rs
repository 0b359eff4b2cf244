//! `strongroom history`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;

use crate::cli::parse;
use crate::model::history::Ending;
use crate::model::history::export::ExportFormat;
use crate::model::run::{RunId, RunKind};

const HISTORY_EXAMPLES: &str = "\
Examples:
  strongroom history --outcome failed --since 2026-11-01
  strongroom history --plan Documents --kind backup --search report.odt
  strongroom history --kind event --plan Documents
  strongroom history show 5170339401
  strongroom history export --format csv --to runs.csv

Newest first. Where there are more, the last line says how to go on: --before RUN shows what is older than that run, and new runs \
shift nothing.";

#[derive(Debug, Args)]
#[command(after_help = HISTORY_EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct History {
    #[command(subcommand)]
    pub what: Option<HistoryWhat>,
    #[command(flatten)]
    pub of: HistoryOf,
    /// Only what is older than this run: its number
    #[arg(long, value_name = "RUN", value_parser = run_id)]
    pub before: Option<RunId>,
    /// How many of the newest
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: u32,
}

#[derive(Debug, Subcommand)]
pub enum HistoryWhat {
    /// Show a run's report: counts, sizes, how long each stage took, warnings by their cause and what to do
    Show(HistoryShow),
    /// Write runs to a file, or to standard output
    Export(HistoryExport),
}

/// Which runs.
#[derive(Debug, Args)]
pub struct HistoryOf {
    /// Only what is of this plan: name or id
    #[arg(long, value_name = "PLAN")]
    pub plan: Option<String>,
    /// Only what is of this kind
    #[arg(long)]
    pub kind: Option<KindName>,
    /// Only runs that ended so
    #[arg(long)]
    pub outcome: Option<EndingName>,
    /// Only runs with warnings or failures
    #[arg(long)]
    pub troubled: bool,
    /// Only what started then or later: a date, or a time like 2026-11-20T18:00, local where no zone is named
    #[arg(long, value_name = "TIME", value_parser = parse::since)]
    pub since: Option<Timestamp>,
    /// Only what started before then; a date includes that day
    #[arg(long, value_name = "TIME", value_parser = parse::until)]
    pub until: Option<Timestamp>,
    /// Only what has this text in its plan, problem, warnings or changes
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub search: String,
}

#[derive(Debug, Args)]
pub struct HistoryShow {
    /// Its number, as `strongroom history` prints it
    #[arg(value_name = "RUN", value_parser = run_id)]
    pub run: RunId,
}

#[derive(Debug, Args)]
pub struct HistoryExport {
    #[command(flatten)]
    pub of: HistoryOf,
    /// As what
    #[arg(long, default_value = "json")]
    pub format: FormatName,
    /// The new file, which appears whole or not at all [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
    /// Replace it where it is there already
    #[arg(long, requires = "to")]
    pub overwrite: bool,
}

fn run_id(text: &str) -> Result<RunId, String> {
    text.parse().map(RunId).map_err(|_| "expected the number of a run, as `strongroom history` prints it".into())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KindName {
    Backup,
    Restore,
    Verify,
    /// Of versions, by hand or by the rule of what is kept
    Delete,
    /// To another destination
    Replicate,
    Encrypt,
    Decrypt,
    Compress,
    Decompress,
    Download,
    /// That could not be sent
    Message,
    /// No run, but a change: a plan was set up, changed or removed, a version pinned, keys changed, everything paused
    Event,
}

impl From<KindName> for RunKind {
    fn from(kind: KindName) -> Self {
        match kind {
            KindName::Backup => Self::Backup,
            KindName::Restore => Self::Restore,
            KindName::Verify => Self::Verify,
            KindName::Delete => Self::Delete,
            KindName::Replicate => Self::Replicate,
            KindName::Encrypt => Self::Encrypt,
            KindName::Decrypt => Self::Decrypt,
            KindName::Compress => Self::Compress,
            KindName::Decompress => Self::Decompress,
            KindName::Download => Self::Download,
            KindName::Message => Self::Message,
            KindName::Event => Self::Event,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EndingName {
    Success,
    Warnings,
    /// Also held: a source had vanished or shrunk
    Failed,
    Cancelled,
    /// Its process ended in the middle
    Interrupted,
}

impl From<EndingName> for Ending {
    fn from(name: EndingName) -> Self {
        match name {
            EndingName::Success => Self::Success,
            EndingName::Warnings => Self::Warnings,
            EndingName::Failed => Self::Failed,
            EndingName::Cancelled => Self::Cancelled,
            EndingName::Interrupted => Self::Interrupted,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatName {
    /// One array, with all that is known of each run
    Json,
    /// A row for each run
    Csv,
    /// Reports for people
    Text,
}

impl From<FormatName> for ExportFormat {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Json => Self::Json,
            FormatName::Csv => Self::Csv,
            FormatName::Text => Self::Text,
        }
    }
}
