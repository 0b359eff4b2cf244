//! Lets a test change a file between its reading and the look that follows.

use std::cell::RefCell;

use crate::model::path::PathBytes;

type Hook = Box<dyn FnMut(&PathBytes)>;

thread_local! {
    static HOOK: RefCell<Option<Hook>> = const { RefCell::new(None) };
}

/// For writers on this thread.
pub(in crate::archive::writer) fn set(hook: Option<Hook>) {
    HOOK.with_borrow_mut(|h| *h = hook);
}

pub(super) fn after_reading(path: &PathBytes) {
    HOOK.with_borrow_mut(|h| {
        if let Some(hook) = h {
            hook(path);
        }
    });
}
