//! What every page looks at: the engine's word, time and place, and what is shared between pages.

use std::sync::Arc;

use egui::Context;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::broadcast;

use super::connection::Connection;
use super::context::{Action, Cx};
use super::pace::Paces;
use super::pick::Pickers;
use super::window::{Reopen, Window};
use crate::engine::message::{Event, Overview};
use crate::model::location::placeholder::Placeholders;

pub(super) struct World {
    pub connection: Connection,
    pub overview: Arc<Overview>,
    /// Counts overviews, so that pages know when to ask again.
    pub generation: u64,
    pub events: broadcast::Receiver<Event>,
    zone: TimeZone,
    paces: Paces,
    pickers: Pickers,
    drops: bool,
    placeholders: Placeholders,
}

impl World {
    pub fn new(ctx: &Context, window: &Window) -> Self {
        let handle = &window.engine.handle;
        Self {
            overview: handle.overview(),
            generation: 0,
            events: handle.events(),
            zone: window.clock.zone(),
            connection: Connection::new(window.engine.clone()),
            paces: Paces::default(),
            pickers: Pickers::new(window.pick_paths.clone(), ctx.clone()),
            drops: window.drops,
            placeholders: window.placeholders.clone(),
        }
    }

    /// Takes in a newer overview, and looks for another engine where the one there was has gone.
    pub fn keep(&mut self, reopen: &Reopen, ctx: &Context) {
        if self.connection.keep(reopen, ctx) {
            self.events = self.connection.handle().events();
        }
        let overview = self.connection.handle().overview();
        if !Arc::ptr_eq(&overview, &self.overview) {
            self.overview = overview;
            self.generation += 1;
        }
    }

    /// What a page draws with; what it asks for is put into `actions`.
    pub fn cx<'a>(&'a mut self, now: Timestamp, actions: &'a mut Vec<Action>) -> Cx<'a> {
        Cx {
            handle: self.connection.handle(),
            overview: &self.overview,
            now,
            zone: &self.zone,
            generation: self.generation,
            drops: self.drops,
            placeholders: &self.placeholders,
            pickers: &mut self.pickers,
            paces: &mut self.paces,
            actions,
        }
    }
}
