//! What lies at the target already of what is to be copied there, and what of it is of no use.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use super::{Copying, Version, Wanted};
use crate::archive;
use crate::archive::object::{Objects, run_folder};
use crate::archive::seal::MAX_HEADER;
use crate::engine::core::lock;
use crate::engine::explain;
use crate::engine::few_at_once::few_at_once;
use crate::engine::folder::Listed;
use crate::model::problem::Problem;
use crate::model::snapshot::VersionId;
use crate::storage::name;

pub struct Lying {
    /// With sizes in bytes, by run's folder and name.
    runs: HashMap<String, HashMap<String, u64>>,
    /// To be replaced: damaged, or of another size, or `left`.
    pub bad: HashSet<String>,
    /// Of those what a run that was cut off has left and another try of it has made anew.
    pub left: HashSet<String>,
}

/// Runs that a manifest at the target has vouched for: what lies of them is what their lists name.
pub fn vouched_for(there: &[Listed], gone: &HashSet<VersionId>) -> HashSet<VersionId> {
    let needs = there.iter().filter_map(|l| l.manifest.as_ref().ok()).flat_map(|m| &m.needs);
    let ids = there.iter().map(|l| &l.id).chain(needs.map(|need| &need.run));
    ids.chain(gone).cloned().collect()
}

impl Lying {
    /// Looks at the folders of all runs of these versions, each once. `damaged`: what was found to be so.
    pub fn look(
        copying: &Copying<'_>,
        versions: &[Version<'_>],
        vouched_for: &HashSet<VersionId>,
        just_sent: &HashSet<String>,
        damaged: HashSet<String>,
    ) -> Result<Self, Problem> {
        let mut lying = Self { runs: HashMap::new(), bad: damaged, left: HashSet::new() };
        let folders: HashSet<String> = vouched_for.iter().map(run_folder).collect();
        let is_new = |object: &str| !folders.contains(name::split(object).0) && !just_sent.contains(object);
        let (mut uncertain, mut uncertain_lists) = (HashMap::new(), HashMap::new());
        for version in versions {
            for object in &version.objects {
                lying.list(copying, &object.name)?;
                match lying.size(&object.name) {
                    Some(size) if size != object.info.size => drop(lying.bad.insert(object.name.clone())),
                    Some(_) if is_new(&object.name) => drop(uncertain.insert(object.name.as_str(), object)),
                    _ => {}
                }
            }
            // Where its run's folder was not looked at a list is sent: it may be there already, and is right then.
            let lists = version.lists.iter().filter(|(name, _)| lying.size(name).is_some() && is_new(name));
            uncertain_lists.extend(lists.map(|(name, bytes)| (name.as_str(), bytes)));
        }
        let left: Mutex<HashSet<String>> = Mutex::default();
        let at_once = copying.core.files_at_once(&[copying.to_location]);
        let uncertain: Vec<&Wanted> = uncertain.into_values().collect();
        few_at_once(&uncertain, at_once, |object| {
            if !copying.is_same(object)? {
                lock(&left).insert(object.name.clone());
            }
            Ok::<(), Problem>(())
        })?;
        for (name, bytes) in uncertain_lists {
            if copying.to.read_all(name).map_or(true, |there| there != **bytes) {
                lock(&left).insert(name.to_owned());
            }
        }
        lying.left = std::mem::take(&mut *lock(&left));
        lying.bad.extend(lying.left.iter().cloned());
        Ok(lying)
    }

    fn list(&mut self, copying: &Copying<'_>, object: &str) -> Result<(), Problem> {
        let (base, _) = name::split(object);
        if !self.runs.contains_key(base) {
            let there = copying.to.list(base)?.into_iter().map(|entry| (entry.name, entry.size)).collect();
            self.runs.insert(base.to_owned(), there);
        }
        Ok(())
    }

    fn size(&self, object: &str) -> Option<u64> {
        let (base, name) = name::split(object);
        self.runs.get(base)?.get(name).copied()
    }

    /// Whether an object or a list lies there and is of use.
    pub fn has(&self, object: &str) -> bool {
        self.size(object).is_some() && !self.bad.contains(object)
    }
}

impl Copying<'_> {
    /// Whether an object of the same name and size is the same: a run that was cut off may have made its volumes anew.
    fn is_same(&self, object: &Wanted) -> Result<bool, Problem> {
        if self.cancel.should_end() {
            return Err(explain::cancelled());
        }
        if !object.name.ends_with(".sealed") {
            let hash = self.to.sha256_on_medium(&object.name, &mut |_| !self.cancel.should_end())?.0;
            return Ok(data_encoding::HEXLOWER.encode(&hash) == object.info.sha256);
        }
        // Each time an object is sealed it gets a salt of its own, which stands at its beginning.
        let length = object.info.size.min(MAX_HEADER as u64) as usize;
        let (mut here, mut there) = (vec![0; length], vec![0; length]);
        self.from.read_at(&object.name, 0, &mut here).map_err(|e| archive::Error::object(&object.name, e))?;
        self.to.read_at(&object.name, 0, &mut there).map_err(|e| archive::Error::object(&object.name, e))?;
        Ok(here == there)
    }
}
