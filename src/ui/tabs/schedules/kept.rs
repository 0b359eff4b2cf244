//! What a backup keeps: the rule in words, and changing it in place, with what it would do now and over the next year.

mod clean_up;
mod draft;
mod year;

use egui::Ui;

use self::clean_up::CleanUp;
use self::draft::Draft;
use super::note;
use crate::engine::message::{NewSecrets, PlanOverview};
use crate::model::clean_up::{PlaceJudged, RetentionPreview};
use crate::model::human;
use crate::model::plan::{Plan, PlanId};
use crate::model::retention::{CommonRule, Reason, Retention};
use crate::model::snapshot::VersionId;
use crate::ui::context::Cx;
use crate::ui::load::Load;
use crate::ui::theme::typography::{body, caption};
use crate::ui::theme::{Tone, icons, size, space, tokens};
use crate::ui::widgets::{
    Button, Ends, Segmented, TextField, Toast, append_only, icon_label, labelled, problem_text, spinner, wrapped,
};

/// Of the labels, so that the fields begin below one another.
const LABEL: f32 = 180.0;
const FIELD: f32 = 140.0;
/// Versions that are named one by one.
const NAMED: usize = 8;

#[derive(Default)]
pub struct Kept {
    editor: Option<Editor>,
    clean_up: Option<CleanUp>,
}

struct Editor {
    plan: PlanId,
    draft: Draft,
    /// What was looked at, and what came of it.
    looked: Option<Retention>,
    preview: Load<RetentionPreview>,
    saving: Load<()>,
}

impl Kept {
    /// Above all else on the page.
    pub fn dialogs(&mut self, ui: &Ui, cx: &mut Cx<'_>) {
        if self.clean_up.as_mut().is_some_and(|clean_up| clean_up.show(ui, cx)) {
            self.clean_up = None;
        }
    }

    /// The line that stands in a backup's card, and the editor below it.
    pub fn show(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, plan: &PlanOverview) {
        let editing = self.editor.as_ref().is_some_and(|editor| editor.plan == plan.plan.id);
        Ends::new(ui, size::CONTROL)
            .left(|ui| {
                let words = format!("{} Versions are kept: {}", icons::STACK, plan.plan.retention.in_words());
                ui.add(egui::Label::new(body(words).color(tokens(ui).text)).truncate());
            })
            .right(|ui| {
                let name = format!("Change what is kept of {}", plan.plan.name);
                if !editing && ui.add(Button::plain("Change…").name(name)).clicked() {
                    self.editor = Some(Editor::new(&plan.plan));
                }
                let name = format!("Clean up {}", plan.plan.name);
                if !plan.plan.retention.is_default() && !editing && ui.add(Button::quiet("Clean up…").name(name)).clicked() {
                    self.clean_up = Some(CleanUp::new(&plan.plan, cx));
                }
            });
        if editing
            && let Some(editor) = &mut self.editor
            && editor.show(ui, cx, plan)
        {
            self.editor = None;
        }
    }
}

impl Editor {
    fn new(plan: &Plan) -> Self {
        let draft = Draft::of(&plan.retention);
        Self { plan: plan.id.clone(), draft, looked: None, preview: Load::Idle, saving: Load::Idle }
    }

    /// Whether it is done with.
    fn show(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, plan: &PlanOverview) -> bool {
        if self.saving.poll() && self.saving.ready().is_some() {
            let words = self.draft.rule().map(|rule| rule.in_words()).unwrap_or_default();
            cx.toast(Toast::new(Tone::Ok, format!("{} keeps versions: {words}.", plan.plan.name)));
            return true;
        }
        ui.spacing_mut().item_spacing.y = space::S;
        let commons = CommonRule::ALL.map(|common| (Some(common), common.name()));
        Segmented::new("Kept").show(ui, &mut self.draft.common, &[&commons[..], &[(None, "My own rule")]].concat());
        self.fields(ui);
        let rule = self.draft.rule();
        match &rule {
            Ok(rule) => {
                let words = human::capital(&rule.in_words());
                note(ui, format!("{words}. The last good version always stays, and so do pinned ones."));
                self.look(cx, plan, rule);
            }
            Err(why) => note(ui, human::capital(why)),
        }
        if let Some(problem) = self.saving.problem() {
            problem_text(ui, problem);
        }
        let (mut done, can_be) = (false, rule.is_ok());
        ui.horizontal(|ui| {
            let changed = rule.as_ref().is_ok_and(|rule| *rule != plan.plan.retention);
            let why = if rule.is_err() { "What was typed cannot be" } else { "Nothing is changed" };
            let save = Button::primary("Save").enabled(changed && !self.saving.is_waiting()).why_off(why);
            if ui.add(save).clicked()
                && let Ok(retention) = rule
            {
                let saved = Plan { retention, ..plan.plan.clone() };
                self.saving = Load::Waiting(cx.handle.save_plan(saved, NewSecrets::default()));
            }
            done = ui.add(Button::plain("Cancel").enabled(!self.saving.is_waiting())).clicked();
        });
        if can_be {
            self.preview(ui, cx);
        }
        done
    }

    /// Two to a line, where there is room.
    fn fields(&mut self, ui: &mut Ui) {
        let own = self.draft.common.is_none();
        let parts = Draft::PARTS.into_iter().zip(&mut self.draft.parts).filter(|_| own);
        let mut fields: Vec<(&str, &str, &mut String)> = parts.map(|((_, label, hint), text)| (label, hint, text)).collect();
        if self.draft.common != Some(CommonRule::ForEver) {
            fields.push(("At least so many stay", "3", &mut self.draft.min));
        }
        fields.push(("Room at each destination", "200 GB, or any", &mut self.draft.max_size));
        let beside = if ui.available_width() >= 2.0 * (LABEL + FIELD) + 3.0 * space::L { 2 } else { 1 };
        for pair in fields.chunks_mut(beside) {
            ui.horizontal(|ui| {
                for (index, (label, hint, text)) in pair.iter_mut().enumerate() {
                    if index > 0 {
                        ui.add_space(space::L);
                    }
                    labelled(ui, label, LABEL, |ui| ui.add(TextField::new(*text).name(label).hint(hint).width(FIELD).limit(20)));
                }
            });
        }
    }

    /// Asks what the rule would do, one question at a time.
    fn look(&mut self, cx: &Cx<'_>, plan: &PlanOverview, rule: &Retention) {
        if !self.preview.poll() && self.preview.is_waiting() || self.looked.as_ref() == Some(rule) {
            return;
        }
        self.looked = Some(rule.clone());
        let plan = Plan { retention: rule.clone(), ..plan.plan.clone() };
        self.preview = Load::Waiting(cx.handle.preview_retention(plan));
    }

    fn preview(&self, ui: &mut Ui, cx: &Cx<'_>) {
        match &self.preview {
            Load::Ready(preview) => {
                for place in &preview.places {
                    now(ui, cx, place, "would go after the next backup");
                }
                year::show(ui, &preview.simulation);
            }
            Load::Failed(problem) => _ = problem_text(ui, problem),
            Load::Waiting(_) => _ = spinner(ui, "Looking at what would go…"),
            Load::Idle => {}
        }
    }
}

/// What would go now at one destination, and why.
///
/// `go`: "go", "would go".
fn now(ui: &mut Ui, cx: &Cx<'_>, place: &PlaceJudged, go: &str) {
    let t = tokens(ui);
    let name = place.location.display();
    let judged = match &place.judged {
        Ok(judged) => judged,
        Err(problem) => {
            wrapped(ui, caption(format!("{name}: cannot be looked at now. {}", problem.what)).color(t.text2));
            return;
        }
    };
    let is_append_only = cx.overview.is_append_only(&place.location);
    if is_append_only {
        append_only(ui, &place.location);
    }
    let go = if is_append_only { "would go" } else { go };
    let all = judged.verdicts.len() as u64;
    let going = judged.going.len() as u64;
    let text = match going {
        0 => format!("{name}: all {} stay.", human::counted(all, "version", "versions")),
        _ => format!("{name}: {} of {} {go}.", human::count(going), human::counted(all, "version", "versions")),
    };
    wrapped(ui, body(text).color(t.text));
    for verdict in judged.verdicts.iter().rev().filter(|verdict| !verdict.stays).take(NAMED) {
        let why: Vec<String> = verdict.why.iter().map(Reason::in_words).collect();
        wrapped(ui, caption(format!("{}: {}", when(&verdict.id, cx), why.join(", "))).color(t.text2));
    }
    if going > NAMED as u64 {
        note(ui, format!("and {} more", human::count(going - NAMED as u64)));
    }
    for doubt in &judged.doubts {
        icon_label(ui, Tone::Warn, icons::WARNING, &format!("You are asked first: {}", doubt.in_words(cx.zone)));
    }
    if let Some(over) = judged.over {
        let (bytes, allowed) = (human::bytes(over.bytes), human::bytes(over.allowed));
        icon_label(ui, Tone::Warn, icons::WARNING, &format!("What must stay takes {bytes}, and {allowed} are allowed."));
    }
}

/// When a version was made, of its name.
fn when(id: &VersionId, cx: &Cx<'_>) -> String {
    id.time().map_or_else(|| id.to_string(), |at| human::moment(at, cx.now, cx.zone))
}
