//! `daemon`

use clap::Args;

const EXAMPLES: &str = "\
Examples:
  strongroom daemon
  strongroom daemon --print-service > ~/.config/systemd/user/strongroom.service
  systemctl --user enable --now strongroom";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Daemon {
    /// Print the unit by which systemd starts it for this person, and do nothing else
    #[arg(long)]
    pub print_service: bool,
}
