//! A single object of a destination, brought to this machine as it lies there.

use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use crate::archive::Error;
use crate::archive::loose::output::Output;
use crate::model::location::Location;
use crate::model::problem::Problem;
use crate::model::tool::{ToolDone, ToolSpec};
use crate::storage::{self, Storage};

use super::core::{Core, lock};
use super::few_at_once::few_at_once;
use super::run::Run;
use super::single::explain;

/// Read at a time, and how many of them at once: what there is of it in memory.
const PIECE: usize = 4 << 20;
const AT_ONCE: usize = 4;

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
    let mut offset = 0;
    while offset < size {
        if run.cancel.should_end() {
            return Err(Error::Cancelled.into());
        }
        for bytes in pieces(&*storage, &name, offset, size)? {
            output.write_all(&bytes).map_err(|e| explain::not_written(to, &e))?;
            offset += bytes.len() as u64;
            progress.bytes_done.fetch_add(bytes.len() as u64, Relaxed);
        }
    }
    output.finish().map_err(|e| explain::not_written(to, &e))?;
    progress.files_done.store(1, Relaxed);
    let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (from, to) = (spec.file.clone(), spec.to.clone());
    Ok(ToolDone { from, to, before: size, after: size, codec: None, level: None, milliseconds })
}

/// The next few pieces, in their order.
fn pieces(storage: &dyn Storage, name: &str, offset: u64, size: u64) -> Result<Vec<Vec<u8>>, storage::Error> {
    let starts = (0..AT_ONCE).map(|n| offset + (n * PIECE) as u64).take_while(|start| *start < size);
    let wanted: Vec<(u64, Mutex<Vec<u8>>)> = starts.map(|start| (start, Mutex::default())).collect();
    few_at_once(&wanted, AT_ONCE, |(start, piece)| {
        let length = usize::try_from(size - start).map_or(PIECE, |left| left.min(PIECE));
        let mut bytes = vec![0; length];
        storage.read_at(name, *start, &mut bytes)?;
        *lock(piece) = bytes;
        Ok(())
    })?;
    Ok(wanted.into_iter().map(|(_, piece)| std::mem::take(&mut *lock(&piece))).collect())
}
