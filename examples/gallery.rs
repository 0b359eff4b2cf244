//! Every component in every state, in light and dark: `cargo run --example gallery -- --light|--dark [--page N]`; with
//! `--app empty|waiting|healthy|full|long|running|storage|restore|tools|encrypt|archive [--scale PERCENT]` the whole window on a pretended
//! engine, the last three some steps on; `--long` makes all texts 40 % longer.

#[allow(dead_code, reason = "shared with the tests, which use more of it")]
#[path = "../tests/it/ui/fake.rs"]
mod fake;
#[path = "../tests/it/ui/sample.rs"]
mod sample;
#[path = "../tests/it/ui/sample_files.rs"]
mod sample_files;
#[path = "../tests/it/ui/sample_restore.rs"]
mod sample_restore;
#[path = "../tests/it/ui/sample_setup.rs"]
mod sample_setup;
#[path = "../tests/it/ui/sample_storage.rs"]
mod sample_storage;

use std::collections::VecDeque;

use eframe::egui;
use egui::{Ui, vec2};
use strongroom::engine::handle::LiveProgress;
use strongroom::engine::message::{Overview, TestResult};
use strongroom::model::health::HealthDay;
use strongroom::model::problem::{Code, Problem};
use strongroom::model::run::{Outcome, ProgressView, Stage};
use strongroom::model::settings::Appearance;
use strongroom::model::status::{Day, DayMark, Status};
use strongroom::ui::theme::{self, Tone, icons, space, typography};
use strongroom::ui::widgets::*;

fn main() -> eframe::Result {
    let arguments: Vec<String> = std::env::args().collect();
    let dark = arguments.iter().any(|a| a == "--dark");
    let page = arguments.iter().position(|a| a == "--page").and_then(|at| arguments.get(at + 1)?.parse().ok()).unwrap_or(0);
    if let Some(state) = arguments.iter().position(|a| a == "--app").and_then(|at| arguments.get(at + 1)) {
        let scale = arguments.iter().position(|a| a == "--scale").and_then(|at| arguments.get(at + 1)?.parse().ok());
        return app(state, dark, scale.unwrap_or(100), arguments.iter().any(|a| a == "--long"));
    }
    let viewport = egui::ViewportBuilder::default().with_title("Gallery").with_inner_size([1280.0, 1600.0]);
    let options = eframe::NativeOptions {
        viewport,
        renderer: eframe::Renderer::Glow,
        persist_window: false,
        ..eframe::NativeOptions::default()
    };
    eframe::run_native(
        "gallery",
        options,
        Box::new(move |creation| {
            theme::install(&creation.egui_ctx);
            theme::set_appearance(&creation.egui_ctx, if dark { Appearance::Dark } else { Appearance::Light }, None);
            Ok(Box::new(Gallery::new(page)))
        }),
    )
}

/// The whole window in one of its states.
fn app(state: &str, dark: bool, scale: u16, long: bool) -> eframe::Result {
    let mut live = None;
    let mut overview = match state {
        "empty" | "restore" | "tools" | "encrypt" | "archive" => {
            Overview { home_folder: "/home/ada".into(), ..fake::empty_overview() }
        }
        "waiting" => sample::waiting(),
        "long" => sample::long(),
        "healthy" => sample::healthy(),
        "storage" => sample_storage::servers(),
        "running" => {
            let (overview, progress) = sample::running();
            live = Some((overview.runs[0].run, progress));
            overview
        }
        _ => sample::overview(),
    };
    overview.settings.appearance = if dark { Appearance::Dark } else { Appearance::Light };
    overview.settings.scale = scale;
    let at_servers = state == "storage";
    let fake = fake::Fake::new(overview, move |question| {
        let of_servers = at_servers.then(|| sample_storage::answer(question)).flatten();
        of_servers
            .or_else(|| sample_setup::answer(question))
            .or_else(|| sample_files::answer(question))
            .or_else(|| sample_restore::answer(question))
    });
    sample_restore::end_restores(&fake);
    sample_files::end_tools(&fake);
    if let (Some((run, progress)), Ok(mut runs)) = (live, fake.live.lock()) {
        runs.insert(run, LiveProgress::Here(std::sync::Arc::new(progress)));
    }
    let window = sample::window(&fake);
    let steps = steps(state);
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default().with_title("Strongroom").with_inner_size([900.0, 600.0]),
        renderer: eframe::Renderer::Glow,
        persist_window: false,
        ..eframe::NativeOptions::default()
    };
    let start = move |creation: &eframe::CreationContext<'_>| {
        let closed = std::sync::Arc::new(std::sync::Mutex::new(strongroom::ui::Closed::Quit));
        let app = strongroom::ui::App::new(&creation.egui_ctx, window, closed);
        if long {
            lengthen(&creation.egui_ctx);
        }
        Ok(Box::new(Visitor { app, steps }) as Box<dyn eframe::App>)
    };
    eframe::run_native("gallery", options, Box::new(start))
}

/// What somebody does until the window shows what is to be seen.
enum Step {
    Press(egui::Modifiers, egui::Key),
    Drop(&'static str),
    /// Frames, for an answer to come.
    Wait(usize),
}

fn steps(state: &str) -> VecDeque<Step> {
    use egui::{Key, Modifiers};
    let tab = || Step::Press(Modifiers::NONE, Key::Tab);
    let enter = || Step::Press(Modifiers::NONE, Key::Enter);
    let encryption = || Step::Press(Modifiers::COMMAND, Key::Num3);
    let steps = match state {
        "storage" => vec![Step::Wait(5), Step::Press(Modifiers::COMMAND, Key::Num4)],
        "tools" => vec![Step::Wait(5), encryption(), Step::Wait(5), Step::Drop("/home/ada/Downloads/download.tar.gz")],
        "encrypt" | "archive" => {
            let file = if state == "encrypt" { "/home/ada/letter.pdf" } else { "/home/ada/Downloads/download.tar.gz" };
            let mut steps = vec![Step::Wait(5), encryption(), Step::Wait(5), Step::Drop(file), Step::Wait(20)];
            // From the top of the page to the first action, or to the last: tabs, Activity, Settings, the empty page's button, the
            // field, Look.
            let stops = if state == "encrypt" { 10 } else { 12 };
            steps.extend((0..stops).map(|_| tab()));
            steps.push(enter());
            steps
        }
        _ => Vec::new(),
    };
    steps.into()
}

/// The window with somebody at it.
struct Visitor {
    app: strongroom::ui::App,
    steps: VecDeque<Step>,
}

impl eframe::App for Visitor {
    fn raw_input_hook(&mut self, ctx: &egui::Context, input: &mut egui::RawInput) {
        match self.steps.pop_front() {
            Some(Step::Press(modifiers, key)) => {
                let event = |pressed| egui::Event::Key { key, physical_key: None, pressed, repeat: false, modifiers };
                input.events.extend([event(true), event(false)]);
            }
            Some(Step::Drop(path)) => input.dropped_files.push(std::sync::Arc::new(sample_files::Dropped(path.into()))),
            Some(Step::Wait(frames)) if frames > 0 => self.steps.push_front(Step::Wait(frames - 1)),
            Some(Step::Wait(_)) => {}
            None => return,
        }
        ctx.request_repaint();
    }

    fn logic(&mut self, ctx: &egui::Context, frame: &mut eframe::Frame) {
        self.app.logic(ctx, frame);
    }

    fn ui(&mut self, ui: &mut Ui, frame: &mut eframe::Frame) {
        self.app.ui(ui, frame);
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        self.app.clear_color(visuals)
    }
}

/// Makes letters so much wider that every text is as long as in a wordy language; they get higher too, which is not judged.
fn lengthen(ctx: &egui::Context) {
    let mut fonts = theme::fonts();
    for name in ["ui", "strong", "mono"] {
        if let Some(data) = fonts.font_data.get_mut(name) {
            std::sync::Arc::make_mut(data).tweak.scale = 1.4;
        }
    }
    ctx.set_fonts(fonts);
}

struct Gallery {
    page: usize,
    text: String,
    empty: String,
    password: zeroize::Zeroizing<String>,
    appearance: Appearance,
    number: i64,
    hour: i8,
    minute: i8,
    toasts: Toasts<()>,
    typed: String,
    opened: bool,
}

impl Gallery {
    fn new(page: usize) -> Self {
        let mut password = PasswordField::buffer();
        password.push_str("correct horse battery staple violin");
        let mut toasts = Toasts::default();
        toasts.push(Toast::new(Tone::Ok, "Backup of Documents: 214 new or changed files, 1.3 GB stored.").action("Show", ()));
        toasts.push(Toast::new(Tone::Bad, "Backup of Pictures failed. The destination is not plugged in."));
        Self {
            page,
            text: "Documents".into(),
            empty: String::new(),
            password,
            appearance: Appearance::Light,
            number: 6,
            hour: 20,
            minute: 0,
            toasts,
            typed: String::new(),
            opened: false,
        }
    }
}

impl eframe::App for Gallery {
    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        ui.painter().rect_filled(ui.max_rect(), 0.0, theme::tokens(ui).bg);
        match self.page {
            1 => self.flow(ui),
            2 => self.overlays(ui),
            _ => tab_page(ui, "gallery", |ui| {
                self.controls(ui);
                self.display(ui);
            }),
        }
    }
}

impl Gallery {
    fn controls(&mut self, ui: &mut Ui) {
        section_head(ui, "Buttons");
        ui.horizontal(|ui| {
            ui.add(Button::primary("Back up now").icon(icons::PLAY));
            ui.add(Button::primary("Off").enabled(false));
            ui.add(Button::plain("Restore…"));
            ui.add(Button::plain("Test").icon(icons::LIGHTNING));
            ui.add(Button::plain("Off").enabled(false).why_off("Nothing is chosen"));
            ui.add(Button::plain("On").selected(true));
            ui.add(Button::danger("Delete 3 versions, 4.1 GB").icon(icons::TRASH));
            ui.add(Button::quiet("Activity").icon(icons::BELL).badge(2));
            ui.add(Button::icon_only(icons::GEAR_SIX, "Settings"));
            menu_button(ui, "More", |ui| {
                menu_item(ui, Some(icons::PENCIL_SIMPLE), "Edit…", false);
                menu_item(ui, Some(icons::TRASH), "Delete…", true);
            });
            let focused = ui.add(Button::plain("Focused"));
            if !self.opened {
                focused.request_focus();
                self.opened = true;
            }
        });
        section_head(ui, "Type");
        ui.label(typography::hero("Hero: You would lose nothing"));
        ui.label(typography::title("Title: Restore Pictures"));
        ui.label(typography::section("Section: Where"));
        ui.label(typography::body("Body: 0123456789 the quick brown fox – Grüße, naïve, 日本語"));
        ui.label(typography::body_strong("Strong: 1,111,111 and 8,888,888 files"));
        ui.label(typography::caption("Caption: kept from 18 Nov"));
        ui.label(typography::mono("mono: /home/ada/Bilder/IMG_0412.raw 0O1lI"));
        section_head(ui, "Forms");
        ui.columns(2, |columns| {
            let ui = &mut columns[0];
            FormRow::new("Name").hint("How you call it").show(ui, |ui| ui.add(TextField::new(&mut self.text)));
            let error = Some("There is a backup of this name already.");
            FormRow::new("Name").error(error).show(ui, |ui| ui.add(TextField::new(&mut self.text).error(true)));
            let hint = "Find in this version";
            ui.add(TextField::new(&mut self.empty).hint(hint).name(hint).icon(icons::MAGNIFYING_GLASS));
            ui.add_enabled_ui(false, |ui| ui.add(TextField::new(&mut self.text).name("off")));
            let ui = &mut columns[1];
            FormRow::new("Password").hint("Nobody can restore without it").show(ui, |ui| {
                PasswordField::new(&mut self.password).show(ui);
            });
            strength_line(ui, &self.password);
            strength_line(ui, "password1");
            ui.horizontal(|ui| {
                NumberField::new("Hours", &mut self.number, 1, 168).show(ui);
                TimeField::new("At", &mut self.hour, &mut self.minute).show(ui);
                Select::new("Kind", "All kinds").show(ui, |ui| {
                    Select::item(ui, true, "All kinds");
                });
            });
            let options = [(Appearance::System, "System"), (Appearance::Light, "Light"), (Appearance::Dark, "Dark")];
            Segmented::new("Appearance").show(ui, &mut self.appearance, &options);
        });
        ui.horizontal(|ui| {
            ui.add(Check::new(true, "Documents"));
            ui.add(Check::new(false, "Downloads"));
            ui.add(Check::new(Checked::Partly, "Pictures"));
            ui.add_enabled_ui(false, |ui| ui.add(Check::new(true, "Off")));
            ui.add(Check::new(true, "Trash").hint("1.2 GB left out"));
        });
        ui.add(ChoiceCard::new(true, icons::USB, "Blue disk", "/media/ada/blue").right("588 GB free"));
        ui.add(ChoiceCard::new(false, icons::FOLDER, "Another folder…", "On this computer or a mounted share"));
    }

    fn display(&mut self, ui: &mut Ui) {
        section_head(ui, "Status");
        ui.horizontal(|ui| {
            for status in [Status::Protected, Status::ProtectedWithWarnings, Status::WaitingForFirst, Status::NeedsAttention] {
                ui.add(StatusPill::of_status(status));
            }
            ui.add(StatusPill::of_outcome(&Outcome::Cancelled));
            ui.add(StatusPill::of_outcome(&Outcome::LeftRunning));
        });
        Stepper::new(&["What", "Where", "How"], 1, 1).show(ui);
        Card::new().show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.label(typography::section("Documents"));
                ui.add(StatusPill::of_status(Status::Protected));
            });
            ProgressRow::new("Backing up Documents", &progress())
                .pace(Some(81e6), Some(jiff::SignedDuration::from_secs(31)))
                .home(b"/home/ada")
                .show(ui);
            Strip30::new("Documents", &days()).show(ui);
        });
        ui.add(ProgressBar::new(None, "Waiting"));
        ui.add(UsageBar::new(412_000_000_000, 120_000_000_000, 1_000_000_000_000));
        ui.add(UsageBar::new(997_000_000_000, 120_000_000_000, 1_000_000_000_000));
        ui.add(RoomChart::new("Blue disk", &health_days()));
        Banner::new(Tone::Warn, "Pictures shrank by half since the last version.").action("Look").dismissible().show(ui);
        Banner::new(Tone::Bad, "The engine cannot be reached. Connecting again…").show(ui);
        Card::new().tone(Tone::Bad).show(ui, |ui| {
            problem_text(ui, &problem());
            problem_or_question(ui, &Problem::new(Code::StoragePasswordNeeded, "The server asks for a password.", "Give it."));
            let result = TestResult {
                deletable: Some(true),
                writable: Some(true),
                free: Some(588_000_000_000),
                total: Some(1_000_000_000_000),
                latency_ms: Some(12),
                write_speed: Some(140e6),
                read_speed: Some(104e6),
                on_system_disk: true,
                plans: 1,
                to_be_made: false,
                keeps: None,
            };
            TestView::new(TestState::Done(&result)).show(ui);
        });
        section_head(ui, "Tree and versions");
        ui.columns(2, |columns| {
            RowList::new("tree", "Files", 1_000_000).show(&mut columns[0], 196.0, |ui, row, rect, cursor| {
                let name = format!("IMG_{row:07}.raw");
                let checked = [Checked::Yes, Checked::No, Checked::Partly][row % 3];
                TreeRow::new(&name, if row % 3 == 2 { icons::FOLDER } else { icons::FILE })
                    .depth(row % 4)
                    .checked(checked)
                    .expanded((row % 3 == 2).then_some(row % 2 == 0))
                    .selected(row == 1)
                    .cursor(cursor)
                    .columns(&[("31.2 GB", 64.0)])
                    .note((row % 5 == 3).then_some("kept from 18 Nov"))
                    .show(ui, rect);
            });
            let ui = &mut columns[1];
            day_head(ui, "Today");
            ui.add(TimelineRow::new("18:02", "incremental", "9,402 files · 31.2 GB").selected(true));
            let mark = Some((Tone::Warn, icons::WARNING, "3 warnings"));
            ui.add(TimelineRow::new("12:00", "full", "9,400 files · 31.1 GB").mark(mark));
            spinner(ui, "Looking…");
        });
    }

    fn flow(&mut self, ui: &mut Ui) {
        FlowPage::new("Set up your first backup", &["What", "Where", "How"], 0, 0)
            .note("100.4 GB, 61,220 files")
            .back("Cancel")
            .next("Next: Where", true, "")
            .show(ui, |ui| {
                EmptyState::new(
                    icons::VAULT,
                    "Nothing is backed up yet",
                    "Choose what matters to you and where a copy of it should live.",
                )
                .primary("Set up your first backup")
                .secondary("Restore from an existing backup…")
                .show(ui);
            });
    }

    fn overlays(&mut self, ui: &mut Ui) {
        self.toasts.show(ui);
        Drawer::new("Activity").show(ui, |ui| {
            ui.add(StatusPill::of_outcome(&Outcome::Completed));
        });
        ConfirmDialog::new(
            "Delete Documents?",
            "Everything of this backup is taken from Blue disk. This cannot be undone.",
            "Delete all 41 versions, 212 GB",
        )
        .danger()
        .alternative("Stop, keep 41 versions")
        .typed(&mut self.typed, "Documents")
        .show(ui);
        ui.allocate_space(vec2(space::L, space::L));
    }
}

fn progress() -> ProgressView {
    ProgressView {
        stage: Stage::Copying,
        files_done: 12_204,
        files_total: 19_880,
        bytes_done: 4_100_000_000,
        bytes_total: 6_600_000_000,
        totals_known: true,
        bytes_written: 0,
        warnings: 3,
        paused: false,
        current: "home/ada/Pictures/2026/Summer in the far north/Tromsø/IMG_0412.raw".into(),
    }
}

fn days() -> Vec<Day> {
    let marks = [DayMark::Blank, DayMark::Idle, DayMark::Success, DayMark::Warnings, DayMark::Failed, DayMark::Overdue];
    let mut date = jiff::civil::date(2026, 10, 23);
    (0..30)
        .map(|index| {
            date = date.tomorrow().unwrap_or(date);
            let mark = if index < 6 { marks[0] } else { marks[1 + index % 5] };
            Day { date, mark, runs: u32::from(mark != DayMark::Idle), failed: u32::from(mark == DayMark::Failed) }
        })
        .collect()
}

fn health_days() -> Vec<HealthDay> {
    let mut date = jiff::civil::date(2026, 8, 24);
    (0..90)
        .map(|index| {
            date = date.tomorrow().unwrap_or(date);
            let is_known = index > 20 && !matches!(index, 40..44);
            let room = is_known.then_some((200_000_000_000 + 5_000_000_000 * index, 1_000_000_000_000));
            let good = match index {
                ..=20 | 40..44 => 0,
                70 => 20,
                _ => 24,
            };
            HealthDay { date, room, looks: if index <= 20 { 0 } else { 24 }, good }
        })
        .collect()
}

fn problem() -> Problem {
    Problem::new(Code::DestinationMissing, "Blue disk is not plugged in.", "Plug it in, then choose Back up now.")
        .with_detail("/media/ada/blue: No such file or directory (os error 2)")
}
