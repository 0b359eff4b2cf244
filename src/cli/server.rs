//! What a destination's server asks for: its password from the environment or a prompt, and which key is trusted.

use std::env;
use std::path::Path;

use super::{args, output, parse, password};
use crate::engine::Handle;
use crate::engine::message::{Keep, ServerTrust, ToldAccess};
use crate::model::location::Location;
use crate::model::path::PathBytes;
use crate::model::problem::{Code, Problem};
use crate::model::secret::Secret;
use crate::storage::certificates;

/// Tells the engine what the command line and the environment say of a destination. `keep`: the password is to be known from
/// then on, since runs that nobody attends need it.
pub fn tell(handle: &Handle, location: &Location, options: &args::Server, keep: bool) -> Result<(), Problem> {
    if location.path().is_some() {
        return Ok(());
    }
    let trust = match (&options.host_key, options.accept_new_host_key) {
        (Some(key), _) => Some(ServerTrust::Key(key.clone())),
        (None, true) => Some(ServerTrust::New),
        (None, false) => None,
    };
    if let Some(words) = location.unprotected() {
        output::complain(words);
    }
    let keep = if keep { Keep::AtOnce } else { Keep::No };
    let told = ToldAccess { password: given()?, keep, trust, ca_file: options.ca_file.as_deref().map(ca_file).transpose()? };
    if told == (ToldAccess { keep, ..ToldAccess::default() }) {
        return Ok(());
    }
    handle.tell_access(location.clone(), told).wait()
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
