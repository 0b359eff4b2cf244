//! The system's folder dialog, outside the window's thread.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};

use crate::model::path::PathBytes;

/// Shows a folder dialog with a title and waits for it: given by `main`, called on a thread of its own.
pub type PickFolders = Arc<dyn Fn(&str, bool) -> Vec<PathBytes> + Send + Sync>;

/// Opens dialogs; one at a time.
pub struct Pickers {
    /// `None` where the desktop has no dialog: screens then offer a field for the path only.
    open: Option<PickFolders>,
    ctx: egui::Context,
    waiting: Option<(&'static str, Receiver<Vec<PathBytes>>)>,
}

impl Pickers {
    pub fn new(open: Option<PickFolders>, ctx: egui::Context) -> Self {
        Self { open, ctx, waiting: None }
    }

    /// Whether there is a dialog to open.
    pub fn available(&self) -> bool {
        self.open.is_some()
    }

    /// Whether one is open.
    pub fn busy(&self) -> bool {
        self.waiting.is_some()
    }

    /// Opens the dialog; `purpose` is for fetching the answer. `several`: more than one folder may be chosen.
    pub fn pick_folders(&mut self, purpose: &'static str, title: &str, several: bool) {
        let (Some(open), None) = (self.open.clone(), &self.waiting) else { return };
        let (sender, receiver) = channel();
        let (title, ctx) = (title.to_owned(), self.ctx.clone());
        let thread = std::thread::Builder::new().name("folder dialog".into()).spawn(move || {
            // Nobody waits any more where the page was left: then the choice is void.
            let _ = sender.send(open(&title, several));
            ctx.request_repaint();
        });
        if thread.is_ok() {
            self.waiting = Some((purpose, receiver));
        }
    }

    /// What was chosen, once; empty where the dialog was cancelled.
    pub fn picked(&mut self, purpose: &'static str) -> Option<Vec<PathBytes>> {
        let (for_purpose, receiver) = self.waiting.as_ref()?;
        if *for_purpose != purpose {
            return None;
        }
        match receiver.try_recv() {
            Ok(folders) => {
                self.waiting = None;
                Some(folders)
            }
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => {
                self.waiting = None;
                Some(Vec::new())
            }
        }
    }
}
