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
    /// A guest only reads there.
    keeps: bool,
    throttle: Arc<Throttle>,
    connections: AtomicUsize,
    told: Mutex<Told>,
}

/// For as long as this process lives.
#[derive(Default)]
struct Told {
    passwords: HashMap<String, Secret>,
    /// Accounts whose password is to be kept once a server has taken it, each with the one that was told before.
    unproven: HashMap<String, Option<Secret>>,
    servers: HashMap<Server, ServerTrust>,
    ca_files: HashMap<Server, PathBytes>,
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
            if told.keep == Keep::AtOnce && self.keeps {
                self.secrets.set(&secret_name(&account), password.expose())?;
            }
            let mut here = lock(&self.told);
            let before = here.passwords.insert(account.clone(), password.clone());
            is_new |= before.as_ref() != Some(&password);
            if told.keep == Keep::Proven {
                here.unproven.entry(account).or_insert(before);
            } else {
                here.unproven.remove(&account);
            }
        }
        if let Some(file) = told.ca_file {
            if let Some(home) = self.home.as_ref().filter(|_| self.keeps) {
                host_keys::keep_ca_file(home, &shown(&server), &file).map_err(explain::ca_file_not_kept)?;
            }
            is_new |= lock(&self.told).ca_files.insert(server.clone(), file.clone()) != Some(file);
        }
        if let Some(trust) = told.trust {
            is_new |= lock(&self.told).servers.insert(server, trust.clone()) != Some(trust);
        }
        Ok(is_new)
    }

    /// Takes in how opening a destination ended: a password that was told is kept once it is proven, and forgotten where it is refused, so
    /// that the one that is kept stands again.
    pub fn tried(&self, location: &Location, failed: Option<Kind>) -> Result<(), Problem> {
        let Some(account) = location.account() else { return Ok(()) };
        let is_refused = matches!(failed, Some(Kind::Refused | Kind::NotAKey | Kind::NoKeyId));
        if failed.is_some() && !is_refused {
            return Ok(());
        }
        let mut here = lock(&self.told);
        let Some(before) = here.unproven.remove(&account) else { return Ok(()) };
        if is_refused {
            match before {
                Some(before) => here.passwords.insert(account, before),
                None => here.passwords.remove(&account),
            };
            return Ok(());
        }
        let proven = here.passwords.get(&account).cloned();
        drop(here);
        if let Some(password) = proven.filter(|_| self.keeps) {
            self.secrets.set(&secret_name(&account), password.expose())?;
        }
        Ok(())
    }
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
        let Some(home) = self.home.as_ref().filter(|_| self.keeps) else { return };
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
mod tests {
    use super::*;
    use crate::state::secrets::MemoryStore;

    fn at(text: &str) -> Location {
        Location::of_server(text).unwrap().unwrap()
    }

    fn nas() -> Server {
        Server { host: "nas".into(), port: 22 }
    }

    fn password(text: &str, keep: Keep) -> ToldAccess {
        ToldAccess { password: Some(Secret::new(text)), keep, ..ToldAccess::default() }
    }

    #[test]
    fn a_password_is_the_accounts_and_is_kept_where_that_is_wanted() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::locate(Some(root.path())).unwrap();
        let secrets: Arc<dyn SecretStore> = Arc::new(MemoryStore::default());
        let here = Accesses::new(secrets.clone(), Some(home.clone()), true);
        here.tell(&at("sftp://ada@nas/a"), password("one", Keep::AtOnce)).unwrap();
        here.tell(&at("sftp://bob@nas/a"), password("two", Keep::No)).unwrap();
        assert_eq!(here.password(&at("sftp://ada@nas/b")), Some(Secret::new("one")));
        assert_eq!(here.password(&at("sftp://bob@nas/b")), Some(Secret::new("two")));
        assert_eq!(here.password(&at("sftp://ada@nas:23/b")), None);
        let later = Accesses::new(secrets.clone(), Some(home), false);
        assert_eq!(later.password(&at("sftp://ada@nas/b")), Some(Secret::new("one")));
        assert_eq!(later.password(&at("sftp://bob@nas/b")), None);
        let guest = Accesses::new(secrets.clone(), None, false);
        guest.tell(&at("sftp://eve@nas/a"), password("three", Keep::AtOnce)).unwrap();
        assert_eq!(guest.password(&at("sftp://eve@nas/")), Some(Secret::new("three")));
        assert_eq!(Accesses::new(secrets, None, false).password(&at("sftp://eve@nas/")), None, "a guest keeps nothing");
    }

    #[test]
    fn a_password_that_is_refused_takes_no_others_place() {
        let secrets: Arc<dyn SecretStore> = Arc::new(MemoryStore::default());
        let new = || Accesses::new(secrets.clone(), None, true);
        let (here, nas) = (new(), at("sftp://ada@nas/a"));
        here.tell(&nas, password("good", Keep::Proven)).unwrap();
        assert_eq!(new().password(&nas), None, "nobody knows yet whether it is the right one");
        here.tried(&nas, Some(Kind::ServerAway)).unwrap();
        here.tried(&at("sftp://ada@nas/b"), None).unwrap();
        assert_eq!(new().password(&nas), Some(Secret::new("good")), "it is the account's");
        for mistyped in ["goof", "goog"] {
            here.tell(&nas, password(mistyped, Keep::Proven)).unwrap();
        }
        assert_eq!(here.password(&nas), Some(Secret::new("goog")), "it is tried");
        here.tried(&nas, Some(Kind::Refused)).unwrap();
        assert_eq!((here.password(&nas), new().password(&nas)), (Some(Secret::new("good")), Some(Secret::new("good"))));
        here.tell(&nas, password("better", Keep::Proven)).unwrap();
        here.tried(&nas, None).unwrap();
        assert_eq!(new().password(&nas), Some(Secret::new("better")));
    }

    #[test]
    fn a_new_server_is_trusted_only_when_somebody_says_so() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::locate(Some(root.path())).unwrap();
        let new = || Accesses::new(Arc::new(MemoryStore::default()), Some(home.clone()), true);
        let (one, other) = (Fingerprint("SHA256:one".into()), Fingerprint("SHA256:other".into()));
        assert!(!new().trust(&nas(), &one));
        let named = new();
        let trust = Some(ServerTrust::Key(one.0.clone()));
        named.tell(&at("sftp://nas/a"), ToldAccess { trust, ..ToldAccess::default() }).unwrap();
        let again = |key: &Fingerprint| ToldAccess { trust: Some(ServerTrust::Key(key.0.clone())), ..ToldAccess::default() };
        assert!(!named.trust(&nas(), &other) && named.trust(&nas(), &one));
        assert_eq!(named.accepted(&at("sftp://nas/a"), &again(&one)), [""; 0], "it is known");
        assert_eq!(named.accepted(&at("sftp://nas/a"), &again(&other)), ["Its key is SHA256:other (it was SHA256:one)"]);
        assert_eq!(named.accepted(&at("sftp://new/a"), &again(&one)), ["Its key is SHA256:one"]);
        assert_eq!(new().host_key(&nas()), Some(one.clone()), "it is known from then on");
        let guest = Accesses::new(Arc::new(MemoryStore::default()), Some(home.clone()), false);
        assert_eq!(guest.host_key(&nas()), Some(one), "also for who only reads");
        guest.seen(&nas(), &other);
        assert_ne!(new().host_key(&nas()), Some(other.clone()), "who changes nothing");
        let careless = new();
        careless.tell(&at("sftp://nas:23/a"), ToldAccess { trust: Some(ServerTrust::New), ..ToldAccess::default() }).unwrap();
        let server = Server { port: 23, ..nas() };
        assert!(careless.trust(&server, &other));
        assert_eq!(new().host_key(&server), Some(other));
    }
    #[test]
    fn certificates_of_ones_own_are_remembered_for_their_server() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::locate(Some(root.path())).unwrap();
        let new = |home: Option<Home>, keeps| Accesses::new(Arc::new(MemoryStore::default()), home, keeps);
        let file = PathBytes::from("/etc/own.pem");
        let told = ToldAccess { ca_file: Some(file.clone()), ..ToldAccess::default() };
        new(Some(home.clone()), true).tell(&at("webdav://ada@nas/a"), told.clone()).unwrap();
        let reading = new(Some(home.clone()), false);
        assert_eq!(reading.ca_file(&at("webdav://nas/b")), Some(file.to_path_buf()), "a guest reads what is kept");
        let later = new(Some(home), true);
        assert_eq!(later.ca_file(&at("webdav://nas/b")), Some(file.to_path_buf()));
        assert_eq!(later.ca_file(&at("webdav://nas:8443/b")), None);
        later.tell(&at("sftp://nas:443/a"), ToldAccess { trust: Some(ServerTrust::New), ..ToldAccess::default() }).unwrap();
        assert!(later.trust(&Server { port: 443, ..nas() }, &Fingerprint("SHA256:one".into())));
        assert_eq!(later.ca_file(&at("webdav://nas/b")), Some(file.to_path_buf()), "a key does not displace it");
        let guest = new(None, false);
        guest.tell(&at("webdav://nas/a"), told).unwrap();
        assert_eq!(guest.ca_file(&at("webdav://nas/a")), Some(file.to_path_buf()));
    }
}
