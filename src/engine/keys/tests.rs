//! Keys are changed at a destination that fails at one call after the other, and by two at the same time.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::io::Errno;

use crate::engine::env::Env;
use crate::engine::message::{Command, Event, KeyChange, NewSecrets};
use crate::engine::{Engine, Handle, Mode};
use crate::model::location::Location;
use crate::model::plan::{Plan, PlanId};
use crate::model::problem::Code;
use crate::model::restore::{Place, PlanChoice};
use crate::model::run::{Outcome, RunId};
use crate::model::secret::Secret;
use crate::model::snapshot::WantedType;
use crate::model::source_spec::SourceSpec;
use crate::state::lock::HomeLock;
use crate::state::paths::Home;
use crate::state::secrets::MemoryStore;
use crate::storage::faulty::Faulty;
use crate::storage::{self, Storage};

type Act = Box<dyn FnOnce() + Send>;

/// A destination that fails once.
#[derive(Clone)]
struct Failing {
    /// At this call.
    nth: Arc<AtomicU64>,
    opened: Arc<Mutex<Option<Arc<Faulty>>>>,
    /// Done once, where chance is asked for next: in the midst of whatever asks for it.
    meanwhile: Arc<Mutex<Option<Act>>>,
}

impl Failing {
    fn never() -> Self {
        Self { nth: Arc::new(AtomicU64::new(u64::MAX)), opened: Arc::default(), meanwhile: Arc::default() }
    }
}

/// An engine with such a destination.
fn engine(root: &Path, secrets: &Arc<MemoryStore>, failing: &Failing) -> Engine {
    let home = Home::locate(Some(&root.join("home"))).unwrap();
    let lock = loop {
        // The engine before may still be on its way out.
        match HomeLock::try_take(&home).unwrap() {
            Some(lock) => break lock,
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    };
    let mut env = Env::system(secrets.clone(), Arc::new(|| {}));
    let (failing, chance) = (failing.clone(), env.entropy.clone());
    let meanwhile = failing.meanwhile.clone();
    env.entropy = Arc::new(move |bytes| {
        // Not held while it is done: it asks for chance too.
        let first = meanwhile.lock().unwrap().take();
        first.into_iter().for_each(|act| act());
        chance(bytes);
    });
    env.open_storage = Arc::new(move |location, _, access| {
        let inner: Arc<dyn Storage> = Arc::from(storage::create_and_open(location, access)?);
        let faulty = Arc::new(Faulty::once(inner, failing.nth.load(SeqCst), Errno::IO.raw_os_error()));
        *failing.opened.lock().unwrap() = Some(faulty.clone());
        Ok(faulty)
    });
    Engine::start(env, Mode::Owner { home, lock, autonomous: false }).unwrap()
}

fn back_up(handle: &Handle, plan: &PlanId, n: u64) -> Outcome {
    let mut events = handle.events();
    let (run, plan) = (RunId(n), plan.clone());
    handle
        .send(Command::BackUp { run, plan, kind: WantedType::Auto, base: None, take_over: false, accept_shrunk: false })
        .unwrap();
    loop {
        match events.blocking_recv().unwrap() {
            Event::RunEnded(report) if report.run == run => return report.outcome,
            _ => {}
        }
    }
}

/// Costs no time to open with.
fn key_file(first: u8) -> Secret {
    Secret::of_key_file(&std::array::from_fn::<u8, 64, _>(|i| first + i as u8)).unwrap()
}

fn plan(root: &Path) -> Plan {
    Plan {
        sources: SourceSpec { paths: vec![root.join("source").into()], ..SourceSpec::default() },
        destinations: vec![Location::local(root.join("destination"))],
        seal: Some(Default::default()),
        ..Plan::new(PlanId::from_random([7; 16]), "Documents", jiff::Timestamp::now())
    }
}

fn place(plan: &Plan, secret: Option<&Secret>) -> Place {
    let (location, plan) = (plan.destinations[0].clone(), PlanChoice::Id(plan.id.clone()));
    Place { location, plan, secret: secret.cloned() }
}

/// The files of key slots by name.
fn key_files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let named = files.map(|file| (file.file_name().into_string().unwrap(), file.path()));
    named.filter(|(name, _)| name.starts_with("keys-")).map(|(name, path)| (name, std::fs::read(path).unwrap())).collect()
}

/// What opened before opens after it, runs go on without anybody being asked, and the next one leaves one file of slots, twice.
#[test]
fn a_rotation_that_fails_anywhere_leaves_what_opens() {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("source")).unwrap();
    let (secret, plan) = (key_file(0), plan(root.path()));
    let folder = root.path().join("destination").join(plan.folder_name());
    let place = |secret: Option<&Secret>| place(&plan, secret);
    let secrets = Arc::new(MemoryStore::default());
    let fails = Failing::never();
    {
        let engine = engine(root.path(), &secrets, &fails);
        let new = NewSecrets { key_file: Some(secret.clone()), ..NewSecrets::default() };
        engine.handle().save_plan(plan.clone(), new).wait().unwrap();
        assert_eq!(back_up(&engine.handle(), &plan.id, 1), Outcome::Completed);
    }
    let mut failures = 0;
    for nth in 1..200 {
        fails.nth.store(nth, SeqCst);
        let failing = engine(root.path(), &secrets, &fails);
        let change = KeyChange::Rotate(NewSecrets::default());
        let rotated = failing.handle().change_keys(place(Some(&secret)), change, None).wait();
        drop(failing);
        let calls = fails.opened.lock().unwrap().take().unwrap().calls();

        fails.nth.store(u64::MAX, SeqCst);
        let engine = engine(root.path(), &secrets, &fails);
        std::fs::write(root.path().join("source/a"), format!("content {nth}")).unwrap();
        let outcome = back_up(&engine.handle(), &plan.id, nth + 1);
        assert_eq!(outcome, Outcome::Completed, "after call {nth} failed: {rotated:?}");
        engine.handle().unlock(place(Some(&secret))).wait().unwrap();
        let files: Vec<Vec<u8>> = key_files(&folder).into_values().collect();
        assert!(files.len() == 2 && files[0] == files[1], "after call {nth}: {:?}", key_files(&folder).keys());
        failures += u64::from(rotated.is_err());
        if calls < nth {
            rotated.unwrap();
            assert!(failures > 10, "only {failures} of {calls}");
            return;
        }
    }
    panic!("it has no end");
}

/// The second says so and leaves nothing behind; what the first made counts.
#[test]
fn of_two_changes_at_the_same_time_one_counts() {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("source")).unwrap();
    let plan = plan(root.path());
    let [secret, first, second] = [0, 1, 2].map(key_file);
    let fails = Failing::never();
    let engine = engine(root.path(), &Arc::default(), &fails);
    let of = |secret: &Secret| NewSecrets { key_file: Some(secret.clone()), ..NewSecrets::default() };
    engine.handle().save_plan(plan.clone(), of(&secret)).wait().unwrap();
    let (handle, opened) = (engine.handle(), place(&plan, Some(&secret)));
    let add = move |new: NewSecrets| handle.change_keys(opened.clone(), KeyChange::Add(new), None).wait();
    let (ended, new, begin) = (Arc::new(Mutex::new(None)), of(&first), add.clone());
    let to = ended.clone();
    // In the midst of the second, when it has read what opens the backup.
    *fails.meanwhile.lock().unwrap() = Some(Box::new(move || *to.lock().unwrap() = Some(begin(new))));
    assert_eq!(add(of(&second)).unwrap_err().code, Code::Busy);
    ended.lock().unwrap().take().unwrap().unwrap();
    let opens = |secret: &Secret| engine.handle().unlock(place(&plan, Some(secret))).wait().is_ok();
    assert_eq!([&secret, &first, &second].map(opens), [true, true, false]);
    let files: Vec<Vec<u8>> = key_files(&root.path().join("destination").join(plan.folder_name())).into_values().collect();
    assert!(files.len() == 2 && files[0] == files[1]);
    add(of(&second)).unwrap();
    assert!(opens(&second));
}
