//! What a destination's server asks for: its password from the environment or a prompt, and which key is trusted.

use std::env;
use std::path::Path;
use std::slice::from_ref;

use super::{args, output, parse, password};
use crate::engine::Handle;
use crate::engine::message::{Keep, OfferedPassword, ServerTrust, ToldAccess};
use crate::model::location::Location;
use crate::model::path::PathBytes;
use crate::model::problem::{Code, Problem};
use crate::model::secret::Secret;
use crate::storage::certificates;

/// Tells the engine what the command line and the environment say of the destination that a command names. `keep`: the password is to
/// be known from then on, since runs that nobody attends need it.
pub fn tell(handle: &Handle, location: &Location, options: &args::Server, keep: bool) -> Result<(), Problem> {
    tell_all(handle, from_ref(location), options, keep)
}

/// The same of all destinations that a command names: one password is for one of them.
pub fn tell_all(handle: &Handle, locations: &[Location], options: &args::Server, keep: bool) -> Result<(), Problem> {
    locations.iter().for_each(warn);
    trust(handle, locations, options)?;
    offer(handle, locations, keep, true)
}

/// The same of the destinations of plans. `all`: also of the other plans that the command is for.
pub fn tell_of_plans(handle: &Handle, locations: &[Location], all: &[Location], options: &args::Server) -> Result<(), Problem> {
    locations.iter().for_each(warn);
    trust(handle, all, options)?;
    offer(handle, all, false, false)
}

/// The same of the one destination that a password is to be remembered for, in the place of another one. Whether there was a password.
pub fn set(handle: &Handle, location: &Location, options: &args::Server) -> Result<bool, Problem> {
    warn(location);
    trust(handle, from_ref(location), options)?;
    let Some(password) = given()?.filter(|_| location.account().is_some()) else { return Ok(false) };
    let told = ToldAccess { password: Some(password), keep: Keep::AtOnce, ..ToldAccess::default() };
    handle.tell_access(location.clone(), told).wait().map(|()| true)
}

fn warn(location: &Location) {
    if let Some(words) = location.unprotected() {
        output::warn(words);
    }
}

/// Which servers are the right ones.
fn trust(handle: &Handle, locations: &[Location], options: &args::Server) -> Result<(), Problem> {
    let trust = match (&options.host_key, options.accept_new_host_key) {
        (Some(key), _) => Some(ServerTrust::Key(key.clone())),
        (None, true) => Some(ServerTrust::New),
        (None, false) => None,
    };
    let servers: Vec<&Location> = locations.iter().filter(|location| location.server().is_some()).collect();
    if servers.is_empty() || trust.is_none() && options.ca_file.is_none() {
        return Ok(());
    }
    let told = ToldAccess { trust, ca_file: options.ca_file.as_deref().map(ca_file).transpose()?, ..ToldAccess::default() };
    servers.into_iter().try_for_each(|location| handle.tell_access(location.clone(), told.clone()).wait())
}

fn offer(handle: &Handle, locations: &[Location], keep: bool, named: bool) -> Result<(), Problem> {
    let places: Vec<Location> = locations.iter().filter(|location| location.account().is_some()).cloned().collect();
    if places.is_empty() {
        return Ok(());
    }
    match given()? {
        Some(password) => handle.offer_password(OfferedPassword { password, keep, places, named }).wait(),
        None => Ok(()),
    }
}

/// What `--ca-file` names, as whoever reads it later finds it.
fn ca_file(path: &Path) -> Result<PathBytes, Problem> {
    certificates::of_file(path).map_err(Problem::from)?;
    Ok(parse::real(path)?.into())
}

/// Of the environment.
fn given() -> Result<Option<Secret>, Problem> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty());
    if let Some(text) = set("STRONGROOM_STORAGE_PASSWORD") {
        let text = text.into_string();
        return text
            .map(|text| Some(Secret::new(text)))
            .map_err(|_| Problem::new(Code::Usage, "STRONGROOM_STORAGE_PASSWORD is not UTF-8.", ""));
    }
    set("STRONGROOM_STORAGE_PASSWORD_FILE").map(|path| password::from_file(Path::new(&path))).transpose()
}

/// What `--host-key` takes: as OpenSSH's `ssh-keygen -l` shows it.
pub fn fingerprint(text: &str) -> Result<String, String> {
    let hash = text.strip_prefix("SHA256:").map(|hash| hash.trim_end_matches('='));
    match hash.map(|hash| (hash, data_encoding::BASE64_NOPAD.decode(hash.as_bytes()))) {
        Some((hash, Ok(bytes))) if bytes.len() == 32 => Ok(format!("SHA256:{hash}")),
        _ => Err("expected SHA256: and 43 letters, as `ssh-keygen -lf` shows it".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_written_as_openssh_shows_it() {
        let good = "SHA256:uNiVztksCsDhcc0u9e8BrrQHVKQpcwqgvy2HGPkKLVE";
        assert_eq!(fingerprint(good), Ok(good.into()));
        assert_eq!(fingerprint(&format!("{good}=")), Ok(good.into()));
        for bad in ["", "SHA256:", "MD5:aa:bb", "uNiVztksCsDhcc0u9e8BrrQHVKQpcwqgvy2HGPkKLVE", "SHA256:short"] {
            assert!(fingerprint(bad).is_err(), "{bad}");
        }
    }
}
