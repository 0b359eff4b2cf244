//! Says things to people, or in JSON lines to scripts. Results on standard output, all else on standard error.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde_json::{Value, json};

use super::exit::Exit;
use crate::model::names::one_line;
use crate::model::problem::Problem;

#[derive(Clone, Copy, Debug)]
pub struct Output {
    pub json: bool,
    pub quiet: bool,
}

impl Output {
    /// A line for people, one whatever names are in it; nothing in JSON.
    pub fn line(self, text: impl AsRef<str>) {
        if !self.json {
            put(&one_line(text.as_ref()));
        }
    }

    /// Text for another program, as it is, whatever was asked for besides.
    pub fn raw(self, text: &str) {
        told(io::stdout().lock().write_all(text.as_bytes()));
    }

    /// A remark beside the result, on standard error; nothing in JSON or when quiet.
    pub fn note(self, text: impl AsRef<str>) {
        if !self.json && !self.quiet {
            complain(text);
        }
    }

    /// Is heeded by [`warn`] too from now on.
    pub fn begin(self) {
        QUIET.store(self.quiet, Relaxed);
    }

    /// A remark that scripts should have too: `"note"` on a line of its own.
    pub fn remark(self, text: impl AsRef<str>) {
        self.object(&json!({ "note": text.as_ref() }));
        self.note(text);
    }

    /// A line for scripts; nothing for people.
    pub fn object(self, value: &impl Serialize) {
        if self.json {
            match serde_json::to_string(value) {
                Ok(line) => put(&line),
                Err(e) => complain(e.to_string()),
            }
        }
    }

    /// The last line for scripts: `"result"` and what else belongs to it.
    pub fn result(self, result: &str, rest: Value) {
        let mut line = json!({ "result": result });
        if let (Value::Object(line), Value::Object(rest)) = (&mut line, rest) {
            line.extend(rest);
        }
        self.object(&line);
    }

    /// The exit code of a command that came to `exit`: a failure where its results did not reach whom they were for.
    pub fn settle(self, exit: Exit) -> Exit {
        let all_is_told = !LOST.load(Relaxed) || !matches!(exit, Exit::Done | Exit::Warnings);
        if all_is_told { exit } else { Exit::Failed }
    }

    /// What went wrong and what to do: the end of a command. Returns its exit code.
    pub fn problem(self, problem: &Problem) -> Exit {
        let problem = &problem.clone().on_command_line();
        if self.json {
            self.result("failed", json!({ "error": problem_json(problem) }));
        } else {
            complain(format!("strongroom: {}", problem.what));
            if !problem.fix.is_empty() {
                complain(&problem.fix);
            }
            if !problem.detail.is_empty() {
                complain(format!("({})", problem.detail));
            }
        }
        problem.code.into()
    }

    /// Whether progress is worth drawing.
    pub fn draws_progress(self) -> bool {
        !self.json && !self.quiet && io::stderr().is_terminal()
    }
}

fn problem_json(problem: &Problem) -> Value {
    problem.object()
}

/// Names of files may hold anything: what could move a terminal's cursor or recolour it is shown as `�`.
pub fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}

/// A line on standard error, one whatever names are in it.
pub fn complain(text: impl AsRef<str>) {
    let _ = write_line(io::stderr().lock(), &one_line(text.as_ref()));
}

/// What is to be thought of beside the result, on standard error: once, however many steps of a command come upon it, and never when quiet.
pub fn warn(text: &str) {
    let mut warned = WARNED.lock().unwrap_or_else(PoisonError::into_inner);
    if !QUIET.load(Relaxed) && !warned.iter().any(|known| known == text) {
        warned.push(text.to_owned());
        complain(text);
    }
}

static QUIET: AtomicBool = AtomicBool::new(false);
static WARNED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A question on standard error, answered on the same line.
pub fn ask(question: &str) {
    let mut err = io::stderr().lock();
    let _ = err.write_all(clean(question).as_bytes()).and_then(|()| err.flush());
}

/// Some of the results could not be written. One for the process, as standard output is.
static LOST: AtomicBool = AtomicBool::new(false);

fn put(line: &str) {
    told(write_line(io::stdout().lock(), line));
}

fn told(written: io::Result<()>) {
    match written {
        // Whoever reads us may have gone (`| head`): that is no failure of ours, and nothing to panic about as `println!` does.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe && !LOST.swap(true, Relaxed) => {
            complain(format!("strongroom: The results cannot be written: {error}"));
        }
        _ => {}
    }
}

fn write_line(mut out: impl Write, line: &str) -> io::Result<()> {
    out.write_all(line.as_bytes())?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_tricks_in_names_are_defused() {
        assert_eq!(clean("a\x1b[31mb\rc"), "a\u{fffd}[31mb\u{fffd}c");
        assert_eq!(clean("ä\tb"), "ä\tb");
    }
}
