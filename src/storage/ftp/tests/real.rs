//! pure-ftpd and vsftpd, in the open and over TLS.

use super::*;
use crate::storage::mistrust::Mistrust;
use crate::storage::servers::ca::Ca;
use crate::storage::servers::vsftpd::Vsftpd;

#[test]
fn it_does_what_every_storage_must() {
    let dir = tempfile::tempdir().unwrap();
    let server = PureFtpd::start(dir.path());
    server.folder("shown");
    contract::holds(&open(&server.address("ftp", "/shown"), &person()).unwrap());
    contract::holds(&open(&server.address("ftp", "/~/shown"), &person()).unwrap());
    assert_eq!(fs::read_dir(server.root().join("shown")).unwrap().count(), 0);
}

#[test]
fn a_list_of_which_the_server_hides_a_part_is_none() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Ca::new(&dir.path().join("ca"));
    let person = Person { ca_file: Some(authority.file()), ..person() };
    for (server, scheme) in [
        (PureFtpd::start(&dir.path().join("1")), "ftp"),
        (PureFtpd::secured(&dir.path().join("2"), &authority.identity().both()), "ftps"),
    ] {
        let folder = server.folder("f");
        let wanted: Vec<String> = (0..9_990).map(|n| format!("{n:05}")).collect();
        wanted.iter().for_each(|name| fs::write(folder.join(name), "x").unwrap());
        let storage = open(&server.address(scheme, ""), &person).unwrap();
        assert!(names(&storage, "f") == wanted);
        // It shows ten thousand.
        let more: Vec<PathBuf> = (0..20).map(|n| folder.join(format!("more {n}"))).collect();
        more.iter().for_each(|path| fs::write(path, "x").unwrap());
        assert_eq!(kind(storage.list("f")), Kind::ListCut);
        more.iter().for_each(|path| fs::remove_file(path).unwrap());
        assert!(names(&storage, "f") == wanted, "and the connection goes on");
        assert_eq!(storage.read_all("f/00007", 9).unwrap(), b"x");
    }
}

#[test]
fn over_tls_too() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Ca::new(&dir.path().join("ca"));
    let server = PureFtpd::secured(dir.path(), &authority.identity().both());
    let person = Person { ca_file: Some(authority.file()), ..person() };
    contract::holds(&open(&server.address("ftps", ""), &person).unwrap());
    assert_eq!(kind(open(&server.address("ftp", ""), &person)), Kind::WantsTls);
}

#[test]
fn where_only_list_is_known() {
    let dir = tempfile::tempdir().unwrap();
    let server = Vsftpd::start(dir.path(), "");
    let storage = open(&server.address("ftp", ""), &person()).unwrap();
    contract::holds(&storage);
    assert_eq!(fs::read_dir(server.shown()).unwrap().count(), 0);
    for (name, seconds) in [(".tmp-old", 1_700_000_000), (".tmp-new", 1_900_000_000)] {
        let path = server.shown().join(name);
        fs::write(&path, "x").unwrap();
        std::os::unix::fs::chown(&path, Some(1), Some(1)).unwrap();
        let at = std::time::UNIX_EPOCH + Duration::from_secs(seconds);
        fs::File::options().write(true).open(&path).unwrap().set_modified(at).unwrap();
    }
    assert_eq!(storage.sweep_temporary("", Some(Timestamp::from_second(1_800_000_000).unwrap())).unwrap(), 1);
    assert!(server.shown().join(".tmp-new").exists() && names(&storage, "").is_empty());
}

#[test]
fn where_a_file_must_go_on_with_the_tls_session_of_its_commands() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Ca::new(&dir.path().join("ca"));
    let both = authority.identity().both();
    let secured = format!(
        "ssl_enable=YES\nallow_anon_ssl=YES\nforce_anon_logins_ssl=YES\nforce_anon_data_ssl=YES\nrequire_ssl_reuse=YES\n\
         ssl_ciphers=HIGH\nrsa_cert_file={0}\nrsa_private_key_file={0}\n",
        both.display()
    );
    let person = Person { ca_file: Some(authority.file()), ..person() };
    for (option, how) in [("", ""), ("implicit_ssl=YES\n", "?tls=implicit")] {
        let server = Vsftpd::start(dir.path(), &(secured.clone() + option));
        let storage = open(&server.address("ftps", how), &person).unwrap();
        contract::holds(&storage);
        for n in 0..20 {
            storage.put(&format!("{n}"), b"small").unwrap();
        }
        storage.put("big", &noise(3 << 20)).unwrap();
        assert_eq!(storage.list("").unwrap().len(), 21);
        for n in 0..20 {
            storage.delete(&format!("{n}")).unwrap();
        }
        storage.delete("big").unwrap();
    }
}

#[test]
fn a_server_has_to_prove_who_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Ca::new(&dir.path().join("ca"));
    let mut server = PureFtpd::secured(dir.path(), &authority.identity().both());
    let address = server.address("ftps", "");
    let with = |ca_file: Option<PathBuf>| Person { ca_file, ..person() };
    let fault = |person: &Person| {
        let error = open(&address, person).err().expect("it must not be trusted");
        (error.kind, error.source.to_string())
    };
    let nobodys = (Kind::Certificate, String::from("nobody who is trusted here vouches for it"));
    let names = |person: &Person| {
        let error = open(&address, person).err().expect("it must not be trusted");
        Mistrust::within(&error).cloned()
    };
    let made_for = |names: &[&str]| Some(Mistrust::OtherName(names.iter().map(|name| (*name).to_owned()).collect()));
    assert_eq!(fault(&with(None)), nobodys);
    let another = Ca::new(&dir.path().join("another"));
    assert_eq!(fault(&with(Some(another.file()))), nobodys);
    let known = with(Some(authority.file()));
    open(&address, &known).unwrap();
    server.start_again_with(&authority.expired().both());
    assert_eq!(fault(&known).0, Kind::CertificateExpired);
    server.start_again_with(&authority.named("IP:127.0.0.2,DNS:elsewhere").both());
    assert_eq!(names(&known), made_for(&["127.0.0.2", "elsewhere"]));

    // A box that vouches for itself: only by its own certificate, and not under another name.
    server.start_again_with(&another.self_signed("IP:127.0.0.1").both());
    assert_eq!(fault(&known), nobodys);
    let own = dir.path().join("another/own.pem");
    open(&address, &with(Some(own.clone()))).unwrap().put("a", b"a").unwrap();
    server.start_again_with(&another.self_signed("IP:127.0.0.2").both());
    assert_eq!(names(&with(Some(own))), made_for(&["127.0.0.2"]));

    for text in ["", "no certificate", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"] {
        fs::write(dir.path().join("none"), text).unwrap();
        assert_eq!(fault(&with(Some(dir.path().join("none")))).0, Kind::CaFile, "{text:?}");
    }
    assert_eq!(fault(&with(Some("/nowhere".into()))).0, Kind::CaFile);
    let plain = PureFtpd::start(&dir.path().join("plain"));
    assert_eq!(kind(open(&plain.address("ftps", ""), &known)), Kind::NoTls);
}

#[test]
fn who_has_no_password_or_a_wrong_one_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let server = PureFtpd::start(dir.path());
    let address = server.address("ftp", "");
    assert_eq!(kind(open(&address, &Person { password: None, ca_file: None })), Kind::NoPassword);
    let error = open(&address, &Person { password: Some("not this one"), ca_file: None }).err().unwrap();
    assert_eq!(error.kind, Kind::Refused);
    assert!(!format!("{error:?}").contains("not this one"));
    assert_eq!(kind(open(&address, &Person { password: Some("x\r\nDELE y"), ca_file: None })), Kind::ServerAway);
}

#[test]
fn only_a_new_destination_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let server = PureFtpd::start(dir.path());
    let at = |path: &str| folder(&server.address("ftp", path));
    let person = super::person();
    assert_eq!(kind(Ftp::open(&at("/new"), &person)), Kind::Unreachable);
    Ftp::create_and_open(&at("/new"), &person).unwrap().put("a", b"b").unwrap();
    assert_eq!(fs::read(server.root().join("new/a")).unwrap(), b"b");
    Ftp::create_and_open(&at("/new"), &person).unwrap();
    assert_eq!(kind(Ftp::create_and_open(&at("/no/where"), &person)), Kind::Unreachable);
    assert_eq!(kind(Ftp::create_and_open(&at("/new/a"), &person)), Kind::NotAFolder);
    let storage = Ftp::open(&at("/new"), &person).unwrap();
    fs::remove_dir_all(server.root().join("new")).unwrap();
    assert_eq!(kind(storage.list("")), Kind::Unreachable);
    assert_eq!(kind(storage.list("below")), Kind::Unreachable);
    assert_eq!(kind(storage.put("a", b"b")), Kind::Unreachable);
}

#[test]
fn a_full_account_is_known_as_such() {
    let dir = tempfile::tempdir().unwrap();
    let server = PureFtpd::start(dir.path());
    server.limit(4);
    let storage = open(&server.address("ftp", ""), &person()).unwrap();
    storage.put("fits", &noise(1 << 20)).unwrap();
    assert_eq!(kind(storage.put("big", &noise(16 << 20))), Kind::NoRoom);
    assert_eq!(names(&storage, ""), [".ftpquota", "fits"]);
    assert_eq!(storage.sweep_temporary("", None).unwrap(), 0, "what did not fit is gone");
}

#[test]
fn what_may_not_be_written_or_read_is_said_to_be_so() {
    let dir = tempfile::tempdir().unwrap();
    let server = PureFtpd::start(dir.path());
    let storage = open(&server.address("ftp", ""), &person()).unwrap();
    fs::create_dir(server.root().join("roots")).unwrap();
    fs::write(server.root().join("roots/a"), "a").unwrap();
    fs::write(server.root().join("secret"), "a").unwrap();
    set_mode(&server.root().join("secret"), 0o600);
    assert_eq!(kind(storage.put("roots/b", b"b")), Kind::NotWritable);
    assert_eq!(kind(storage.put("roots/c/b", b"b")), Kind::NotWritable);
    assert_eq!(kind(storage.delete("roots/a")), Kind::NotWritable);
    assert_eq!(kind(storage.read_all("secret", 9)), Kind::NotReadable);
    assert_eq!(kind(storage.read_at("secret", 0, &mut [0])), Kind::NotReadable);
    set_mode(&server.root().join("roots"), 0o700);
    assert_eq!(kind(storage.list("roots")), Kind::NotReadable, "not as if it were empty");
}

#[test]
fn a_folder_that_a_terse_server_does_not_show_is_not_gone() {
    let dir = tempfile::tempdir().unwrap();
    let server = Vsftpd::start(dir.path(), "");
    let storage = open(&server.address("ftp", ""), &person()).unwrap();
    fs::create_dir(server.shown().join("roots")).unwrap();
    set_mode(&server.shown().join("roots"), 0o700);
    assert_eq!(kind(storage.list("roots")), Kind::NotReadable);
    assert_eq!(storage.list("nothing").unwrap(), []);
}

fn set_mode(path: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;

    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn names_may_have_any_signs_that_are_not_control() {
    const ODD: [&str; 12] = ["a b", " a", "-la", "*", "[a-z]?", "~", "\"quoted\"", "äöü €", "日本", "a;b=c; d", "%41", "{a,b}$x"];

    let dir = tempfile::tempdir().unwrap();
    let pure = PureFtpd::start(&dir.path().join("pure"));
    let vs = Vsftpd::start(&dir.path().join("vs"), "");
    for address in [pure.address("ftp", ""), vs.address("ftp", "")] {
        let storage = open(&address, &person()).unwrap();
        for name in ODD {
            storage.put(&format!("f {name}/{name}"), name.as_bytes()).unwrap();
            assert_eq!(names(&storage, &format!("f {name}")), [name], "{address}");
            assert_eq!(storage.read_all(&format!("f {name}/{name}"), 99).unwrap(), name.as_bytes());
            assert_eq!(kind(storage.put(&format!("f {name}/{name}"), b"x")), Kind::AlreadyExists);
        }
        assert_eq!(names(&storage, "").len(), ODD.len());
        for name in ODD {
            storage.delete_folder(&format!("f {name}")).unwrap();
        }
        assert_eq!(names(&storage, ""), [""; 0]);
        for name in ["a\rb", "a\nDELE b", "a\tb", "\u{1b}[2J", "a\u{85}b", "a\u{7f}"] {
            assert_eq!(kind(storage.put(name, b"x")), Kind::InvalidName, "{name:?}");
            assert_eq!(kind(storage.list(name)), Kind::InvalidName, "{name:?}");
            assert_eq!(kind(storage.sweep_temporary(name, None)), Kind::InvalidName, "{name:?}");
        }
    }
}

#[test]
fn many_read_at_once_and_what_is_read_in_a_row_is_one_transfer() {
    let dir = tempfile::tempdir().unwrap();
    let server = PureFtpd::start(dir.path());
    let storage = open(&server.address("ftp", ""), &person()).unwrap();
    let bytes = noise(8 << 20);
    for n in 0..6 {
        storage.put(&format!("{n}"), &bytes).unwrap();
    }
    thread::scope(|scope| {
        for n in 0..12_usize {
            let (storage, bytes) = (&storage, &bytes);
            scope.spawn(move || {
                let mut buffer = vec![0; 100_000];
                for step in 0..40 {
                    // In a row, with small gaps, and back again.
                    let at = if step % 9 == 8 { n * 1000 } else { step * 150_000 + n };
                    storage.read_at(&format!("{}", n % 6), at as u64, &mut buffer).unwrap();
                    assert_eq!(buffer, bytes[at..at + buffer.len()], "{n} {step}");
                }
            });
        }
    });
}
