//! From no arguments to a window, or to the running one; and life without a window afterwards.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use strongroom::cli;
use strongroom::engine::env::SystemClock;
use strongroom::engine::message::{Command, Event, Overview};
use strongroom::engine::{Env, Handle};
use strongroom::ipc::attach;
use strongroom::ipc::connection::{Connection, home_problem};
use strongroom::model::problem::Problem;
use strongroom::os::interrupt::Interrupts;
use strongroom::state::paths::Home;
use strongroom::state::secrets::open_store;
use strongroom::ui::{self, Closed, Joined, Window, WindowWaker};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;

use crate::desktop;

/// Shows the window, or says why it cannot and takes the tour.
pub fn show() -> ExitCode {
    if let Some(why) = desktop::no_display() {
        return tour(&why);
    }
    loop {
        match start() {
            Ok(Ended::Well) => return ExitCode::SUCCESS,
            Ok(Ended::NoWindow(why)) => return tour(&why),
            Err(problem) => {
                let code = cli::refuse(&problem);
                if !matches!(catch_unwind(|| ui::refuse(&problem)), Ok(Ok(true))) {
                    return code;
                }
            }
        }
    }
}

enum Ended {
    Well,
    NoWindow(String),
}

fn tour(why: &str) -> ExitCode {
    cli::say(&format!("There is no display here to open the window on ({why})."));
    cli::say("`strongroom --help` shows the command line. Here is a short tour in the terminal instead.\n");
    cli::tour()
}

fn start() -> Result<Ended, Problem> {
    let root = std::env::var_os("STRONGROOM_HOME").filter(|root| !root.is_empty()).map(PathBuf::from);
    let home = Home::locate(root.as_deref()).map_err(home_problem)?;
    let waker = WindowWaker::default();
    // Held while this process shows windows: a second one brings ours to the front instead of opening its own.
    let Some(_turn) = turn_or_raise(&home)? else {
        cli::say("Strongroom is running already: its window comes to the front.");
        return Ok(Ended::Well);
    };
    let connect = {
        let (home, waker) = (home.clone(), waker.clone());
        move || Connection::open(&home, || Env::system(open_store(&home, false), waker.waker()), true)
    };
    let first = connect()?;
    let ended = watch_signals(waker.clone())?;
    let wake = waker.waker();
    // The engine that the window talks to; when it goes (another process had it), a new one takes its place.
    let connection = Arc::new(Mutex::new(first));
    let reopen = {
        let connection = connection.clone();
        move || {
            let fresh = connect()?;
            let engine = joined(&fresh);
            let old = std::mem::replace(&mut *connection.lock().unwrap_or_else(PoisonError::into_inner), fresh);
            drop(old);
            Ok(engine)
        }
    };
    let current = || joined(&connection.lock().unwrap_or_else(PoisonError::into_inner));
    let mut window = Window {
        engine: current(),
        reopen: Arc::new(reopen),
        clock: Arc::new(SystemClock),
        waker: waker.clone(),
        appearance: desktop::watch_appearance(move || wake()),
        pick_paths: desktop::path_dialog(),
        drops: desktop::drops_arrive(),
        open_folder: Arc::new(desktop::open_folder),
    };
    loop {
        window.engine = current();
        let shown = window.clone();
        // A library that is missing makes the window's maker panic instead of fail.
        let closed = catch_unwind(AssertUnwindSafe(|| ui::run(shown)))
            .unwrap_or_else(|_| Err("a library that windows need is missing, such as libxkbcommon-x11".into()));
        match closed {
            Ok(Closed::Quit) => return Ok(Ended::Well),
            Ok(Closed::KeepRunning) => match without_window(&current().handle, ended.clone())? {
                Next::Window => {}
                Next::Quit => return Ok(Ended::Well),
            },
            Err(why) => return Ok(Ended::NoWindow(why)),
        }
    }
}

fn joined(connection: &Connection) -> Joined {
    Joined { handle: connection.handle().clone(), own: connection.is_own() }
}

/// How long a second start waits for the first one's window.
const PATIENCE: Duration = Duration::from_secs(15);

/// The right to show windows; `None` where another process shows them and was asked to come to the front. Only attaches: an
/// engine of our own would be in the way of the window that is there and may just be looking for one.
fn turn_or_raise(home: &Home) -> Result<Option<Turn>, Problem> {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(turn) = take_turn(&home.runtime) {
            return Ok(Some(turn));
        }
        // The window's engine may be another process's that has just ended, or the window's own that is just starting.
        if let Ok(Some(handle)) = attach(home, Arc::new(|| {}))
            && raise(&handle)?
        {
            return Ok(None);
        }
        if Instant::now() > until {
            let code = strongroom::model::problem::Code::Busy;
            return Err(Problem::new(code, "Strongroom is running already, but does not answer.", "Try again in a moment."));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Asks for the window that another process shows, and waits until the engine has passed it on: the request itself travels
/// behind our back and would be lost with this process. `false` where the engine ended meanwhile or does not answer.
fn raise(handle: &Handle) -> Result<bool, Problem> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(system)?;
    let mut events = handle.events();
    if handle.send(Command::Raise).is_err() {
        return Ok(false);
    }
    let passed_on = async {
        loop {
            match events.recv().await {
                Ok(Event::Raise) => return true,
                Err(RecvError::Closed) => return false,
                Ok(_) | Err(RecvError::Lagged(_)) => {}
            }
        }
    };
    Ok(runtime.block_on(async { tokio::time::timeout(Duration::from_secs(5), passed_on).await }).unwrap_or(false))
}

/// The right to show windows for a home, held until it is dropped. Without a file where none can be made: then a second window may open.
struct Turn {
    held: Option<File>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Closing it is not enough: a program that is being started has every open file for a moment.
        let _ = self.held.as_ref().map(File::unlock);
    }
}

/// `None` where another process shows them.
fn take_turn(folder: &Path) -> Option<Turn> {
    let path = folder.join("window.lock");
    // Windows locks nothing that is open for appending alone.
    match File::options().read(true).append(true).create(true).open(&path) {
        Ok(file) => match file.try_lock() {
            Ok(()) => Some(Turn { held: Some(file) }),
            Err(_) => None,
        },
        Err(error) => {
            tracing::warn!("{}: {error}", path.display());
            Some(Turn { held: None })
        }
    }
}

/// Watches for being asked to end for as long as the process lives: once they are listened to, they end nothing by themselves any
/// more, also after the listener is gone. The first closes the window and ends the engine in good order, a second one at once.
fn watch_signals(waker: WindowWaker) -> Result<watch::Receiver<bool>, Problem> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(system)?;
    let mut interrupts = {
        let _context = runtime.enter();
        Interrupts::listen().map_err(system)?
    };
    let (sender, ended) = watch::channel(false);
    let watching = move || {
        runtime.block_on(async {
            loop {
                interrupts.next().await;
                if *sender.borrow() || sender.is_closed() {
                    std::process::exit(130);
                }
                sender.send_replace(true);
                waker.quit();
            }
        });
    };
    std::thread::Builder::new().name("signals".into()).spawn(watching).map_err(system)?;
    Ok(ended)
}

enum Next {
    Window,
    Quit,
}

/// Runs and schedules go on; a second start asks for a window again. Ends when there is nothing left to wait for.
fn without_window(handle: &Handle, mut ended: watch::Receiver<bool>) -> Result<Next, Problem> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(system)?;
    runtime.block_on(async {
        let mut events = handle.events();
        let mut overview = handle.overview_changes();
        loop {
            if *ended.borrow_and_update() || is_done(&overview.borrow_and_update()) || handle.is_closed() {
                return Ok(Next::Quit);
            }
            tokio::select! {
                event = events.recv() => match event {
                    Ok(Event::Raise) => return Ok(Next::Window),
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return Ok(Next::Quit),
                },
                changed = overview.changed() => if changed.is_err() { return Ok(Next::Quit) },
                _ = ended.changed() => return Ok(Next::Quit),
            }
        }
    })
}

/// Nothing runs, and no schedule will ever make something run.
fn is_done(overview: &Overview) -> bool {
    overview.runs.is_empty() && overview.plans.iter().all(|plan| plan.plan.schedules.on().next().is_none())
}

fn system(error: std::io::Error) -> Problem {
    Problem::new(strongroom::model::problem::Code::Internal, "The system refused something.", "Start Strongroom again.")
        .with_detail(error.to_string())
}
