//! Where our own files lie.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use directories::ProjectDirs;

use super::files::{private_folder, write_first};
use super::{Error, Result};
use crate::model::plan::PlanId;
use crate::os::{session, socket};

/// The folders of one home, made if needed, readable by their owner only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// `settings.toml`.
    pub config: PathBuf,
    /// History, keys without a keyring, the home's id.
    pub data: PathBuf,
    /// The socket; may be emptied whenever nobody runs.
    pub runtime: PathBuf,
    /// What can be made again; may be emptied whenever nobody runs.
    pub cache: PathBuf,
}

impl Home {
    /// `root`: the value of `STRONGROOM_HOME`, below which everything lies then.
    pub fn locate(root: Option<&Path>) -> Result<Self> {
        let home = match root {
            Some(root) => Self::below(root)?,
            None => Self::of_this_person()?,
        };
        for folder in home.folders() {
            private_folder(folder)?;
        }
        Ok(home)
    }

    fn below(root: &Path) -> Result<Self> {
        let root = std::path::absolute(root).map_err(|e| Error::file(root, e))?;
        let [config, data, cache] = ["config", "data", "cache"].map(|name| root.join(name));
        Ok(Self { config, data, runtime: socket::folder_for(root.join("run")), cache })
    }

    fn of_this_person() -> Result<Self> {
        let project = ProjectDirs::from("", "", "strongroom").ok_or(Error::NoHome)?;
        let data = project.data_local_dir().to_path_buf();
        let runtime = session::folder().map_or_else(|| data.join("run"), |folder| folder.join("strongroom"));
        let (config, cache) = (project.config_dir().to_path_buf(), project.cache_dir().to_path_buf());
        Ok(Self { config, runtime: socket::folder_for(runtime), data, cache })
    }

    /// All of them; never part of a source.
    pub fn folders(&self) -> [&Path; 4] {
        [&self.config, &self.data, &self.runtime, &self.cache]
    }

    /// Where what is known of a plan's stored pieces lies.
    pub fn pieces_folder(&self, plan: &PlanId) -> PathBuf {
        self.cache.join("pieces").join(plan.as_str())
    }

    /// Where a plan's running backup notes what it has finished.
    pub fn journals_folder(&self, plan: &PlanId) -> PathBuf {
        self.cache.join("journals").join(plan.as_str())
    }

    /// Drops both, with the plan; what cannot be removed is only room.
    pub fn forget_plan(&self, plan: &PlanId) {
        let _ = fs::remove_dir_all(self.pieces_folder(plan));
        let _ = fs::remove_dir_all(self.journals_folder(plan));
    }

    /// 32 hex digits that name this home at destinations: made once (with 16 bytes of `random`) and kept.
    pub fn home_id(&self, random: &dyn Fn(&mut [u8])) -> Result<String> {
        let path = self.data.join("home-id");
        if !fs::exists(&path).map_err(|e| Error::file(&path, e))? {
            let mut bytes = [0; 16];
            random(&mut bytes);
            // Where another process was quicker, its id is the home's.
            write_first(&path, format!("{}\n", HEXLOWER.encode(&bytes)).as_bytes())?;
        }
        let text = fs::read_to_string(&path).map_err(|e| Error::file(&path, e))?;
        let id = text.trim();
        if id.len() != 32 || !id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            // A new one would make this home a stranger to its own backups: somebody should know.
            return Err(Error::file(path, io::Error::new(io::ErrorKind::InvalidData, "not a home id (32 hex digits)")));
        }
        Ok(id.to_string())
    }

    pub fn settings_file(&self) -> PathBuf {
        self.config.join("settings.toml")
    }

    /// Keys of servers.
    pub fn servers_file(&self) -> PathBuf {
        self.config.join("servers.json")
    }

    /// Volumes of drives that destinations lie on.
    pub fn drives_file(&self) -> PathBuf {
        self.config.join("drives.json")
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

    /// Short enough for a socket's address.
    pub fn socket(&self) -> PathBuf {
        self.runtime.join(socket::NAME)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn everything_lies_below_the_given_root() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::locate(Some(dir.path())).unwrap();
        for folder in home.folders() {
            assert!(folder.starts_with(dir.path()));
            assert_eq!(fs::metadata(folder).unwrap().mode() & 0o777, 0o700);
        }
        assert!(home.socket().starts_with(dir.path()));
    }

    #[test]
    fn a_long_root_gets_a_short_socket() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("x".repeat(120));
        let home = Home::locate(Some(&root)).unwrap();
        assert!(home.socket().as_os_str().len() <= 100);
        assert_eq!(fs::metadata(&home.runtime).unwrap().mode() & 0o777, 0o700);
        assert_eq!(Home::locate(Some(&root)).unwrap(), home, "the second process finds the same");
        fs::remove_dir(&home.runtime).unwrap();
    }

    #[test]
    fn the_id_is_made_once() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::locate(Some(dir.path())).unwrap();
        let first = home.home_id(&|b| b.fill(0xab)).unwrap();
        assert_eq!(first, "ab".repeat(16));
        assert_eq!(home.home_id(&|b| b.fill(1)).unwrap(), first);
        fs::write(home.data.join("home-id"), "nonsense").unwrap();
        assert!(home.home_id(&|b| b.fill(1)).is_err(), "a damaged id is not silently replaced");
    }
}
