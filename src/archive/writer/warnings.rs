//! What a run could not do as asked, while it goes on.

use std::sync::atomic::Ordering::Relaxed;

use crate::archive::scan::absolute;
use crate::model::problem::{Cause, Warning};
use crate::model::run::Progress;

/// As many are kept; all are counted.
const KEPT: usize = 1000;

pub(super) struct Warnings<'a> {
    progress: &'a Progress,
    pub list: Vec<Warning>,
    pub count: u64,
}

impl<'a> Warnings<'a> {
    pub(super) fn new(progress: &'a Progress) -> Self {
        Self { progress, list: Vec::new(), count: 0 }
    }

    pub(super) fn add(&mut self, cause: Cause, catalog_path: &[u8], detail: impl ToString) {
        self.count += 1;
        self.progress.warnings.fetch_add(1, Relaxed);
        if self.list.len() < KEPT {
            self.list.push(Warning { cause, path: absolute(catalog_path), detail: detail.to_string() });
        }
    }
}
