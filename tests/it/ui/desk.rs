//! The window on a pretended engine, worked by name.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use strongroom::engine::message::{Command, Overview, Question};
use strongroom::model::path::PathBytes;
use strongroom::ui::{App, Closed, Window};

use super::fake::Fake;
use super::sample;
use super::sample_files::Dropped;

pub struct Desk {
    pub harness: Harness<'static, App>,
    pub fake: Fake,
    pub closed: Arc<Mutex<Closed>>,
    pub asked: Arc<Mutex<Vec<Question>>>,
    pub opened: Arc<Mutex<Vec<PathBytes>>>,
}

/// The window on a pretended engine with this overview.
pub fn desk(overview: Overview, size: [f32; 2]) -> Desk {
    let asked: Arc<Mutex<Vec<Question>>> = Arc::default();
    let heard = asked.clone();
    let fake = Fake::new(overview, move |question| {
        heard.lock().unwrap().push(question.clone());
        sample::answer(question)
    });
    let opened: Arc<Mutex<Vec<PathBytes>>> = Arc::default();
    let folders = opened.clone();
    let window =
        Window { open_folder: Arc::new(move |path| folders.lock().unwrap().push(path.clone())), ..sample::window(&fake) };
    Desk { asked, opened, ..Desk::of(fake, window, size) }
}

impl Desk {
    /// A window of one's own making.
    pub fn of(fake: Fake, window: Window, size: [f32; 2]) -> Self {
        let closed = Arc::new(Mutex::new(Closed::Quit));
        let told = closed.clone();
        let harness = Harness::builder().with_size(size).build_eframe(move |creation| App::new(&creation.egui_ctx, window, told));
        Self { harness, fake, closed, asked: Arc::default(), opened: Arc::default() }
    }

    /// As the cross in the window's corner does.
    pub fn close_window(&mut self) {
        let viewport = self.harness.input_mut().viewports.entry(egui::ViewportId::ROOT).or_default();
        viewport.events.push(egui::ViewportEvent::Close);
        self.harness.run_steps(1);
        self.harness.input_mut().viewports.entry(egui::ViewportId::ROOT).or_default().events.clear();
        self.harness.run_steps(2);
    }

    pub fn is_shown(&self, name: &str) -> bool {
        self.harness.query_all_by_label(name).next().is_some()
    }

    /// Whether some text on screen contains this.
    pub fn reads(&self, part: &str) -> bool {
        self.harness.query_all_by_label_contains(part).next().is_some() || self.harness.query_all_by_value(part).next().is_some()
    }

    pub fn focused(&self) -> Option<String> {
        self.harness.query_all_by(|node| node.is_focused()).next().and_then(|node| node.accesskit_node().label())
    }

    pub fn names(&self) -> Vec<String> {
        self.harness
            .query_all_by(|_| true)
            .filter_map(|node| node.accesskit_node().label().or(node.accesskit_node().value()))
            .collect()
    }

    /// Frames until it is so; answers come from another thread.
    pub fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            self.harness.run_steps(2);
            if is_so(self) {
                return;
            }
            assert!(Instant::now() < end, "{what} did not come; on screen: {:?}", self.names());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn wait_for(&mut self, name: &str) {
        self.until(name, |desk| desk.is_shown(name));
    }

    pub fn click(&mut self, name: &str) {
        self.wait_for(name);
        self.harness.get_by_label(name).click();
        self.harness.run_steps(3);
    }

    pub fn type_into(&mut self, name: &str, text: &str) {
        self.wait_for(name);
        self.harness.get_by_label(name).focus();
        self.harness.run_steps(2);
        self.harness.get_by_label(name).type_text(text);
        self.harness.run_steps(2);
    }

    /// Types into a field in the place of what stands there.
    pub fn replace(&mut self, name: &str, text: &str) {
        self.type_into(name, "x");
        self.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
        self.harness.run_steps(2);
        self.type_into(name, text);
    }

    /// As a file manager does it.
    pub fn drop_file(&mut self, path: &str) {
        self.harness.input_mut().dropped_files.push(Arc::new(Dropped(path.into())));
        self.harness.run_steps(2);
    }

    pub fn told(&self) -> Vec<Command> {
        self.fake.told.lock().unwrap().clone()
    }
}
