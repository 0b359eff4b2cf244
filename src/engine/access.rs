//! Passwords and keys of the servers that destinations lie on: what this session was told, what this machine keeps.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::model::drive::{OnVolume, Share};
use crate::model::event::What;
use crate::model::location::{Location, Server};
use crate::model::path::PathBytes;
use crate::model::problem::Problem;
use crate::model::secret::Secret;
use crate::model::settings::CONNECTIONS;
use crate::os;
use crate::state::drives;
use crate::state::host_keys;
use crate::state::paths::Home;
use crate::state::secrets::SecretStore;
use crate::storage::Kind;
use crate::storage::access::{Access, Fingerprint};
use crate::storage::throttle::Throttle;

use super::core::{Core, lock};
use super::events::{self, About};
use super::explain;
use super::message::{Keep, ServerTrust, ToldAccess};

/// Private keys as OpenSSH names them, in the order in which it tries them.
const KEY_FILES: [&str; 3] = ["id_ed25519", "id_ecdsa", "id_rsa"];

pub struct Accesses {
    secrets: Arc<dyn SecretStore>,
    /// Where the keys of servers are kept.
    home: Option<Home>,
    /// A guest keeps no secrets there, nor where drives are.
    keeps: bool,
    throttle: Arc<Throttle>,
    connections: AtomicUsize,
    told: Mutex<Told>,
}

/// For as long as this process lives.
#[derive(Default)]
struct Told {
    passwords: HashMap<String, Secret>,
    /// Accounts whose password no server has taken yet.
    unproven: HashMap<String, Unproven>,
    /// Tried where the one that is known is refused.
    spares: HashMap<String, Spare>,
    servers: HashMap<Server, ServerTrust>,
    ca_files: HashMap<Server, PathBytes>,
}

struct Unproven {
    /// The one that was told before.
    before: Option<Secret>,
    /// Whether it is kept once a server has taken it.
    keep: bool,
}

struct Spare {
    password: Secret,
    keep: bool,
}

impl Accesses {
    pub fn new(secrets: Arc<dyn SecretStore>, home: Option<Home>, keeps: bool) -> Self {
        Self {
            secrets,
            home,
            keeps,
            throttle: Arc::default(),
            connections: AtomicUsize::new(CONNECTIONS.into()),
            told: Mutex::default(),
        }
    }

    /// Bytes per second to servers and from them, from now on.
    pub fn limit(&self, up: Option<u64>, down: Option<u64>) {
        self.throttle.set(up, down);
    }

    /// Files on their way to one server at the same time, of what is begun from now on.
    pub fn connect_by(&self, connections: usize) {
        self.connections.store(connections, Relaxed);
    }

    /// Keeps on which drive or share a destination lies that was just written to.
    pub fn remember_drive(&self, location: &Location) {
        let (Some(home), Some(path)) = (self.home.as_ref().filter(|_| self.keeps), location.path()) else { return };
        let lies = self.found_at(path).unwrap_or_else(|| path.clone());
        let mounts = os::drives::mounts();
        let kept = OnVolume::of(&lies, &mounts).map_or(Ok(()), |on| drives::keep(home, path, on));
        if let Err(error) = kept.and_then(|()| drives::keep_share(home, path, Share::of(&lies, &mounts))) {
            tracing::warn!("on which drive a destination lies is not kept: {error}");
        }
    }

    /// The share of another machine that a destination lies on, or lay on when it was last written to: then it is to be mounted again.
    pub fn share_of(&self, location: &Location) -> Option<Share> {
        Share::of(location.path()?, &os::drives::mounts()).or_else(|| self.known_share(location))
    }

    /// The share that a destination lay on, where that is not mounted now.
    pub fn missing_share(&self, location: &Location) -> Option<Share> {
        let known = self.known_share(location)?;
        Share::of(location.path()?, &os::drives::mounts()).is_none().then_some(known)
    }

    fn known_share(&self, location: &Location) -> Option<Share> {
        // What cannot be read says nothing.
        drives::share(self.home.as_ref()?, location.path()?).ok().flatten()
    }

    /// Takes in what somebody says of a destination's server; the password is kept on this machine where that is wanted. Returns whether
    /// any of it was not known.
    pub fn tell(&self, location: &Location, told: ToldAccess) -> Result<bool, Problem> {
        let (Some(account), Some(server)) = (location.account(), location.server()) else { return Ok(false) };
        let mut is_new = false;
        if let Some(password) = told.password {
            if told.keep == Keep::AtOnce {
                self.keep_password(&account, &password)?;
            }
            let mut here = lock(&self.told);
            let before = here.passwords.insert(account.clone(), password.clone());
            is_new |= before.as_ref() != Some(&password);
            if told.keep == Keep::Proven {
                here.unproven.entry(account).or_insert(Unproven { before, keep: true });
            } else {
                here.unproven.remove(&account);
            }
        }
        if let Some(file) = told.ca_file {
            if let Some(home) = &self.home {
                match host_keys::keep_ca_file(home, &shown(&server), &file) {
                    // Whoever only reads may have a home that nobody can write to.
                    Err(error) if !self.keeps => tracing::warn!(%error, "a server's certificates could not be kept"),
                    kept => kept.map_err(explain::ca_file_not_kept)?,
                }
            }
            is_new |= lock(&self.told).ca_files.insert(server.clone(), file.clone()) != Some(file);
        }
        if let Some(trust) = told.trust {
            is_new |= lock(&self.told).servers.insert(server, trust.clone()) != Some(trust);
        }
        Ok(is_new)
    }

    /// Takes in a password for a server whose own is kept: that one comes first, and this one where it is refused.
    pub fn tell_spare(&self, location: &Location, password: Secret, keep: bool) -> Result<(), Problem> {
        let Some(account) = location.account() else { return Ok(()) };
        let is_known = self.password(location).as_ref() == Some(&password);
        let mut here = lock(&self.told);
        if !is_known {
            here.spares.insert(account, Spare { password, keep });
            return Ok(());
        }
        // A server may have taken it before it was said that it is to be kept.
        let is_proven = !here.unproven.contains_key(&account);
        drop(here);
        if keep && is_proven { self.keep_password(&account, &password) } else { Ok(()) }
    }

    /// Puts a spare password in the place of the one that was refused; `false` where there is none.
    pub fn take_spare(&self, location: &Location, failed: Kind) -> bool {
        let Some(account) = location.account().filter(|_| is_refusal(failed)) else { return false };
        let mut here = lock(&self.told);
        let Some(Spare { password, keep }) = here.spares.remove(&account) else { return false };
        let before = here.passwords.insert(account.clone(), password);
        here.unproven.insert(account, Unproven { before, keep });
        true
    }

    /// Whether this machine keeps a password for it.
    pub fn keeps_password(&self, location: &Location) -> bool {
        let kept = location.account().and_then(|account| self.secrets.get(&secret_name(&account)).ok().flatten());
        kept.is_some()
    }

    /// Whether this very password was told for it.
    pub fn was_told(&self, location: &Location, password: &Secret) -> bool {
        location.account().is_some_and(|account| lock(&self.told).passwords.get(&account) == Some(password))
    }

    /// Takes in how opening a destination ended: a password that was told is kept once it is proven, and forgotten where it is refused, so
    /// that the one that is kept stands again.
    pub fn tried(&self, location: &Location, failed: Option<Kind>) -> Result<(), Problem> {
        let Some(account) = location.account() else { return Ok(()) };
        let is_refused = failed.is_some_and(is_refusal);
        if failed.is_some() && !is_refused {
            return Ok(());
        }
        let mut here = lock(&self.told);
        let Some(Unproven { before, keep }) = here.unproven.remove(&account) else { return Ok(()) };
        if is_refused {
            match before {
                Some(before) => here.passwords.insert(account, before),
                None => here.passwords.remove(&account),
            };
            return Ok(());
        }
        let proven = here.passwords.get(&account).cloned();
        drop(here);
        match proven {
            Some(password) if keep => self.keep_password(&account, &password),
            _ => Ok(()),
        }
    }

    fn keep_password(&self, account: &str, password: &Secret) -> Result<(), Problem> {
        if self.keeps {
            self.secrets.set(&secret_name(account), password.expose())?;
        }
        Ok(())
    }
}

/// Whether a server has said no to the password.
fn is_refusal(failed: Kind) -> bool {
    matches!(failed, Kind::Refused | Kind::NotAKey | Kind::NoKeyId)
}

/// Takes in what somebody says of a destination's server, and notes what was accepted with it that was not known.
pub fn tell(core: &Core, location: &Location, told: ToldAccess) -> Result<(), Problem> {
    let accepted = core.accesses.accepted(location, &told);
    if core.accesses.tell(location, told)? {
        core.kept_open.forget();
    }
    if let Some(server) = location.server().filter(|_| !accepted.is_empty()) {
        events::note(core, About::named(&shown(&server)), What::Trusted, accepted);
    }
    Ok(())
}

impl Access for Accesses {
    fn password(&self, location: &Location) -> Option<Secret> {
        let account = location.account()?;
        if let Some(password) = lock(&self.told).passwords.get(&account) {
            return Some(password.clone());
        }
        // A keyring that does not open is as one that holds nothing: the server says what is missing.
        let kept: Option<Zeroizing<String>> = self.secrets.get(&secret_name(&account)).ok().flatten();
        kept.map(|text| Secret::new(text.as_str()))
    }

    fn key_files(&self, _: &Location) -> Vec<PathBuf> {
        ssh_folder().into_iter().flat_map(|folder| KEY_FILES.map(|name| folder.join(name))).collect()
    }

    fn known_hosts(&self) -> Option<PathBuf> {
        Some(ssh_folder()?.join("known_hosts"))
    }

    fn host_key(&self, server: &Server) -> Option<Fingerprint> {
        if let Some(ServerTrust::Key(key)) = lock(&self.told).servers.get(server) {
            return Some(Fingerprint(key.clone()));
        }
        match host_keys::known(self.home.as_ref()?, &shown(server)) {
            Ok(known) => known.map(Fingerprint),
            // Fits no key: what was known must not become new.
            Err(error) => Some(Fingerprint(format!("not readable ({error})"))),
        }
    }

    fn named_key(&self, server: &Server) -> Option<Fingerprint> {
        let Some(ServerTrust::Key(named)) = lock(&self.told).servers.get(server).cloned() else { return None };
        let known = self.home.as_ref().and_then(|home| host_keys::known(home, &shown(server)).ok().flatten());
        (known.as_ref() != Some(&named)).then_some(Fingerprint(named))
    }

    fn trust(&self, server: &Server, key: &Fingerprint) -> bool {
        let trusted = match lock(&self.told).servers.get(server) {
            Some(ServerTrust::Key(named)) => *named == key.0,
            Some(ServerTrust::New) => true,
            None => false,
        };
        if trusted {
            self.keep(server, key);
        }
        trusted
    }

    fn seen(&self, server: &Server, key: &Fingerprint) {
        self.keep(server, key);
    }

    fn ca_file(&self, location: &Location) -> Option<PathBuf> {
        let server = location.server()?;
        if let Some(file) = lock(&self.told).ca_files.get(&server) {
            return Some(file.to_path_buf());
        }
        // One that cannot be told vouches for nobody.
        let kept = host_keys::ca_file(self.home.as_ref()?, &shown(&server)).ok().flatten()?;
        Some(kept.to_path_buf())
    }

    fn throttle(&self) -> Arc<Throttle> {
        self.throttle.clone()
    }

    fn found_at(&self, path: &PathBytes) -> Option<PathBytes> {
        // What cannot be read says nothing: then it is where it should be, or nowhere.
        let known = drives::known(self.home.as_ref()?, path).ok().flatten()?;
        known.elsewhere(path, &os::drives::mounts()).filter(|found| found.as_path().is_dir())
    }

    fn connections(&self) -> usize {
        self.connections.load(Relaxed)
    }
}

impl Accesses {
    /// What is to be trusted from now on, a line each; nothing that is already.
    fn accepted(&self, location: &Location, told: &ToldAccess) -> Vec<String> {
        let Some(server) = location.server() else { return Vec::new() };
        let mut lines = Vec::new();
        match (&told.trust, self.host_key(&server)) {
            (Some(ServerTrust::Key(key)), Some(Fingerprint(known))) if known != *key => {
                lines.push(format!("Its key is {key} (it was {known})"));
            }
            (Some(ServerTrust::Key(key)), None) => lines.push(format!("Its key is {key}")),
            (Some(ServerTrust::New), None) => lines.push("Whichever key it shows first".into()),
            _ => {}
        }
        if let Some(file) = told.ca_file.as_ref().filter(|file| self.ca_file(location) != Some(file.to_path_buf())) {
            lines.push(format!("Certificates in {} vouch for it", file.display()));
        }
        lines
    }

    fn keep(&self, server: &Server, key: &Fingerprint) {
        lock(&self.told).servers.insert(server.clone(), ServerTrust::Key(key.0.clone()));
        // No secret: also whoever only reads meets the same server from then on.
        let Some(home) = &self.home else { return };
        let is_kept = host_keys::known(home, &shown(server)).is_ok_and(|known| known.as_ref() == Some(&key.0));
        if !is_kept && let Err(error) = host_keys::keep(home, &shown(server), &key.0) {
            tracing::warn!(%error, "a server's key could not be kept");
        }
    }
}

/// Where OpenSSH keeps a person's keys.
fn ssh_folder() -> Option<PathBuf> {
    Some(directories::BaseDirs::new()?.home_dir().join(".ssh"))
}

fn shown(server: &Server) -> String {
    format!("{}:{}", server.host, server.port)
}

/// The name under which it is kept: any account's fits into a file's name.
fn secret_name(account: &str) -> String {
    format!("storage-{}", data_encoding::HEXLOWER.encode(&Sha256::digest(account)[..16]))
}

#[cfg(test)]
mod tests;
