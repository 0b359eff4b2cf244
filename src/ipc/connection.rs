//! How a front end comes to the engine of a home: its own, served to whoever comes second, or another process's.

use std::thread;
use std::time::{Duration, Instant};

use super::{Error, Server, attach, serve};
use crate::engine::{Engine, Env, Handle, Mode};
use crate::model::problem::{Code, Problem};
use crate::state;
use crate::state::lock::HomeLock;
use crate::state::paths::Home;

/// How long a process that holds the home may take to answer, or to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// A handle, and what lives beside it in this process.
pub struct Connection {
    handle: Handle,
    own: Option<Own>,
}

/// Dropped in this order: nobody is served any more, then the engine ends.
struct Own {
    _server: Option<Server>,
    engine: Engine,
}

impl Connection {
    /// The engine of the home: started here where nobody holds it, else attached to. `autonomous`: an engine that is started
    /// here runs schedules.
    pub fn open(home: &Home, env: impl Fn() -> Env, autonomous: bool) -> Result<Self, Problem> {
        let begun = Instant::now();
        loop {
            match HomeLock::try_take(home).map_err(home_problem)? {
                Some(lock) => return Self::own(home, env(), lock, autonomous),
                None => match attach(home, env().waker) {
                    Ok(Some(handle)) => return Ok(Self { handle, own: None }),
                    Err(Error::OtherVersion { found }) => return Err(other_version(found)),
                    // It is just starting or just ending.
                    other if begun.elapsed() > PATIENCE => return Err(no_answer(other.err())),
                    _ => thread::sleep(Duration::from_millis(100)),
                },
            }
        }
    }

    /// The engine that another process runs for the home; `None` where there is none.
    pub fn attached(home: &Home, env: &Env) -> Result<Option<Self>, Problem> {
        match attach(home, env.waker.clone()) {
            Ok(handle) => Ok(handle.map(|handle| Self { handle, own: None })),
            Err(Error::OtherVersion { found }) => Err(other_version(found)),
            Err(error) => Err(no_answer(Some(error))),
        }
    }

    fn own(home: &Home, env: Env, lock: HomeLock, autonomous: bool) -> Result<Self, Problem> {
        let engine = Engine::start(env, Mode::Owner { home: home.clone(), lock, autonomous })?;
        let handle = engine.handle();
        let server = {
            let _runtime = engine.runtime().map(|r| r.enter());
            serve(handle.clone(), home)
        };
        // Without a socket a second process has to wait, but backups are made.
        let _server = server.inspect_err(|e| tracing::warn!("the engine cannot be served to others: {e}")).ok();
        Ok(Self { handle, own: Some(Own { _server, engine }) })
    }

    /// An engine that only reads destinations; of a home it uses keys and history, where there is one.
    pub fn guest(home: Option<Home>, env: Env) -> Result<Self, Problem> {
        let engine = Engine::start(env, Mode::Guest { home })?;
        Ok(Self { handle: engine.handle(), own: Some(Own { _server: None, engine }) })
    }

    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Whether the engine runs in this process.
    pub fn is_own(&self) -> bool {
        self.own.is_some()
    }

    /// Waits until nothing runs any more in an engine of this process: others may have asked it for something.
    pub fn wait_until_idle(&self) {
        if let Some(own) = &self.own {
            own.engine.wait_until_idle();
        }
    }
}

/// Our own files cannot be used.
pub fn home_problem(error: state::Error) -> Problem {
    Problem::new(
        Code::Settings,
        "Strongroom's own folder cannot be used.",
        "Check that it belongs to you and can be written, or name another with STRONGROOM_HOME.",
    )
    .with_detail(error.to_string())
}

fn other_version(found: u32) -> Problem {
    Problem::new(Code::Busy, "A Strongroom of another version is running.", "Quit it, then start again.")
        .with_detail(format!("protocol {found}"))
}

fn no_answer(error: Option<Error>) -> Problem {
    Problem::new(
        Code::Busy,
        "Another Strongroom holds this home and does not answer.",
        "Wait until it has ended, or end it, then start again.",
    )
    .with_detail(error.map(|e| e.to_string()).unwrap_or_default())
}
