//! What is finished, and the lanes that take it: who sets the pace, who leads, and what becomes of what is too large.

use std::io::Write;
use std::sync::Arc;
use std::thread;

use jiff::Timestamp;

use super::fed::Fed;
use super::feed::{Feed, Given, Next, NoneLeft};
use crate::archive::object::Objects;
use crate::engine::explain;
use crate::engine::folder::Folder;
use crate::engine::spool::Spool;
use crate::model::location::Location;
use crate::model::marker::{self, Marker, Owner};
use crate::model::plan::PlanId;
use crate::storage::Storage;
use crate::storage::local::Local;

/// Objects of 40 bytes each, and a spool for two and a half of them.
const OBJECT: usize = 40;
const ROOM: u64 = 100;

struct Case {
    root: tempfile::TempDir,
    folders: Vec<Arc<Folder>>,
    feed: Arc<Feed>,
}

impl Case {
    /// That many lanes, all open and fit to lead.
    fn new(lanes: usize) -> Self {
        let root = tempfile::tempdir().unwrap();
        let folders: Vec<_> = (0..lanes).map(|lane| folder(&root, lane)).collect();
        let feed = Arc::new(Feed::new(lanes, Some(Spool::of(ROOM))));
        let case = Self { root, folders, feed };
        (0..lanes).for_each(|lane| case.open(lane, true));
        case
    }

    fn open(&self, lane: usize, may_lead: bool) {
        let location = Location::local(self.root.path().join(lane.to_string()));
        self.feed.opened(lane, &self.folders[lane], &location, may_lead);
    }

    /// Writes an object in a thread of its own, as the archive does.
    fn write(&self, name: &str, bytes: usize) -> thread::JoinHandle<std::io::Result<()>> {
        let fed = Fed { folder: self.folders[0].clone(), feed: self.feed.clone() };
        let (name, bytes) = (name.to_owned(), vec![b'x'; bytes]);
        thread::spawn(move || {
            let mut writer = fed.create(&name)?;
            bytes.chunks(7).try_for_each(|piece| writer.write_all(piece))?;
            writer.finish()
        })
    }

    fn given(&self, lane: usize) -> Given {
        match self.feed.next(lane) {
            Next::Object(given) => given,
            Next::End => panic!("nothing more for lane {lane}"),
        }
    }

    /// A lane takes its next object and has it.
    fn take(&self, lane: usize) -> String {
        let given = self.given(lane);
        self.feed.has(lane, given.number);
        given.name
    }

    fn leads(&self) -> Option<usize> {
        self.feed.elect(&|_| true).unwrap().lane
    }
}

fn folder(root: &tempfile::TempDir, lane: usize) -> Arc<Folder> {
    let path = root.path().join(lane.to_string());
    std::fs::create_dir(&path).unwrap();
    let storage: Arc<dyn Storage> = Arc::new(Local::open(&path).unwrap());
    let plan = PlanId::from_random([7; 16]);
    let (created, machine) = (Timestamp::UNIX_EPOCH, String::new());
    let marker = Marker {
        format: marker::FORMAT,
        kind: Marker::KIND.into(),
        plan: plan.clone(),
        name: "Documents".into(),
        machine: machine.clone(),
        sealed: false,
        created,
        readme_sha256: String::new(),
        recover_sha256: None,
    };
    let owner =
        Owner { format: marker::FORMAT, kind: Owner::KIND.into(), plan, n: 1, home: "home".into(), machine, since: created };
    Arc::new(Folder::create(&storage, "Documents".into(), marker, None, owner, 1).unwrap())
}

#[test]
fn what_is_finished_has_arrived_at_one_and_the_first_that_has_all_leads() {
    let case = Case::new(2);
    let writing = case.write("data/run/v0001.tar", OBJECT);
    assert_eq!(case.take(1), "data/run/v0001.tar");
    writing.join().unwrap().unwrap();
    assert_eq!(case.leads(), Some(1), "the other has nothing yet");
    let writing = case.write("data/run/catalog", OBJECT);
    assert_eq!((case.take(0), case.take(0)), ("data/run/v0001.tar".into(), "data/run/catalog".into()));
    writing.join().unwrap().unwrap();
    assert_eq!(case.leads(), Some(0));
    // Of the one that has not got it right it is not asked.
    assert_eq!(case.take(1), "data/run/catalog");
    assert_eq!(case.feed.elect(&|lane| lane != 0).unwrap().lane, Some(1));
}

#[test]
fn the_foremost_sets_the_pace_and_who_falls_behind_lacks_something() {
    let case = Case::new(2);
    for n in 1..=5 {
        let writing = case.write(&format!("v{n}"), OBJECT);
        assert_eq!(case.take(1), format!("v{n}"));
        writing.join().unwrap().unwrap();
    }
    // There was room for the last two of them.
    assert_eq!([case.take(0), case.take(0)], ["v4", "v5"]);
    assert_eq!(case.leads(), Some(1));
    case.feed.ended(1, Err(explain::cancelled()));
    assert!(case.feed.elect(&|_| true).is_err(), "the first three are at no other");
    assert_eq!(case.feed.failed().map(|(lane, _)| lane), Some(1));
}

#[test]
fn what_the_slow_one_reads_meanwhile_takes_no_room() {
    let case = Case::new(2);
    let writing = case.write("v1", OBJECT);
    let slow = case.given(0);
    assert_eq!(case.take(1), "v1");
    writing.join().unwrap().unwrap();
    for n in 2..=4 {
        let writing = case.write(&format!("v{n}"), OBJECT);
        assert_eq!(case.take(1), format!("v{n}"));
        writing.join().unwrap().unwrap();
    }
    let (file, size) = slow.waits.unwrap();
    assert_eq!((file.metadata().unwrap().len(), size), (OBJECT as u64, OBJECT as u64));
}

#[test]
fn the_last_that_lives_is_waited_for() {
    let case = Case::new(2);
    case.feed.ended(1, Err(explain::cancelled()));
    let writing: Vec<_> = (1..=2).map(|n| case.write(&format!("v{n}"), OBJECT)).collect();
    let mut names = vec![case.take(0), case.take(0)];
    names.sort();
    assert_eq!(names, ["v1", "v2"]);
    writing.into_iter().for_each(|writing| writing.join().unwrap().unwrap());
    assert_eq!(case.leads(), Some(0));

    let writing = case.write("v3", OBJECT);
    case.given(0);
    case.feed.ended(0, Err(explain::no_version_yet()));
    let error = writing.join().unwrap().unwrap_err();
    assert!(error.get_ref().is_some_and(|inner| inner.is::<NoneLeft>()), "{error}");
    assert_eq!(case.feed.failed().map(|(lane, _)| lane), Some(0));
    assert!(matches!(case.feed.next(0), Next::End), "who has failed gets no more");
}

#[test]
fn what_is_too_large_to_wait_goes_to_one_that_takes_it() {
    let case = Case::new(2);
    let writing = case.write("small", OBJECT);
    assert_eq!([case.take(0), case.take(1)], ["small", "small"]);
    writing.join().unwrap().unwrap();
    case.write("large", 1000).join().unwrap().unwrap();
    assert_eq!(case.folders[0].size("large").unwrap(), 1000);
    assert!(case.folders[1].size("large").is_err());
    let writing = case.write("last", OBJECT);
    assert_eq!([case.take(1), case.take(0)], ["last", "last"]);
    writing.join().unwrap().unwrap();
    assert_eq!(case.leads(), Some(0), "the other lacks the large one");
}

#[test]
fn who_lacks_what_is_older_never_leads() {
    let case = Case::new(2);
    case.open(1, false);
    let writing = case.write("v1", OBJECT);
    assert_eq!(case.take(1), "v1");
    assert!(!writing.is_finished(), "it counts where a version can be made of it");
    assert_eq!(case.take(0), "v1");
    writing.join().unwrap().unwrap();
    assert_eq!(case.leads(), Some(0));
}
