//! Keys as a person deals with them: unlock, change the password, see where they are kept.

use std::sync::Arc;

use crate::archive;
use crate::archive::key::{KeyFile, SlotKind};
use crate::model::format::Cipher;
use crate::model::marker;
use crate::model::plan::PlanId;
use crate::model::problem::{Code, Problem};
use crate::model::restore::Place;
use crate::model::secret::Secret;

use super::core::Core;
use super::destination;
use super::explain;
use super::folder::Folder;
use super::message::{KeyStatus, NewSecrets};

/// Other backups at a destination that a wrong password is tried on.
const OTHERS_TRIED: usize = 4;

/// Tries a password or recovery key; what it opens is kept for this session, and on this machine where the plan is its own: the
/// key that was kept there may have been lost.
pub fn unlock(core: &Core, place: &Place) -> Result<(), Problem> {
    let open = match core.open_place(place) {
        Err(problem) if problem.code == Code::WrongPassword => return Err(of_another(core, place)?.unwrap_or(problem)),
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

/// Changes the password at the plan's destination: rewrites key slots only, never a volume.
pub fn change_password(core: &Core, plan: &PlanId, old: &Secret, new: &NewSecrets) -> Result<(), Problem> {
    let plan = core.plan(plan).ok_or_else(explain::no_such_plan)?;
    let seal = plan.seal.ok_or_else(explain::no_such_plan)?;
    let password = new.password.as_ref().filter(|p| !p.is_empty()).ok_or_else(explain::password_needed)?;
    let secrets = NewSecrets { password: Some(old.clone()), recovery_key: None };
    let opened = destination::open_for_writing(core, &plan, &secrets, false)?;
    let folder = &opened.folder;
    let Some((n, bytes)) = folder.keys()? else {
        return Err(archive::Error::Missing { object: marker::keys_name(1) }.into());
    };
    let ring = Arc::new(KeyFile::open(&marker::keys_name(n), &plan.id, n, &bytes, old.expose())?);
    let slots = destination::slots(seal, password.expose(), new);
    let rewritten = KeyFile::rewrite(&marker::keys_name(n), &plan.id, n, &bytes, &ring, &slots, &mut |b| (core.env.entropy)(b))?;
    folder.put_keys(n + 1, &rewritten)?;
    // Only now that the new ones were read back may the old ones go.
    for name in [marker::keys_name(n), marker::keys_copy_name(n)] {
        folder.delete(&name)?;
    }
    core.close_versions(&plan.id);
    core.keep_ring(&plan.id, &ring, true)
}

pub fn status(core: &Core, plan: &PlanId) -> Result<KeyStatus, Problem> {
    let plan = core.plan(plan).ok_or_else(explain::no_such_plan)?;
    let mut status = KeyStatus {
        sealed: plan.seal.is_some(),
        cipher: plan.seal.map_or(String::new(), |s| match s.cipher {
            Cipher::Aes256Gcm => "AES-256-GCM".into(),
        }),
        password_slots: Vec::new(),
        recovery_slots: 0,
        kept_in: "Not kept on this machine".into(),
        keys_number: 0,
    };
    let Some(location) = plan.destinations.first().filter(|_| status.sealed) else { return Ok(status) };
    if core.env.secrets.get(&Core::secret_name(&plan.id))?.is_some() {
        status.kept_in = core.env.secrets.describe();
    }
    let storage = core.storage(location)?;
    let Some(folder) = Folder::all(&storage)?.0.into_iter().find(|f| *f.plan() == plan.id) else {
        return Ok(status);
    };
    if let Some((n, bytes)) = folder.keys()? {
        status.keys_number = n;
        for (kind, costs) in KeyFile::describe(&marker::keys_name(n), &bytes)? {
            match kind {
                SlotKind::Password => status.password_slots.push(costs),
                SlotKind::RecoveryKey => status.recovery_slots += 1,
            }
        }
    }
    Ok(status)
}
