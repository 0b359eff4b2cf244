//! Nothing overlaps and nothing sticks out, whatever things are called and however large everything is drawn.

use egui::Rect;
use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};

use super::desk::{Desk, desk};
use super::sample;

/// What is drawn for itself: role, name and place of everything that is read or pressed.
fn drawn(desk: &Desk) -> Vec<(Role, String, Rect)> {
    let alone = [
        Role::Button,
        Role::Label,
        Role::CheckBox,
        Role::RadioButton,
        Role::TextInput,
        Role::PasswordInput,
        Role::Tab,
        Role::Meter,
    ];
    desk.harness
        .query_all_by(|_| true)
        .filter_map(|node| {
            let accesskit = node.accesskit_node();
            let name = accesskit.label().or_else(|| accesskit.value()).unwrap_or_default();
            (alone.contains(&accesskit.role()) && !name.trim().is_empty()).then(|| (accesskit.role(), name, node.rect()))
        })
        .collect()
}

fn check(desk: &Desk, place: &str, width: f32) {
    let drawn = drawn(desk);
    assert!(drawn.len() > 5, "{place}: {drawn:?}");
    for (index, (role, name, rect)) in drawn.iter().enumerate() {
        assert!(rect.left() >= 0.0 && rect.right() <= width + 1.0, "{place}: {role:?} {name} sticks out: {rect:?}");
        for (other_role, other, at) in &drawn[index + 1..] {
            let both = rect.intersect(*at);
            let overlap = both.width() > 2.0 && both.height() > 3.0;
            assert!(!overlap, "{place}: {role:?} {name} {rect:?} lies on {other_role:?} {other} {at:?}");
        }
    }
}

#[test]
fn long_names_and_large_type_overlap_nothing() {
    // The smallest window, also with everything drawn 40 % larger, and a large one.
    for size in [[900.0, 600.0], [643.0, 429.0], [1400.0, 900.0]] {
        for overview in [sample::overview(), sample::long(), sample::running().0] {
            let mut desk = desk(overview, size);
            for place in ["Backups", "Schedules", "Encryption", "Storage"] {
                desk.click(place);
                desk.harness.run_steps(6);
                check(&desk, &format!("{place} at {size:?}"), size[0]);
            }
        }
    }
}

/// A card that is closed takes at most 112 points, so that five backups are seen at once.
#[test]
fn cards_at_rest_are_low() {
    let mut overview = sample::long();
    overview.plans.truncate(1);
    let name = format!("Backup {}", overview.plans[0].plan.name);
    let mut desk = desk(overview, [900.0, 600.0]);
    desk.harness.run_steps(4);
    let height = desk.harness.get_by_label(&name).rect().height();
    assert!((60.0..=112.0).contains(&height), "{height}");
}

#[test]
fn one_button_is_filled_on_each_page() {
    // Nothing tells kittest of a fill: what is filled is as high as the tokens say, and nothing else is.
    for overview in [sample::overview(), sample::waiting(), sample::healthy()] {
        let mut desk = desk(overview, [1100.0, 800.0]);
        for (place, most) in [("Backups", 1), ("Schedules", 0), ("Encryption", 0), ("Storage", 0)] {
            desk.click(place);
            desk.harness.run_steps(4);
            let filled =
                drawn(&desk).into_iter().filter(|(role, _, rect)| *role == Role::Button && rect.height() == 36.0).count();
            assert!(filled <= most, "{place}: {filled}");
        }
    }
}
