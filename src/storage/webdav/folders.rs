//! Folders at a server that are known to be there, so that none is asked for or made twice.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::listing::Told;
use super::places::Place;
use crate::storage::name;

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

    /// Takes in what a list of a folder shows.
    pub fn listed(&self, folder: &str, children: &[Told]) {
        let mut there = self.there();
        let below = children.iter().filter(|child| child.is_folder).filter_map(|child| match &child.place {
            Place::Child(name) => Some(name::join(folder, name)),
            _ => None,
        });
        for shown in below.chain([folder.to_owned()]) {
            if there.len() < MOST {
                there.entry(shown).or_insert(Known::Found);
            }
        }
    }

    /// Whether nothing can lie under a name: its folder was made here, and nothing was put there under it. From then on it was.
    pub fn is_free(&self, name: &str) -> bool {
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
        let child = |name: &str, is_folder| Told {
            place: Place::Child(name.into()),
            is_folder,
            size: None,
            modified: None,
            free: None,
            used: None,
        };
        folders.listed("p", &[child("data", true), child("a.json", false)]);
        let known = ["", "p", "p/data", "p/a.json", "q"].map(|folder| folders.has(folder));
        assert_eq!(known, [true, true, true, false, false]);
        assert!(!folders.is_free("p/data/x"), "it was there before");
        folders.made("p/data/run", true);
        folders.listed("p/data", &[child("run", true)]);
        assert!(folders.is_free("p/data/run/v1") && folders.is_free("p/data/run/v2"));
        assert!(!folders.is_free("p/data/run/v1"));
        folders.made("q", false);
        assert!(folders.has("q") && !folders.is_free("q/x"));
        folders.forget();
        assert!(!folders.has("p") && !folders.is_free("p/data/run/v3"));
    }
}
