//! Servers that were asked just now stay connected for a moment: whoever asks next need not connect, and log in, anew.

use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::{Duration, Instant};

use super::core::lock;
use super::just_read::{self, JustRead};
use crate::model::location::Location;
use crate::storage::Storage;

/// After it was last asked for. No longer: whether a server is there, and who may enter, is to be asked of the server. Only FTP servers may
/// let us in no more than once: there it is for as long as somebody uses it.
const KEPT: Duration = Duration::from_secs(3);

#[derive(Default)]
pub struct KeptOpen(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    storages: Vec<One>,
    /// A thread waits to close them.
    is_watched: bool,
    /// Of what was forgotten, so that nothing is kept that was opened before.
    forgotten: u64,
    /// What was read, for as long as somebody is connected.
    read: Vec<(Location, Weak<Mutex<just_read::Kept>>)>,
}

impl Kept {
    /// What was read there, over whichever connection.
    fn read_at(&mut self, location: &Location) -> Arc<Mutex<just_read::Kept>> {
        self.read.retain(|(_, read)| read.strong_count() > 0);
        let known = self.read.iter().find(|(at, _)| at == location).and_then(|(_, read)| read.upgrade());
        known.unwrap_or_else(|| {
            let read = Arc::default();
            self.read.push((location.clone(), Arc::downgrade(&read)));
            read
        })
    }
}

struct One {
    location: Location,
    storage: Arc<dyn Storage>,
    asked: Instant,
}

impl KeptOpen {
    /// The storage that was opened there a moment ago, or what `open` gives.
    pub fn or_open<E>(
        &self,
        location: &Location,
        open: impl FnOnce() -> Result<Arc<dyn Storage>, E>,
    ) -> Result<Arc<dyn Storage>, E> {
        // Folders and drives take no time to open, and may be pulled out.
        if location.server().is_none() {
            return open();
        }
        let (before, read) = {
            let mut kept = lock(&self.0);
            if let Some(one) = kept.storages.iter_mut().find(|one| one.location == *location && one.is_kept()) {
                one.asked = Instant::now();
                return Ok(one.storage.clone());
            }
            (kept.forgotten, kept.read_at(location))
        };
        let storage: Arc<dyn Storage> = Arc::new(JustRead::new(open()?, read));
        self.keep(location, &storage, before);
        Ok(storage)
    }

    /// Closes all that nobody uses: what was told of a server may lead elsewhere now.
    pub fn forget(&self) {
        let mut kept = lock(&self.0);
        kept.forgotten += 1;
        kept.read.clear();
        let gone = std::mem::take(&mut kept.storages);
        drop(kept);
        drop(gone);
    }

    /// Closes what nobody uses of what is open there.
    pub fn let_go(&self, location: &Location) {
        let mut kept = lock(&self.0);
        let (used, gone) = std::mem::take(&mut kept.storages)
            .into_iter()
            .partition::<Vec<_>, _>(|one| one.location != *location || one.is_used());
        kept.storages = used;
        drop(kept);
        drop(gone);
    }

    fn keep(&self, location: &Location, storage: &Arc<dyn Storage>, before: u64) {
        let mut kept = lock(&self.0);
        if kept.forgotten != before {
            return;
        }
        let one = One { location: location.clone(), storage: storage.clone(), asked: Instant::now() };
        let known = kept.storages.iter_mut().find(|known| known.location == *location);
        let old = match known {
            Some(known) => Some(std::mem::replace(known, one)),
            None => {
                kept.storages.push(one);
                None
            }
        };
        if !kept.is_watched {
            let weak = Arc::downgrade(&self.0);
            kept.is_watched = thread::Builder::new().name("kept open".into()).spawn(move || close_in_time(&weak)).is_ok();
        }
        drop(kept);
        drop(old);
    }
}

impl One {
    fn is_kept(&self) -> bool {
        self.asked.elapsed() < KEPT || (matches!(self.location, Location::Ftp(_)) && self.is_used())
    }

    /// By somebody else.
    fn is_used(&self) -> bool {
        Arc::strong_count(&self.storage) > 1
    }
}

/// Until none is left. Closing may take a server's answer: nobody waits for that.
fn close_in_time(kept: &Weak<Mutex<Kept>>) {
    loop {
        thread::sleep(KEPT);
        let Some(kept) = kept.upgrade() else { return };
        let mut kept = lock(&kept);
        let (still, old) = std::mem::take(&mut kept.storages).into_iter().partition::<Vec<_>, _>(One::is_kept);
        kept.storages = still;
        kept.is_watched = !kept.storages.is_empty();
        let ends = !kept.is_watched;
        drop(kept);
        drop(old);
        if ends {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::local::Local;

    fn at(url: &str) -> Location {
        Location::of_server(url).map_or_else(|| Location::local(url), Result::unwrap)
    }

    fn opened(kept: &KeptOpen, url: &str, folder: &tempfile::TempDir) -> Arc<dyn Storage> {
        let location = at(url);
        kept.or_open(&location, || Local::open(folder.path()).map(|local| Arc::new(local) as Arc<dyn Storage>)).unwrap()
    }

    #[test]
    fn a_server_stays_open_for_a_moment_and_a_folder_does_not() {
        let (kept, folder) = (KeptOpen::default(), tempfile::tempdir().unwrap());
        let open = |url: &str| opened(&kept, url, &folder);
        let first = open("sftp://ada@nas/backups");
        assert!(Arc::ptr_eq(&first, &open("sftp://ada@nas/backups")));
        assert!(!Arc::ptr_eq(&first, &open("sftp://bob@nas/backups")), "another account");
        assert!(!Arc::ptr_eq(&open("/backups"), &open("/backups")));
        kept.forget();
        let second = open("sftp://ada@nas/backups");
        assert!(!Arc::ptr_eq(&first, &second), "something was told since");
        let weak = Arc::downgrade(&second);
        drop(second);
        let end = Instant::now() + 20 * KEPT;
        while weak.strong_count() > 0 {
            assert!(Instant::now() < end, "it is closed when nobody asks any more");
            thread::sleep(Duration::from_millis(50));
        }
        assert!(!lock(&kept.0).is_watched || lock(&kept.0).storages.is_empty());
    }

    #[test]
    fn who_connects_anew_is_given_nothing_that_was_written_over_since() {
        let (kept, folder) = (KeptOpen::default(), tempfile::tempdir().unwrap());
        let open = || opened(&kept, "sftp://ada@nas/backups", &folder);
        let of_a_run = open();
        // Nobody asked for a while, but the run goes on.
        lock(&kept.0).storages.clear();
        let later = open();
        assert!(!Arc::ptr_eq(&of_a_run, &later));
        assert_eq!(later.list("").unwrap().len(), 0);
        of_a_run.put("a", b"x").unwrap();
        assert_eq!(later.list("").unwrap().len(), 1);
        drop((of_a_run, later));
        kept.forget();
        assert!(lock(&kept.0).read.is_empty());
    }

    #[test]
    fn an_ftp_server_is_entered_once_for_as_long_as_somebody_uses_it() {
        let (kept, folder) = (KeptOpen::default(), tempfile::tempdir().unwrap());
        let open = |url: &str| opened(&kept, url, &folder);
        let long_ago = || {
            let mut kept = lock(&kept.0);
            kept.storages.iter_mut().for_each(|one| one.asked = one.asked.checked_sub(2 * KEPT).unwrap());
        };
        let (ftp, sftp) = (open("ftp://ada@nas/backups"), open("sftp://ada@nas/backups"));
        long_ago();
        assert!(Arc::ptr_eq(&ftp, &open("ftp://ada@nas/backups")));
        assert!(!Arc::ptr_eq(&sftp, &open("sftp://ada@nas/backups")));
        kept.let_go(&at("ftp://ada@nas/backups"));
        assert!(Arc::ptr_eq(&ftp, &open("ftp://ada@nas/backups")), "somebody uses it");
        let weak = Arc::downgrade(&ftp);
        drop(ftp);
        kept.let_go(&at("sftp://ada@nas/backups"));
        assert_eq!(weak.strong_count(), 1);
        kept.let_go(&at("ftp://ada@nas/backups"));
        assert_eq!(weak.strong_count(), 0);
    }

    #[test]
    fn what_was_told_while_it_was_opened_counts() {
        let (kept, folder) = (KeptOpen::default(), tempfile::tempdir().unwrap());
        let location = at("sftp://ada@nas/backups");
        let first = kept.or_open::<crate::storage::Error>(&location, || {
            kept.forget();
            Ok(Arc::new(Local::open(folder.path())?))
        });
        assert!(!Arc::ptr_eq(&first.unwrap(), &opened(&kept, "sftp://ada@nas/backups", &folder)));
    }
}
