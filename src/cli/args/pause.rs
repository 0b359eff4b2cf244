//! `strongroom pause` and `strongroom resume`.

use clap::Args;
use jiff::civil::DateTime;

use crate::cli::parse;
use crate::model::pause::Span;

const PAUSE_EXAMPLES: &str = "\
Examples:
  strongroom pause
  strongroom pause Documents
  strongroom pause --for 1h
  strongroom pause --until tomorrow

With --for or --until nothing runs by itself for that long either, and what was missed is made up for afterwards; what is asked for by \
hand runs all the same. `strongroom resume` ends it.

What runs, in the window or under another command of this home, stands still until `strongroom resume`; it can be cancelled \
meanwhile. What is paused when the machine is switched off is gone on with by the next run.";

const RESUME_EXAMPLES: &str = "\
Examples:
  strongroom resume
  strongroom resume Documents

For a backup that was cut off no command is needed: the next one goes on from what it had finished.";

#[derive(Debug, Args)]
#[command(after_help = PAUSE_EXAMPLES)]
pub struct Pause {
    /// Backup by name or id [default: all that runs]
    #[arg(value_name = "PLAN", conflicts_with_all = ["span", "until"])]
    pub plan: Option<String>,
    /// Pause everything, schedules too, for so long, as in 90m, 1h or 2d
    #[arg(long = "for", value_name = "TIME", id = "span", value_parser = parse::span, conflicts_with = "until")]
    pub span: Option<Span>,
    /// The same until tomorrow (six in the morning), a time such as 2026-11-27T08:00, or until you resume: resumed
    #[arg(long, value_name = "TIME", value_parser = parse::pause_until)]
    pub until: Option<Until>,
}

/// As typed; the zone is this machine's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    Tomorrow,
    Told,
    At(DateTime),
}

#[derive(Debug, Args)]
#[command(after_help = RESUME_EXAMPLES)]
pub struct Resume {
    /// Backup by name or id [default: all that is paused]
    #[arg(value_name = "PLAN")]
    pub plan: Option<String>,
}
