//! A single object of a destination, brought to this machine as it lies there.

use std::io::Write;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use crate::archive::Error;
use crate::archive::loose::output::Output;
use crate::model::location::Location;
use crate::model::problem::Problem;
use crate::model::tool::{ToolDone, ToolSpec};
use crate::storage;
use crate::storage::stop::Stop;

use super::core::Core;
use super::run::Run;
use super::single::explain;

/// Brings the object of that name. The new file appears whole or not at all.
pub fn carry_out(core: &Core, run: &Run, spec: &ToolSpec, at: &Location) -> Result<ToolDone, Problem> {
    let storage = core.open_storage(at, false)?;
    let name = spec.file.display();
    let size = storage.size(&name)?;
    let progress = &run.progress;
    progress.set_current(&spec.file);
    progress.files_total.store(1, Relaxed);
    progress.bytes_total.store(size, Relaxed);
    progress.totals_known.store(true, Relaxed);
    let begun = Instant::now();
    let to = &*spec.to.as_path();
    let mut output = Output::create(to, spec.overwrite).map_err(|e| explain::not_written(to, &e))?;
    let mut stopped = None;
    let mut write = |piece: &[u8]| -> Result<(), Problem> {
        if run.cancel.should_end() {
            return Err(Error::Cancelled.into());
        }
        output.write_all(piece).map_err(|e| explain::not_written(to, &e))?;
        progress.bytes_done.fetch_add(piece.len() as u64, Relaxed);
        Ok(())
    };
    let read = Stop::of(&run.cancel).during(|| {
        storage.read_through(&name, 0, size, &mut |piece| {
            write(piece).map_err(|why| {
                stopped = Some(why);
                storage::Error::new(storage::Kind::Cancelled, &*name, "not read on")
            })
        })
    });
    match stopped {
        Some(why) => return Err(why),
        None => read?,
    }
    output.finish().map_err(|e| explain::not_written(to, &e))?;
    progress.files_done.store(1, Relaxed);
    let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (from, to) = (spec.file.clone(), spec.to.clone());
    Ok(ToolDone { from, to, before: size, after: size, codec: None, level: None, milliseconds })
}
