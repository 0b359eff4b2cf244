//! The switch for starting at login. The desktop's own word is what it shows, not a setting of ours: somebody may have changed it there.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};

use egui::Ui;

use super::widgets::{Check, problem_text};
use crate::model::problem::{Code, Problem};

/// Switches it where that is wished, and says how it is then: given by `main`, called on a thread of its own.
pub type Autostart = Arc<dyn Fn(Option<bool>) -> Result<bool, Problem> + Send + Sync>;

#[derive(Default)]
pub struct AutostartSwitch {
    /// `None` where the desktop offers no such thing: then nothing is shown.
    offered: Option<Autostart>,
    known: Option<Result<bool, Problem>>,
    asking: Option<Receiver<Result<bool, Problem>>>,
}

impl AutostartSwitch {
    pub fn new(offered: Option<Autostart>) -> Self {
        Self { offered, known: None, asking: None }
    }

    /// Looks anew when it is shown next.
    pub fn forget(&mut self) {
        (self.known, self.asking) = (None, None);
    }

    pub fn show(&mut self, ui: &mut Ui) {
        if self.offered.is_none() {
            return;
        }
        if self.known.is_none() && self.asking.is_none() {
            self.ask(ui, None);
        }
        self.poll();
        let on = matches!(self.known, Some(Ok(true)));
        let check = Check::new(on, "Start when I log in").hint("Without its window, so that schedules are kept from the start.");
        if ui.add_enabled(self.asking.is_none(), check).clicked() {
            self.ask(ui, Some(!on));
        }
        if let Some(Err(problem)) = &self.known {
            problem_text(ui, problem);
        }
    }

    fn ask(&mut self, ui: &Ui, wanted: Option<bool>) {
        let Some(offered) = self.offered.clone() else { return };
        let (sender, receiver) = channel();
        let ctx = ui.ctx().clone();
        let asking = std::thread::Builder::new().name("autostart".into()).spawn(move || {
            // Nobody waits any more where the window was closed.
            let _ = sender.send(offered(wanted));
            ctx.request_repaint();
        });
        match asking {
            Ok(_) => self.asking = Some(receiver),
            Err(error) => self.known = Some(Err(failed().with_detail(error.to_string()))),
        }
    }

    fn poll(&mut self) {
        match self.asking.as_ref().map(Receiver::try_recv) {
            Some(Ok(known)) => (self.known, self.asking) = (Some(known), None),
            Some(Err(TryRecvError::Disconnected)) => (self.known, self.asking) = (Some(Err(failed())), None),
            Some(Err(TryRecvError::Empty)) | None => {}
        }
    }
}

fn failed() -> Problem {
    Problem::new(Code::Internal, "Whether Strongroom starts at login cannot be told.", "Close the settings and open them again.")
}
