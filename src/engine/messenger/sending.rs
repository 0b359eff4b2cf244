//! One channel's messages, sent one after the other on a thread of its own.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::thread;

use super::Job;
use crate::engine::channels;
use crate::engine::core::Core;
use crate::model::alert::{Channel, ChannelId};
use crate::notify::{self, Parcel};
use crate::state::history::Waiting;

/// What came of a try.
pub struct Tried {
    pub channel: Channel,
    pub message: Waiting,
    pub result: Result<(), notify::Error>,
}

/// Sends them until one does not go and another try may help. Each is answered by a [`Job::Tried`], and all by [`Job::Idle`].
pub fn begin(core: &Arc<Core>, channel: Channel, messages: Vec<Waiting>, jobs: &SyncSender<Job>) {
    let id = channel.id.clone();
    let (core, back) = (core.clone(), jobs.clone());
    let work = move || {
        let _idle = Idle { channel: channel.id.clone(), jobs: back.clone() };
        let keys = channels::keys(&core, &channel);
        for message in messages {
            let result = match &keys {
                Ok(keys) => core.env.notifier.send(&Parcel {
                    channel: &channel,
                    keys,
                    alert: &message.alert,
                    machine: &core.machine,
                    now: core.env.clock.now(),
                }),
                // A keyring that is locked is opened later, perhaps.
                Err(problem) => Err(notify::Error::new(notify::Kind::Later, problem.what.clone())),
            };
            let stops = result.as_ref().is_err_and(notify::Error::passes);
            // Nobody listens any more when the engine has ended: then it is sent once more by the next one.
            if back.send(Job::Tried(Box::new(Tried { channel: channel.clone(), message, result }))).is_err() || stops {
                return;
            }
        }
    };
    if let Err(error) = thread::Builder::new().name("message".into()).spawn(work) {
        tracing::warn!("a message cannot be sent: {error}");
        let _ = jobs.try_send(Job::Idle(id));
    }
}

/// Says so also where sending panics.
struct Idle {
    channel: ChannelId,
    jobs: SyncSender<Job>,
}

impl Drop for Idle {
    fn drop(&mut self) {
        let _ = self.jobs.send(Job::Idle(self.channel.clone()));
    }
}
