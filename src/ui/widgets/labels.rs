//! Text: plain, weak, wrapped; numbers and times that tell the exact value on hover.

use egui::{Label, Response, RichText, Ui};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::model::clean_up::append_only_in_words;
use crate::model::human;
use crate::model::location::Location;
use crate::model::problem::Problem;
use crate::ui::theme::typography::{Role, body, body_strong, caption};
use crate::ui::theme::{Icon, Tone, icons, size, space, tokens};

/// Body text, cut where there is no room.
pub fn plain(ui: &mut Ui, text: impl Into<String>) -> Response {
    ui.add(Label::new(body(text).color(tokens(ui).text)).truncate())
}

/// Secondary text.
pub fn weak(ui: &mut Ui, text: impl Into<String>) -> Response {
    ui.add(Label::new(body(text).color(tokens(ui).text2)).truncate())
}

/// Running text, no wider than is good to read.
pub fn wrapped(ui: &mut Ui, text: RichText) -> Response {
    ui.scope(|ui| {
        ui.set_max_width(ui.available_width().min(size::TEXT_WIDTH));
        ui.add(Label::new(text).wrap())
    })
    .inner
}

/// "1.3 GB"; "1,300,000,000 bytes" on hover.
pub fn bytes_label(ui: &mut Ui, bytes: u64) -> Response {
    let exact = format!("{} bytes", human::count(bytes));
    ui.label(body(human::bytes(bytes)).color(tokens(ui).text)).on_hover_text(exact)
}

/// "2 h ago"; the exact time on hover.
pub fn ago_label(ui: &mut Ui, at: Timestamp, now: Timestamp, zone: &TimeZone) -> Response {
    ui.label(body(human::ago(at, now)).color(tokens(ui).text2)).on_hover_text(human::exact(at, zone))
}

/// "today 20:00"; the exact time on hover.
pub fn moment_label(ui: &mut Ui, at: Timestamp, now: Timestamp, zone: &TimeZone) -> Response {
    ui.label(body(human::moment(at, now, zone)).color(tokens(ui).text2)).on_hover_text(human::exact(at, zone))
}

/// An icon and a word in a tone's colour.
pub fn icon_label(ui: &mut Ui, tone: Tone, icon: Icon, text: &str) -> Response {
    ui.label(body(format!("{icon} {text}")).color(tokens(ui).strong(tone)))
}

/// That nothing can be deleted at a destination: some want it so.
pub fn append_only(ui: &mut Ui, location: &Location) -> Response {
    let text = format!("{} {}", icons::WARNING, append_only_in_words(location));
    wrapped(ui, body(text).color(tokens(ui).warn))
}

/// A problem as people read it: what happened, what to do, and the details for experts.
pub fn problem_text(ui: &mut Ui, problem: &Problem) -> Response {
    let what = body_strong(&problem.what).color(tokens(ui).bad);
    with_fix(ui, what, problem)
}

/// The same of what a server answers: where it only asks for something, nothing is wrong yet.
pub fn problem_or_question(ui: &mut Ui, problem: &Problem) -> Response {
    if !problem.code.is_question() {
        return problem_text(ui, problem);
    }
    let what = body_strong(format!("{} {}", icons::INFO, problem.what)).color(tokens(ui).text);
    with_fix(ui, what, problem)
}

fn with_fix(ui: &mut Ui, what: RichText, problem: &Problem) -> Response {
    let t = tokens(ui);
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = space::XS / 2.0;
        wrapped(ui, what);
        if !problem.fix.is_empty() {
            wrapped(ui, body(&problem.fix).color(t.text));
        }
        if !problem.detail.is_empty() {
            wrapped(ui, caption(&problem.detail).color(t.text3));
        }
    })
    .response
}

/// A line of text with something beside it, no higher than text is.
pub fn line<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
    ui.scope(|ui| {
        // A row is otherwise as high as a button.
        ui.spacing_mut().interact_size.y = Role::Body.line_height();
        ui.horizontal(content).inner
    })
    .inner
}

/// Something is on its way.
pub fn spinner(ui: &mut Ui, text: &str) -> Response {
    ui.horizontal(|ui| {
        ui.add(egui::Spinner::new().size(16.0).color(tokens(ui).accent));
        ui.label(body(text).color(tokens(ui).text2))
    })
    .inner
}
