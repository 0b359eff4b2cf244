//! Keys as a person deals with them: unlock, change what opens a backup, see where its key is kept.

pub mod owed;
#[cfg(test)]
mod tests;
mod words;

use std::sync::Arc;

use zeroize::Zeroizing;

use crate::archive::key::{KeyFile, KeyRing, PlanKey};
use crate::model::event::What;
use crate::model::format::KdfKind;
use crate::model::key::{KeySlot, SlotKind};
use crate::model::path::PathBytes;
use crate::model::plan::{Plan, PlanId};
use crate::model::problem::{Code, Problem};
use crate::model::restore::{Place, VersionChoice};
use crate::model::secret::Secret;
use crate::state::secret_file;

use super::core::Core;
use super::destination;
use super::events::{self, About};
use super::explain;
use super::folder::{Folder, Keys};
use super::message::{KeyChange, KeyStatus, NewSecrets};

/// Other backups at a destination that a wrong password is tried on.
const OTHERS_TRIED: usize = 4;

/// Tries a password or recovery key; what it opens is kept for this session, and on this machine where the plan is its own: the
/// key that was kept there may have been lost.
pub fn unlock(core: &Core, place: &Place) -> Result<(), Problem> {
    // What opens it at one destination opens it at the others.
    let open = match core.open_reachable(place, &VersionChoice::Latest) {
        Err(problem) if problem.code == Code::WrongPassword => {
            return Err(of_another(core, place).ok().flatten().unwrap_or(problem));
        }
        other => other?,
    };
    if let Some(ring) = &open.ring {
        let plan = open.folder.plan();
        core.keep_ring(plan, ring, false)?;
        if place.secret.is_some() && core.plan(plan).is_some() {
            // It opens all the same where it cannot be kept.
            let _ = core.keep_ring(plan, ring, true).inspect_err(|problem| tracing::warn!("a key is not kept: {problem}"));
        }
    }
    Ok(())
}

/// Where the wrong password is the right one of another backup at the same destination: says so. Each try costs a key
/// derivation, so only a few are made.
fn of_another(core: &Core, place: &Place) -> Result<Option<Problem>, Problem> {
    let Some(secret) = &place.secret else { return Ok(None) };
    let storage = core.storage(&place.location)?;
    let own = Folder::choose(&storage, &place.location.display(), &place.plan)?.plan().clone();
    let others = Folder::all(&storage)?.0.into_iter().filter(|folder| folder.marker.sealed && *folder.plan() != own);
    let fits = |folder: &Folder| folder.open_keys(secret.expose()).is_ok();
    Ok(others.take(OTHERS_TRIED).find(fits).map(|folder| explain::other_backups_password(&folder.marker.name)))
}

/// Changes key slots at a destination: writes a new file of slots, reads it back, and only then removes the old one.
pub fn change(
    core: &Core,
    place: &Place,
    change: &KeyChange,
    kdf: Option<KdfKind>,
    is_running: &dyn Fn(&PlanId) -> bool,
) -> Result<(), Problem> {
    let folder = core.folder(place)?;
    let plan = folder.plan();
    if is_running(plan) {
        return Err(explain::busy());
    }
    if !folder.marker.sealed {
        return Err(explain::not_encrypted());
    }
    core.check_rotation(&folder)?;
    // Before they are read: a change that is made meanwhile takes this number, and none is made of slots that are gone.
    let n = folder.next_keys_number()?;
    let keys = folder.needed_keys()?;
    let file = keys.file(plan);
    let (ring, opened) = match &place.secret {
        Some(secret) => {
            let (ring, slot) = file.open_slot(secret.expose())?;
            folder.check_marker(Some(&ring))?;
            (core.keep_ring(plan, &Arc::new(ring), false)?, Some((secret, slot)))
        }
        None => {
            let ring = core.own_ring(&folder)?;
            folder.check_marker(Some(&ring))?;
            (ring, None)
        }
    };
    destination::check_owner(core, &folder, Some(&ring))?;

    let configured = core.plan(plan).and_then(|plan| plan.seal).map(|seal| seal.kdf);
    let kdf = kdf.or(configured).unwrap_or(KdfKind::Scrypt);
    let told = words::of(change, &file.shown()?.slots);
    let Changed { ring, secrets, goes } = changed(core, change, ring, opened, &file)?;
    if matches!(change, KeyChange::Add(_) | KeyChange::Replace(_)) {
        check_new(&file, &secrets, &*goes)?;
    }
    let mut slots = destination::slots(core, kdf, &secrets);
    // A machine that is slow, or busy just now, must not make it easier to guess.
    for old in file.costs(&*goes)? {
        slots.iter_mut().for_each(|slot| slot.cost = slot.cost.at_least(old));
    }
    let new = Keys::new(n, file.rewrite(n, &ring, &|slot| !goes(slot), &slots, &mut |b| (core.env.entropy)(b))?);
    if let Err(problem) = folder.put_keys(&new) {
        let problem = if folder.is_number_taken(&new) { changed_meanwhile() } else { problem };
        // One of the two that got there would count already.
        return Err(if folder.withdraw_keys(&new) { problem } else { explain::keys_uncertain(&problem) });
    }
    core.close_versions(plan);
    // From here on it is so, whatever fails. Only now that the new one was read back may the old ones go.
    let name = core.plan(plan).map_or_else(|| folder.marker.name.clone(), |plan| plan.name);
    events::note(core, About::backup(plan, &name), What::KeysChanged, told);
    let settled = core.keep_ring(plan, &ring, true).and_then(|_| folder.settle_keys(&ring));
    settled.map_err(|problem| explain::keys_half_changed(&problem))?;
    owed::share(core, place, &folder, &ring, n);
    Ok(())
}

fn changed_meanwhile() -> Problem {
    Problem::new(
        Code::Busy,
        "What opens this backup was changed a moment ago, while this change was being made.",
        "Nothing of this one was kept. Look at what opens the backup now, and try again if it is still needed.",
    )
}

/// What a change makes of ring and slots.
struct Changed {
    ring: Arc<KeyRing>,
    secrets: NewSecrets,
    /// Whether a slot is not kept.
    goes: Box<dyn Fn(&KeySlot) -> bool>,
}

fn changed(
    core: &Core,
    change: &KeyChange,
    ring: Arc<KeyRing>,
    opened: Option<(&Secret, KeySlot)>,
    file: &KeyFile<'_>,
) -> Result<Changed, Problem> {
    let there = file.shown()?.slots;
    let password = opened.as_ref().filter(|(_, slot)| slot.kind == SlotKind::Password).map(|(_, slot)| slot.id.clone());
    Ok(match change {
        KeyChange::Add(secrets) => Changed { ring, secrets: secrets.clone(), goes: Box::new(|_| false) },
        KeyChange::Remove { slot } => {
            if !there.iter().any(|it| it.id == *slot) {
                return Err(explain::no_such_slot(slot));
            }
            if there.iter().all(|it| it.id == *slot) {
                return Err(explain::last_slot());
            }
            let slot = slot.clone();
            Changed { ring, secrets: NewSecrets::default(), goes: Box::new(move |it| it.id == slot) }
        }
        KeyChange::Replace(secrets) => {
            let new = secrets.clone();
            let goes = move |it: &KeySlot| match it.kind {
                SlotKind::Password => new.password.is_some() && password.as_ref().is_none_or(|id| it.id == *id),
                SlotKind::RecoveryKey => new.recovery_key.is_some(),
                SlotKind::KeyFile => new.key_file.is_some(),
            };
            Changed { ring, secrets: secrets.clone(), goes: Box::new(goes) }
        }
        KeyChange::Stretch => {
            let (secret, slot) = opened.filter(|_| password.is_some()).ok_or_else(explain::password_itself_needed)?;
            let secrets = NewSecrets { password: Some(secret.clone()), ..NewSecrets::default() };
            Changed { ring, secrets, goes: Box::new(move |it| it.id == slot.id) }
        }
        KeyChange::Rotate(further) => {
            let (secret, slot) = opened.ok_or_else(explain::password_itself_needed)?;
            let mut secrets = further.clone();
            let own = match slot.kind {
                SlotKind::Password => &mut secrets.password,
                SlotKind::RecoveryKey => &mut secrets.recovery_key,
                SlotKind::KeyFile => &mut secrets.key_file,
            };
            own.get_or_insert_with(|| secret.clone());
            let newest = PlanKey { id: core.random(), bytes: Zeroizing::new(core.random()) };
            Changed { ring: Arc::new(ring.with_newest(newest)), secrets, goes: Box::new(|_| true) }
        }
    })
}

/// Refuses a secret that opens a slot which stays: removing one of the two would then change nothing.
fn check_new(file: &KeyFile<'_>, secrets: &NewSecrets, goes: &dyn Fn(&KeySlot) -> bool) -> Result<(), Problem> {
    for (kind, secret) in secrets.each() {
        if let Some(slot) = file.opened_by(kind, secret.expose(), &|slot| !goes(slot))? {
            return Err(explain::opens_already(&slot));
        }
    }
    Ok(())
}

pub fn read_key_file(path: &PathBytes) -> Result<Secret, Problem> {
    secret_file::read_key_file(&path.as_path()).map_err(|error| explain::key_file(&path.display(), &error))
}

/// Makes a key file of random bytes; never in the place of another file.
pub fn make_key_file(core: &Core, path: &PathBytes) -> Result<Secret, Problem> {
    let content: Zeroizing<[u8; 64]> = Zeroizing::new(core.random());
    secret_file::write_new(&path.as_path(), &content[..]).map_err(|error| explain::key_file_not_made(&path.display(), &error))?;
    read_key_file(path)
}

/// Makes a password and a file with it; never in the place of another file.
pub fn make_password_file(core: &Core, path: &PathBytes) -> Result<Secret, Problem> {
    let random = Zeroizing::new(core.random());
    secret_file::make_password(&path.as_path(), &random).map_err(|error| explain::password_file_not_made(&path.display(), &error))
}

pub fn status(core: &Core, plan: &PlanId) -> Result<KeyStatus, Problem> {
    let plan = core.plan(plan).ok_or_else(explain::no_such_plan)?;
    let mut status = bare_status(Some(&plan));
    let Some(location) = plan.destinations.first().filter(|_| status.sealed) else { return Ok(status) };
    kept(core, &plan.id, &mut status)?;
    let storage = core.storage(location)?;
    if let Some(folder) = Folder::of_plan(&storage, &plan.id)? {
        fill(&folder, &mut status)?;
    }
    Ok(status)
}

/// The same of a backup at a destination, whether this home has a plan for it or not. Needs no secret.
pub fn status_at(core: &Core, place: &Place) -> Result<KeyStatus, Problem> {
    let folder = core.folder(place)?;
    let mut status = bare_status(core.plan(folder.plan()).as_ref());
    status.sealed = folder.marker.sealed;
    if !status.sealed {
        return Err(explain::not_encrypted());
    }
    kept(core, folder.plan(), &mut status)?;
    fill(&folder, &mut status)?;
    Ok(status)
}

fn bare_status(plan: Option<&Plan>) -> KeyStatus {
    let file = plan.and_then(|plan| plan.secret_file.as_ref());
    let kept_in = match file {
        Some(file) => format!("Not kept on this machine; opened with {}", file.path().display()),
        None => "Not kept on this machine".into(),
    };
    KeyStatus {
        sealed: plan.is_some_and(|plan| plan.seal.is_some()),
        cipher: plan.and_then(|plan| plan.seal).map_or(String::new(), |seal| seal.cipher.in_words().into()),
        slots: Vec::new(),
        older_keys: 0,
        kept_in,
        keys_number: 0,
    }
}

fn kept(core: &Core, plan: &PlanId, status: &mut KeyStatus) -> Result<(), Problem> {
    if core.env.secrets.get(&Core::secret_name(plan))?.is_some() {
        status.kept_in = core.env.secrets.describe();
    }
    Ok(())
}

fn fill(folder: &Folder, status: &mut KeyStatus) -> Result<(), Problem> {
    if let Some(keys) = folder.keys()? {
        let shown = keys.file(folder.plan()).shown()?;
        status.keys_number = keys.n;
        status.slots = shown.slots;
        status.older_keys = shown.older;
    }
    Ok(())
}
