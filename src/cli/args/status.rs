//! `strongroom status`.

use clap::Args;

#[derive(Debug, Args)]
pub struct Status {
    /// Name or id of a plan [default: all]
    pub plan: Option<String>,
}
