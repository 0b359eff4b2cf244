//! `strongroom pause` and `strongroom resume`.

use clap::Args;

const PAUSE_EXAMPLES: &str = "\
Examples:
  strongroom pause
  strongroom pause Documents

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
    #[arg(value_name = "PLAN")]
    pub plan: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = RESUME_EXAMPLES)]
pub struct Resume {
    /// Backup by name or id [default: all that is paused]
    #[arg(value_name = "PLAN")]
    pub plan: Option<String>,
}
