//! The system's dialog for folders and files, outside the window's thread.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};

use crate::model::path::PathBytes;

/// What is chosen in a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    Folder,
    Folders,
    File,
}

/// Shows a dialog with a title and waits for it: given by `main`, called on a thread of its own.
pub type PickPaths = Arc<dyn Fn(Pick, &str) -> Vec<PathBytes> + Send + Sync>;

/// Opens dialogs; one at a time.
pub struct Pickers {
    /// `None` where the desktop has no dialog: screens then offer a field for the path only.
    open: Option<PickPaths>,
    ctx: egui::Context,
    waiting: Option<(&'static str, Receiver<Vec<PathBytes>>)>,
}

impl Pickers {
    pub fn new(open: Option<PickPaths>, ctx: egui::Context) -> Self {
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
        self.pick(purpose, title, if several { Pick::Folders } else { Pick::Folder });
    }

    /// The same for one file.
    pub fn pick_file(&mut self, purpose: &'static str, title: &str) {
        self.pick(purpose, title, Pick::File);
    }

    fn pick(&mut self, purpose: &'static str, title: &str, pick: Pick) {
        let (Some(open), None) = (self.open.clone(), &self.waiting) else { return };
        let (sender, receiver) = channel();
        let (title, ctx) = (title.to_owned(), self.ctx.clone());
        let thread = std::thread::Builder::new().name("folder dialog".into()).spawn(move || {
            // Nobody waits any more where the page was left: then the choice is void.
            let _ = sender.send(open(pick, &title));
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
