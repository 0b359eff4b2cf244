//! The desktop of Windows: toasts.

use tauri_winrt_notification::Toast;

use crate::model::alert::Alert;
use crate::notify::{Error, Kind, OnPress};

#[derive(Clone, Default)]
pub struct Desktop;

impl Desktop {
    /// There is no bus.
    pub fn on(_: &str) -> Self {
        Self
    }

    #[allow(clippy::unused_self, reason = "the same on every desktop")]
    pub fn show(&self, alert: &Alert) -> Result<(), Error> {
        // A program that was not installed has no name of its own for toasts; the shell's is always there.
        let toast = Toast::new(Toast::POWERSHELL_APP_ID).title(&alert.subject).text1(&alert.body);
        toast.show().map_err(|error| Error::new(Kind::Nobody, format!("no desktop shows messages here: {error}")))
    }

    /// Messages have no buttons here.
    #[allow(clippy::unused_self, reason = "the same on every desktop")]
    pub fn on_press(&self, _: OnPress) {}
}
