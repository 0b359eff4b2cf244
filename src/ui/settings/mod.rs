//! Settings of the whole program, in a drawer: General, Messages, Limits and About.

mod away;
mod limits;
mod messages;

use egui::Ui;

use self::messages::MessagesPane;
use super::autostart::{Autostart, AutostartSwitch};
use super::context::Cx;
use super::theme::typography::{body, body_strong, caption, mono, section};
use super::theme::{space, tokens};
use super::widgets::{Button, Card, Drawer, Segmented, wrapped};
use crate::engine::message::Command;
use crate::model::settings::{Appearance, Settings};

/// Steps of the size of text and controls, percent.
const SCALES: [u16; 6] = [100, 125, 150, 175, 200, 250];

const LICENCES: [(&str, &str); 3] = [
    ("Source Sans 3 (SIL Open Font License 1.1)", include_str!("../../../assets/fonts/LICENSE-SourceSans3.md")),
    ("JetBrains Mono (SIL Open Font License 1.1)", include_str!("../../../assets/fonts/LICENSE-JetBrainsMono.txt")),
    ("Phosphor Icons (MIT)", include_str!("../../../assets/fonts/LICENSE-Phosphor.txt")),
];

#[derive(Default)]
pub struct SettingsDrawer {
    open: bool,
    /// What was changed and has not come back yet: the next change is made to that.
    sent: Option<Settings>,
    /// What is typed into it stays when the drawer is closed.
    messages: MessagesPane,
    autostart: AutostartSwitch,
    /// The licence whose text is shown.
    licence: Option<usize>,
}

impl SettingsDrawer {
    pub fn new(autostart: Option<Autostart>) -> Self {
        Self { autostart: AutostartSwitch::new(autostart), ..Self::default() }
    }

    pub fn open(&mut self) {
        self.open = true;
        self.autostart.forget();
    }

    pub fn is_open(&self) -> bool {
        self.open
    }

    /// `tray`: there is an icon in the desktop's tray.
    pub fn show(&mut self, ui: &Ui, cx: &mut Cx<'_>, tray: bool) {
        if !self.open {
            // What could not be saved is said elsewhere.
            self.sent = None;
            return;
        }
        self.open = Drawer::new("Settings").show(ui, |ui| {
            egui::ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
                ui.set_max_width(ui.available_width() - space::M);
                ui.spacing_mut().item_spacing.y = space::S;
                // Pausing is none of the settings that are changed here.
                self.sent.take_if(|sent| *sent == Settings { paused: sent.paused, ..cx.overview.settings.clone() });
                let now = self.sent.clone().unwrap_or_else(|| cx.overview.settings.clone());
                let mut settings = now.clone();
                general(ui, &mut settings, &mut self.autostart, tray);
                ui.add_space(space::L);
                let has_changed = self.messages.show(ui, cx, &mut settings.messages);
                away::show(ui, &mut settings.patience);
                ui.add_space(space::L);
                limits::show(ui, &mut settings);
                if settings != now {
                    self.sent = Some(settings.clone());
                    cx.send(Command::SetSettings(settings));
                } else if has_changed {
                    self.sent = None;
                }
                ui.add_space(space::L);
                self.about(ui);
            });
        });
    }

    fn about(&mut self, ui: &mut Ui) {
        let t = tokens(ui);
        ui.label(section("About").color(t.text));
        Card::new().show(ui, |ui| {
            ui.label(body_strong(format!("Strongroom {}", env!("CARGO_PKG_VERSION"))).color(t.text));
            wrapped(
                ui,
                body("Backups that stay yours: every volume is an ordinary archive that standard tools open.").color(t.text),
            );
            wrapped(ui, caption("Under the MIT licence or the Apache licence 2.0, as you like.").color(t.text2));
            ui.add_space(space::XS);
            ui.label(body_strong("Fonts and icons: their licences").color(t.text));
            for (index, (name, text)) in LICENCES.into_iter().enumerate() {
                let on = self.licence == Some(index);
                if ui.add(Button::quiet(name).selected(on)).clicked() {
                    self.licence = (!on).then_some(index);
                }
                if on {
                    ui.add(egui::Label::new(mono(text).color(t.text2)).wrap());
                }
            }
        });
    }
}

fn general(ui: &mut Ui, settings: &mut Settings, autostart: &mut AutostartSwitch, tray: bool) {
    let t = tokens(ui);
    ui.label(section("General").color(t.text));
    Card::new().show(ui, |ui| {
        ui.label(body_strong("Appearance").color(t.text));
        let looks = [(Appearance::System, "System"), (Appearance::Light, "Light"), (Appearance::Dark, "Dark")];
        Segmented::new("Appearance").show(ui, &mut settings.appearance, &looks);
        ui.add_space(space::S);
        ui.label(body_strong("Size of text and controls").color(t.text));
        let sizes = SCALES.map(|scale| (scale, format!("{scale} %")));
        let sizes: Vec<(u16, &str)> = sizes.iter().map(|(scale, label)| (*scale, label.as_str())).collect();
        ui.scope(|ui| Segmented::new("Size").show(ui, &mut settings.scale, &sizes));
        ui.add_space(space::S);
        ui.label(body_strong("When the window is closed").color(t.text));
        let keep = if tray { "Keep in the tray" } else { "Keep backing up" };
        let ways = [(None, "Ask"), (Some(true), keep), (Some(false), "Quit")];
        Segmented::new("When the window is closed").show(ui, &mut settings.keep_running, &ways);
        let text = if tray {
            "Without a window Strongroom still keeps to the schedules. Its icon in the tray opens the window again."
        } else {
            "Without a window Strongroom still keeps to the schedules. Start it again to see the window."
        };
        wrapped(ui, caption(text).color(t.text3));
        ui.add_space(space::S);
        autostart.show(ui);
    });
}
