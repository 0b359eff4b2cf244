//! Follows a run from its command to its report. Ctrl-C asks it to end; a second one no longer waits.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{MissedTickBehavior, interval};

use super::exit::Exit;
use super::new_plan::no_chance;
use super::output::Output;
use super::progress::Bars;
use crate::engine::message::{Command, Event};
use crate::engine::{Handle, Pending};
use crate::model::problem::{Code, Problem};
use crate::model::run::{RunId, RunReport};
use crate::os::interrupt::Interrupts;

/// How often progress is looked at.
const TICK: Duration = Duration::from_millis(100);
/// How often the report is asked for in case its event was missed.
const ASK_AGAIN: Duration = Duration::from_secs(5);
/// How often scripts are told the progress.
const TELL: Duration = Duration::from_secs(1);

/// A number for a run of ours; small enough for readers of JSON that know no 64-bit integers.
pub fn new_run_id() -> Result<RunId, Problem> {
    let number = getrandom::u64().map_err(no_chance)?;
    Ok(RunId(number >> 11))
}

/// Sends the command that begins `run` and waits for its end.
pub fn follow(handle: &Handle, run: RunId, command: Command, output: Output) -> Result<RunReport, Problem> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Problem::new(Code::Internal, "The command line could not start.", "").with_detail(e.to_string()))?;
    runtime.block_on(Follower { handle, run, output, bars: Bars::new(output), told: Instant::now() }.follow(command))
}

struct Follower<'a> {
    handle: &'a Handle,
    run: RunId,
    output: Output,
    bars: Bars,
    told: Instant,
}

impl Follower<'_> {
    async fn follow(mut self, command: Command) -> Result<RunReport, Problem> {
        let mut events = self.handle.events();
        let unheard =
            |e: std::io::Error| Problem::new(Code::Internal, "Ctrl-C cannot be listened for.", "").with_detail(e.to_string());
        let mut interrupts = Interrupts::listen().map_err(unheard)?;
        self.handle.send(command)?;

        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut asked_to_end = false;
        let mut report: Option<Pending<Option<Box<RunReport>>>> = None;
        let mut ask_at = Instant::now() + ASK_AGAIN;
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Ok(Event::RunEnded(report)) if report.run == self.run => return Ok(*report),
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => ask_at = Instant::now(),
                    Err(RecvError::Closed) => return Err(gone()),
                },
                () = interrupts.next() => self.end(&mut asked_to_end)?,
                _ = ticks.tick() => {
                    if let Some(pending) = &mut report {
                        if let Some(answer) = pending.take_ready() {
                            report = None;
                            if let Some(report) = answer? {
                                return Ok(*report);
                            }
                        }
                    } else if Instant::now() >= ask_at {
                        ask_at = Instant::now() + ASK_AGAIN;
                        // A run that still has progress has no report yet.
                        report = self.handle.progress(self.run).is_none().then(|| self.handle.report(self.run));
                    }
                    if self.handle.is_closed() {
                        return Err(gone());
                    }
                    self.tell();
                }
            }
        }
    }

    fn end(&self, asked: &mut bool) -> Result<(), Problem> {
        if *asked {
            // As if killed: the next run goes on from what that leaves.
            std::process::exit(Exit::Cancelled.code().into());
        }
        *asked = true;
        self.output.note("Cancelling … (again to stop waiting)");
        self.handle.send(Command::Cancel { run: self.run })
    }

    fn tell(&mut self) {
        let Some(view) = self.handle.progress(self.run) else { return };
        self.bars.show(&view);
        if self.output.json && !self.output.quiet && self.told.elapsed() >= TELL {
            self.told = Instant::now();
            self.output.object(&json!({ "progress": view, "fraction": view.fraction() }));
        }
    }
}

fn gone() -> Problem {
    Problem::new(Code::EngineGone, "Strongroom's engine ended before the run did.", "Start the command again.")
}
