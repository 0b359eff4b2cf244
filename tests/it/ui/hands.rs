//! Works the window by role and name, without a display.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use eframe::egui;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use strongroom::engine::Handle;
use strongroom::engine::env::{Clock, SystemClock};
use strongroom::ui::{App, Closed, Joined, SystemAppearance, TrayPresence, Window, WindowWaker};

use super::sample::{self, Still};

pub struct Hands {
    pub harness: Harness<'static, App>,
}

/// How long something may take on a busy machine before a test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

impl Hands {
    /// The window on an engine, 900 × 600.
    pub fn on(handle: Handle) -> Self {
        Self::at(handle, Arc::new(SystemClock))
    }

    /// On a pretended engine, at the time of what it shows.
    pub fn on_sample(handle: Handle) -> Self {
        Self::at(handle, Arc::new(Still))
    }

    fn at(handle: Handle, clock: Arc<dyn Clock>) -> Self {
        let again = handle.clone();
        let window = Window {
            engine: Joined { handle, own: false },
            reopen: Arc::new(move || Ok(Joined { handle: again.clone(), own: false })),
            clock,
            waker: WindowWaker::default(),
            appearance: SystemAppearance::default(),
            pick_paths: None,
            drops: true,
            open_folder: Arc::new(|_| {}),
            tray: TrayPresence::default(),
            placeholders: sample::placeholders(),
            autostart: None,
        };
        let closed = Arc::new(Mutex::new(Closed::Quit));
        let harness = Harness::builder()
            .with_size([900.0, 600.0])
            .build_eframe(move |creation| App::new(&creation.egui_ctx, window, closed));
        Self { harness }
    }

    /// Draws frames until something with this name is there.
    pub fn see(&mut self, name: &str) {
        self.wait(name, |hands| hands.sees(name));
    }

    /// Whether this is part of some text or name on the screen.
    pub fn sees(&self, part: &str) -> bool {
        let holds = |text: Option<String>| text.is_some_and(|text| text.contains(part));
        self.harness.query_all_by(|node| holds(node.label()) || holds(node.value())).next().is_some()
    }

    /// Clicks what has exactly this role and name, once it is there and works.
    pub fn click(&mut self, role: Role, name: &str) {
        self.wait(name, |hands| {
            hands.harness.query_all_by_role_and_label(role, name).any(|node| !node.accesskit_node().is_disabled())
        });
        // As a person scrolls to what is not in view.
        self.harness.query_all_by_role_and_label(role, name).next().expect("it was there").scroll_to_me();
        self.harness.run_steps(4);
        let node = self.harness.query_all_by_role_and_label(role, name).next().expect("it was there");
        node.click();
        self.harness.run_steps(2);
    }

    pub fn button(&mut self, name: &str) {
        self.click(Role::Button, name);
    }

    /// Gives the keyboard to what has exactly this role and name.
    pub fn focus(&mut self, role: Role, name: &str) {
        self.wait(name, |hands| hands.harness.query_all_by_role_and_label(role, name).next().is_some());
        self.harness.query_all_by_role_and_label(role, name).next().expect("it was there").focus();
        self.harness.run_steps(2);
    }

    /// Types into a field.
    pub fn type_into(&mut self, role: Role, name: &str, text: &str) {
        self.wait(name, |hands| hands.harness.query_all_by_role_and_label(role, name).next().is_some());
        self.harness.query_all_by_role_and_label(role, name).next().expect("it was there").focus();
        self.harness.run_steps(2);
        self.harness.query_all_by_role_and_label(role, name).next().expect("it was there").type_text(text);
        self.harness.run_steps(2);
    }

    /// Types into a field in the place of what stands there.
    pub fn replace(&mut self, role: Role, name: &str, text: &str) {
        self.type_into(role, name, "");
        self.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
        self.type_into(role, name, text);
    }

    /// Names of all of this role that contain a text.
    pub fn named(&self, role: Role, part: &str) -> Vec<String> {
        let nodes = self.harness.query_all_by(|node| node.role() == role);
        nodes.filter_map(|node| node.accesskit_node().label()).filter(|name| name.contains(part)).collect()
    }

    /// All names on the screen; for what a test says when it fails.
    pub fn screen(&self) -> String {
        let mut names = Vec::new();
        let mut open = vec![self.harness.root()];
        while let Some(node) = open.pop() {
            let accesskit = node.accesskit_node();
            if let Some(label) = accesskit.label().or_else(|| accesskit.value()) {
                names.push(format!("{:?} {label}", accesskit.role()));
            }
            open.extend(node.children());
        }
        names.join("\n")
    }

    pub fn wait(&mut self, what: &str, so: impl Fn(&Self) -> bool) {
        let until = Instant::now() + PATIENCE;
        loop {
            self.harness.step();
            if so(self) {
                return;
            }
            assert!(Instant::now() < until, "waited for {what:?}, on the screen is:\n{}", self.screen());
            thread::sleep(Duration::from_millis(5));
        }
    }
}
