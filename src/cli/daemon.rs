//! `strongroom daemon`: schedules without a window.

use super::engine_access::daemon;
use super::exit::Exit;
use super::output::Output;
use crate::model::human;
use crate::model::problem::{Code, Problem};
use crate::os::interrupt::Interrupts;

/// Runs until it is told to end; what runs then is cancelled, and gone on with at the next start.
pub fn run(output: Output) -> Result<Exit, Problem> {
    let system = |e: std::io::Error| Problem::new(Code::Internal, "The system refused something.", "").with_detail(e.to_string());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(system)?;
    let mut interrupts = {
        let _context = runtime.enter();
        Interrupts::listen().map_err(system)?
    };
    let connection = loop {
        let connection = daemon()?;
        if connection.is_own() {
            break connection;
        }
        if connection.handle().overview().keeps_schedules {
            let what = "Strongroom is running already for this person, and keeps to the schedules.";
            return Err(Problem::new(Code::Busy, what, "Quit it first if schedules are to run without a window."));
        }
        // A command, which ends by itself.
        output.remark("Waiting for the command that runs.");
        let mut changes = connection.handle().overview_changes();
        let is_told_to_end = runtime.block_on(async {
            loop {
                tokio::select! {
                    () = interrupts.next() => return true,
                    changed = changes.changed() => if changed.is_err() { return false },
                }
            }
        });
        if is_told_to_end {
            return Ok(Exit::Done);
        }
    };
    let handle = connection.handle();
    let overview = handle.overview();
    for notice in &overview.notices {
        output.note(notice);
    }
    let scheduled = overview.plans.iter().filter(|plan| plan.plan.schedules.on().next().is_some()).count();
    output.remark(format!("Keeping to the schedules of {}.", human::counted(scheduled as u64, "backup", "backups")));
    runtime.block_on(async {
        let mut changes = handle.overview_changes();
        loop {
            tokio::select! {
                () = interrupts.next() => return,
                changed = changes.changed() => if changed.is_err() { return },
            }
        }
    });
    Ok(Exit::Done)
}
