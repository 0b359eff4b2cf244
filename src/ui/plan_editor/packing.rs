//! What the volumes are, and how hard they are compressed: for those who want to choose.

use egui::Ui;

use super::editor::Editor;
use crate::model::format::{Cipher, Kind, Level};
use crate::model::volume_size::VolumeSize;
use crate::ui::theme::typography::caption;
use crate::ui::theme::{icons, space, tokens};
use crate::ui::widgets::{Button, Segmented, Select, labelled, section_head, wrapped};

/// Of the field that names the format, at most.
const WIDTH: f32 = 340.0;
/// Of the labels, so that the fields begin below one another.
const LABEL: f32 = 96.0;

/// In plain words, with what speaks for it.
pub fn kind_in_words(kind: Kind) -> &'static str {
    match kind {
        Kind::TarZst => "Zstandard: fast and small (recommended)",
        Kind::Tar => "Not compressed",
        Kind::TarGz => "Gzip: opens everywhere",
        Kind::TarBz2 => "Bzip2: small, but slow",
        Kind::TarLz4 => "LZ4: the fastest",
        Kind::Zip => "Zip: opens on any computer",
        Kind::ZipZstd => "Zip with Zstandard: for 7-Zip",
    }
}

/// The levels that are offered: what suits the schedule, the ends, and a level of its own that was set elsewhere.
pub fn levels(kind: Kind, level: Level) -> Vec<(Level, String)> {
    let mut all = vec![
        (Level::Auto, "Automatic".to_owned()),
        (Level::Fixed(kind.fast()), "Fast".to_owned()),
        (Level::Fixed(kind.strong()), "Small".to_owned()),
    ];
    if let Level::Fixed(n) = level
        && !all.iter().any(|(known, _)| *known == level)
    {
        all.push((level, format!("Level {n}")));
    }
    all
}

/// The sizes of volumes that are offered, and one that was set elsewhere.
fn volume_sizes(chosen: Option<VolumeSize>) -> Vec<(Option<VolumeSize>, String)> {
    let mut all = vec![(None, "Many files".to_owned()), (Some(VolumeSize::Whole), "One file".to_owned())];
    if let Some(size @ VolumeSize::Bytes(_)) = chosen {
        all.push((chosen, size.in_words()));
    }
    all
}

pub fn show(ui: &mut Ui, editor: &mut Editor) {
    let t = tokens(ui);
    if !editor.show_advanced {
        ui.add_space(space::XS);
        if ui.add(Button::quiet("Advanced").icon(icons::CARET_RIGHT)).clicked() {
            editor.show_advanced = true;
        }
        return;
    }
    section_head(ui, "How it is packed");
    let before = editor.draft.format;
    let format = &mut editor.draft.format;
    labelled(ui, "Format", LABEL, |ui| {
        let width = ui.available_width().min(WIDTH);
        Select::new("Format", kind_in_words(format.kind)).width(width).show(ui, |ui| {
            for kind in Kind::ALL {
                if Select::item(ui, kind == format.kind, kind_in_words(kind)) {
                    format.kind = kind;
                    if format.check().is_err() {
                        format.level = Level::Auto;
                    }
                }
            }
        });
    });
    if format.kind != Kind::Tar {
        labelled(ui, "Compression", LABEL, |ui| {
            let levels = levels(format.kind, format.level);
            let options: Vec<(Level, &str)> = levels.iter().map(|(level, label)| (*level, label.as_str())).collect();
            Segmented::new("Compression").show(ui, &mut format.level, &options);
        });
    }
    labelled(ui, "Volumes", LABEL, |ui| {
        let sizes = volume_sizes(format.volume_size);
        let options: Vec<(Option<VolumeSize>, &str)> = sizes.iter().map(|(size, label)| (*size, label.as_str())).collect();
        Segmented::new("Volumes").show(ui, &mut format.volume_size, &options);
    });
    if format.volume_size == Some(VolumeSize::Whole) {
        wrapped(ui, caption("Each version is one archive file. A run that is cut off begins anew.").color(t.text2));
    }
    if editor.draft.is_new() && editor.draft.encrypt {
        labelled(ui, "Encryption", LABEL, |ui| {
            let options = Cipher::ALL.map(|cipher| (cipher, cipher.in_words()));
            if Segmented::new("Cipher").show(ui, &mut editor.draft.cipher, &options) {
                editor.touch();
            }
        });
    }
    let text = match editor.draft.encrypt {
        true => "This is what lies inside the encryption. It may change at any time: older versions stay as they are.",
        false => "It may change at any time: older versions stay as they are.",
    };
    wrapped(ui, caption(text).color(t.text2));
    if editor.draft.format != before {
        editor.touch();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_was_set_elsewhere_is_offered_too() {
        let labels = |level| levels(Kind::TarZst, level).into_iter().map(|(_, label)| label).collect::<Vec<_>>();
        assert_eq!(labels(Level::Auto), ["Automatic", "Fast", "Small"]);
        assert_eq!(labels(Level::Fixed(1)), ["Automatic", "Fast", "Small"]);
        assert_eq!(labels(Level::Fixed(7)), ["Automatic", "Fast", "Small", "Level 7"]);
    }
}
