//! `settings.toml`: settings and plans.

use super::Result;
use super::paths::Home;
use crate::model::plan::Plan;
use crate::model::settings::Settings;

/// What the file says. What is in it besides (unknown keys, plans that cannot be read) is kept and written again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    pub settings: Settings,
    pub plans: Vec<Plan>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loaded {
    pub config: Config,
    /// For people: unknown keys, plans that cannot be read.
    pub notices: Vec<String>,
}

/// Reads the settings; defaults where there is no file. `Settings` where it is broken, `TooNew` where a newer Strongroom
/// wrote it: then nothing may be saved.
pub fn load(_home: &Home) -> Result<Loaded> {
    todo!()
}

impl Config {
    /// Saves atomically; what stood there before becomes `settings.toml.bak`. Refuses to replace a file that `load` refuses.
    pub fn save(&self, _home: &Home) -> Result<()> {
        todo!()
    }
}
