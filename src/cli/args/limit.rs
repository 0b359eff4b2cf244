//! `strongroom limit`.

use clap::Args;

use crate::cli::parse;
use crate::model::limits::Hours;
use crate::model::settings::Settings;

const EXAMPLES: &str = "\
Examples:
  strongroom limit --upload 2MB --between 08:00-18:00
  strongroom limit --upload off --download off
  strongroom limit --runs 1 --connections 8

Without options it shows what holds. Folders and drives of this machine know no limit.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Limit {
    /// Bytes per second to all servers together, as in 500kB or 2MB, or off
    #[arg(long, value_name = "SIZE", value_parser = parse::speed)]
    pub upload: Option<Speed>,
    /// The same from them
    #[arg(long, value_name = "SIZE", value_parser = parse::speed)]
    pub download: Option<Speed>,
    /// When that holds, by this machine's clock, as in 08:00-18:00 or 22:00-06:00, or always
    #[arg(long, value_name = "TIMES", value_parser = parse::hours)]
    pub between: Option<Times>,
    /// How many backups may run at the same time
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u8).range(1..=i64::from(Settings::MOST_RUNS)))]
    pub runs: Option<u8>,
    /// How many files go to one server, or come from it, at the same time; over SFTP, where all share one connection, twice as many go
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u8).range(1..=i64::from(Settings::MOST_CONNECTIONS)))]
    pub connections: Option<u8>,
}

/// Bytes per second; `None`: off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speed(pub Option<u64>);

/// `None`: always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times(pub Option<Hours>);
