//! Against a real OpenSSH server, and one that lies.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;

use super::*;
use crate::model::location::Server;
use crate::model::secret::Secret;
use crate::storage::access::Fingerprint;
use crate::storage::servers::proxy::Proxy;
use crate::storage::servers::sshd::Sshd;
use crate::storage::{contract, cuts};

mod lies;

/// Somebody with a folder of keys, who trusts one fingerprint.
#[derive(Default)]
struct Person {
    keys: Option<PathBuf>,
    knows_hosts: bool,
    trusts: Mutex<Option<String>>,
    pinned: Mutex<Option<Fingerprint>>,
}

impl Access for Person {
    fn password(&self, _: &Location) -> Option<Secret> {
        // A keyring may be waited for by other means.
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(std::future::ready(None))
    }

    fn key_files(&self, _: &Location) -> Vec<PathBuf> {
        self.keys.iter().map(|folder| folder.join("id_ed25519")).collect()
    }

    fn known_hosts(&self) -> Option<PathBuf> {
        self.keys.as_ref().filter(|_| self.knows_hosts).map(|folder| folder.join("known_hosts"))
    }

    fn host_key(&self, _: &Server) -> Option<Fingerprint> {
        self.pinned.lock().unwrap().clone()
    }

    fn trust(&self, _: &Server, key: &Fingerprint) -> bool {
        let trusts = self.trusts.lock().unwrap().as_ref() == Some(&key.0);
        if trusts {
            *self.pinned.lock().unwrap() = Some(key.clone());
        }
        trusts
    }

    fn seen(&self, _: &Server, key: &Fingerprint) {
        *self.pinned.lock().unwrap() = Some(key.clone());
    }

    fn ca_file(&self, _: &Location) -> Option<PathBuf> {
        None
    }
}

struct World {
    dir: tempfile::TempDir,
    server: Sshd,
    person: Person,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let server = Sshd::start(dir.path());
        std::fs::create_dir(dir.path().join("shown")).unwrap();
        let person = Person { keys: Some(server.keys.clone()), knows_hosts: true, ..Person::default() };
        Self { dir, server, person }
    }

    fn folder(&self, name: &str) -> SftpFolder {
        match Location::of_server(&self.server.address(&self.dir.path().join(name))) {
            Some(Ok(Location::Sftp(folder))) => folder,
            other => panic!("{other:?}"),
        }
    }

    fn open(&self) -> Result<Sftp, Error> {
        Sftp::open(&self.folder("shown"), &self.person)
    }
}

fn kind<T>(result: Result<T, Error>) -> Kind {
    match result {
        Ok(_) => panic!("it worked"),
        Err(error) => error.kind,
    }
}

#[test]
fn it_does_what_every_storage_must() {
    let world = World::new();
    contract::holds(&world.open().unwrap());
    assert_eq!(std::fs::read_dir(world.dir.path().join("shown")).unwrap().count(), 0);
}

#[test]
fn uploads_at_once_go_over_channels_of_their_own_where_the_server_lets_them() {
    for (line, channels) in [("", 6), ("MaxSessions 1", 1), ("MaxSessions 2", 2)] {
        let mut world = World::new();
        world.server.start_again_with(line);
        let storage = world.open().unwrap();
        let names = ["d/a", "d/b", "d/c", "d/d", "d/e", "d/f"];
        let mut uploads: Vec<_> = names.iter().map(|name| storage.create(name).unwrap()).collect();
        for (upload, n) in uploads.iter_mut().zip(1u8..) {
            upload.write_all(&vec![n; 700_000]).unwrap();
        }
        uploads.into_iter().for_each(|upload| upload.finish().unwrap());
        assert_eq!(storage.line.channels(), channels, "{line}");
        for (name, n) in names.iter().zip(1u8..) {
            assert!(storage.read_all(name, 1 << 20).unwrap() == vec![n; 700_000]);
        }
        assert_eq!(storage.list("d").unwrap().len(), names.len());
    }
}

#[test]
fn that_a_disk_is_full_is_known_from_its_room() {
    let kind = |error: Kind, free: Option<u64>| {
        unexplained(Error::new(error, "a", "Failure"), || Some(Room { free: free?, total: 100 << 20 })).kind
    };
    assert_eq!(kind(Kind::Other, Some(100 << 10)), Kind::NoRoom);
    assert_eq!(kind(Kind::Other, Some(1 << 20)), Kind::NoRoom, "a hundredth is never written to");
    assert_eq!(kind(Kind::Other, Some(2 << 20)), Kind::NotStored);
    assert_eq!(kind(Kind::Other, None), Kind::NotStored);
    assert_eq!(kind(Kind::NotWritable, Some(0)), Kind::NotWritable, "it has said why");
}

#[test]
fn only_a_new_destination_is_made() {
    let world = World::new();
    assert_eq!(kind(Sftp::open(&world.folder("new"), &world.person)), Kind::Unreachable);
    Sftp::create_and_open(&world.folder("new"), &world.person).unwrap().put("a", b"b").unwrap();
    assert_eq!(std::fs::read(world.dir.path().join("new/a")).unwrap(), b"b");
    assert_eq!(kind(Sftp::create_and_open(&world.folder("no/where"), &world.person)), Kind::Unreachable);
    assert_eq!(kind(Sftp::create_and_open(&world.folder("new/a"), &world.person)), Kind::NotAFolder);
}

#[test]
fn a_server_is_the_one_that_it_was() {
    let mut world = World::new();
    world.person.knows_hosts = false;
    let error = world.open().err().unwrap();
    assert_eq!((error.kind, error.source.to_string()), (Kind::ServerUnknown, world.server.fingerprint.clone()));
    *world.person.trusts.lock().unwrap() = Some("SHA256:other".into());
    assert_eq!(kind(world.open()), Kind::ServerUnknown);
    *world.person.trusts.lock().unwrap() = Some(world.server.fingerprint.clone());
    world.open().unwrap();
    *world.person.trusts.lock().unwrap() = None;
    world.open().unwrap();
    world.server.process.stop();
    world.server.start_again_with_another_key();
    assert_eq!(kind(world.open()), Kind::ServerChanged);
    // Nor by way of the person's own ssh.
    *world.person.pinned.lock().unwrap() = None;
    world.person.knows_hosts = true;
    assert_eq!(kind(world.open()), Kind::ServerChanged);
}

#[test]
fn without_a_key_that_fits_a_password_is_missing() {
    let mut world = World::new();
    *world.person.pinned.lock().unwrap() = Some(Fingerprint(world.server.fingerprint.clone()));
    world.person.keys = None;
    assert_eq!(kind(world.open()), Kind::NoPassword);
}

#[test]
fn a_server_that_dies_is_away() {
    let mut world = World::new();
    let storage = world.open().unwrap();
    let mut upload = storage.create("half").unwrap();
    upload.write_all(&vec![7; 3 << 20]).unwrap();
    world.server.process.stop();
    let written = upload.write_all(&vec![7; 64 << 20]).map_err(|e| Error::from_io("half", e).kind);
    assert_eq!(written, Err(Kind::ServerAway));
    drop(upload);
    assert_eq!(kind(storage.list("")), Kind::ServerAway);
    assert_eq!(kind(storage.read_all("half", 9)), Kind::ServerAway);
    assert_eq!(kind(world.open()), Kind::ServerAway);
    world.server.process.start_again();
    let storage = world.open().unwrap();
    assert_eq!(storage.list("").unwrap(), [], "what was half done is not seen");
    assert_eq!(storage.sweep_temporary("", None).unwrap(), 1);
    storage.put("half", b"whole").unwrap();
}

#[test]
fn links_pipes_and_odd_names_are_nobodys_objects() {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    let world = World::new();
    let shown = world.dir.path().join("shown");
    symlink("/etc/hostname", shown.join("link")).unwrap();
    symlink("/etc", shown.join("folder link")).unwrap();
    std::fs::write(shown.join(std::ffi::OsStr::from_bytes(b"\xff")), "x").unwrap();
    std::fs::create_dir(shown.join("folder")).unwrap();
    let storage = world.open().unwrap();
    storage.put("folder/a", b"a").unwrap();
    symlink("/etc", shown.join("folder/deep link")).unwrap();
    let listed: Vec<String> = storage.list("").unwrap().into_iter().map(|child| child.name).collect();
    assert!(!listed.iter().any(|name| name.contains("link")), "{listed:?}");
    assert_eq!(kind(storage.size("link")), Kind::NotFound);
    assert_eq!(kind(storage.read_all("link", 999)), Kind::NotFound);
    storage.delete_folder("folder").unwrap();
    assert!(std::path::Path::new("/etc/hostname").exists() && !shown.join("folder").exists());
}

#[test]
fn lines_that_are_cut_anywhere_cost_nothing_but_time() {
    let world = World::new();
    let proxy = Proxy::to(([127, 0, 0, 1], world.server.port).into());
    let shown = world.dir.path().join("shown");
    let folder = SftpFolder { port: proxy.address.port(), ..world.folder("shown") };
    let trusts = Mutex::new(Some(world.server.fingerprint.clone()));
    let person = Person { keys: Some(world.server.keys.clone()), trusts, ..Person::default() };
    let access: Arc<dyn Access> = Arc::new(person);
    let storage = crate::storage::open(&Location::Sftp(folder), &access).unwrap();
    cuts::anywhere(&*storage, &proxy.fate(), &|name| std::fs::read(shown.join(name)).ok());
}

#[test]
fn what_an_upload_left_whose_line_was_cut_is_taken_away() {
    let world = World::new();
    let proxy = Proxy::to(([127, 0, 0, 1], world.server.port).into());
    let shown = world.dir.path().join("shown");
    let folder = SftpFolder { port: proxy.address.port(), ..world.folder("shown") };
    let trusts = Mutex::new(Some(world.server.fingerprint.clone()));
    let access: Arc<dyn Access> = Arc::new(Person { keys: Some(world.server.keys.clone()), trusts, ..Person::default() });
    let storage = crate::storage::open(&Location::Sftp(folder), &access).unwrap();
    let names = || -> Vec<String> {
        std::fs::read_dir(&shown).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    // While it is written, and when all of it is on its way.
    for (n, more) in [3 << 20, 0].into_iter().enumerate() {
        let mut upload = storage.create(&n.to_string()).unwrap();
        upload.write_all(&vec![7; 3 << 20]).unwrap();
        assert!(names().iter().any(|name| name.starts_with(name::TEMPORARY)));
        proxy.fate().cut_now();
        upload.write_all(&vec![7; more]).unwrap();
        upload.finish().unwrap();
    }
    let mut names = names();
    names.sort();
    assert_eq!(names, ["0", "1"]);
}

#[test]
fn a_line_that_is_cut_while_we_come_in_is_no_refusal() {
    let mut world = World::new();
    world.person.knows_hosts = false;
    *world.person.trusts.lock().unwrap() = Some(world.server.fingerprint.clone());
    let proxy = Proxy::to(([127, 0, 0, 1], world.server.port).into());
    let folder = SftpFolder { port: proxy.address.port(), ..world.folder("shown") };
    let mut bytes = 0;
    loop {
        proxy.fate().cut_after(bytes);
        match Sftp::open(&folder, &world.person) {
            Ok(_) => break,
            Err(error) => assert_eq!(error.kind, Kind::ServerAway, "{bytes}: {error}"),
        }
        bytes += 97;
    }
    assert!(bytes > 3000, "{bytes}");
}

#[test]
fn a_list_of_ten_thousand_takes_as_many_requests_as_the_server_makes_of_it() {
    let mut world = World::new();
    let log = world.server.log_requests();
    let folder = world.dir.path().join("shown/f");
    std::fs::create_dir(&folder).unwrap();
    let names: Vec<String> = (0..10_000).map(|n| format!("{n:05}")).collect();
    names.iter().for_each(|name| std::fs::write(folder.join(name), "x").unwrap());
    let storage = world.open().unwrap();
    let begun = std::fs::read_to_string(&log).unwrap().len();
    let listed: Vec<String> = storage.list("f").unwrap().into_iter().map(|child| child.name).collect();
    assert!(listed == names, "{} listed", listed.len());
    let asked = std::fs::read_to_string(&log).unwrap().split_off(begun);
    let count = |request: &str| asked.lines().filter(|line| line.contains(&format!(": {request}"))).count();
    // OpenSSH names a hundred at a time, `.` and `..` among them, and then says that this was all: no fewer are possible. At the end as many
    // as go out at once are on their way, and bring nothing.
    let least = 10_002_usize.div_ceil(100) + 1;
    let asked = count("readdir");
    assert!((least..least + line::AT_ONCE).contains(&asked), "{asked}, at least {least}");
    assert_eq!((count("opendir"), count("stat") + count("lstat")), (1, 0));
}
