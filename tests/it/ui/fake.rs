//! A handle answered by a small thread: the window's pages tested without an engine.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::thread;

use strongroom::engine::Handle;
use strongroom::engine::handle::{Live, Request};
use strongroom::engine::message::{Answer, Command, Event, Overview, Question};
use strongroom::model::problem::{Code, Problem};
use tokio::sync::{broadcast, mpsc, watch};

/// What the pretended engine was told.
pub type Told = Arc<Mutex<Vec<Command>>>;

pub struct Fake {
    pub handle: Handle,
    pub told: Told,
    pub overview: watch::Sender<Arc<Overview>>,
    pub events: broadcast::Sender<Event>,
    pub live: Live,
}

/// An overview without anything set up.
pub fn empty_overview() -> Overview {
    Overview {
        keeps_schedules: true,
        knows_machine: true,
        zone: "UTC".into(),
        home_folder: "/home/u".into(),
        machine: "test".into(),
        ..Overview::default()
    }
}

impl Fake {
    /// `answer` gives what each question is answered with; `None` leaves it open for ever.
    pub fn new(overview: Overview, answer: impl Fn(&Question) -> Option<Result<Answer, Problem>> + Send + 'static) -> Self {
        let (requests, mut inbox) = mpsc::channel(256);
        let (overview, overview_reader) = watch::channel(Arc::new(overview));
        let (events, _) = broadcast::channel(16);
        let live: Live = Arc::new(Mutex::new(HashMap::new()));
        let told = Told::default();
        let heard = told.clone();
        thread::spawn(move || {
            let mut open = Vec::new();
            while let Some(request) = inbox.blocking_recv() {
                match request {
                    Request::Command(command) => heard.lock().unwrap().push(command),
                    Request::Ask(question, reply) => match answer(&question) {
                        Some(answer) => drop(reply.send(answer)),
                        None => open.push(reply),
                    },
                }
            }
        });
        Self { handle: Handle::new(requests, overview_reader, events.clone(), live.clone()), told, overview, events, live }
    }
}

/// For questions a test does not expect.
pub fn unexpected(question: &Question) -> Result<Answer, Problem> {
    Err(Problem::new(Code::Internal, format!("The test did not expect {question:?}."), ""))
}
