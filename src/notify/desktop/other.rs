//! Desktops that have another way to show messages; it is not gone yet.

use crate::model::alert::Alert;
use crate::notify::{Error, Kind, OnPress};

#[derive(Default)]
pub struct Desktop;

impl Desktop {
    /// There is no bus.
    pub fn on(_: &str) -> Self {
        Self
    }

    #[allow(clippy::unused_self, reason = "the same as where there are notifications")]
    pub fn show(&self, _: &Alert) -> Result<(), Error> {
        Err(Error::new(Kind::Nobody, "messages on the desktop are not there yet on this system"))
    }

    #[allow(clippy::unused_self, reason = "the same as where there are notifications")]
    pub fn on_press(&self, _: OnPress) {}
}
