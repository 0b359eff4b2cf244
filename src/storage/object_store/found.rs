//! What a store lists, as it comes page by page.

use futures_util::StreamExt;
use jiff::Timestamp;
use opendal::{Entry, EntryMode};

use super::fault::Fault;
use super::{ObjectStore, asked, judged, listed};
use crate::storage::{Error, LONGEST_LIST, name};

/// Children of one folder: what is more is no list of ours, and could go on for ever.
const MOST: usize = 1_000_000;

/// Something below a folder.
#[derive(Debug)]
pub struct Found {
    /// Below that folder; a folder's has a `/` at its end.
    pub name: String,
    pub is_folder: bool,
    pub size: u64,
    pub modified: Option<Timestamp>,
}

/// Of a key that begins so.
fn below(within: &str, entry: &Entry) -> Option<Found> {
    let (name, metadata) = (entry.path().strip_prefix(within)?, entry.metadata());
    Some(Found {
        name: name.to_owned(),
        is_folder: metadata.mode() == EntryMode::DIR,
        size: metadata.content_length(),
        modified: metadata.last_modified().map(opendal::raw::Timestamp::into_inner),
    })
}

/// What was found so far.
struct Finds {
    all: Vec<Found>,
    /// Bytes that may be kept yet.
    room: usize,
}

impl Finds {
    /// Takes in what can have such a name; a store may list what it likes. Fails where that is more than there may be.
    fn take(&mut self, found: Found) -> Result<(), Fault> {
        if found.name.is_empty() || found.name.len() > name::LONGEST {
            return Ok(());
        }
        let room = self.room.checked_sub(size_of_val(&found) + found.name.len());
        match room.filter(|_| self.all.len() < MOST) {
            Some(room) => {
                self.room = room;
                self.all.push(found);
                Ok(())
            }
            None => Err(Fault::TooLong("more entries than a folder has".into())),
        }
    }
}

impl ObjectStore {
    /// What lies below a folder (empty: the root), directly or in all.
    pub(super) fn entries(&self, folder: &str, all: bool) -> Result<Vec<Found>, Error> {
        let within = self.within(folder);
        let path = listed(&within);
        let list = async {
            let mut entries = self.operator().lister_with(&path).recursive(all).await?;
            let mut finds = Finds { all: Vec::new(), room: LONGEST_LIST };
            while let Some(entry) = entries.next().await {
                asked::progress();
                if let Some(found) = below(&within, &entry?) {
                    finds.take(found).map_err(Fault::into_error)?;
                }
            }
            Ok(finds.all)
        };
        self.line.wait(asked::list(list)).map_err(|e| judged(if folder.is_empty() { &self.shown } else { folder }, &e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Found {
        Found { name: name.into(), is_folder: false, size: 1, modified: None }
    }

    #[test]
    fn only_so_much_is_kept_of_what_a_store_lists() {
        let mut finds = Finds { all: Vec::new(), room: LONGEST_LIST };
        for name in ["a", "", &"x".repeat(100_000), "b/c"] {
            finds.take(named(name)).unwrap();
        }
        let names: Vec<&str> = finds.all.iter().map(|found| found.name.as_str()).collect();
        assert_eq!(names, ["a", "b/c"]);

        let mut little = Finds { all: Vec::new(), room: 10_000 };
        let taken = (0..100).take_while(|_| little.take(named(&"x".repeat(2000))).is_ok()).count();
        assert!((1..=4).contains(&taken) && little.all.len() == taken, "{taken}");
    }
}
