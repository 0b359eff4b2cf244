//! How commands come to an engine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::output::Output;
use crate::engine::{Env, Handle};
use crate::ipc::connection::{Connection, home_problem};
use crate::model::problem::{Code, Problem};
use crate::state::paths::Home;
use crate::state::secrets::{MemoryStore, SecretStore, open_store};

/// How often a command starts anew when the engine it was attached to has ended.
const TRIES: usize = 5;

/// Works with the engine of this person's home. Where that is another process's, it may end just as it is asked for something: then
/// the work begins anew, perhaps with an engine of our own.
pub fn with_home<T>(mut work: impl FnMut(&Session) -> Result<T, Problem>) -> Result<T, Problem> {
    let mut tries = 0;
    loop {
        let session = Session::home()?;
        tries += 1;
        match work(&session) {
            Err(problem) if problem.code == Code::EngineGone && !session.connection.is_own() && tries < TRIES => {}
            ended => return ended,
        }
    }
}

/// An engine to work with; one that was started for this command ends with it.
pub struct Session {
    connection: Connection,
}

impl Session {
    /// The engine of this person's home: started here, or attached to where another process holds the home.
    pub fn home() -> Result<Self, Problem> {
        let home = Home::locate(root().as_deref()).map_err(home_problem)?;
        Ok(Self { connection: Connection::open(&home, || env(open_store(&home, false)), false)? })
    }

    /// The engine that another process runs for this person's home; `None` where there is none.
    pub fn running() -> Result<Option<Self>, Problem> {
        let home = Home::locate(root().as_deref()).map_err(home_problem)?;
        let connection = Connection::attached(&home, &env(Arc::new(MemoryStore::default())))?;
        Ok(connection.map(|connection| Self { connection }))
    }

    /// The engine of another home, keys in files: for the tour.
    pub fn of_home_below(root: &Path) -> Result<Self, Problem> {
        let home = Home::locate(Some(root)).map_err(home_problem)?;
        Ok(Self { connection: Connection::open(&home, || env(open_store(&home, true)), false)? })
    }

    /// For reading destinations, plans and history: needs no lock, so that it works beside anything. Where there is no home, as for a
    /// person who cannot write anywhere, destinations are read all the same.
    pub fn guest() -> Result<Self, Problem> {
        let home = Home::locate(root().as_deref()).inspect_err(|e| tracing::info!("reading without a home: {e}")).ok();
        let secrets: Arc<dyn SecretStore> = match &home {
            Some(home) => open_store(home, false),
            None => Arc::new(MemoryStore::default()),
        };
        Ok(Self { connection: Connection::guest(home, env(secrets))? })
    }

    /// For reading what only a home has: plans and history. Like a guest's it needs no lock.
    pub fn reading_home() -> Result<Self, Problem> {
        let home = Home::locate(root().as_deref()).map_err(home_problem)?;
        let secrets = open_store(&home, false);
        Ok(Self { connection: Connection::guest(Some(home), env(secrets))? })
    }

    pub fn handle(&self) -> &Handle {
        self.connection.handle()
    }

    /// What is wrong with the home itself, which nobody else may come to say.
    pub fn tell_notices(&self, output: Output) {
        for notice in &self.handle().overview().notices {
            output.note(notice);
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // A window that attached to this engine may have begun something.
        self.connection.wait_until_idle();
    }
}

/// The engine of this person's home that runs schedules, for as long as this is held; or another process's.
pub fn daemon() -> Result<Connection, Problem> {
    let home = Home::locate(root().as_deref()).map_err(home_problem)?;
    Connection::open(&home, || env(open_store(&home, false)), true)
}

fn root() -> Option<PathBuf> {
    std::env::var_os("STRONGROOM_HOME").filter(|root| !root.is_empty()).map(PathBuf::from)
}

fn env(secrets: Arc<dyn SecretStore>) -> Env {
    Env::system(secrets, Arc::new(|| {}))
}
