//! The command line: a file per command. Knows the engine only by its `Handle`.

#![deny(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "they panic where nobody reads any more: `output` has what does not"
)]

mod adopt;
mod args;
mod backup;
mod compress;
mod crypt;
mod daemon;
mod delete;
mod diff;
mod download;
mod engine_access;
mod exit;
mod find;
mod follow;
mod history;
mod inspect;
mod key;
mod limit;
mod local_file;
mod loose;
mod loose_ls;
mod loose_restore;
mod ls;
mod new_plan;
mod notify;
mod output;
mod parse;
mod password;
mod path_history;
mod pause;
mod place;
mod plan;
mod progress;
mod replicate;
mod report;
mod restore;
mod retention;
mod schedule;
mod server;
mod service;
mod status;
mod storage;
mod tour;
mod verify;
mod versions;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use self::args::{Cli, Command};
use self::output::Output;
use crate::model::problem::{Code, Problem};

/// What the arguments ask for.
pub enum Asked {
    /// No command: the window. `hidden`: it opens when somebody asks for it.
    Window { hidden: bool },
    /// A command, ready to run.
    Command(Box<Ready>),
    /// Nothing more: help was printed, or the arguments were wrong.
    Nothing(ExitCode),
}

/// A command whose arguments have been read.
pub struct Ready {
    command: Command,
    output: Output,
}

/// Reads the arguments, the program's name first.
pub fn read(arguments: Vec<OsString>) -> Asked {
    let json = arguments.iter().any(|a| a == "--json");
    match Cli::try_parse_from(arguments) {
        Ok(cli) => match cli.command {
            Some(_) if cli.hidden => {
                let problem = Problem::new(Code::Usage, "--hidden is for the window.", "Leave it out, or the command.");
                Asked::Nothing(Output { json: cli.json, quiet: cli.quiet }.problem(&problem).into())
            }
            Some(command) => Asked::Command(Box::new(Ready { command, output: Output { json: cli.json, quiet: cli.quiet } })),
            None => Asked::Window { hidden: cli.hidden },
        },
        Err(error) if json && error.use_stderr() => {
            Asked::Nothing(Output { json: true, quiet: true }.problem(&usage(&error.render().to_string())).into())
        }
        Err(error) => {
            let usage = !matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            let _ = error.print();
            Asked::Nothing(if usage { exit::Exit::Usage } else { exit::Exit::Done }.into())
        }
    }
}

/// What clap says of wrong arguments, for scripts: all of it but the hint at `--help`.
fn usage(text: &str) -> Problem {
    let in_one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = text.strip_prefix("error: ").unwrap_or(text);
    let text = text.split("\n\nFor more information").next().unwrap_or_default();
    let (what, form) = text.split_once("\n\nUsage:").unwrap_or((text, ""));
    let what = what.split("\n\n").map(in_one_line).collect::<Vec<_>>().join("; ");
    let problem = Problem::new(Code::Usage, what, "See `strongroom --help`.");
    if form.is_empty() { problem } else { problem.with_detail(format!("Usage: {}", in_one_line(form))) }
}

/// Says a line where there is no window to say it.
pub fn say(text: &str) {
    FOR_PEOPLE.line(text);
}

/// Says what stands in the way of a window. Returns the exit code.
pub fn refuse(problem: &Problem) -> ExitCode {
    FOR_PEOPLE.problem(problem).into()
}

/// The tour, where no window can open.
pub fn tour() -> ExitCode {
    Ready { command: Command::Tour, output: FOR_PEOPLE }.run()
}

const FOR_PEOPLE: Output = Output { json: false, quiet: false };

impl Ready {
    pub fn run(self) -> ExitCode {
        let output = self.output;
        output.begin();
        let ended = match self.command {
            Command::Backup(args) => backup::run(*args, output),
            Command::Versions(args) => versions::run(&args, output),
            Command::Diff(args) => diff::run(args, output),
            Command::Ls(args) => ls::run(args, output),
            Command::Find(args) => find::run(&args, output),
            Command::Restore(args) => restore::run(*args, output),
            Command::Verify(args) => verify::run(args, output),
            Command::Delete(args) => delete::run(&args, output),
            Command::Replicate(args) => replicate::run(&args, output),
            Command::Download(args) => download::run(&args, output),
            Command::Adopt(args) => adopt::run(&args, output),
            Command::Plan(args) => plan::run(args, output),
            Command::Status(args) => status::run(args.plan.as_deref(), output),
            Command::Daemon(args) if args.print_service => service::print(output),
            Command::Daemon(_) => daemon::run(output),
            Command::Retention(args) => retention::run(args, output),
            Command::Cleanup(args) => retention::clean_up(&args, output),
            Command::Pin(args) => retention::pin(&args, true, output),
            Command::Unpin(args) => retention::pin(&args, false, output),
            Command::Schedule(args) => schedule::run(args, output),
            Command::Storage(args) => storage::run(args, output),
            Command::Limit(args) => limit::run(&args, output),
            Command::Notify(args) => notify::run(args, output),
            Command::Key(args) => key::run(args, output),
            Command::Pause(args) => pause::pause(&args, output),
            Command::Resume(args) => pause::resume(args.plan.as_deref(), output),
            Command::History(args) => history::run(args, output),
            Command::Inspect(args) => inspect::run(&args, output),
            Command::Encrypt(args) => crypt::encrypt(&args, output),
            Command::Decrypt(args) => crypt::decrypt(&args, output),
            Command::Compress(args) => compress::compress(&args, output),
            Command::Decompress(args) => compress::decompress(&args, output),
            Command::Tour => tour::run(output),
        };
        output.settle(ended.unwrap_or_else(|problem| output.problem(&problem))).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_arguments_are_told_to_scripts_in_full() {
        let said = |line: &str| {
            let error = Cli::try_parse_from(line.split_whitespace()).unwrap_err();
            usage(&error.render().to_string())
        };
        let missing = said("strongroom restore");
        assert!(["--from <DEST>", "--to <DIR>"].iter().all(|name| missing.what.contains(name)), "{missing:?}");
        assert!(missing.detail.starts_with("Usage: strongroom restore "), "{missing:?}");
        let value = said("strongroom backup --source a --to d --format rar");
        assert!(["rar", "possible values", "zip-zstd"].iter().all(|word| value.what.contains(word)), "{value:?}");
        let tip = said("strongroom restore --form x");
        assert!(tip.what.contains("'--form' found; tip: ") && tip.what.contains("'--from'"), "{tip:?}");
        for problem in [missing, value, tip] {
            assert!([&problem.what, &problem.detail].iter().all(|it| !it.contains(['\n', '\u{1b}'])), "{problem:?}");
        }
    }
}
