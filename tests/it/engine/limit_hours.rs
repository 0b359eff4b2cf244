//! Limits of speed that hold at some times of day: a run that goes on past such a time is slowed, or let go, from then on.

use std::io;

use strongroom::model::limits::Limits;
use strongroom::model::run::Outcome;
use strongroom::model::settings::Settings;
use strongroom::model::volume_size::VolumeSize;

use super::gated::Gates;
use super::passing::{Hooks, Passing};
use super::*;
use crate::support::until;

/// The line that all servers are reached by, and for each piece that went over it whether it had to wait.
#[derive(Clone, Default)]
struct Line {
    throttle: Arc<Mutex<Option<Arc<Throttle>>>>,
    waited: Arc<Mutex<Vec<bool>>>,
}

impl Line {
    /// Whether a limit holds now.
    fn is_limited(&self) -> bool {
        let throttle = self.throttle.lock().unwrap().clone();
        throttle.is_some_and(|throttle| {
            // What is let in keeps the line for a while, where there is a limit.
            throttle.up(1 << 20);
            !throttle.up(0).is_zero()
        })
    }

    fn pieces(&self) -> usize {
        self.waited.lock().unwrap().len()
    }
}

struct Metered {
    behind: Arc<dyn Storage>,
    line: Line,
}

impl Hooks for Metered {
    fn behind(&self) -> &dyn Storage {
        &*self.behind
    }

    fn before_write(&self, bytes: usize) -> io::Result<()> {
        // What it would wait is noted, and no time goes by for it.
        let wait = self.line.throttle.lock().unwrap().as_ref().map(|throttle| throttle.up(bytes));
        self.line.waited.lock().unwrap().push(wait.is_some_and(|wait| !wait.is_zero()));
        Ok(())
    }
}

#[test]
fn a_limit_by_the_time_of_day_comes_and_goes_while_a_run_goes_on() {
    let world = World::new();
    let (line, gates) = (Line { throttle: world.throttle.clone(), ..Line::default() }, Gates::default());
    let (seen, gated) = (line.clone(), gates.clone());
    world.put_before(move |at, behind| gated.before(at, Arc::new(Passing::with(Metered { behind, line: seen.clone() }))));

    // Whatever the engine is asked, it looks at the clock; then it knows itself when that is worth another look.
    let at = |days: i64, time: &str| {
        let day = Timestamp::now().to_zoned(TimeZone::UTC).date() + jiff::SignedDuration::from_hours(24 * days);
        world.clock.set(&format!("{day}T{time}Z"));
        world.handle().report(RunId(0)).wait().unwrap();
    };
    at(1, "17:50:00");
    let limits = Limits { upload: Some(100_000), between: "08:00-18:00".parse().ok(), ..Limits::default() };
    assert!(limits.between.is_some());
    world.handle().save_settings(Settings { limits, ..Settings::default() }).wait().unwrap();
    let server = Location::of_server("webdav://ada@nas/b").unwrap().unwrap();
    let mut plan = Plan { destinations: vec![server.clone()], ..world.plan("Documents") };
    plan.format.volume_size = Some(VolumeSize::Bytes(1 << 20));
    world.save(&plan).unwrap();

    let mut waited = Vec::new();
    for (n, before, after) in [(0, (1, "17:50:00"), (1, "17:59:59")), (1, (2, "07:50:00"), (2, "07:59:59"))] {
        let limited_first = n == 0;
        write(&world.source().join(format!("film {n}")), crate::support::Random(n).bytes(16 << 20));
        at(before.0, before.1);
        until("the limit is as it is then", || line.is_limited() == limited_first);
        gates.gate(&server).close();
        line.waited.lock().unwrap().clear();
        let report = std::thread::scope(|scope| {
            let run = scope.spawn(|| world.back_up(&plan, WantedType::Auto));
            until("volumes are on their way", || line.pieces() > 1);
            let before = line.pieces();
            at(after.0, after.1);
            until("the limit changes", || line.is_limited() != limited_first);
            assert!(!run.is_finished(), "the rest is held up");
            let begun = line.pieces();
            gates.gate(&server).open();
            let report = run.join().unwrap();
            let pieces = line.waited.lock().unwrap();
            waited.push([&pieces[..before], &pieces[begun..]].map(|pieces| pieces.contains(&true)));
            report
        });
        assert_eq!(report.outcome, Outcome::Completed, "{report:?}");
    }
    assert_eq!(waited, [[true, false], [false, true]], "before and after");
}
