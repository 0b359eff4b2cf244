//! What is told, kept and tried of servers.

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
    let guest = || Accesses::new(Arc::new(MemoryStore::default()), Some(home.clone()), false);
    assert_eq!(guest().host_key(&nas()), Some(one), "also for who only reads");
    let reading = guest();
    let accepts = ToldAccess { trust: Some(ServerTrust::New), ..ToldAccess::default() };
    reading.tell(&at("sftp://nas:24/a"), accepts).unwrap();
    assert!(reading.trust(&Server { port: 24, ..nas() }, &other));
    assert_eq!(guest().host_key(&Server { port: 24, ..nas() }), Some(other.clone()), "whichever command came first");
    let careless = new();
    careless.tell(&at("sftp://nas:23/a"), ToldAccess { trust: Some(ServerTrust::New), ..ToldAccess::default() }).unwrap();
    let server = Server { port: 23, ..nas() };
    assert!(careless.trust(&server, &other));
    assert_eq!(new().host_key(&server), Some(other));
}

#[test]
fn a_key_that_was_only_named_is_told_from_one_that_is_known() {
    let root = tempfile::tempdir().unwrap();
    let home = Home::locate(Some(root.path())).unwrap();
    let new = || Accesses::new(Arc::new(MemoryStore::default()), Some(home.clone()), true);
    let (one, other) = (Fingerprint("SHA256:one".into()), Fingerprint("SHA256:other".into()));
    new().seen(&nas(), &one);
    assert_eq!(new().named_key(&nas()), None);
    let named = |key: &Fingerprint| {
        let trust = Some(ServerTrust::Key(key.0.clone()));
        let here = new();
        here.tell(&at("sftp://nas/a"), ToldAccess { trust, ..ToldAccess::default() }).unwrap();
        here.named_key(&nas())
    };
    assert_eq!((named(&one), named(&other)), (None, Some(other)));
}

#[test]
fn a_password_that_is_kept_comes_before_one_that_is_spare() {
    let secrets: Arc<dyn SecretStore> = Arc::new(MemoryStore::default());
    let new = || Accesses::new(secrets.clone(), None, true);
    let nas = at("sftp://ada@nas/a");
    new().tell(&nas, password("old", Keep::AtOnce)).unwrap();
    let (old, given) = (Some(Secret::new("old")), Secret::new("new"));
    for keep in [false, true] {
        let here = new();
        here.tell_spare(&nas, given.clone(), keep).unwrap();
        assert_eq!(here.password(&nas), old, "it is tried first");
        assert!(!here.take_spare(&nas, Kind::ServerAway) && !here.take_spare(&at("sftp://bob@nas/a"), Kind::Refused));
        assert!(here.take_spare(&nas, Kind::Refused));
        assert_eq!((here.password(&nas), new().password(&nas)), (Some(given.clone()), old.clone()));
        here.tried(&nas, Some(Kind::Refused)).unwrap();
        assert!(!here.take_spare(&nas, Kind::Refused), "once only");
        assert_eq!(here.password(&nas), old, "it was refused too");
        here.tell_spare(&nas, given.clone(), keep).unwrap();
        assert!(here.take_spare(&nas, Kind::Refused));
        here.tried(&nas, None).unwrap();
        assert_eq!(here.password(&nas), Some(given.clone()));
        assert_eq!(new().password(&nas) == Some(given.clone()), keep);
    }
}

#[test]
fn certificates_of_ones_own_are_remembered_for_their_server() {
    let root = tempfile::tempdir().unwrap();
    let home = Home::locate(Some(root.path())).unwrap();
    let new = |home: Option<Home>, keeps| Accesses::new(Arc::new(MemoryStore::default()), home, keeps);
    let file = PathBytes::from("/etc/own.pem");
    let told = ToldAccess { ca_file: Some(file.clone()), ..ToldAccess::default() };
    // Whoever says so first may only read.
    new(Some(home.clone()), false).tell(&at("webdav://ada@nas/a"), told.clone()).unwrap();
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
