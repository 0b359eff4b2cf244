//! The front end's side of the socket.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, mpsc as std_mpsc};
use std::thread;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::time::timeout;

use super::wire::{FromEngine, Hello, PROTOCOL, ToEngine};
use super::{Error, frame};
use crate::engine::handle::{Live, LiveProgress, Request};
use crate::engine::message::{Answer, Event, Overview};
use crate::engine::{Handle, Waker};
use crate::model::problem::{Code, Problem};
use crate::os::socket::{self, Reader, Writer};
use crate::state::paths::Home;

/// How long the engine may take to greet.
const PATIENCE: Duration = Duration::from_secs(5);
const REQUESTS: usize = 256;
const EVENTS: usize = 1024;

type Asked = Arc<Mutex<HashMap<u64, oneshot::Sender<Result<Answer, Problem>>>>>;

/// A handle to the engine that holds this home; `None` where none serves. Waits at most a few seconds. `waker` is called
/// for everything that arrives.
pub fn attach(home: &Home, waker: Waker) -> Result<Option<Handle>, Error> {
    let path = home.socket();
    let failed = |source: io::Error| Error::Socket { path: path.clone(), source };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let (sender, attached) = std_mpsc::sync_channel(1);
    let socket = path.clone();
    thread::Builder::new()
        .name("attached".into())
        .spawn(move || {
            runtime.block_on(async {
                match timeout(PATIENCE, greet(socket, waker)).await {
                    Ok(Ok(Some((handle, link)))) => {
                        if sender.send(Ok(Some(handle))).is_ok() {
                            link.keep().await;
                        }
                    }
                    // Nobody waits any more where the sending fails.
                    Ok(Ok(None)) => drop(sender.send(Ok(None))),
                    Ok(Err(e)) => drop(sender.send(Err(e))),
                    Err(_) => drop(sender.send(Err(Error::Foreign("the running Strongroom does not answer".into())))),
                }
            });
        })
        .map_err(failed)?;
    attached.recv().unwrap_or_else(|_| Err(Error::Foreign("the thread of the socket ended".into())))
}

/// What the thread keeps up for the handle.
struct Link {
    writer: Writer,
    requests: mpsc::Receiver<Request>,
    inbound: Inbound,
}

/// Takes in what the engine sends. Never waits for anything but the socket, so that the engine need not wait for us.
struct Inbound {
    reader: Reader,
    overview: watch::Sender<Arc<Overview>>,
    events: broadcast::Sender<Event>,
    live: Live,
    asked: Asked,
    waker: Waker,
}

async fn greet(path: PathBuf, waker: Waker) -> Result<Option<(Handle, Link)>, Error> {
    let failed = |source: io::Error| Error::Socket { path: path.clone(), source };
    let foreign = |e: io::Error| Error::Foreign(format!("the running Strongroom: {e}"));
    let stream = match socket::connect(&path).await {
        Ok(stream) => stream,
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => return Ok(None),
        Err(e) => return Err(failed(e)),
    };
    if !stream.is_ours() {
        return Err(Error::Foreign(format!("{} is served by somebody else", path.display())));
    }
    let (mut reader, mut writer) = stream.into_split();
    if !write(&mut writer, &Hello { strongroom: PROTOCOL }).await.map_err(foreign)? {
        return Ok(None);
    }
    match frame::read::<Hello>(&mut reader).await.map_err(foreign)? {
        Some(Hello { strongroom: PROTOCOL }) => {}
        Some(Hello { strongroom: found }) => return Err(Error::OtherVersion { found }),
        // It is just ending.
        None => return Ok(None),
    }
    let first = match frame::read::<FromEngine>(&mut reader).await.map_err(foreign)? {
        Some(FromEngine::Overview(overview)) => Arc::from(overview),
        Some(_) => return Err(Error::Foreign("the running Strongroom did not begin with its overview".into())),
        None => return Ok(None),
    };
    let (sender, requests) = mpsc::channel(REQUESTS);
    let (overview, overview_read) = watch::channel(first);
    let (events, _) = broadcast::channel(EVENTS);
    let live = Live::default();
    let handle = Handle::new(sender, overview_read, events.clone(), live.clone());
    let inbound = Inbound { reader, overview, events, live, asked: Asked::default(), waker };
    Ok(Some((handle, Link { writer, requests, inbound })))
}

impl Link {
    /// Until the engine or the last handle is gone. With the link end the questions that were not answered.
    async fn keep(self) {
        let Self { mut writer, mut requests, mut inbound } = self;
        let (asked, waker, live) = (inbound.asked.clone(), inbound.waker.clone(), inbound.live.clone());
        let ended = tokio::select! {
            ended = inbound.take_in() => ended,
            ended = send_out(&mut writer, &mut requests, &asked) => ended,
        };
        if let Err(e) = ended {
            tracing::warn!("the running Strongroom: {e}");
        }
        // Closed before anybody is woken: who looks then shall see it.
        drop((requests, inbound));
        asked.lock().unwrap_or_else(PoisonError::into_inner).clear();
        live.lock().unwrap_or_else(PoisonError::into_inner).clear();
        waker();
    }
}

impl Inbound {
    async fn take_in(&mut self) -> io::Result<()> {
        while let Some(message) = frame::read::<FromEngine>(&mut self.reader).await? {
            match message {
                FromEngine::Overview(overview) => drop(self.overview.send_replace(Arc::from(overview))),
                // Fails where nobody follows.
                FromEngine::Event(event) => drop(self.events.send(event)),
                FromEngine::Progress(runs) => {
                    let mirrored = runs.into_iter().map(|run| (run.run, LiveProgress::Mirrored(run.progress)));
                    *self.live.lock().unwrap_or_else(PoisonError::into_inner) = mirrored.collect();
                }
                FromEngine::Answer { id, answer } => {
                    let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
                    if let Some(sender) = asked {
                        // Whoever asked may have stopped waiting.
                        let _ = sender.send(answer);
                    }
                }
            }
            (self.waker)();
        }
        Ok(())
    }
}

async fn send_out(writer: &mut Writer, requests: &mut mpsc::Receiver<Request>, asked: &Asked) -> io::Result<()> {
    let mut next = 0;
    while let Some(request) = requests.recv().await {
        match request {
            Request::Command(command) => {
                if !write(writer, &ToEngine::Command(command)).await? {
                    // Nobody would ever hear of its end; a closed handle is at least seen.
                    return Err(io::Error::new(io::ErrorKind::InvalidInput, "a command that is too long to be sent"));
                }
            }
            Request::Ask(question, sender) => {
                next += 1;
                asked.lock().unwrap_or_else(PoisonError::into_inner).insert(next, sender);
                if !write(writer, &ToEngine::Ask { id: next, question }).await? {
                    let sender = asked.lock().unwrap_or_else(PoisonError::into_inner).remove(&next);
                    let problem = Problem::new(Code::Usage, "The question is too long.", "Choose less at a time.");
                    if let Some(sender) = sender {
                        let _ = sender.send(Err(problem));
                    }
                }
            }
        }
    }
    Ok(())
}

/// `false` where the value is too long for a frame; then nothing was written.
async fn write<T: serde::Serialize>(writer: &mut Writer, value: &T) -> io::Result<bool> {
    let Some(bytes) = frame::encode(value)? else { return Ok(false) };
    writer.write_all(&bytes).await?;
    Ok(true)
}
