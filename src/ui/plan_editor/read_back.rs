//! What is read back after each backup, and what that costs: for those who want to choose.

use egui::Ui;

use super::editor::Editor;
use crate::model::read_back::WantedReadBack;
use crate::ui::theme::tokens;
use crate::ui::theme::typography::caption;
use crate::ui::widgets::{Segmented, section_head, wrapped};

fn name(wish: WantedReadBack) -> &'static str {
    match wish {
        WantedReadBack::Always => "Everything",
        WantedReadBack::Local => "Not from servers",
        WantedReadBack::Never => "Nothing",
    }
}

/// What speaks for it, and its price.
fn explained(wish: WantedReadBack) -> &'static str {
    match wish {
        WantedReadBack::Always => {
            "Everything new is read back after each backup, at each destination, and compared: safest. Over a server it takes as long \
             again, and as much of the line."
        }
        WantedReadBack::Local => {
            "Folders and drives are read back after each backup. A server is trusted in what it confirms: the size of each file, and \
             its checksum where it gives one."
        }
        WantedReadBack::Never => "Quickest. Whether what was written can be read again is known only when you verify it.",
    }
}

pub fn show(ui: &mut Ui, editor: &mut Editor) {
    section_head(ui, "Read back");
    let options = WantedReadBack::ALL.map(|wish| (wish, name(wish)));
    if Segmented::new("Read back").show(ui, &mut editor.draft.read_back, &options) {
        editor.touch();
    }
    wrapped(ui, caption(explained(editor.draft.read_back)).color(tokens(ui).text2));
}
