use std::io::{Read, Write};
use std::os::unix::net::UnixStream as StdStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::{broadcast, mpsc, watch};

use super::wire::{Hello, PROTOCOL};
use super::*;
use crate::engine::handle::{Live, LiveProgress, Request};
use crate::engine::message::*;
use crate::engine::{Handle, Waker};
use crate::model::problem::Code;
use crate::model::run::{Progress, RunId, RunKind, Stage, Trigger};
use crate::model::secret::Secret;
use crate::state::paths::Home;

/// An engine's ends of a handle, served; the test answers in its place.
struct Fake {
    _dir: tempfile::TempDir,
    home: Home,
    requests: mpsc::Receiver<Request>,
    overview: watch::Sender<Arc<Overview>>,
    events: broadcast::Sender<Event>,
    live: Live,
    server: Option<Server>,
    _runtime: Runtime,
}

fn overview(unseen: u64, runs: Vec<RunOverview>) -> Arc<Overview> {
    Arc::new(Overview {
        runs,
        unseen,
        keeps_schedules: true,
        knows_machine: true,
        zone: "UTC".into(),
        home_folder: "/home/u".into(),
        machine: "m".into(),
        ..Overview::default()
    })
}

fn running(run: RunId) -> RunOverview {
    RunOverview {
        run,
        kind: RunKind::Backup,
        trigger: Trigger::ByHand,
        plan: None,
        name: "Documents".into(),
        started: "2026-11-21T20:00:00Z".parse().unwrap(),
        cancelling: false,
        paused: false,
        turn: None,
    }
}

fn fake() -> Fake {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::locate(Some(dir.path())).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (sender, requests) = mpsc::channel(16);
    let (publish, read) = watch::channel(overview(1, vec![]));
    let (events, _) = broadcast::channel(16);
    let live = Live::default();
    let handle = Handle::new(sender, read, events.clone(), live.clone());
    let server = {
        let _inside = runtime.enter();
        serve(handle, &home).unwrap()
    };
    Fake { _dir: dir, home, requests, overview: publish, events, live, server: Some(server), _runtime: runtime }
}

fn silent() -> Waker {
    Arc::new(|| {})
}

fn counting(count: Arc<AtomicU64>) -> Waker {
    Arc::new(move || {
        count.fetch_add(1, Ordering::SeqCst);
    })
}

fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    // Long, for a machine that is busy; a test that passes does not wait so long.
    for _ in 0..3000 {
        if holds() {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("never: {what}");
}

#[test]
fn two_front_ends_ask_and_get_their_own_answers() {
    let mut fake = fake();
    let one = attach(&fake.home, silent()).unwrap().unwrap();
    let two = attach(&fake.home, silent()).unwrap().unwrap();
    assert_eq!((one.overview().unseen, two.overview().unseen), (1, 1));
    let answers = thread::spawn(move || {
        let mut waiting = Vec::new();
        // Answered in the other order than asked.
        while waiting.len() < 3 {
            match fake.requests.blocking_recv().unwrap() {
                Request::Ask(Question::Report { run }, sender) => waiting.push((run, sender)),
                _ => panic!("something else was asked"),
            }
        }
        for (run, sender) in waiting.into_iter().rev() {
            let problem = crate::model::problem::Problem::new(Code::NothingThere, format!("run {}", run.0), "");
            sender.send(Err(problem)).unwrap();
        }
        fake
    });
    let asked = [one.report(RunId(1)), two.report(RunId(2)), one.report(RunId(u64::MAX))];
    let told = asked.map(|pending| pending.wait().unwrap_err().what);
    assert_eq!(told, ["run 1".to_string(), "run 2".to_string(), format!("run {}", u64::MAX)]);
    drop(answers.join().unwrap());
}

#[test]
fn secrets_and_commands_arrive() {
    let mut fake = fake();
    let handle = attach(&fake.home, silent()).unwrap().unwrap();
    handle.send(Command::Cancel { run: RunId(7) }).unwrap();
    assert!(matches!(fake.requests.blocking_recv(), Some(Request::Command(Command::Cancel { run: RunId(7) }))));
    let pending = handle.new_recovery_key();
    match fake.requests.blocking_recv() {
        Some(Request::Ask(Question::NewRecoveryKey, sender)) => {
            sender.send(Ok(Answer::RecoveryKey(Secret::new("hush")))).unwrap()
        }
        _ => panic!("something else was asked"),
    }
    assert_eq!(pending.wait().unwrap().expose(), "hush");
}

#[test]
fn overview_events_and_progress_are_mirrored_and_wake() {
    let fake = fake();
    let woken = Arc::new(AtomicU64::new(0));
    let count = woken.clone();
    let handle = attach(&fake.home, counting(count)).unwrap().unwrap();
    let mut events = handle.events();
    let run = RunId(9);
    let progress = Arc::new(Progress::default());
    progress.set_stage(Stage::Copying);
    fake.live.lock().unwrap().insert(run, LiveProgress::Here(progress.clone()));
    fake.overview.send_replace(overview(2, vec![running(run)]));
    eventually("the overview", || handle.overview().unseen == 2);
    eventually("the progress", || handle.progress(run).is_some_and(|p| p.stage == Stage::Copying));
    progress.bytes_done.store(1234, Ordering::SeqCst);
    eventually("newer progress without a newer overview", || handle.progress(run).is_some_and(|p| p.bytes_done == 1234));
    assert!(handle.progress(RunId(1)).is_none());
    fake.events.send(Event::Raise).unwrap();
    assert!(matches!(events.blocking_recv(), Ok(Event::Raise)));
    fake.live.lock().unwrap().clear();
    fake.overview.send_replace(overview(3, vec![]));
    eventually("the end of the progress", || handle.progress(run).is_none());
    assert!(woken.load(Ordering::SeqCst) >= 3);
}

#[test]
fn an_engine_that_goes_is_noticed() {
    for whole_engine in [true, false] {
        let mut fake = fake();
        let woken = Arc::new(AtomicU64::new(0));
        let count = woken.clone();
        let handle = attach(&fake.home, counting(count)).unwrap().unwrap();
        let mut events = handle.events();
        let pending = handle.drives();
        assert!(!handle.is_closed());
        let asked = fake.requests.blocking_recv();
        if whole_engine {
            // What it says last still arrives.
            fake.events.send(Event::Raise).unwrap();
            let (publish, _) = watch::channel(overview(0, vec![]));
            drop(std::mem::replace(&mut fake.overview, publish));
            assert!(matches!(events.blocking_recv(), Ok(Event::Raise)));
        } else {
            drop(fake.server.take());
            assert!(!fake.home.socket().exists());
        }
        assert_eq!(pending.wait().unwrap_err().code, Code::EngineGone);
        eventually("closed", || handle.is_closed());
        eventually("woken", || woken.load(Ordering::SeqCst) > 0);
        assert_eq!(handle.send(Command::MarkSeen).unwrap_err().code, Code::EngineGone);
        drop(asked);
    }
}

#[test]
fn where_nobody_serves_there_is_no_handle() {
    let mut fake = fake();
    // A socket whose process died lies there still.
    drop(fake.server.take());
    drop(std::os::unix::net::UnixListener::bind(fake.home.socket()).unwrap());
    assert!(fake.home.socket().exists());
    assert!(attach(&fake.home, silent()).unwrap().is_none());
    std::fs::remove_file(fake.home.socket()).unwrap();
    assert!(attach(&fake.home, silent()).unwrap().is_none());
}

#[test]
fn a_dead_socket_is_replaced_and_anything_else_is_not() {
    let fake = fake();
    let again = {
        let _inside = fake._runtime.enter();
        serve(handle_of(&fake), &fake.home)
    };
    assert!(again.is_ok());
    drop(fake.server);
    assert!(fake.home.socket().exists(), "the old server leaves the new one's socket alone");
    assert!(attach(&fake.home, silent()).unwrap().is_some());
    drop(again);
    std::fs::write(fake.home.socket(), "a file").unwrap();
    let _inside = fake._runtime.enter();
    let (sender, _requests) = mpsc::channel(1);
    let (_publish, read) = watch::channel(overview(0, vec![]));
    let (events, _) = broadcast::channel(1);
    assert!(serve(Handle::new(sender, read, events, Live::default()), &fake.home).is_err());
    assert_eq!(std::fs::read_to_string(fake.home.socket()).unwrap(), "a file");
}

fn handle_of(fake: &Fake) -> Handle {
    let (sender, _) = mpsc::channel(1);
    Handle::new(sender, fake.overview.subscribe(), fake.events.clone(), fake.live.clone())
}

fn framed(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_le_bytes(), bytes].concat()
}

/// Sends bytes as a front end would and gives what comes back until the engine hangs up.
fn answer_to(fake: &Fake, bytes: &[u8]) -> Vec<u8> {
    let mut stream = StdStream::connect(fake.home.socket()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    // The engine may hang up before it has all.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return answer,
            Ok(n) => answer.extend_from_slice(&buffer[..n]),
            Err(e) if e.kind() == std::io::ErrorKind::ConnectionReset => return answer,
            Err(e) => panic!("the engine does not hang up: {e}"),
        }
    }
}

#[test]
fn what_is_not_ours_is_hung_up_on() {
    let fake = fake();
    let hello = framed(serde_json::to_string(&Hello { strongroom: PROTOCOL }).unwrap().as_bytes());
    let garbage: [&[u8]; 4] = [b"GET / HTTP/1.1\r\n\r\n", &[0xff; 64], b"\x02\0\0\0{}", b"\x05\0\0\0nonse"];
    for bytes in garbage {
        assert!(answer_to(&fake, bytes).is_empty(), "{bytes:?}");
        let answer = answer_to(&fake, &[&hello, bytes].concat());
        assert!(answer.starts_with(&hello), "{bytes:?}");
    }
    // A frame longer than any may be, after a good hello.
    let answer = answer_to(&fake, &[&hello[..], &(17u32 << 20).to_le_bytes(), &[b' '; 1000]].concat());
    assert!(answer.starts_with(&hello));
    assert!(attach(&fake.home, silent()).unwrap().is_some(), "others are served all the same");
}

#[test]
fn versions_tell_each_other_apart() {
    let fake = fake();
    let other = framed(b"{\"strongroom\":99,\"new\":true}");
    let ours = framed(serde_json::to_string(&Hello { strongroom: PROTOCOL }).unwrap().as_bytes());
    assert_eq!(answer_to(&fake, &other), ours, "a newer one learns which protocol is spoken, and nothing else");

    drop(fake.server);
    let listener = std::os::unix::net::UnixListener::bind(fake.home.socket()).unwrap();
    let newer = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(&other).unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
    });
    assert!(matches!(attach(&fake.home, silent()), Err(Error::OtherVersion { found: 99 })));
    newer.join().unwrap();
}

#[test]
fn what_is_too_long_fails_alone() {
    let mut fake = fake();
    let handle = attach(&fake.home, silent()).unwrap().unwrap();
    let long = "x".repeat(frame::LONGEST);
    let filter = crate::model::history::HistoryFilter { text: long.clone(), ..Default::default() };
    assert_eq!(handle.history(filter).wait().unwrap_err().code, Code::Usage);
    let pending = handle.new_recovery_key();
    match fake.requests.blocking_recv() {
        Some(Request::Ask(_, sender)) => sender.send(Ok(Answer::RecoveryKey(Secret::new(long)))).unwrap(),
        _ => panic!("nothing was asked"),
    }
    assert_eq!(pending.wait().unwrap_err().what, "The answer is too long.");
    assert!(!handle.is_closed());
}

#[test]
fn a_front_end_that_does_not_read_holds_nobody_up() {
    let fake = fake();
    let hello = framed(serde_json::to_string(&Hello { strongroom: PROTOCOL }).unwrap().as_bytes());
    let mut lazy = StdStream::connect(fake.home.socket()).unwrap();
    lazy.write_all(&hello).unwrap();
    let handle = attach(&fake.home, silent()).unwrap().unwrap();
    // More than any socket's buffer takes.
    for n in 10..60 {
        let mut notices = (*overview(n, vec![])).clone();
        notices.notices = vec!["x".repeat(100_000)];
        fake.overview.send_replace(Arc::new(notices));
        eventually("the other one goes on", || handle.overview().unseen == n);
    }
}
