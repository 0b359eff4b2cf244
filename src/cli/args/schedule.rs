//! `strongroom schedule`.

use clap::{ArgGroup, Args, Subcommand};

use super::Type;
use crate::cli::parse;
use crate::model::conditions::Conditions;
use crate::model::pause::Span;

const EXAMPLES: &str = "\
Examples:
  strongroom schedule add Docs --every daily --at 12:30,20:00
  strongroom schedule add Docs --every weekly --on sun --at 03:00 --type full
  strongroom schedule add Docs --every 'cron: 0 9-17 * * 1-5' --name Office
  strongroom schedule add Docs --when-plugged --at-most-every 12h
  strongroom schedule add Docs --when-changed --at-most-every 30m --if power,unmetered
  strongroom schedule edit Docs 51f7f990 --at 21:30
  strongroom schedule next Docs --count 10

Schedules run while the window is open, or `strongroom daemon` runs. What was missed is made up for soon after, once; several that fall \
together run once, as the strongest type.

Conditions of --if: power (plugged in), battery:PERCENT (or as much in the battery), unmetered, idle:MINUTES, load:PERCENT (processors \
less busy), between:22:00-06:00, not-while:PROGRAM. A run that is due waits for all of them; `strongroom status` says what for. What a \
machine does not tell keeps nothing back.";

#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum Schedule {
    /// List the schedules of a plan, or of all
    List {
        /// Name or id of the plan
        plan: Option<String>,
    },
    /// Add one to a plan
    Add(ScheduleAdd),
    /// Change one; what is not given stays
    Edit(ScheduleEdit),
    /// Take one from its plan
    Remove(ScheduleOf),
    /// Switch one on
    Enable(ScheduleOf),
    /// Switch one off; it stays in the list
    Disable(ScheduleOf),
    /// Say when a plan will run
    Next {
        /// Name or id of the plan
        plan: String,
        /// How many times
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=10_000))]
        count: u16,
    },
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("when").required(true).args(["every", "at_start", "when_plugged", "when_changed"]))]
pub struct ScheduleAdd {
    /// Name or id of the plan
    pub plan: String,
    #[command(flatten)]
    pub when: When,
    #[command(flatten)]
    pub how: How,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("when").args(["every", "at_start", "when_plugged", "when_changed"]))]
#[command(group = ArgGroup::new("change").required(true).multiple(true).args([
    "every", "at", "on", "at_start", "when_plugged", "when_changed", "at_most_every", "kind", "name", "conditions",
]))]
pub struct ScheduleEdit {
    #[command(flatten)]
    pub of: ScheduleOf,
    #[command(flatten)]
    pub when: When,
    #[command(flatten)]
    pub how: How,
}

#[derive(Debug, Args)]
pub struct ScheduleOf {
    /// Name or id of the plan
    pub plan: String,
    /// The schedule: its id as `list` shows it, the id's beginning, or its name; may be left out where there is one only
    pub schedule: Option<String>,
}

#[derive(Debug, Args)]
pub struct When {
    /// hourly, daily, weekly, monthly, 6h or 2d (so long after the last run), or "cron: MINUTE HOUR DAY MONTH WEEKDAY"
    #[arg(long)]
    pub every: Option<String>,
    /// Times of day, as in 20:00 or 8:00,20:00; with hourly the minute, as in :15 [default: 20:00]
    #[arg(long)]
    pub at: Option<String>,
    /// Days: mon,thu with weekly; 1, last or first-mon with monthly [default: mon, 1]
    #[arg(long)]
    pub on: Option<String>,
    /// When Strongroom starts, so many minutes later
    #[arg(long, value_name = "MINUTES", num_args = 0..=1, default_missing_value = "0")]
    pub at_start: Option<u16>,
    /// When a drive is plugged in: its name, mount point or device, or any that the plan uses
    #[arg(long, value_name = "DRIVE", num_args = 0..=1, default_missing_value = "")]
    pub when_plugged: Option<String>,
    /// When files change, once nothing has changed any more for so many seconds
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "60")]
    pub when_changed: Option<u32>,
    /// Not within so long after the last run, as in 30m or 12h [default: 15m with --when-changed]
    #[arg(long, value_name = "TIME", value_parser = parse::span)]
    pub at_most_every: Option<Span>,
}

#[derive(Debug, Args)]
pub struct How {
    /// What its runs make
    #[arg(long = "type", value_name = "TYPE", id = "kind")]
    pub kind: Option<Type>,
    /// What it is called
    #[arg(long)]
    pub name: Option<String>,
    /// What must hold when it is due, as in power,unmetered,idle:10, or none
    #[arg(long = "if", value_name = "CONDITIONS", value_parser = parse::conditions)]
    pub conditions: Option<Conditions>,
}
