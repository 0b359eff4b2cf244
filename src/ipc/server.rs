//! The engine's side of the socket.

use std::io;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::wire::{FromEngine, Hello, PROTOCOL, ToEngine};
use super::{Error, frame};
use crate::engine::Handle;
use crate::engine::message::{Answer, Command, RunProgress};
use crate::model::problem::{Code, Problem};
use crate::os::socket::{self, Listener, Place, Reader, Stream, Writer};
use crate::state::paths::Home;

/// Front ends at a time; more are turned away.
const MOST_CLIENTS: usize = 64;
/// Questions of one front end that are being answered at a time; it is not read from while there are more.
const MOST_QUESTIONS: usize = 64;
/// A front end that takes nothing for this long is dropped.
const PATIENCE: Duration = Duration::from_secs(10);
const HELLO: Duration = Duration::from_secs(5);
/// How often progress is sent while something runs.
const PROGRESS: Duration = Duration::from_millis(250);

/// Serves until dropped; the socket is removed then.
pub struct Server {
    accepting: JoinHandle<()>,
    _place: Place,
}

/// Serves the handle on the home's socket. To be called on the engine's runtime and by the holder of the home's lock only:
/// a socket that lies there already is a dead one's and is replaced.
pub fn serve(handle: Handle, home: &Home) -> Result<Server, Error> {
    let path = home.socket();
    let (listener, _place) = socket::listen(&path).map_err(|source| Error::Socket { path, source })?;
    let accepting = tokio::spawn(accept(listener, handle));
    Ok(Server { accepting, _place })
}

impl Drop for Server {
    fn drop(&mut self) {
        // With it end the connections, which it owns.
        self.accepting.abort();
    }
}

async fn accept(mut listener: Listener, handle: Handle) {
    let mut clients = JoinSet::new();
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = clients.join_next() => continue,
        };
        match stream {
            Ok(stream) if clients.len() < MOST_CLIENTS && stream.is_ours() => {
                let handle = handle.clone();
                clients.spawn(async move {
                    if let Err(e) = greet(stream, handle).await {
                        tracing::debug!("a front end is gone: {e}");
                    }
                });
            }
            Ok(_) => tracing::warn!("a front end was turned away"),
            // Out of descriptors, say: it may pass.
            Err(e) => {
                tracing::warn!("the socket: {e}");
                sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

async fn greet(stream: Stream, handle: Handle) -> io::Result<()> {
    let (mut reader, writer) = stream.into_split();
    let hello = timeout(HELLO, frame::read::<Hello>(&mut reader)).await.map_err(io::Error::from)??;
    let Some(hello) = hello else { return Ok(()) };
    // Also to another version: it can then say so.
    let mut client = Client { writer, handle, progress_shown: false };
    client.write(&Hello { strongroom: PROTOCOL }).await?;
    if hello.strongroom != PROTOCOL {
        return Ok(());
    }
    client.serve(reader).await
}

struct Client {
    writer: Writer,
    handle: Handle,
    /// Whether the other side has progress that must be taken back when the runs end.
    progress_shown: bool,
}

impl Client {
    async fn serve(mut self, mut reader: Reader) -> io::Result<()> {
        // Before the first overview: what happens after it must not be missed.
        let mut events = self.handle.events();
        let mut overview = self.handle.overview_changes();
        overview.mark_changed();
        let mut tick = interval(PROGRESS);
        tick.set_missed_tick_behavior(MissedTickBehavior::Skip);

        // Frames are read by a task of their own: reading half of one must not be given up for something else.
        let (sender, mut requests) = mpsc::channel::<ToEngine>(16);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            loop {
                match frame::read(&mut reader).await {
                    Ok(Some(request)) => {
                        if sender.send(request).await.is_err() {
                            return;
                        }
                    }
                    Ok(None) => return,
                    Err(e) => {
                        tracing::debug!("a front end: {e}");
                        return;
                    }
                }
            }
        });
        let mut answers = JoinSet::new();
        loop {
            tokio::select! {
                changed = overview.changed() => {
                    if changed.is_err() {
                        break;
                    }
                    let now = overview.borrow_and_update().clone();
                    self.write(&FromEngine::Overview(Box::new((*now).clone()))).await?;
                    self.write_progress().await?;
                }
                event = events.recv() => match event {
                    Ok(event) => self.write(&FromEngine::Event(event)).await?,
                    // Events are for following; the overview says how things stand.
                    Err(RecvError::Lagged(missed)) => tracing::debug!("a front end missed {missed} events"),
                    Err(RecvError::Closed) => break,
                },
                _ = tick.tick(), if self.progress_shown => self.write_progress().await?,
                Some(answer) = answers.join_next() => {
                    if let Ok((id, answer)) = answer {
                        self.write_answer(id, answer).await?;
                    }
                }
                request = requests.recv(), if answers.len() < MOST_QUESTIONS => match request {
                    Some(ToEngine::Command(command)) => self.command(command).await,
                    Some(ToEngine::Ask { id, question }) => {
                        let pending = self.handle.ask(question, Some);
                        answers.spawn(async move { (id, pending.answered().await) });
                    }
                    None => return Ok(()),
                },
            }
        }
        // The engine has ended: what it said last is still passed on.
        loop {
            match events.try_recv() {
                Ok(event) => self.write(&FromEngine::Event(event)).await?,
                Err(TryRecvError::Lagged(_)) => {}
                Err(TryRecvError::Empty | TryRecvError::Closed) => return Ok(()),
            }
        }
    }

    /// A busy engine makes this front end wait, nobody else.
    async fn command(&self, command: Command) {
        while let Err(problem) = self.handle.send(command.clone()) {
            if problem.code != Code::Busy {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    async fn write_progress(&mut self) -> io::Result<()> {
        let runs = &self.handle.overview().runs;
        let of = |run| self.handle.progress(run).map(|progress| RunProgress { run, progress });
        let progress: Vec<RunProgress> = runs.iter().filter_map(|run| of(run.run)).collect();
        let shown = !runs.is_empty();
        if shown || self.progress_shown {
            self.progress_shown = shown;
            self.write(&FromEngine::Progress(progress)).await?;
        }
        Ok(())
    }

    async fn write_answer(&mut self, id: u64, answer: Result<Answer, Problem>) -> io::Result<()> {
        let frame = FromEngine::Answer { id, answer };
        match frame::encode(&frame)? {
            Some(bytes) => self.write_bytes(&bytes).await,
            None => {
                let problem = Problem::new(Code::Internal, "The answer is too long.", "Ask for less at a time.");
                self.write(&FromEngine::Answer { id, answer: Err(problem) }).await
            }
        }
    }

    async fn write<T: serde::Serialize>(&mut self, value: &T) -> io::Result<()> {
        match frame::encode(value)? {
            Some(bytes) => self.write_bytes(&bytes).await,
            None => Err(io::Error::new(io::ErrorKind::InvalidData, "a frame that is too long")),
        }
    }

    async fn write_bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        timeout(PATIENCE, self.writer.write_all(bytes)).await.map_err(io::Error::from)?
    }
}
