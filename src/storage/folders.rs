//! Folders at a server that are known to be there, so that none is asked for or made twice.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::name;

/// Bytes from which on an object is a volume, or the like.
const LARGE: u64 = 1 << 20;
/// Most that are kept in mind.
const MOST: usize = 10_000;

#[derive(Default)]
pub struct Folders {
    there: Mutex<HashMap<String, Known>>,
    /// Held while some are made, so that each is made once.
    making: Mutex<()>,
}

enum Known {
    /// It was there before.
    Found,
    /// It was made here: what lies in it was put there from here, by these names.
    Made(HashSet<String>),
}

impl Folders {
    pub fn has(&self, folder: &str) -> bool {
        folder.is_empty() || self.there().contains_key(folder)
    }

    /// Held by the one who makes some.
    pub fn making(&self) -> MutexGuard<'_, ()> {
        self.making.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `is_new`: it was not there before.
    pub fn made(&self, folder: &str, is_new: bool) {
        let known = if is_new { Known::Made(HashSet::new()) } else { Known::Found };
        self.there().insert(folder.to_owned(), known);
    }

    /// Takes in what a list of a folder shows: the folders in it.
    pub fn listed<'a>(&self, folder: &str, folders: impl Iterator<Item = &'a str>) {
        let mut there = self.there();
        for shown in folders.map(|name| name::join(folder, name)).chain([folder.to_owned()]) {
            if there.len() < MOST {
                there.entry(shown).or_insert(Known::Found);
            }
        }
    }

    /// Whether nothing can lie under the name of an object of so many bytes: its folder was made here, and nothing was put there under it.
    /// From then on it was. Only of volumes, whose names are their run's own: what is small others may write too.
    pub fn is_free(&self, name: &str, length: u64) -> bool {
        if length < LARGE {
            return false;
        }
        let (folder, child) = name::split(name);
        match self.there().get_mut(folder) {
            Some(Known::Made(names)) => names.insert(child.to_owned()),
            _ => false,
        }
    }

    /// Some may be gone.
    pub fn forget(&self) {
        self.there().clear();
    }

    fn there(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.there.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_list_shows_is_there_and_what_was_made_is_free_once() {
        let folders = Folders::default();
        folders.listed("p", ["data"].into_iter());
        let known = ["", "p", "p/data", "p/a.json", "q"].map(|folder| folders.has(folder));
        assert_eq!(known, [true, true, true, false, false]);
        assert!(!folders.is_free("p/data/x", LARGE), "it was there before");
        folders.made("p/data/run", true);
        folders.listed("p/data", ["run"].into_iter());
        assert!(folders.is_free("p/data/run/v1", LARGE) && folders.is_free("p/data/run/v2", LARGE));
        assert!(!folders.is_free("p/data/run/v1", LARGE));
        assert!(!folders.is_free("p/data/run/catalog", LARGE - 1), "others may write it too");
        folders.made("q", false);
        assert!(folders.has("q") && !folders.is_free("q/x", LARGE));
        folders.forget();
        assert!(!folders.has("p") && !folders.is_free("p/data/run/v3", LARGE));
    }
}
