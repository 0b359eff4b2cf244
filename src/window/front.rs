//! What is heard beside the windows, whether or not there is one: who asks for it, and the system that asks for the end.

use std::sync::Arc;
use std::time::Duration;

use strongroom::engine::message::{Event, Overview};
use strongroom::model::problem::Problem;
use strongroom::os::interrupt::Interrupts;
use strongroom::ui::{Joined, WindowWaker, Wish};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;

/// Between two looks for an engine, where the last one has gone.
const LOST: Duration = Duration::from_millis(100);

/// Makes a wish of each second start and of each message that is opened, for as long as the process lives. `engine`: the one that is
/// talked to now.
pub fn hear(engine: Arc<dyn Fn() -> Joined + Send + Sync>, windows: WindowWaker) -> Result<(), Problem> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(super::system)?;
    let listen = move || {
        let handle = engine().handle;
        (handle.events(), handle.overview_changes())
    };
    // Before anybody can have asked.
    let mut line = listen();
    let hearing = move || {
        runtime.block_on(async {
            loop {
                hear_of(&mut line.0, &mut line.1, &windows).await;
                tokio::time::sleep(LOST).await;
                line = listen();
            }
        });
    };
    std::thread::Builder::new().name("front".into()).spawn(hearing).map_err(super::system)?;
    Ok(())
}

/// Until the engine has gone, which shows in its overview alone: whoever has a handle could still send events.
async fn hear_of(events: &mut Receiver<Event>, overview: &mut watch::Receiver<Arc<Overview>>, windows: &WindowWaker) {
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Ok(Event::Raise) => windows.wish(Wish::Open),
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
            changed = overview.changed() => if changed.is_err() { return },
        }
    }
}

/// Watches for being asked to end for as long as the process lives: once they are listened to, they end nothing by themselves any
/// more, also after the listener is gone. The first closes the window and ends the engine in good order, a second one at once.
pub fn watch_signals(windows: WindowWaker) -> Result<watch::Receiver<bool>, Problem> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(super::system)?;
    let mut interrupts = {
        let _context = runtime.enter();
        Interrupts::listen().map_err(super::system)?
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
                windows.quit();
            }
        });
    };
    std::thread::Builder::new().name("signals".into()).spawn(watching).map_err(super::system)?;
    Ok(ended)
}
