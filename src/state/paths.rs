//! Where our own files lie.

use std::path::{Path, PathBuf};

use super::Result;

/// The folders of one home, made if needed, readable by their owner only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// `settings.toml`.
    pub config: PathBuf,
    /// History, keys without a keyring, the home's id.
    pub data: PathBuf,
    /// What can be fetched or made again: catalogs.
    pub cache: PathBuf,
    /// The socket; gone after a restart of the machine, or cleaned by us.
    pub runtime: PathBuf,
}

impl Home {
    /// `root`: the value of `STRONGROOM_HOME`, below which everything lies then.
    pub fn locate(_root: Option<&Path>) -> Result<Self> {
        todo!()
    }

    /// 32 hex digits that name this home at destinations: made once (with 16 bytes of `random`) and kept.
    pub fn home_id(&self, _random: &dyn Fn(&mut [u8])) -> Result<String> {
        todo!()
    }

    pub fn settings_file(&self) -> PathBuf {
        self.config.join("settings.toml")
    }

    pub fn history_file(&self) -> PathBuf {
        self.data.join("history.sqlite")
    }

    pub fn lock_file(&self) -> PathBuf {
        self.data.join("lock")
    }

    /// Folder of secrets where there is no keyring.
    pub fn secrets_folder(&self) -> PathBuf {
        self.data.join("secrets")
    }

    /// Cached catalogs and manifests of one plan.
    pub fn catalogs_folder(&self, plan: &crate::model::plan::PlanId) -> PathBuf {
        self.cache.join("catalogs").join(plan.as_str())
    }

    /// At most 100 bytes long, which is what a Unix socket's address takes.
    pub fn socket(&self) -> PathBuf {
        self.runtime.join("engine.sock")
    }
}
