//! What is read back after a backup: what its plan wants, and only where it wants it.

use super::passing::{Call, Hooks, Passing};
use super::*;
use strongroom::model::read_back::WantedReadBack::{Always, Local, Never};
use strongroom::model::run::{Outcome, ReadBack, Stage};

/// Notes the names of all that is read of a destination, once for each time.
struct Watched {
    behind: Arc<dyn Storage>,
    read: Arc<Mutex<Vec<String>>>,
}

impl Hooks for Watched {
    fn behind(&self) -> &dyn Storage {
        &*self.behind
    }

    fn before(&self, call: Call, name: &str) -> Result<(), Error> {
        if matches!(call, Call::Read | Call::Sum) {
            self.read.lock().unwrap().push(name.into());
        }
        Ok(())
    }
}

fn is_volume(name: &str) -> bool {
    name.rsplit('/').next().is_some_and(|name| name.starts_with("v0"))
}

fn told(report: &RunReport) -> ReadBack {
    match report.detail {
        RunDetail::Backup { read_back, .. } => read_back,
        _ => panic!("{report:?}"),
    }
}

#[test]
fn volumes_are_read_back_where_the_plan_wants_it_and_nowhere_else() {
    let world = World::new();
    // Set once: what is opened may stay open for the next run.
    let read: Arc<Mutex<Vec<String>>> = Arc::default();
    let notes = read.clone();
    world.put_before(move |_, behind| Arc::new(Passing::with(Watched { behind, read: notes.clone() })));
    write(&world.source().join("a"), vec![7; 300_000]);
    let server = Location::of_server("sftp://ada@nas/b").unwrap().unwrap();
    let cases = [
        (world.location(), Always, true),
        (world.location(), Local, true),
        (world.location(), Never, false),
        (server.clone(), Always, true),
        (server.clone(), Local, false),
        (server, Never, false),
    ];
    for (n, (location, wish, is_read)) in cases.into_iter().enumerate() {
        let destinations = vec![location.clone()];
        let plan = Plan { destinations, read_back: wish, ..world.plan(&format!("Documents {n}")) };
        world.save(&plan).unwrap();
        read.lock().unwrap().clear();
        let report = world.back_up(&plan, WantedType::Auto);
        assert_eq!((&report.outcome, report.warning_count), (&Outcome::Completed, 0), "{:?}", report.warnings);
        let volumes = read.lock().unwrap().iter().filter(|name| is_volume(name)).count();
        let entered = report.stages.iter().any(|(stage, _)| *stage == Stage::ReadingBack);
        let all = (volumes > 0, entered, told(&report) != ReadBack::NotWanted);
        assert_eq!(all, (is_read, is_read, is_read), "{wish:?} at {}: {volumes} volumes", location.display());
        // Not looked at, it is whole all the same.
        let from = Place { location, ..world.place(&plan) };
        let to = world.path(&format!("restored {n}"));
        assert_eq!(world.restore(from, VersionChoice::Latest, &to).outcome, Outcome::Completed);
        assert_eq!(tree(&to.join("source")), tree(&world.source()));
    }
}
