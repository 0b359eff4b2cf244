//! How messages leave this machine: onto the desktop, by e-mail, to a webhook.
//!
//! Each way sends one message and says whether it went, and where it did not, whether another try may help. Calls block, for no longer
//! than [`LONGEST`]; whoever calls does so on a thread of its own.

mod desktop;
mod email;
mod trust;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::alert::{Alert, Channel, Way};
use crate::model::plan::PlanId;
use crate::model::run::RunId;
use crate::model::secret::Secret;

pub use self::desktop::Desktop;
pub use self::webhook::{SIGNATURE, TIMESTAMP, signature};

/// For one message on one channel, with all that is tried at once.
pub const LONGEST: Duration = Duration::from_secs(90);

/// Sends messages: this machine's ways, or a test's.
pub trait Notifier: Send + Sync {
    /// Sends a message, or says why it did not go. Blocks.
    fn send(&self, parcel: &Parcel<'_>) -> Result<(), Error>;
    /// Who is told when somebody presses a button of a message.
    fn on_press(&self, _: OnPress) {}
}

/// A message on its way, and whose it is.
pub struct Parcel<'a> {
    pub channel: &'a Channel,
    pub keys: &'a Keys,
    pub alert: &'a Alert,
    /// This machine's name.
    pub machine: &'a str,
    pub now: Timestamp,
}

/// What a channel needs that lies in no settings.
#[derive(Clone, Default)]
pub struct Keys {
    /// Of a webhook: where it goes, all of it.
    pub address: Option<Secret>,
    /// What signs for us: a mail account's password, a webhook's secret.
    pub secret: Option<Secret>,
}

/// What was pressed, of which message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Press {
    pub button: Button,
    pub plan: Option<PlanId>,
    pub run: Option<RunId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Button {
    /// The message itself, or "Open Strongroom".
    Open,
    BackUp,
}

pub type OnPress = Arc<dyn Fn(Press) + Send + Sync>;

/// Why a message did not go. Whether another try may help is decided here, once. Never says an address or a secret.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct Error {
    pub kind: Kind,
    pub what: String,
    /// How long the other side asks us to wait.
    pub wait: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nobody is there who would see it: no desktop, no notifications.
    Nobody,
    /// The server cannot be reached, breaks off, or has trouble of its own.
    Away,
    /// The server does not answer within the time.
    Silent,
    /// The server takes it later, perhaps.
    Later,
    /// The server does not know us.
    Password,
    /// The server will not have it.
    Refused,
    /// The server proves to be nobody that is trusted.
    Certificate,
    /// The server sends us elsewhere; nothing was sent there.
    Elsewhere,
    /// What is needed to send it is not known on this machine.
    Missing,
    /// What is set up cannot be used.
    Settings,
}

impl Error {
    pub fn new(kind: Kind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), wait: None }
    }

    /// Whether another try may help.
    pub fn passes(&self) -> bool {
        matches!(self.kind, Kind::Nobody | Kind::Away | Kind::Silent | Kind::Later)
    }
}

/// This machine's ways.
#[derive(Default)]
pub struct System {
    desktop: Desktop,
}

impl Notifier for System {
    fn send(&self, parcel: &Parcel<'_>) -> Result<(), Error> {
        match &parcel.channel.way {
            Way::Desktop => self.desktop.show(parcel.alert),
            Way::Email(email) => email::send(email, parcel),
            Way::Webhook(hook) => webhook::send(hook, parcel),
        }
    }

    fn on_press(&self, pressed: OnPress) {
        self.desktop.on_press(pressed);
    }
}
