//! Where a version lies and where it is missing, as lists of versions say it.

use crate::model::location::Location;
use crate::model::whereabouts::Lies;

/// "not yet at nas", "not at 2 destinations"; `None` where it is missing at none.
pub fn badge(lies: &Lies<'_>) -> Option<String> {
    // What was deleted there does not come back: only for what will come it is "yet".
    let not = if lies.not_at.is_empty() { "not yet" } else { "not" };
    match lies.missing().as_slice() {
        [] => None,
        [one] => Some(format!("{not} at {}", one.short_name())),
        all => Some(format!("{not} at {} destinations", all.len())),
    }
}

/// "Lies at: Blue disk, nas · Not yet at: attic": in one line, by short names.
pub fn in_short(lies: &Lies<'_>) -> String {
    said(lies, Location::short_name).join(" · ")
}

/// The same in lines, each place by its whole name.
pub fn in_full(lies: &Lies<'_>) -> String {
    said(lies, Location::display).join("\n")
}

fn said(lies: &Lies<'_>, name: fn(&Location) -> String) -> Vec<String> {
    let lists = [
        ("Lies at", &lies.at),
        ("Not yet at", &lies.not_yet),
        ("Not at", &lies.not_at),
        ("Nothing is known yet of", &lies.unknown),
    ];
    let named = |places: &[&Location]| places.iter().map(|place| name(place)).collect::<Vec<_>>().join(", ");
    lists.iter().filter(|(_, places)| !places.is_empty()).map(|(what, places)| format!("{what}: {}", named(places))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_has_a_badge() {
        let [disk, nas, attic] = ["/media/disk", "/mnt/nas", "/mnt/attic"].map(Location::local);
        let well = Lies { at: vec![&disk, &nas], ..Lies::default() };
        assert_eq!((badge(&well), in_short(&well)), (None, "Lies at: disk, nas".into()));
        let yet = Lies { at: vec![&disk], not_yet: vec![&nas], unknown: vec![&attic], ..Lies::default() };
        assert_eq!(badge(&yet).as_deref(), Some("not yet at nas"));
        assert_eq!(in_full(&yet), "Lies at: /media/disk\nNot yet at: /mnt/nas\nNothing is known yet of: /mnt/attic");
        let gone = Lies { at: vec![&disk], not_at: vec![&attic], ..Lies::default() };
        assert_eq!(badge(&gone).as_deref(), Some("not at attic"));
        let both = Lies { not_yet: vec![&nas], ..gone };
        assert_eq!(badge(&both).as_deref(), Some("not at 2 destinations"));
        let two = Lies { at: vec![&disk], not_yet: vec![&nas, &attic], ..Lies::default() };
        assert_eq!(badge(&two).as_deref(), Some("not yet at 2 destinations"));
    }
}
