//! A new file that appears under its name whole, or not at all.

use std::fs::{File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::model::path::PathBytes;
use crate::os::durable::sync_folder;
use crate::os::folder::{Folder, For};
use crate::os::{owner, private, temporary};

/// Being written. Dropped unfinished it leaves nothing behind.
pub struct Output {
    file: File,
    to: PathBuf,
    folder: PathBuf,
    /// Where the file system knows none without a name.
    temporary: Option<PathBuf>,
    overwrite: bool,
    written: u64,
}

const TRIES: u32 = 100;

impl Output {
    /// `AlreadyExists` where something is there and is not to be replaced. Never a folder. Only its owner can read the file.
    pub fn create(to: &Path, overwrite: bool) -> io::Result<Self> {
        let mut to = to.to_path_buf();
        if let Ok(there) = to.symlink_metadata() {
            if there.is_dir() {
                return Err(io::ErrorKind::IsADirectory.into());
            }
            if !overwrite {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            // Never a device or a pipe, and of a link what it leads to.
            to = to.canonicalize()?;
            if !to.metadata()?.is_file() {
                return Err(io::ErrorKind::InvalidInput.into());
            }
        }
        let folder = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_path_buf();
        if to.file_name().is_none() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let (file, temporary) = match temporary::unnamed(&folder) {
            Ok(file) => (file, None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(error),
            Err(_) => {
                let (file, name) = named(&folder, &to, private::create_file)?;
                (file, Some(name))
            }
        };
        Ok(Self { file, to, folder, temporary, overwrite, written: 0 })
    }

    /// Bytes so far.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Gives it the permissions and the time of the file that it is made of.
    pub fn like(&self, of: &Metadata) -> io::Result<()> {
        self.file.set_permissions(owner::without_special(of))?;
        self.file.set_modified(of.modified()?)
    }

    /// Makes it durable and gives it its name; what stood there is replaced only where that was allowed.
    pub fn finish(mut self) -> io::Result<()> {
        self.file.sync_all()?;
        let link = |name: &Path| temporary::give_name(&self.file, name);
        if self.temporary.is_none() {
            if !self.overwrite {
                link(&self.to)?;
                return self.sync_folder();
            }
            self.temporary = Some(named(&self.folder, &self.to, link)?.1);
        }
        let Some(temporary) = &self.temporary else { return Ok(()) };
        if self.overwrite {
            std::fs::rename(temporary, &self.to)?;
        } else {
            let folder = Folder::open(&self.folder, For::Reaching)?;
            let [from, to] = [temporary, &self.to].map(|path| PathBytes::from(Path::new(path.file_name().unwrap_or_default())));
            folder.rename_new(from.as_bytes(), &folder, to.as_bytes())?;
        }
        self.temporary = None;
        self.sync_folder()
    }

    fn sync_folder(&self) -> io::Result<()> {
        match Folder::open(&self.folder, For::Reading) {
            Ok(folder) => sync_folder(&folder),
            // One that may be written to but not read.
            Err(_) => Ok(()),
        }
    }
}

/// Tries names beside `to` until one is free.
fn named<T>(folder: &Path, to: &Path, mut make: impl FnMut(&Path) -> io::Result<T>) -> io::Result<(T, PathBuf)> {
    let own = to.file_name().unwrap_or_default().to_string_lossy();
    let own: String = own.chars().take(40).collect();
    for n in 0..TRIES {
        let name = folder.join(format!(".strongroom-tmp-{}-{n}-{own}", std::process::id()));
        match make(&name) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|made| (made, name)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.written += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            let _ = std::fs::remove_file(temporary);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn it_appears_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let to = dir.path().join("new");
        let mut output = Output::create(&to, false).unwrap();
        output.write_all(b"half").unwrap();
        drop(output);
        assert_eq!(names(dir.path()), [""; 0]);
        for (content, overwrite) in [("one", false), ("two", true)] {
            let mut output = Output::create(&to, overwrite).unwrap();
            output.write_all(content.as_bytes()).unwrap();
            output.finish().unwrap();
            assert_eq!(std::fs::read_to_string(&to).unwrap(), content);
            assert_eq!(names(dir.path()), ["new"]);
        }
        assert_eq!(Output::create(&to, false).err().unwrap().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(Output::create(dir.path(), true).err().unwrap().kind(), io::ErrorKind::IsADirectory);
        assert_eq!(Output::create(&dir.path().join("none/x"), true).err().unwrap().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn only_files_are_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        Folder::open(dir.path(), For::Reaching).unwrap().new_node("pipe", crate::os::folder::Node::Fifo, 0o600).unwrap();
        assert_eq!(Output::create(&at("pipe"), true).err().unwrap().kind(), io::ErrorKind::InvalidInput);
        std::fs::write(at("file"), "old").unwrap();
        std::os::unix::fs::symlink("file", at("link")).unwrap();
        let mut output = Output::create(&at("link"), true).unwrap();
        output.write_all(b"new").unwrap();
        output.finish().unwrap();
        assert!(at("link").is_symlink() && std::fs::read(at("file")).unwrap() == b"new");
        assert_eq!(names(dir.path()), ["file", "link", "pipe"]);
    }

    #[test]
    fn what_came_meanwhile_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let to = dir.path().join("new");
        let output = Output::create(&to, false).unwrap();
        std::fs::write(&to, "theirs").unwrap();
        assert_eq!(output.finish().err().unwrap().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!((std::fs::read_to_string(&to).unwrap().as_str(), names(dir.path())), ("theirs", vec!["new".to_owned()]));
    }
}
