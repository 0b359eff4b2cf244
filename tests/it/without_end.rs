//! Servers that never come to an end: no more memory is taken for what they say than is stated here, and it is said what is wrong.

use std::fs::{self, File};
use std::io::Write;
use std::process::Stdio;

use crate::servers::between;
use crate::servers::dufs::{self, Dufs};
use crate::servers::fake_ftp::{FakeFtp, Lies};
use crate::servers::http::{Reply, Request};
use crate::servers::stores::{self, Store};
use crate::sftp::Person;
use crate::support::{Ran, Random, World, peak};

const MIB: u64 = 1 << 20;
/// For a list: what is kept of one (256 MiB), and the program itself.
const OF_LIST: u64 = 400 * MIB;
/// For anything else: what a small file may have (64 MiB), and the program itself.
const OF_FILE: u64 = 160 * MIB;

/// Runs it: it ends with this problem, and has taken less than that.
#[track_caller]
fn ends(world: &World, line: &str, secret: &str, codes: &[&str], within: u64) {
    let mut command = world.words(line);
    let out = world.path("result");
    command.env("STRONGROOM_STORAGE_PASSWORD", secret).env("HOME", world.path("person")).env_remove("SSH_AUTH_SOCK");
    let mut child = command.stdout(File::create(&out).unwrap()).stderr(Stdio::null()).spawn().unwrap();
    let (ended, peak) = peak(&mut child);
    let text = fs::read_to_string(out).unwrap();
    let ran = Ran { line: line.into(), code: ended.code(), out: text, err: String::new() };
    println!("{line}: {} MiB: {}", peak / MIB, ran.out.trim());
    assert!(codes.contains(&ran.problem().as_str()), "`{line}`: {}", ran.out);
    assert!(!ran.last()["error"]["what"].as_str().unwrap().starts_with(' '), "it names what: {}", ran.out);
    assert!(peak < within, "`{line}`: {} MiB", peak / MIB);
}

/// Writes the beginning, and then what comes again and again until nobody reads it.
fn endless(head: &str, again: Vec<u8>) -> Reply {
    let head = head.to_owned();
    Reply::Raw(Box::new(move |line| {
        let mut wrote = line.write_all(head.as_bytes());
        while wrote.is_ok() {
            wrote = line.write_all(&again);
        }
    }))
}

/// An answer whose length nobody tells.
fn endless_file() -> Reply {
    endless("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", vec![b' '; 64 << 10])
}

fn endless_headers() -> Reply {
    endless("HTTP/1.1 200 OK\r\n", format!("X-More: {}\r\n", "x".repeat(1000)).repeat(50).into_bytes())
}

/// Names of files that are as long as can be.
fn names() -> impl Iterator<Item = String> {
    (0..1000).map(|n| format!("{n:04}{}", "x".repeat(240)))
}

fn is_about(asked: &Request, part: &str) -> bool {
    let plain = asked.target.replace("%2F", "/");
    asked.method == "GET" && plain.contains(part)
}

#[test]
fn a_webdav_list() {
    let world = World::new();
    let entry = |name: &str| format!("<D:response><D:href>/b/{name}</D:href></D:response>");
    let many: String = names().map(|name| entry(&name)).collect();
    let begin = "<D:multistatus xmlns:D=\"DAV:\"><D:response><D:href>/b/</D:href><D:propstat><D:prop><D:resourcetype><D:collection/>\
                 </D:resourcetype></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>";
    let port = between::before(0, move |asked| {
        Some(match asked.header("depth") {
            "1" => endless(&format!("HTTP/1.1 207 Multi-Status\r\n\r\n{begin}"), many.clone().into_bytes()),
            _ => Reply::with("207 Multi-Status", format!("{begin}</D:multistatus>")),
        })
    });
    ends(&world, &format!("versions --from webdav+http://bk@127.0.0.1:{port}/b --json"), "secret", &["damaged"], OF_LIST);
}

#[test]
fn a_list_of_a_bucket() {
    let world = World::new();
    let entry = |name: String| {
        format!(
            "<Contents><Key>b/{name}</Key><Size>3</Size><LastModified>2026-11-21T20:00:00.000Z</LastModified><ETag>\"e\"</ETag></Contents>"
        )
    };
    let many: String = names().map(entry).collect();
    let port = between::before(0, move |_| {
        let page = format!(
            "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><IsTruncated>true</IsTruncated>\
             <NextContinuationToken>more</NextContinuationToken>{many}</ListBucketResult>"
        );
        Some(Reply::with("200 OK", page).header("Content-Type", "application/xml"))
    });
    let line = format!("versions --from s3://bucket/b?endpoint=http://127.0.0.1:{port}&access_key=AK&region=here --json");
    ends(&world, &line, "secret", &["damaged"], OF_LIST);
}

#[test]
fn an_ftp_list() {
    let world = World::new();
    let list = vec![format!("type=file;size=1; #{}", "x".repeat(240))];
    let server = FakeFtp::start(Lies { list, endless: true, ..Lies::default() });
    ends(&world, &format!("versions --from ftp://bk@127.0.0.1:{}/b --json", server.port), "secret", &["damaged"], OF_LIST);
}

#[test]
fn a_small_file_or_a_reply_of_an_ftp_server() {
    for lies in [
        // What comes behind the size that it tells belongs to nothing.
        Lies { endless_files: true, ..Lies::default() },
        Lies { endless_files: true, size: Some(1 << 40), ..Lies::default() },
        Lies { endless_reply: true, ..Lies::default() },
    ] {
        let world = World::new();
        let server = FakeFtp::start(Lies { list: vec!["type=dir; plan".into()], ..lies });
        server.put("/b/plan/strongroom.json", &[b' '; 100]);
        let line = format!("versions --from ftp://bk@127.0.0.1:{}/b --json", server.port);
        ends(&world, &line, "secret", &["damaged", "server-answer"], OF_FILE);
    }
}

/// An SFTP server at which this has no end: a "folder" or a "file".
fn sftp(what: &str, within: u64) {
    let mut person = Person::new();
    let script = person.world.path("sftp.py");
    fs::write(&script, include_str!("without_end/sftp.py")).unwrap();
    person.server.start_again_by(&format!("/usr/bin/python3 {} {what}", script.display()));
    ends(&person.world, &format!("versions --from {} --json", person.address()), "", &["damaged"], within);
}

#[test]
fn an_sftp_list() {
    sftp("folder", OF_LIST);
}

#[test]
fn a_small_file_of_an_sftp_server() {
    sftp("file", OF_FILE);
}

/// What lies at a real server behind something that answers without end where it is asked for its markers, its lists of versions, or anything.
fn small_files_and_headers(server: u16, address: &str, secret: &str) {
    let world = World::new();
    fs::create_dir(world.source()).unwrap();
    fs::write(world.source().join("a"), Random(880).bytes(300_000)).unwrap();
    let password = |command: &mut std::process::Command| _ = command.env("STRONGROOM_STORAGE_PASSWORD", secret);
    world.run_with(&format!("backup --source @source --to {address}"), password).ok();
    for (part, says) in [
        ("strongroom.json", endless_file as fn() -> Reply),
        ("/versions/", endless_file),
        ("/data/", endless_file),
        ("strongroom.json", endless_headers),
        ("/versions/", endless_headers),
    ] {
        let port = between::before(server, move |asked| is_about(asked, part).then(says));
        let address = address.replace(&format!(":{server}"), &format!(":{port}"));
        let line = format!("verify --from {address} --depth full --json");
        ends(&world, &line, secret, &["damaged", "server-answer"], OF_FILE);
    }
}

#[test]
fn a_small_file_or_headers_of_a_webdav_server() {
    let world = World::new();
    fs::create_dir(world.path("shown")).unwrap();
    let server = Dufs::start(&world.path("shown"));
    small_files_and_headers(server.port, &server.address("b"), dufs::PASSWORD);
}

#[test]
fn a_small_file_or_headers_of_a_bucket() {
    let world = World::new();
    let store = Store::start(stores::Kind::S3s, &world.path("server"));
    small_files_and_headers(store.port, &store.address("b"), store.secret());
}
