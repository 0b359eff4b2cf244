//! The file that stands in a target while something is restored into it, so that whoever restores the same again after a crash
//! knows what is unfinished work and what was there before.
//!
//! Its first line says when the restore began, by the file system's own clock: what was born since is the restore's. A mark says
//! up to when all that was written is durable. A restore that ends takes the file away; one that is stopped says so in it.

use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::io::{self, Read, Write};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::model::catalog::FileTime;
use crate::os::durable;
use crate::os::folder::{Folder, For};
use crate::os::owner;
use crate::os::stat::{Stat, born, look, stat_of};

const PREFIX: &str = ".strongroom-restore-";
/// A mark for each GiB: this is a restore of many TiB.
const MAX_LENGTH: u64 = 4 << 20;
/// Each time a restore is gone on with it gets another name for its temporary files; no more than these are looked for.
const MAX_TAGS: usize = 1000;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    /// Name for temporary files and the undo folder, and day for names beside existing ones.
    Begun {
        tag: String,
        date: String,
        at: (i64, u32),
    },
    /// On this device all is durable that was not changed since.
    Mark {
        device: u64,
        at: (i64, u32),
    },
    Again {
        tag: String,
    },
    /// In good order: nothing that stands there is unfinished.
    Stopped,
    /// All is restored, but the journal could not be taken away.
    Finished,
}

/// A restore's own journal; locked as long as it is open.
pub struct Journal {
    folder: Folder,
    name: String,
    file: Mutex<Locked>,
}

/// Unlocked when it is dropped and not only when it is closed: a program that is being started has every open file for a moment.
struct Locked(File);

impl Drop for Locked {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// What is known of a restore that did not end.
#[derive(Debug)]
pub struct Before {
    begun: FileTime,
    /// By device.
    marks: HashMap<u64, FileTime>,
    /// Of its temporary files; the first is also that of its undo folder.
    pub tags: Vec<String>,
    pub date: String,
    stopped: bool,
}

/// A restore's journal, and where it is not the first the one before.
pub type Opened = (Journal, Option<Before>);

impl Journal {
    /// Opens the journal of `name` in whichever of these folders it lies, else begins one in the first that takes it; `None` where
    /// none does. `ResourceBusy` where the same restore is under way.
    pub fn open(folders: Vec<Folder>, name: &str, tag: &str, date: &str) -> io::Result<Option<Opened>> {
        let name = format!("{PREFIX}{name}");
        let mut found = None;
        for (number, folder) in folders.iter().enumerate() {
            if let Some(read) = read(folder, &name)? {
                found = Some((number, read));
                break;
            }
        }
        let mut folders = folders;
        let Some((number, (file, before))) = found else {
            return Ok(Self::begin(folders, name, tag, date).map(|new| (new, None)));
        };
        let journal = Self { folder: folders.swap_remove(number), name, file: Mutex::new(file) };
        if before.is_some() {
            journal.say(&Line::Again { tag: tag.into() })?;
            return Ok(Some((journal, before)));
        }
        // Killed before its first line was whole, so before anything was restored.
        journal.take_away();
        let Self { folder, name, .. } = journal;
        Ok(Self::begin(vec![folder], name, tag, date).map(|new| (new, None)))
    }

    fn begin(folders: Vec<Folder>, name: String, tag: &str, date: &str) -> Option<Self> {
        for folder in folders {
            let Ok(file) = folder.new_file_to_append(&name) else { continue };
            // Where locks are not known two restores of the same at once are not told apart.
            let _ = file.try_lock();
            let begun = stat_of(&file).map(|stat| stat.ctime);
            let journal = Self { folder, name: name.clone(), file: Mutex::new(Locked(file)) };
            let written = begun.and_then(|at| {
                journal.say(&Line::Begun { tag: tag.into(), date: date.into(), at: (at.seconds, at.nanos) })?;
                journal.file.lock().unwrap_or_else(PoisonError::into_inner).0.sync_all()?;
                // The folder as well: what is born after a loss of power must find it.
                journal.sync_folder()
            });
            match written {
                // A folder that may be written to but not read.
                Ok(()) => return Some(journal),
                Err(e) if e.kind() == io::ErrorKind::PermissionDenied => return Some(journal),
                Err(_) => _ = journal.take_away(),
            }
        }
        None
    }

    fn say(&self, line: &Line) -> io::Result<()> {
        // The end of line stands in front, so that a line that was cut short spoils none but itself.
        let mut bytes = vec![b'\n'];
        serde_json::to_writer(&mut bytes, line)?;
        self.file.lock().unwrap_or_else(PoisonError::into_inner).0.write_all(&bytes)
    }

    /// All is durable on a device that was not changed since. A mark that cannot be written is one that is not there.
    pub fn mark(&self, device: u64, at: FileTime) {
        let _ = self.say(&Line::Mark { device, at: (at.seconds, at.nanos) });
    }

    /// Whether another restore into a folder was begun that died: what it made may be incomplete.
    pub fn others_died(&self, folder: &Folder) -> bool {
        others_died(folder, &self.name)
    }

    /// The restore ends in good order before everything is restored.
    pub fn stop(self) {
        let _ = self.say(&Line::Stopped);
    }

    /// Everything is restored, and durable.
    pub fn finish(self) {
        // One that stays, or comes back after a loss of power, would take what is changed from now on for unfinished work.
        if !self.take_away() {
            let _ = self.say(&Line::Finished);
        }
        let _ = self.sync_folder();
    }

    fn sync_folder(&self) -> io::Result<()> {
        durable::sync_folder(&self.folder.again(For::Reading)?)
    }

    /// Unless somebody put another file in its place. Whether it is gone.
    fn take_away(&self) -> bool {
        let own = stat_of(&self.file.lock().unwrap_or_else(PoisonError::into_inner).0);
        let there = look(&self.folder, &self.name);
        if let (Ok(own), Ok(Some(there))) = (own, there)
            && own.identity() == there.identity()
        {
            return self.folder.remove_file(&self.name).is_ok();
        }
        true
    }
}

impl Before {
    /// Whether the restore made what `stat` tells of: it was born, or where the file system does not say that changed, since it began.
    pub fn made(&self, folder: &Folder, name: &[u8], stat: &Stat) -> bool {
        born(folder, name).unwrap_or(stat.ctime) >= self.begun
    }

    /// The same for a folder, which also changes when something is put into it: one of ours is closed to others until it is done.
    pub fn made_folder(&self, folder: &Folder, name: &[u8], stat: &Stat) -> bool {
        match born(folder, name) {
            Some(born) => born >= self.begun,
            None => stat.ctime >= self.begun && stat.mode == 0o700,
        }
    }

    /// Whether all that was written to it is durable, if it is the restore's.
    pub fn is_durable(&self, stat: &Stat) -> bool {
        self.marks.get(&stat.device).is_some_and(|mark| stat.ctime < *mark)
    }
}

/// Whether a name is that of a journal: nobody but a restore itself may make one, since it is believed.
pub fn is_journal(name: &[u8]) -> bool {
    name.starts_with(PREFIX.as_bytes())
}

/// Whether a restore with another journal in this folder has died.
fn others_died(folder: &Folder, own: &str) -> bool {
    let Ok(names) = folder.names() else { return false };
    let names = names.flatten().filter_map(|name| String::from_utf8(name).ok());
    names
        .filter(|name| name.starts_with(PREFIX) && name != own)
        .any(|name| matches!(read(folder, &name), Ok(Some((_, Some(before)))) if !before.stopped))
}

/// Reads a journal and locks it. `None` where there is none, or none of this person's.
fn read(folder: &Folder, name: &str) -> io::Result<Option<(Locked, Option<Before>)>> {
    let Ok(file) = folder.file_to_append(name) else { return Ok(None) };
    let stat = stat_of(&file)?;
    // Nobody else may tell us what is ours to take away.
    if !stat.is_file() || !owner::is_own(&file, &stat)? {
        return Ok(None);
    }
    if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
        return Err(io::Error::new(io::ErrorKind::ResourceBusy, "the same is being restored there already"));
    }
    let file = Locked(file);
    let mut bytes = Vec::new();
    (&file.0).take(MAX_LENGTH).read_to_end(&mut bytes)?;
    Ok(Some((file, parse(&bytes))))
}

/// A last line that is cut is none. `None` where nothing can have been restored.
fn parse(bytes: &[u8]) -> Option<Before> {
    let mut before: Option<Before> = None;
    for line in bytes.split(|b| *b == b'\n') {
        let time = |(seconds, nanos): (i64, u32)| FileTime { seconds, nanos };
        match (serde_json::from_slice(line), &mut before) {
            (Ok(Line::Begun { tag, date, at }), None) if is_plain(&tag) && is_plain(&date) => {
                before = Some(Before { begun: time(at), marks: HashMap::new(), tags: vec![tag], date, stopped: false });
            }
            (Ok(Line::Mark { device, at }), Some(before)) => {
                before.marks.insert(device, time(at));
            }
            (Ok(Line::Again { tag }), Some(before)) if is_plain(&tag) && before.tags.len() < MAX_TAGS => {
                before.tags.push(tag);
                before.stopped = false;
            }
            (Ok(Line::Stopped), Some(before)) => before.stopped = true,
            (Ok(Line::Finished), _) => before = None,
            _ => {}
        }
    }
    before
}

/// What becomes part of names is nothing else.
fn is_plain(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::stat::of_path;

    fn folder(dir: &std::path::Path) -> Vec<Folder> {
        vec![Folder::open(dir, For::Reaching).unwrap()]
    }

    #[test]
    fn a_restore_that_did_not_end_is_found_again() {
        let dir = tempfile::tempdir().unwrap();
        let open = |tag: &str| Journal::open(folder(dir.path()), "x", tag, "2026-11-21");
        let died = |own: &str| others_died(&folder(dir.path())[0], &format!("{PREFIX}{own}"));
        std::fs::write(dir.path().join("old"), "").unwrap();
        std::thread::sleep(std::time::Duration::from_millis(20));
        let (journal, before) = open("t1").unwrap().unwrap();
        assert!(before.is_none());
        std::fs::write(dir.path().join("new"), "").unwrap();
        assert_eq!(open("t2").err().unwrap().kind(), io::ErrorKind::ResourceBusy);
        assert!(!died("y"), "it is alive");
        let stat = of_path(&dir.path().join("new")).unwrap();
        journal.mark(stat.device, FileTime { seconds: i64::MAX, nanos: 0 });
        drop(journal);

        assert!(died("y") && !died("x"));
        let (journal, before) = open("t2").unwrap().unwrap();
        let before = before.unwrap();
        assert_eq!((before.tags.as_slice(), before.date.as_str()), (&["t1".to_string()][..], "2026-11-21"));
        let at = folder(dir.path());
        let made = |name: &str| {
            let stat = of_path(&dir.path().join(name)).unwrap();
            before.made(&at[0], name.as_bytes(), &stat)
        };
        assert_eq!((made("old"), made("new")), (false, true));
        assert!(before.is_durable(&stat));
        journal.stop();
        assert!(!died("y"), "it was stopped in good order");
        let (journal, before) = open("t3").unwrap().unwrap();
        assert_eq!(before.unwrap().tags, ["t1", "t2"]);
        journal.finish();
        assert!(open("t4").unwrap().unwrap().1.is_none());
    }

    #[test]
    fn what_ended_is_not_gone_on_with_though_its_journal_stays() {
        let dir = tempfile::tempdir().unwrap();
        let open = |tag: &str| Journal::open(folder(dir.path()), "x", tag, "2026-11-21").unwrap().unwrap();
        let (journal, _) = open("t1");
        journal.say(&Line::Finished).unwrap();
        drop(journal);
        assert!(!others_died(&folder(dir.path())[0], ".strongroom-restore-y"));
        let (journal, before) = open("t2");
        assert!(before.is_none());
        journal.finish();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn it_is_free_while_another_still_has_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let open = || Journal::open(folder(dir.path()), "x", "t", "2026-11-21");
        let (journal, _) = open().unwrap().unwrap();
        // As a program has it that is just being started.
        let file = journal.file.lock().unwrap().0.try_clone().unwrap();
        drop(journal);
        assert!(open().unwrap().unwrap().1.is_some());
        drop(file);
    }

    #[test]
    fn what_was_planted_or_cut_short_is_not_believed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(".strongroom-restore-x");
        let open = || Journal::open(folder(dir.path()), "x", "t", "2026-11-21").unwrap();
        let line = r#"{"begun":{"tag":"../../etc","date":"2026-11-21","at":[0,0]}}"#;
        for text in ["", "{\"begun\":{\"tag\":\"a", line] {
            std::fs::write(&path, text).unwrap();
            assert!(open().unwrap().1.is_none(), "{text}");
            std::fs::remove_file(&path).unwrap();
        }
        std::fs::write(&path, "{\"begun\":{\"tag\":\"a\",\"date\":\"d\",\"at\":[0,0]}}\n").unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
        assert!(open().is_none(), "anybody may have written it");
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("elsewhere", &path).unwrap();
        assert!(open().is_none());
    }
}
