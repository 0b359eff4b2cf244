//! From no arguments to a window, or to the running one; and life without a window afterwards, or from the start.

mod front;
mod turn;
mod without;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use strongroom::cli;
use strongroom::engine::Env;
use strongroom::engine::env::SystemClock;
use strongroom::ipc::connection::{Connection, home_problem};
use strongroom::model::problem::{Code, Problem};
use strongroom::os::placeholders::of_this_machine;
use strongroom::state::paths::Home;
use strongroom::state::secrets::open_store;
use strongroom::ui::{self, Closed, Joined, Reopen, TrayPresence, Window, WindowWaker, Wish};

use self::turn::Turn;
use self::without::{Next, Without};
use crate::desktop;

/// Shows the window, or says why it cannot and takes the tour. `hidden`: without a window until somebody wishes for one.
pub fn show(hidden: bool) -> ExitCode {
    if let (Some(why), false) = (desktop::no_display(), hidden) {
        return tour(&why);
    }
    loop {
        match start(hidden) {
            Ok(Ended::Well) => return ExitCode::SUCCESS,
            Ok(Ended::NoWindow(why)) => return tour(&why),
            Err(problem) => {
                let code = cli::refuse(&problem);
                if hidden || !matches!(catch_unwind(|| ui::refuse(&problem)), Ok(Ok(true))) {
                    return code;
                }
            }
        }
    }
}

const RUNNING: &str = "Strongroom is running already.";

enum Ended {
    Well,
    NoWindow(String),
}

fn tour(why: &str) -> ExitCode {
    cli::say(&format!("There is no display here to open the window on ({why})."));
    cli::say("`strongroom --help` shows the command line. Here is a short tour in the terminal instead.\n");
    cli::tour()
}

fn start(hidden: bool) -> Result<Ended, Problem> {
    let root = std::env::var_os("STRONGROOM_HOME").filter(|root| !root.is_empty()).map(PathBuf::from);
    let home = Home::locate(root.as_deref()).map_err(home_problem)?;
    let windows = WindowWaker::default();
    // Held while this process shows windows: a second one brings ours to the front instead of opening its own.
    let turn = match (hidden, desktop::no_display()) {
        // Whoever has a display opens windows of their own, and they talk to our engine.
        (true, Some(_)) => Some(Turn::none()),
        (true, None) => Turn::take(&home),
        (false, _) => Turn::take_or_raise(&home)?,
    };
    let Some(_turn) = turn else {
        cli::say(if hidden { RUNNING } else { "Strongroom is running already: its window comes to the front." });
        return Ok(Ended::Well);
    };
    let connect = {
        let (home, windows) = (home.clone(), windows.clone());
        move || Connection::open(&home, || Env::system(open_store(&home, false), windows.waker()), true)
    };
    let first = connect()?;
    // A command that holds the home ends by itself, and its engine is taken over then.
    let is_kept = !first.is_own() && first.handle().overview().keeps_schedules;
    if hidden && desktop::no_display().is_some() && is_kept {
        cli::say(RUNNING);
        return Ok(Ended::Well);
    }
    let ended = front::watch_signals(windows.clone())?;
    let wake = windows.waker();
    // The engine that the window talks to; when it goes (another process had it), a new one takes its place.
    let connection = Arc::new(Mutex::new(first));
    let reopen: Reopen = {
        let connection = connection.clone();
        Arc::new(move || {
            let fresh = connect()?;
            let engine = joined(&fresh);
            let old = std::mem::replace(&mut *connection.lock().unwrap_or_else(PoisonError::into_inner), fresh);
            drop(old);
            Ok(engine)
        })
    };
    let current: Arc<dyn Fn() -> Joined + Send + Sync> = {
        // Whoever hears and shows beside the windows must not keep the engine from ending.
        let connection = Arc::downgrade(&connection);
        let last = Mutex::new(None);
        Arc::new(move || {
            let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(connection) = connection.upgrade() {
                *last = Some(joined(&connection.lock().unwrap_or_else(PoisonError::into_inner)));
            }
            last.clone().expect("asked for the first time while the engine is there")
        })
    };
    current();
    front::hear(current.clone(), windows.clone())?;
    let tray = TrayPresence::default();
    desktop::show_tray(current.clone(), windows.clone(), tray.clone());
    let mut window = Window {
        engine: current(),
        reopen: reopen.clone(),
        clock: Arc::new(SystemClock),
        waker: windows.clone(),
        appearance: desktop::watch_appearance(move || wake()),
        pick_paths: desktop::path_dialog(),
        drops: desktop::drops_arrive(),
        open_folder: Arc::new(desktop::open_folder),
        tray: tray.clone(),
        placeholders: of_this_machine(),
        autostart: desktop::autostart(root.as_deref()),
    };
    let mut is_shown = !hidden;
    loop {
        if is_shown {
            window.engine = current();
            let shown = window.clone();
            // A library that is missing makes the window's maker panic instead of fail.
            let closed = catch_unwind(AssertUnwindSafe(|| ui::run(shown)))
                .unwrap_or_else(|_| Err("a library that windows need is missing, such as libxkbcommon-x11".into()));
            match closed {
                Ok(Closed::Quit) => return Ok(Ended::Well),
                Ok(Closed::KeepRunning) => {}
                Err(why) if hidden => {
                    tracing::warn!("the window cannot be opened: {why}");
                    // Nobody can be asked whether what runs may be cut off.
                    if windows.take_wishes().contains(&Wish::Quit) {
                        return Ok(Ended::Well);
                    }
                }
                Err(why) => return Ok(Ended::NoWindow(why)),
            }
        }
        let (windows, tray, ended) = (&windows, &tray, ended.clone());
        let without = Without { engine: &*current, reopen: &reopen, windows, tray, stays: hidden, ended };
        match without.wait()? {
            Next::Window => is_shown = true,
            Next::Quit => return Ok(Ended::Well),
        }
    }
}

fn joined(connection: &Connection) -> Joined {
    Joined { handle: connection.handle().clone(), own: connection.is_own() }
}

fn system(error: std::io::Error) -> Problem {
    Problem::new(Code::Internal, "The system refused something.", "Start Strongroom again.").with_detail(error.to_string())
}
