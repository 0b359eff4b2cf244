//! Settings of the whole program.

use serde::{Deserialize, Serialize};

use super::alert::Messages;
use super::health::Patience;
use super::limits::Limits;
use super::pause::Paused;

/// What hides the way to a server that is far away, without being more than servers give one account.
pub const CONNECTIONS: u8 = 4;

/// Of the whole program; `settings.toml`, beside the plans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub appearance: Appearance,
    /// Text and controls, percent.
    pub scale: u16,
    /// What closing the window does while there are schedules: `None` asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_running: Option<bool>,
    #[serde(skip_serializing_if = "Limits::is_default")]
    pub limits: Limits,
    #[serde(skip_serializing_if = "Messages::is_default")]
    pub messages: Messages,
    /// With destinations that are away.
    pub patience: Patience,
    /// Backups that run at the same time.
    pub runs_at_once: u8,
    /// Files that go to one server, or come from it, at the same time.
    pub connections: u8,
    /// Nothing runs by itself; only pausing and resuming change it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused: Option<Paused>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            appearance: Appearance::System,
            scale: 100,
            keep_running: None,
            limits: Limits::default(),
            messages: Messages::default(),
            patience: Patience::default(),
            runs_at_once: 2,
            connections: CONNECTIONS,
            paused: None,
        }
    }
}

impl Settings {
    /// The most that may be set.
    pub const MOST_RUNS: u8 = 8;

    pub const MOST_CONNECTIONS: u8 = 16;

    /// Settings may be edited by hand.
    pub fn runs_at_once(&self) -> usize {
        self.runs_at_once.clamp(1, Self::MOST_RUNS).into()
    }

    pub fn connections(&self) -> usize {
        self.connections.clamp(1, Self::MOST_CONNECTIONS).into()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Appearance {
    #[default]
    System,
    Light,
    Dark,
}
