//! What was left out or could not be done, named on the spot: grouped by cause, with what to do.

use egui::Ui;

use super::theme::typography::{body_strong, caption};
use super::theme::{icons, space, tokens};
use super::widgets::wrapped;
use crate::model::human;
use crate::model::names;
use crate::model::problem::{Cause, Warning};

/// Files named for each cause; the rest is counted.
const NAMED: usize = 8;

/// What happened to files with this cause: "could not be read".
pub fn happened(cause: Cause) -> &'static str {
    match cause {
        Cause::Unreadable => "could not be read",
        Cause::ChangedWhileRead => "changed while being read",
        Cause::Destination => "did not get this version",
        Cause::NotCleared => "cannot be cleaned up",
        Cause::Vanished => "vanished before being read",
        Cause::UnsupportedKind => "of a kind that no backup holds",
        Cause::MetadataNotSet => "without owner, permissions or times set in full",
        Cause::Damaged => "damaged, not restored",
        Cause::Unproven => "restored, and perhaps not whole",
        Cause::ForeignKind => "that cannot be taken out of this archive",
        Cause::Skipped => "left as they were",
        Cause::NotWritten => "could not be written",
        Cause::Incomplete => "not checked in full",
    }
}

/// What a person can do about it; empty where nothing is to be done.
pub fn advice(cause: Cause) -> &'static str {
    match cause {
        Cause::Unreadable => "Check who may read them, or leave them out of the backup.",
        Cause::ChangedWhileRead => "Close the program that writes them and back up again.",
        Cause::Destination => "It catches up by itself once it is there again.",
        Cause::NotCleared => {
            "Backups go on. Let the account delete there, or clean up with one that may; what a lock of the store keeps can go once its time is over."
        }
        Cause::Vanished | Cause::UnsupportedKind | Cause::Skipped => "Nothing has to be done.",
        Cause::MetadataNotSet => "Owners can only be set by an administrator; the contents are complete.",
        Cause::Damaged => "Choose an older version of them, and verify the backup; of an archive look for another copy.",
        Cause::Unproven => "Look at them before you rely on them.",
        Cause::ForeignKind => "The program that made the archive may be able to.",
        Cause::NotWritten => "Check the room and the permissions there, then restore them again.",
        Cause::Incomplete => "Verify the backup once the drive has been plugged in anew.",
    }
}

/// Groups in the order of weight, each with its first files.
pub fn grouped(warnings: &[Warning]) -> Vec<(Cause, Vec<&Warning>)> {
    let mut causes: Vec<Cause> = warnings.iter().map(|warning| warning.cause).collect();
    causes.sort();
    causes.dedup();
    causes.into_iter().map(|cause| (cause, warnings.iter().filter(|warning| warning.cause == cause).collect())).collect()
}

/// Draws them. `count` is how many there were in all, `home` shortens paths.
pub fn show(ui: &mut Ui, warnings: &[Warning], count: u64, home: &str) {
    let t = tokens(ui);
    for (cause, group) in grouped(warnings) {
        let (one, many) = if matches!(cause, Cause::Destination | Cause::NotCleared) {
            ("destination", "destinations")
        } else {
            ("file", "files")
        };
        let n = human::counted(group.len() as u64, one, many);
        wrapped(ui, body_strong(format!("{} {n} {}", icons::WARNING, happened(cause))).color(t.warn));
        ui.indent(cause, |ui| {
            ui.spacing_mut().item_spacing.y = space::XS / 2.0;
            for warning in group.iter().take(NAMED) {
                let path = shorten(&warning.path.display(), home);
                let text = match (path.is_empty(), warning.detail.is_empty()) {
                    (true, _) => warning.detail.clone(),
                    (false, true) => path,
                    (false, false) => format!("{path} · {}", warning.detail),
                };
                ui.add(egui::Label::new(caption(names::one_line(&text)).color(t.text)).truncate());
            }
            if group.len() > NAMED {
                ui.label(caption(format!("and {} more", human::count((group.len() - NAMED) as u64))).color(t.text2));
            }
            wrapped(ui, caption(advice(cause)).color(t.text2));
        });
    }
    let listed = warnings.len() as u64;
    if count > listed && listed > 0 {
        ui.label(
            caption(format!("Only the first {} of {} are listed.", human::count(listed), human::count(count))).color(t.text2),
        );
    }
}

/// `/home/u/Documents/x` as `~/Documents/x`; catalog paths, which lack the leading slash, too.
pub fn shorten(path: &str, home: &str) -> String {
    let bare = home.trim_matches('/');
    let rest = path.trim_start_matches('/').strip_prefix(bare).filter(|rest| rest.is_empty() || rest.starts_with('/'));
    match rest {
        Some(rest) if !bare.is_empty() => format!("~{rest}"),
        _ if path.is_empty() => String::new(),
        _ => names::shown_text(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_grouped_in_the_order_of_weight() {
        let warning = |cause, path: &str| Warning { cause, path: path.into(), detail: String::new() };
        let all = [warning(Cause::Vanished, "a"), warning(Cause::Unreadable, "b"), warning(Cause::Vanished, "c")];
        let groups = grouped(&all);
        assert_eq!(groups.len(), 2);
        assert_eq!(groups[0].0, Cause::Unreadable);
        assert_eq!(groups[1].1.len(), 2);
    }

    #[test]
    fn the_home_folder_is_shortened_by_whole_components() {
        assert_eq!(shorten("/home/u/a", "/home/u"), "~/a");
        assert_eq!(shorten("/home/u2/a", "/home/u"), "/home/u2/a");
        assert_eq!(shorten("srv/a", "/home/u"), "/srv/a");
        assert_eq!(shorten("/a", "/"), "/a");
        assert_eq!(shorten("", "/home/u"), "");
    }
}
