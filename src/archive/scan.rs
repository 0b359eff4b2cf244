//! Walks the sources in catalog order, leaving out what the rules say.
//!
//! Everything is opened and looked at relative to its folder's descriptor, so that neither long paths nor folders that are
//! swapped for links meanwhile matter. A scan never opens files, other than to look at a `CACHEDIR.TAG`.

mod ahead;
mod chain;
mod listing;
mod measure;
mod metadata;
mod reach;
mod roots;
mod rules;
mod walk;

use std::io;
use std::ops::ControlFlow;

pub use chain::Chain;
pub use measure::measure;
pub use metadata::{Kind, Meta, status, status_of};
pub use reach::Reach;
pub use roots::{Opened, Root, Roots};
pub use rules::Rules;
pub use walk::{Visit, Walk};

use super::Result;
use crate::model::names::system_path;
use crate::model::path::PathBytes;
use crate::model::run::Cancel;
use crate::model::source_spec::SourceSpec;
use crate::os::reason::Reason;

/// Entries that are handed on together.
const BATCH_ENTRIES: usize = 512;

/// Some of what a scan met, in order.
#[derive(Default)]
pub struct Batch {
    /// When the first of them was looked at, in nanoseconds since 1970.
    pub begun: i128,
    /// The paths of all of them, one after the other.
    paths: Vec<u8>,
    events: Vec<Event>,
}

enum Event {
    /// `end`: where its path ends; it begins where the one before ended.
    Found {
        end: usize,
        meta: Meta,
    },
    Unreadable {
        end: usize,
        error: io::Error,
    },
}

/// One thing a scan met.
#[derive(Debug)]
pub enum Met<'a> {
    Found {
        meta: &'a Meta,
    },
    /// What lies at this path and below it, other than what was found, could not be looked at.
    Unreadable,
}

impl Batch {
    pub fn len(&self) -> usize {
        self.events.len()
    }

    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The catalog path and what was met there; `None` past the end.
    pub fn get(&self, at: usize) -> Option<(&[u8], Met<'_>)> {
        let end = |event: &Event| match event {
            Event::Found { end, .. } | Event::Unreadable { end, .. } => *end,
        };
        let event = self.events.get(at)?;
        let start = at.checked_sub(1).and_then(|before| self.events.get(before)).map_or(0, end);
        let path = self.paths.get(start..end(event))?;
        Some((
            path,
            match event {
                Event::Found { meta, .. } => Met::Found { meta },
                Event::Unreadable { .. } => Met::Unreadable,
            },
        ))
    }

    /// The error of what could not be looked at, once.
    pub fn take_error(&mut self, at: usize) -> io::Error {
        let other = || io::Error::from(io::ErrorKind::Other);
        match self.events.get_mut(at) {
            Some(Event::Unreadable { error, .. }) => std::mem::replace(error, other()),
            _ => other(),
        }
    }

    fn push(&mut self, path: &[u8], event: impl FnOnce(usize) -> Event) {
        self.paths.extend_from_slice(path);
        self.events.push(event(self.paths.len()));
    }

    #[cfg(test)]
    pub fn of(begun: i128, met: Vec<(&[u8], std::result::Result<Meta, io::Error>)>) -> Self {
        let mut batch = Self { begun, ..Self::default() };
        for (path, what) in met {
            match what {
                Ok(meta) => batch.push(path, |end| Event::Found { end, meta }),
                Err(error) => batch.push(path, |end| Event::Unreadable { end, error }),
            }
        }
        batch
    }
}

/// Counts of a scan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Regular files, and their bytes.
    pub files: u64,
    pub bytes: u64,
}

/// Scans all sources, in batches to `send`, which ends the scan by breaking. `now`: nanoseconds since 1970.
///
/// Fails where no source can be read at all, or when cancelled.
pub fn scan(
    spec: &SourceSpec,
    avoid: &[(u64, u64)],
    cancel: &Cancel,
    now: &dyn Fn() -> i128,
    mut send: impl FnMut(Batch, Counted) -> ControlFlow<()>,
) -> Result<()> {
    let mut batch = Batch { begun: now(), ..Batch::default() };
    let mut counted = Counted::default();
    let (rules, roots) = prepare(spec)?;
    let flow = Walk::new(&rules, avoid, cancel).looking_ahead().roots(&roots, &mut |visit| {
        match visit {
            Visit::Found { path, meta } => {
                if meta.kind == Kind::File {
                    counted.files += 1;
                    counted.bytes += meta.size;
                }
                batch.push(path, |end| Event::Found { end, meta: *meta });
            }
            Visit::Unreadable { path, error } => batch.push(path, |end| Event::Unreadable { end, error }),
            Visit::LeftOut { .. } => {}
        }
        if batch.len() < BATCH_ENTRIES {
            return ControlFlow::Continue(());
        }
        send(std::mem::replace(&mut batch, Batch { begun: now(), ..Batch::default() }), counted)
    })?;
    if flow.is_continue() {
        let _ = send(batch, counted);
    }
    Ok(())
}

/// Counts what a scan would find, telling `count` now and then.
pub fn count(
    spec: &SourceSpec,
    avoid: &[(u64, u64)],
    cancel: &Cancel,
    mut count: impl FnMut(Counted) -> ControlFlow<()>,
) -> Result<()> {
    let mut counted = Counted::default();
    let mut seen = 0u64;
    let (rules, roots) = prepare(spec)?;
    let flow = Walk::new(&rules, avoid, cancel).roots(&roots, &mut |visit| {
        let Visit::Found { meta, .. } = visit else { return ControlFlow::Continue(()) };
        if meta.kind == Kind::File {
            counted.files += 1;
            counted.bytes += meta.size;
        }
        seen += 1;
        if seen.is_multiple_of(1024) { count(counted) } else { ControlFlow::Continue(()) }
    })?;
    if flow.is_continue() {
        let _ = count(counted);
    }
    Ok(())
}

fn prepare(spec: &SourceSpec) -> Result<(Rules, Roots)> {
    let rules = Rules::new(spec)?;
    let roots = Roots::new(spec)?;
    roots.check_readable()?;
    Ok((rules, roots))
}

/// Whether what was there a moment ago has gone, or something else has taken its name.
pub fn is_gone(error: &io::Error) -> bool {
    Reason::of(error).is_gone()
}

/// A catalog path as it may be shown in errors: absolute.
pub fn absolute(catalog_path: &[u8]) -> PathBytes {
    system_path(catalog_path)
}
