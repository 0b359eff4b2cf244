//! Which of a command's servers a password is for that goes with the command. No other server gets to see it: it may be anybody's.

use super::access;
use super::core::Core;
use super::explain;
use super::message::{Keep, OfferedPassword, ToldAccess};
use crate::model::location::Location;
use crate::model::problem::Problem;
use crate::model::secret::Secret;

/// A server's own that is kept comes first. Of several without one it goes to the one that asks for one; if several do, to none.
pub fn offer(core: &Core, offered: OfferedPassword) -> Result<(), Problem> {
    let OfferedPassword { password, keep, places, named } = offered;
    let mut servers: Vec<&Location> = Vec::new();
    for place in &places {
        if let Some(account) = place.account()
            && servers.iter().all(|known| known.account().as_ref() != Some(&account))
        {
            servers.push(place);
        }
    }
    if let ([only], true) = (&servers[..], named)
        && core.accesses.keeps_password(only)
    {
        return core.accesses.tell_spare(only, password, keep);
    }
    servers.retain(|place| !core.accesses.keeps_password(place));
    if servers.len() > 1 {
        servers.retain(|place| wants(core, place, &password));
    }
    match servers[..] {
        [] => Ok(()),
        [only] => {
            let keep = if keep { Keep::AtOnce } else { Keep::No };
            access::tell(core, only, ToldAccess { password: Some(password), keep, ..ToldAccess::default() })
        }
        ref several => Err(explain::one_password(several)),
    }
}

/// Whether a server without a password that is kept asks for one. That it was given this one by an earlier command counts for nothing.
fn wants(core: &Core, place: &Location, password: &Secret) -> bool {
    let asks = || core.storage(place).is_err_and(|problem| problem.code.wants_storage_password());
    core.accesses.was_told(place, password) || asks()
}
