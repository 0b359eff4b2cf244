//! `strongroom retention`, `cleanup`, `pin` and `unpin`.

use clap::{Args, Subcommand};

use crate::cli::parse;
use crate::model::snapshot::VersionId;

const EXAMPLES: &str = "\
Examples:
  strongroom retention set Docs --keep-hourly 24 --keep-daily 7d --keep-weekly 5 --keep-monthly 12
  strongroom retention set Docs --keep-days 365 --keep-min 3 --max-size 200GB
  strongroom retention set Docs --keep-days off
  strongroom retention preview Docs

A version stays if any part keeps it; without a part that keeps, all stay. 0 is for ever, and off takes a part out. What \
is not kept goes after the next backup that ends well. The last good version stays, whatever the rule.";

#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum Retention {
    /// Say what a plan keeps
    Show {
        /// Name or id of the plan
        plan: String,
        /// The rule of this schedule instead: its id or name
        #[arg(long)]
        schedule: Option<String>,
    },
    /// Change what a plan keeps; parts that are not given stay
    Set(Box<RetentionSet>),
    /// Say of each version whether it stays and why, and what is left over the next year
    Preview {
        #[command(flatten)]
        rule: Box<RetentionSet>,
    },
}

/// The plan and the parts of its rule.
#[derive(Debug, Args)]
pub struct RetentionSet {
    /// Name or id of the plan
    pub plan: String,
    /// For versions of this schedule: its id or name
    #[arg(long)]
    pub schedule: Option<String>,
    /// All that is not older than so many days
    #[arg(long, value_name = "N")]
    pub keep_days: Option<String>,
    /// The last so many
    #[arg(long, value_name = "N")]
    pub keep_last: Option<String>,
    /// So many stay whatever else is said, also above --max-size
    #[arg(long, value_name = "N")]
    pub keep_min: Option<String>,
    /// One per hour: for so many, as in 24, or for so long, as in 7d
    #[arg(long, value_name = "N")]
    pub keep_hourly: Option<String>,
    /// One per day, the same way
    #[arg(long, value_name = "N")]
    pub keep_daily: Option<String>,
    /// One per week
    #[arg(long, value_name = "N")]
    pub keep_weekly: Option<String>,
    /// One per month
    #[arg(long, value_name = "N")]
    pub keep_monthly: Option<String>,
    /// One per year
    #[arg(long, value_name = "N")]
    pub keep_yearly: Option<String>,
    /// Room that all versions may take at a destination; the oldest go first
    #[arg(long, value_name = "SIZE")]
    pub max_size: Option<String>,
}

impl RetentionSet {
    /// Each part that is given, by its name.
    pub fn parts(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("keep-days", &self.keep_days),
            ("keep-last", &self.keep_last),
            ("keep-min", &self.keep_min),
            ("keep-hourly", &self.keep_hourly),
            ("keep-daily", &self.keep_daily),
            ("keep-weekly", &self.keep_weekly),
            ("keep-monthly", &self.keep_monthly),
            ("keep-yearly", &self.keep_yearly),
            ("max-size", &self.max_size),
        ];
        all.into_iter().filter_map(|(part, value)| Some((part, value.as_deref()?))).collect()
    }
}

#[derive(Debug, Args)]
pub struct Cleanup {
    /// Name or id of the plan
    pub plan: String,
    /// Only say what would go
    #[arg(long)]
    pub dry_run: bool,
    /// Also where the clock looks wrong or more than half would go
    #[arg(long)]
    pub anyway: bool,
}

#[derive(Debug, Args)]
pub struct Pin {
    /// Name or id of the plan
    pub plan: String,
    /// The version: its id, as `strongroom versions` prints it
    #[arg(value_name = "VERSION", value_parser = parse::version_id)]
    pub version: VersionId,
}
