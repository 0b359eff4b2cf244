//! Sums of what would be backed up, and of what is left out.

use std::ops::ControlFlow;

use super::{Kind, Visit, Walk, prepare};
use crate::archive::Result;
use crate::model::run::Cancel;
use crate::model::source_spec::{Measured, SourceSpec};

/// Entries between two calls of the callback.
const TELL_EVERY: u64 = 4096;

/// Walks the sources and what is left out of them. `tell` is called now and then with the sums so far.
pub fn measure(spec: &SourceSpec, avoid: &[(u64, u64)], cancel: &Cancel, tell: &mut dyn FnMut(&Measured)) -> Result<Measured> {
    let (rules, roots) = prepare(spec)?;
    let mut sums = Measured::default();
    let mut seen = 0u64;
    // Nothing breaks this walk but the cancellation, which is an error.
    let _ = Walk::new(&rules, avoid, cancel).telling_left_out().looking_ahead().roots(&roots, &mut |visit| {
        match visit {
            Visit::Found { meta, .. } if meta.kind == Kind::File => {
                sums.files += 1;
                sums.bytes += meta.size;
            }
            Visit::LeftOut { meta } if meta.kind == Kind::File => {
                sums.left_out_files += 1;
                sums.left_out_bytes += meta.size;
            }
            Visit::Unreadable { .. } => sums.unreadable += 1,
            _ => {}
        }
        seen += 1;
        if seen.is_multiple_of(TELL_EVERY) {
            tell(&sums);
        }
        ControlFlow::Continue(())
    })?;
    Ok(sums)
}
