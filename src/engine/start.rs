//! Starting and ending an engine.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinHandle;

use crate::model::problem::{Code, Problem};
use crate::os::placeholders::of_this_machine;
use crate::state::config::{self, Config};
use crate::state::history::History;
use crate::state::lock::HomeLock;
use crate::state::paths::Home;

use super::actor::Actor;
use super::answer::settings_problem;
use super::at_risk::AtRisks;
use super::core::Core;
use super::env::Env;
use super::explain;
use super::filled;
use super::handle::Handle;
use super::message::Command;
use super::messenger;
use super::overview;
use super::run::left_report;

/// Requests that may wait for the engine.
const REQUESTS: usize = 1024;
/// Events that a slow follower may be behind.
const EVENTS: usize = 1024;

/// How an engine stands to a home.
pub enum Mode {
    /// Holds the home: may write backups, knows plans and history. `autonomous`: runs schedules and goes on with runs that were left.
    Owner { home: Home, lock: HomeLock, autonomous: bool },
    /// Only reads destinations. Of a home it uses history and keys, where there is one.
    Guest { home: Option<Home> },
}

/// A running engine; dropped, it is told to quit and waited for.
pub struct Engine {
    handle: Handle,
    runtime: Option<Runtime>,
    actor: Option<JoinHandle<()>>,
    _lock: Option<HomeLock>,
}

impl Engine {
    /// Starts an engine on its own threads.
    pub fn start(env: Env, mode: Mode) -> Result<Self, Problem> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("engine")
            .enable_all()
            .build()
            .map_err(explain::internal)?;
        let (home, lock, autonomous) = match mode {
            Mode::Owner { home, lock, autonomous } => (Some(home), Some(lock), autonomous),
            Mode::Guest { home } => (home, None, false),
        };
        let core = Arc::new(open_core(env, home, lock.is_some())?);
        if lock.is_some() && !autonomous {
            // A command does not go on with what was left, but the home remembers that it was.
            for begun in core.history.left_running().unwrap_or_default() {
                let _ = core.history.finish(&left_report(&begun, core.env.clock.now()));
            }
        }
        let (requests, incoming) = mpsc::channel(REQUESTS);
        let (events, _) = broadcast::channel(EVENTS);
        let (publish, overview) =
            watch::channel(Arc::new(overview::make(&core, autonomous, Vec::new(), &HashMap::new(), &AtRisks::default())));
        if autonomous {
            messenger::heed_buttons(&core, requests.downgrade());
        }
        let handle = Handle::new(requests, overview, events.clone(), core.live.clone());
        let actor = runtime.spawn(Actor::new(core, incoming, publish, events, autonomous).work());
        Ok(Self { handle, runtime: Some(runtime), actor: Some(actor), _lock: lock })
    }

    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// For what serves the engine to others: it lives on the same threads.
    pub fn runtime(&self) -> Option<&tokio::runtime::Handle> {
        self.runtime.as_ref().map(Runtime::handle)
    }

    /// Whether it has ended.
    pub fn is_finished(&self) -> bool {
        self.actor.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Waits until nothing runs any more, or the engine has ended.
    pub fn wait_until_idle(&self) {
        let Some(runtime) = &self.runtime else { return };
        let mut overview = self.handle.overview_changes();
        let idle = async { overview.wait_for(|o| o.runs.is_empty()).await.is_ok() };
        runtime.block_on(idle);
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Refused where the engine has ended by itself.
        let _ = self.handle.send(Command::Quit);
        let (Some(runtime), Some(actor)) = (self.runtime.take(), self.actor.take()) else { return };
        let _ = runtime.block_on(actor);
        // What still answers questions may sit in a system call to a dead drive: nothing of it matters any more.
        runtime.shutdown_timeout(Duration::from_secs(2));
    }
}

fn open_core(env: Env, home: Option<Home>, owner: bool) -> Result<Core, Problem> {
    let mut notices = Vec::new();
    let (config, history, home_id) = match &home {
        Some(home) => {
            let mut config = match config::load(home) {
                Ok(loaded) => {
                    notices.extend(loaded.notices);
                    loaded.config
                }
                Err(error) if owner => return Err(settings_problem(error)),
                Err(_) => Config::default(),
            };
            let opened = if owner {
                History::open(home, env.clock.now())
            } else {
                History::open_as_guest(home).map(|history| (history, None))
            };
            let history = match opened {
                Ok((history, notice)) => {
                    notices.extend(notice);
                    history
                }
                Err(error) if owner => {
                    return Err(Problem::new(
                        Code::Settings,
                        "The history could not be opened.",
                        "Check that Strongroom's own folder can be written and has room.",
                    )
                    .with_detail(error.to_string()));
                }
                Err(error) => {
                    notices.push(format!("The history cannot be read and is not used here: {error}"));
                    History::in_memory().map_err(explain::internal)?
                }
            };
            // Where that cannot be saved the next start does it again.
            if owner && filled::fill(&mut config, &history, &of_this_machine()) {
                let _ = config.save(home).inspect_err(|error| tracing::warn!("addresses were filled, but not saved: {error}"));
            }
            let id = match home.home_id(&*env.entropy) {
                Ok(id) => id,
                Err(error) if owner => return Err(settings_problem(error)),
                Err(_) => String::new(),
            };
            (config, history, id)
        }
        None => (Config::default(), History::in_memory().map_err(explain::internal)?, String::new()),
    };
    Ok(Core::new(env, home, owner, home_id, config, notices, history))
}
