//! `strongroom notify`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Times;
use crate::cli::parse;
use crate::model::alert::{Method, Preset, Security, Topic};
use crate::model::health::Patience;

const EXAMPLES: &str = "\
Examples:
  strongroom notify add email --to ada@example.org --server smtp.example.org:587 --user ada
  strongroom notify add webhook --preset ntfy --url-file ~/topic --on failure,overdue
  strongroom notify add webhook --preset healthchecks --url-from-env PING_URL
  strongroom notify test email-1f09
  strongroom notify quiet 22:00-07:00
  strongroom notify away --servers 2 --drives 30

What can be told (--on): success, warning, failure, overdue, damage, low-room, unreachable, away, retention.

Passwords, secrets and whole addresses of webhooks are never arguments: they come from a file, from a variable, or are asked for. \
They are kept where this machine keeps secrets.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Notify {
    #[command(subcommand)]
    pub command: NotifyCommand,
}

#[derive(Debug, Subcommand)]
pub enum NotifyCommand {
    /// List who is told of what
    List,
    /// Have somebody told: on the desktop, by e-mail, by a webhook
    #[command(subcommand)]
    Add(NotifyAdd),
    /// Send a test and say whether it went
    Test(NotifyOf),
    /// Stop telling somebody
    Remove(NotifyOf),
    /// Set the hours in which nobody is woken; what happens then is told afterwards
    Quiet {
        /// By this machine's clock, as in 22:00-07:00, or off
        #[arg(value_name = "TIMES", value_parser = parse::quiet)]
        hours: Times,
    },
    /// Set after how many days a destination that is away is missed; without options it shows that
    Away(NotifyAway),
}

/// Of backups that run by themselves: from then on they need attention, and that is told once.
#[derive(Debug, Args)]
pub struct NotifyAway {
    /// Days for servers
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u8).range(1..=i64::from(Patience::MOST)))]
    pub servers: Option<u8>,
    /// Days for folders and drives of this machine
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u8).range(1..=i64::from(Patience::MOST)))]
    pub drives: Option<u8>,
}

#[derive(Debug, Args)]
pub struct NotifyOf {
    /// As `strongroom notify list` shows it
    #[arg(value_name = "CHANNEL")]
    pub channel: String,
}

#[derive(Debug, Subcommand)]
pub enum NotifyAdd {
    /// Messages on the screen of whoever is logged in, with buttons
    Desktop(NotifyWhat),
    /// Messages by e-mail
    Email(Box<NotifyEmail>),
    /// Messages to an address on the web
    Webhook(Box<NotifyWebhook>),
}

#[derive(Debug, Args)]
pub struct NotifyWhat {
    /// What is told, separated by commas [default: failure,overdue,damage,low-room,away; of Healthchecks success,warning,failure,damage]
    #[arg(long, value_name = "EVENTS", value_delimiter = ',')]
    pub on: Vec<Topic>,
    /// Also in the quiet hours
    #[arg(long)]
    pub always: bool,
}

#[derive(Debug, Args)]
pub struct NotifyEmail {
    /// Whom to write to; may be repeated
    #[arg(long, value_name = "ADDRESS", required = true)]
    pub to: Vec<String>,
    /// Mail server, as in smtp.example.org:587
    #[arg(long, value_name = "SERVER")]
    pub server: String,
    /// Account there, whose password is asked for
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// Whom it comes from [default: the account, else the first address]
    #[arg(long, value_name = "ADDRESS")]
    pub from: Option<String>,
    /// How the line is protected [default: tls at port 465, else starttls]; none only on this machine
    #[arg(long, value_name = "HOW")]
    pub security: Option<SecurityName>,
    /// Read the account's password from this file
    #[arg(long, value_name = "FILE", conflicts_with = "password_from_env")]
    pub password_file: Option<PathBuf>,
    /// Read the account's password from this variable
    #[arg(long, value_name = "NAME")]
    pub password_from_env: Option<String>,
    /// Also trust servers that this file's certificates vouch for
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    #[command(flatten)]
    pub what: NotifyWhat,
}

#[derive(Debug, Args)]
pub struct NotifyWebhook {
    /// Which kind of receiver it is
    #[arg(long, value_name = "KIND", default_value = "plain")]
    pub preset: PresetName,
    /// Read the address from this file
    #[arg(long, value_name = "FILE", conflicts_with = "url_from_env")]
    pub url_file: Option<PathBuf>,
    /// Read the address from this variable
    #[arg(long, value_name = "NAME")]
    pub url_from_env: Option<String>,
    /// Read a secret from this file: it signs each message (X-Strongroom-Signature), or stands where a header says {secret}
    #[arg(long, value_name = "FILE", conflicts_with = "secret_from_env")]
    pub secret_file: Option<PathBuf>,
    /// Read that secret from this variable
    #[arg(long, value_name = "NAME")]
    pub secret_from_env: Option<String>,
    #[arg(long, value_name = "METHOD", default_value = "post")]
    pub method: MethodName,
    /// A header, as in "Authorization: Bearer {secret}"; may be repeated
    #[arg(long, value_name = "HEADER")]
    pub header: Vec<String>,
    /// A body of one's own with {event}, {subject}, {body}, {plan}, {plan_id}, {machine} and {time}
    #[arg(long, value_name = "TEXT")]
    pub body: Option<String>,
    /// Also trust servers that this file's certificates vouch for
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    #[command(flatten)]
    pub what: NotifyWhat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SecurityName {
    Starttls,
    Tls,
    None,
}

impl From<SecurityName> for Security {
    fn from(name: SecurityName) -> Self {
        match name {
            SecurityName::Starttls => Self::StartTls,
            SecurityName::Tls => Self::Tls,
            SecurityName::None => Self::None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PresetName {
    /// All there is to know, as JSON
    Plain,
    /// A service that watches over backups: /fail, /log
    Healthchecks,
    /// To telephones
    Ntfy,
    /// A hook of a chat: {"text": …}
    Slack,
}

impl From<PresetName> for Preset {
    fn from(name: PresetName) -> Self {
        match name {
            PresetName::Plain => Self::Plain,
            PresetName::Healthchecks => Self::Healthchecks,
            PresetName::Ntfy => Self::Ntfy,
            PresetName::Slack => Self::Slack,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MethodName {
    Post,
    Put,
    Get,
}

impl From<MethodName> for Method {
    fn from(name: MethodName) -> Self {
        match name {
            MethodName::Post => Self::Post,
            MethodName::Put => Self::Put,
            MethodName::Get => Self::Get,
        }
    }
}
