//! A destination that fails at one call after the other while keys are changed.

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

/// A destination that fails once.
#[derive(Clone)]
struct Failing {
    /// At this call.
    nth: Arc<AtomicU64>,
    opened: Arc<Mutex<Option<Arc<Faulty>>>>,
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
    let failing = failing.clone();
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
    // A key file: it costs no time to open with.
    let secret = Secret::of_key_file(&std::array::from_fn::<u8, 64, _>(|i| i as u8)).unwrap();
    let plan = Plan {
        id: PlanId::from_random([7; 16]),
        name: "Documents".into(),
        created: jiff::Timestamp::now(),
        sources: SourceSpec { paths: vec![root.path().join("source").into()], ..SourceSpec::default() },
        destinations: vec![Location::local(root.path().join("destination"))],
        format: Default::default(),
        seal: Some(Default::default()),
        secret_file: None,
        schedules: Default::default(),
        retention: Default::default(),
        max_sizes: Default::default(),
        read_back: Default::default(),
    };
    let folder = root.path().join("destination").join(plan.folder_name());
    let place = |secret: Option<&Secret>| Place {
        location: plan.destinations[0].clone(),
        plan: PlanChoice::Id(plan.id.clone()),
        secret: secret.cloned(),
    };
    let secrets = Arc::new(MemoryStore::default());
    let fails = Failing { nth: Arc::new(AtomicU64::new(u64::MAX)), opened: Arc::default() };
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
