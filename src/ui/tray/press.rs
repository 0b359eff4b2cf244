//! What a choice in the tray's menu comes to: a command for the engine, or a wish for the window.

use super::menu::{Press, is_busy};
use crate::engine::Handle;
use crate::engine::message::Command;
use crate::model::plan::PlanId;
use crate::model::snapshot::WantedType;
use crate::ui::context::new_run_id;
use crate::ui::waker::{WindowWaker, Wish};

/// Never blocks.
pub fn press(pressed: &Press, handle: &Handle, windows: &WindowWaker) {
    let commands = match pressed {
        Press::BackUp(plan) => vec![back_up(plan)],
        Press::BackUpAll => {
            let overview = handle.overview();
            overview.plans.iter().map(|plan| &plan.plan.id).filter(|plan| !is_busy(&overview, plan)).map(back_up).collect()
        }
        Press::Pause(time) => vec![Command::PauseSchedules(*time)],
        Press::Resume => vec![Command::ResumeSchedules],
        Press::Restore(plan) => return windows.wish(Wish::Restore(plan.clone())),
        Press::Open => return windows.wish(Wish::Open),
        Press::Quit => return windows.wish(Wish::Quit),
    };
    for command in commands {
        if let Err(problem) = handle.send(command) {
            tracing::warn!("chosen in the tray: {problem}");
            // The window says what is the matter with the engine.
            return windows.wish(Wish::Open);
        }
    }
}

fn back_up(plan: &PlanId) -> Command {
    Command::BackUp {
        run: new_run_id(),
        plan: plan.clone(),
        kind: WantedType::Auto,
        base: None,
        take_over: false,
        accept_shrunk: false,
    }
}
