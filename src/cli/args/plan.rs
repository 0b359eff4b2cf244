//! `strongroom plan`.

use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{ArgGroup, Args, Subcommand};

use super::{FormatOptions, ReadBack, SealOptions, Server, Sources};
use crate::cli::parse::{self, Rhythm};

#[derive(Debug, Subcommand)]
pub enum Plan {
    /// List the plans of this home
    List,
    /// Show all of a plan
    Show {
        /// Name or id
        plan: String,
    },
    /// Make a plan
    Add(Box<PlanAdd>),
    /// Change a plan; what is not given stays
    Edit(Box<PlanEdit>),
    /// Remove a plan; its versions stay unless asked otherwise
    Remove {
        /// Name or id
        plan: String,
        /// Also delete all its versions at the destination
        #[arg(long)]
        delete_versions: bool,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

const ADD_EXAMPLES: &str = "\
Examples:
  strongroom plan add Docs --source ~/Docs --to /mnt/blue --schedule daily@20:00
  strongroom plan add etc --source /etc --to /srv --no-encryption --exclude '*.o'

Scheduled runs are made while the window is open, or `strongroom daemon` runs.";

#[derive(Debug, Args)]
#[command(after_help = ADD_EXAMPLES, mut_arg("source", |a| a.required(true)))]
pub struct PlanAdd {
    /// Name of the plan
    pub name: String,
    #[command(flatten)]
    pub sources: Sources,
    /// Destination: a folder, or the address of one on a server: sftp://user@host:port/path (or so with ftps:// or webdav://), s3://bucket/prefix?endpoint=URL&region=R, gs://bucket/prefix, az://account/container/prefix, ipfs+http://host:port/folder; in a bucket's prefix {machine} becomes this machine's name as it is now, and {env:NAME} what that variable holds; repeated for several, each gets all of it
    #[arg(long, value_name = "DEST", required = true)]
    pub to: Vec<String>,
    #[command(flatten)]
    pub server: Server,
    #[command(flatten)]
    pub format: FormatOptions,
    /// What is read back after each backup, at each destination that gets it, and compared [default: always]
    #[arg(long, value_name = "WHERE")]
    pub read_back: Option<ReadBack>,
    #[command(flatten)]
    pub seal: SealOptions,
    /// When it runs by itself: off, 6h (every six hours), hourly, daily@20:00, weekly@03:00; `strongroom schedule` knows more
    #[arg(long, default_value = "off", value_parser = parse::schedule)]
    pub schedule: Rhythm,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("change").required(true).multiple(true).args(["name", "source", "exclude", "to", "format", "level", "volume_size", "read_back", "schedule", "password_file", "key_file"]))]
pub struct PlanEdit {
    /// Name or id
    pub plan: String,
    /// A new name
    #[arg(long)]
    pub name: Option<String>,
    /// Files and folders to back up instead of the present ones
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub source: Vec<PathBuf>,
    /// Leave out what matches, instead of the present patterns; an empty one removes them
    #[arg(long, value_name = "GLOB", allow_hyphen_values = true)]
    pub exclude: Option<Vec<String>>,
    /// Destinations instead of the present ones; versions at one that is left out stay there
    #[arg(long, value_name = "DEST")]
    pub to: Vec<String>,
    #[command(flatten)]
    pub server: Server,
    #[command(flatten)]
    pub format: FormatOptions,
    /// What is read back after each backup, at each destination that gets it, and compared
    #[arg(long, value_name = "WHERE")]
    pub read_back: Option<ReadBack>,
    /// Read the password from this file when nobody is asked and this machine keeps no key; an empty name ends that
    #[arg(long, value_name = "FILE", value_parser = OsStringValueParser::new().map(PathBuf::from))]
    pub password_file: Option<PathBuf>,
    /// The same with a key file
    #[arg(long, value_name = "FILE", conflicts_with = "password_file", value_parser = OsStringValueParser::new().map(PathBuf::from))]
    pub key_file: Option<PathBuf>,
    /// When it runs by itself, instead of all its present schedules: off, 6h (every six hours), hourly, daily@20:00, weekly@03:00
    #[arg(long, value_parser = parse::schedule)]
    pub schedule: Option<Rhythm>,
}
