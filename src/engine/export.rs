//! The history as a file.

use std::io::Write;
use std::path::Path;

use crate::archive::loose::output::Output;
use crate::model::history::HistoryFilter;
use crate::model::history::export::{Export, ExportFormat};
use crate::model::problem::Problem;
use crate::model::run::Cancel;

use super::core::Core;
use super::explain;
use super::single::explain::not_written;

/// Runs that are held in memory at a time; each with a thousand warnings at most.
const PAGE: usize = 50;

/// What is to be written, and where.
pub struct ExportSpec<'a> {
    /// Its place in the list and its limit count for nothing: all that fits is written, the newest first.
    pub filter: HistoryFilter,
    pub format: ExportFormat,
    pub to: &'a Path,
    pub overwrite: bool,
}

/// Writes the runs that fit to a file, which appears whole or not at all. Returns how many they are.
pub fn to_file(core: &Core, spec: ExportSpec<'_>, cancel: &Cancel) -> Result<u64, Problem> {
    let ExportSpec { filter, format, to, overwrite } = spec;
    let failed = |error| not_written(to, &error);
    let clock = &core.env.clock;
    let mut export = Export::new(format, clock.zone(), clock.now());
    let mut output = Output::create(to, overwrite).map_err(failed)?;
    output.write_all(export.begin().as_bytes()).map_err(failed)?;
    let mut page = HistoryFilter { past: None, limit: PAGE, ..filter };
    loop {
        let runs = core.history.page(&page).map_err(explain::history)?.runs;
        for short in &runs {
            if cancel.should_end() {
                return Err(explain::cancelled());
            }
            let whole = match short.warning_count {
                0 => None,
                _ => core.history.report(short.run).map_err(explain::history)?,
            };
            output.write_all(export.run(whole.as_ref().unwrap_or(short)).as_bytes()).map_err(failed)?;
        }
        page.past = runs.last().map(|run| run.run);
        if runs.len() < PAGE {
            break;
        }
    }
    output.write_all(export.end().as_bytes()).map_err(failed)?;
    output.finish().map_err(failed)?;
    Ok(export.runs())
}
