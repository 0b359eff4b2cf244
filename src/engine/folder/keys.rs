//! The files of key slots in a plan's folder.
//!
//! A change writes a file with a higher number, twice, reads both back, and then removes the older ones. Cut short anywhere it leaves
//! one that is whole; the next run ends it.

use crate::archive;
use crate::archive::key::{KeyFile, KeyRing};
use crate::model::marker;
use crate::model::plan::PlanId;
use crate::model::problem::Problem;

use super::Folder;

/// A file of key slots that is whole.
pub struct Keys {
    pub n: u32,
    pub bytes: Vec<u8>,
    name: String,
}

impl Keys {
    pub fn new(n: u32, bytes: Vec<u8>) -> Self {
        Self { n, bytes, name: marker::keys_name(n) }
    }

    /// The names of both its copies.
    pub fn copies(&self) -> [String; 2] {
        [marker::keys_name(self.n), marker::keys_copy_name(self.n)]
    }

    pub fn file<'a>(&'a self, plan: &'a PlanId) -> KeyFile<'a> {
        KeyFile { object: &self.name, plan, n: self.n, bytes: &self.bytes }
    }
}

impl Folder {
    /// The highest n with a whole copy. `None` where there are no key files.
    pub fn keys(&self) -> Result<Option<Keys>, Problem> {
        let mut numbers: Vec<u32> = self.key_files()?.into_iter().map(|(n, _)| n).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let mut first_error = None;
        for n in numbers.into_iter().rev() {
            for name in [marker::keys_name(n), marker::keys_copy_name(n)] {
                match self.read_all(&name) {
                    Ok(bytes) => {
                        let keys = Keys::new(n, bytes);
                        match keys.file(self.plan()).check(None) {
                            Ok(()) => return Ok(Some(keys)),
                            Err(error) => first_error = first_error.or(Some(error)),
                        }
                    }
                    Err(archive::Error::Missing { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        match first_error {
            Some(error) => Err(error.into()),
            None => Ok(None),
        }
    }

    /// The same where there must be one.
    pub fn needed_keys(&self) -> Result<Keys, Problem> {
        Ok(self.keys()?.ok_or_else(|| archive::Error::Missing { object: marker::keys_name(1) })?)
    }

    /// Id of the newest plan key, as the slots say; `None` where none are there.
    pub fn newest_key(&self) -> Result<Option<[u8; 16]>, Problem> {
        let Some(keys) = self.keys()? else { return Ok(None) };
        Ok(Some(keys.file(self.plan()).shown()?.newest))
    }

    /// Writes both copies and reads them back.
    pub fn put_keys(&self, keys: &Keys) -> Result<(), Problem> {
        for name in keys.copies() {
            // As in `settle_keys`.
            self.put_once(&name, &keys.bytes)?;
        }
        self.check_keys(keys)
    }

    /// Reads both copies back.
    pub fn check_keys(&self, keys: &Keys) -> Result<(), Problem> {
        for name in keys.copies() {
            if self.read_all(&name)? != keys.bytes {
                return Err(archive::Error::damaged(name, "it was not written as it was sent").into());
            }
        }
        Ok(())
    }

    /// Takes back a file that could not be written whole, twice. Whether nothing of it can be there any more. What another change has put
    /// there at the same time stays.
    pub fn withdraw_keys(&self, keys: &Keys) -> bool {
        let withdrawn = keys.copies().map(|name| {
            if self.is_of_another(keys, &name) {
                return true;
            }
            let deleted = self.delete(&name).inspect_err(|problem| tracing::warn!("{name} could not be taken back: {problem}"));
            deleted.is_ok()
        });
        withdrawn == [true, true]
    }

    /// Whether another change has taken the number of these.
    pub fn is_number_taken(&self, keys: &Keys) -> bool {
        keys.copies().iter().any(|name| self.is_of_another(keys, name))
    }

    /// Whether a copy is whole and not the one that was sent: what is damaged may be that.
    fn is_of_another(&self, keys: &Keys, name: &str) -> bool {
        let there = self.read_all(name).map(|bytes| Keys::new(keys.n, bytes));
        there.is_ok_and(|there| there.bytes != keys.bytes && there.file(self.plan()).check(None).is_ok())
    }

    /// The number that the next file takes: above all that lie there, damaged ones too.
    pub fn next_keys_number(&self) -> Result<u32, Problem> {
        let highest = self.key_files()?.into_iter().map(|(n, _)| n).max().unwrap_or(0);
        Ok(highest.checked_add(1).ok_or_else(|| archive::Error::Limit("no further key file can be numbered".into()))?)
    }

    /// Ends a change that was cut short: both copies of the newest file are there, and none that is older. Nothing is touched where the
    /// newest is not proved by the plan's newest key.
    pub fn settle_keys(&self, ring: &KeyRing) -> Result<(), Problem> {
        let there = self.key_files()?;
        let Some(keys) = self.keys()? else { return Ok(()) };
        let file = keys.file(self.plan());
        if file.check(Some(ring)).is_err() || file.shown()?.newest != ring.newest().id {
            return Ok(());
        }
        for name in keys.copies() {
            let whole = self.read_all(&name).is_ok_and(|bytes| bytes == keys.bytes);
            if !whole {
                if Self::may_stay(self.delete(&name))?.is_some() {
                    continue;
                }
                // Another destination's lane may just have put the same there.
                self.put_once(&name, &keys.bytes)?;
            }
        }
        for (_, name) in there.into_iter().filter(|(n, _)| *n < keys.n) {
            // Older slots are of no use once the newest are proved: where they may not be removed they stay.
            Self::may_stay(self.delete(&name))?;
        }
        Ok(())
    }

    /// Gives this folder and the plan's folder at another destination the newest slots that either of them has.
    pub fn share_keys(&self, other: &Self, ring: &KeyRing) -> Result<(), Problem> {
        let (here, there) = (self.proved_keys(ring)?, other.proved_keys(ring)?);
        match (here, there) {
            (Some(here), there) if there.as_ref().is_none_or(|there| there.n < here.n) => other.put_keys(&here)?,
            (here, Some(there)) if here.as_ref().is_none_or(|here| here.n < there.n) => self.put_keys(&there)?,
            _ => {}
        }
        self.settle_keys(ring)?;
        other.settle_keys(ring)
    }

    /// The newest slots, where the plan's newest key proves them.
    pub fn proved_keys(&self, ring: &KeyRing) -> Result<Option<Keys>, Problem> {
        let Some(keys) = self.keys()? else { return Ok(None) };
        let file = keys.file(self.plan());
        let proved = file.check(Some(ring)).is_ok() && file.shown()?.newest == ring.newest().id;
        Ok(proved.then_some(keys))
    }

    /// Opens the key slots with a password, a recovery key or a key file's secret. That the marker is signed with what they hold proves
    /// them: anybody who can write here can put slots of their own.
    pub fn open_keys(&self, secret: &str) -> Result<KeyRing, Problem> {
        let ring = self.needed_keys()?.file(self.plan()).open(secret)?;
        self.check_marker(Some(&ring))?;
        Ok(ring)
    }

    /// Numbers and names of all there are, copies too.
    fn key_files(&self) -> Result<Vec<(u32, String)>, Problem> {
        let files = self.list("")?.into_iter().filter_map(|e| Some((marker::parse_keys_name(&e.name)?.0, e.name)));
        Ok(files.collect())
    }
}
