//! What is ticked in a tree that is never wholly loaded: marks on paths, of which the longest counts.

use std::collections::BTreeMap;

use crate::model::path::PathBytes;

/// Files and bytes.
pub type Weight = (u64, u64);

/// A box in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tick {
    Off,
    Mixed,
    On,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    on: bool,
    weight: Option<Weight>,
}

/// Marks on catalog paths; the empty path stands for the whole version. Every mark differs from what it would inherit, so
/// anything marked below a path means that its box is mixed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    marks: BTreeMap<PathBytes, Mark>,
}

/// A choice as the engine takes it: original absolute paths, of which longer ones win; both empty: everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    pub paths: Vec<PathBytes>,
    pub except: Vec<PathBytes>,
}

impl Selection {
    pub fn is_empty(&self) -> bool {
        !self.marks.values().any(|mark| mark.on)
    }

    pub fn is_everything(&self) -> bool {
        self.marks.len() == 1 && self.marks.first_key_value().is_some_and(|(path, mark)| path.is_empty() && mark.on)
    }

    pub fn clear(&mut self) {
        self.marks.clear();
    }

    /// How the box of a path looks.
    pub fn tick(&self, path: &PathBytes) -> Tick {
        if self.marks_below(path).next().is_some() {
            Tick::Mixed
        } else if self.inherited(path, true) {
            Tick::On
        } else {
            Tick::Off
        }
    }

    /// Ticks or unticks a path with all below it. `weight` is what lies there, where known.
    pub fn set(&mut self, path: &PathBytes, on: bool, weight: Option<Weight>) {
        let below: Vec<PathBytes> = self.marks_below(path).map(|(path, _)| path.clone()).collect();
        for path in below {
            self.marks.remove(&path);
        }
        if self.inherited(path, false) == on {
            self.marks.remove(path);
        } else {
            self.marks.insert(path.clone(), Mark { on, weight });
        }
    }

    /// What a click on a path's box does: mixed and off become on.
    pub fn toggle(&mut self, path: &PathBytes, weight: Option<Weight>) {
        let on = self.tick(path) != Tick::On;
        self.set(path, on, weight);
    }

    /// Draws a folder's own box together with its children's: where all `children` of them are marked alike, the folder is
    /// marked instead. `sources`: the folder is the version itself and its children are sources, which lie anywhere.
    pub fn gather(&mut self, folder: &PathBytes, children: usize, weight: Option<Weight>) {
        let own = self.inherited(folder, true);
        let mut marked = 0;
        for (path, mark) in self.marks_below(folder) {
            let direct = folder.is_empty() || path.parent() == folder.as_bytes();
            if !direct || mark.on == own {
                return;
            }
            marked += 1;
        }
        if marked == children && marked > 0 {
            self.set(folder, !own, weight);
        }
    }

    /// Files and bytes of the choice from the weights of its marks; `None` where one is not known.
    pub fn weight(&self) -> Option<Weight> {
        let (mut files, mut bytes) = (0i128, 0i128);
        for mark in self.marks.values() {
            let sign = if mark.on { 1 } else { -1 };
            let (mark_files, mark_bytes) = mark.weight?;
            files += sign * i128::from(mark_files);
            bytes += sign * i128::from(mark_bytes);
        }
        Some((u64::try_from(files).unwrap_or(0), u64::try_from(bytes).unwrap_or(0)))
    }

    /// As the engine takes it. Nothing chosen gives `None`: to the engine no paths mean everything.
    pub fn choice(&self) -> Option<Choice> {
        if self.is_empty() {
            return None;
        }
        let absolute = |path: &PathBytes| PathBytes::from("/").join(path.as_bytes());
        let of = |on: bool| self.marks.iter().filter(move |(_, mark)| mark.on == on).map(|(path, _)| absolute(path));
        let (mut paths, except): (Vec<_>, Vec<_>) = (of(true).collect(), of(false).collect());
        if paths.len() == 1 && self.marks.first_key_value().is_some_and(|(path, mark)| path.is_empty() && mark.on) {
            paths.clear();
        }
        Some(Choice { paths, except })
    }

    fn marks_below<'a>(&'a self, folder: &'a PathBytes) -> impl Iterator<Item = (&'a PathBytes, &'a Mark)> {
        self.marks
            .range(folder..)
            .skip_while(move |(path, _)| *path == folder)
            .take_while(|(path, _)| path.is_within(folder.as_bytes()))
    }

    /// What holds at a path by the nearest mark above it; with `or_own` also by its own.
    fn inherited(&self, path: &PathBytes, or_own: bool) -> bool {
        if or_own && let Some(mark) = self.marks.get(path) {
            return mark.on;
        }
        let mut at = path.clone();
        while !at.is_empty() {
            at = PathBytes::new(at.parent());
            if let Some(mark) = self.marks.get(&at) {
                return mark.on;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(text: &str) -> PathBytes {
        PathBytes::from(text)
    }

    #[test]
    fn a_tick_covers_what_lies_below_and_shows_above() {
        let mut s = Selection::default();
        s.toggle(&p("home/u/a"), None);
        assert_eq!(s.tick(&p("home/u/a")), Tick::On);
        assert_eq!(s.tick(&p("home/u/a/deep/er")), Tick::On);
        assert_eq!(s.tick(&p("home/u")), Tick::Mixed);
        assert_eq!(s.tick(&p("")), Tick::Mixed);
        assert_eq!(s.tick(&p("home/u/ab")), Tick::Off);
        assert_eq!(s.tick(&p("home/u/a-b")), Tick::Off);
    }

    #[test]
    fn an_exception_makes_its_folder_mixed_until_it_is_taken_back() {
        let mut s = Selection::default();
        s.toggle(&p(""), Some((10, 1000)));
        s.toggle(&p("h/a"), Some((3, 300)));
        s.toggle(&p("h/a/keep"), Some((1, 50)));
        assert_eq!(s.tick(&p("")), Tick::Mixed);
        assert_eq!(s.tick(&p("h/a")), Tick::Mixed);
        assert_eq!(s.tick(&p("h/a/other")), Tick::Off);
        assert_eq!(s.tick(&p("h/b")), Tick::On);
        assert_eq!(s.weight(), Some((8, 750)));
        let choice = s.choice().unwrap();
        assert_eq!(choice.paths, [p("/"), p("/h/a/keep")]);
        assert_eq!(choice.except, [p("/h/a")]);
        s.set(&p("h/a"), true, None);
        assert!(s.is_everything());
        assert_eq!(s.choice(), Some(Choice::default()));
    }

    #[test]
    fn a_mixed_folder_becomes_wholly_ticked_then_empty() {
        let mut s = Selection::default();
        s.toggle(&p("h/a"), Some((1, 1)));
        s.toggle(&p("h"), Some((5, 50)));
        assert_eq!(s.tick(&p("h")), Tick::On);
        assert_eq!(s.weight(), Some((5, 50)));
        s.toggle(&p("h"), None);
        assert!(s.is_empty());
        assert_eq!(s.tick(&p("h/a")), Tick::Off);
        assert_eq!(s.choice(), None);
    }

    #[test]
    fn all_children_make_the_folder() {
        let mut s = Selection::default();
        for child in ["h/a", "h/b"] {
            s.toggle(&p(child), Some((1, 1)));
            s.gather(&p("h"), 2, Some((2, 2)));
        }
        assert_eq!(s.tick(&p("h")), Tick::On);
        assert_eq!(s.choice().unwrap().paths, [p("/h")]);
        // And all unticked one by one leave nothing, not a folder that is "mixed" for ever.
        for child in ["h/a", "h/b"] {
            s.toggle(&p(child), Some((1, 1)));
            s.gather(&p("h"), 2, Some((2, 2)));
        }
        assert!(s.is_empty());
        assert_eq!(s.tick(&p("h")), Tick::Off);
    }

    #[test]
    fn sources_gather_into_everything_wherever_they_lie() {
        let mut s = Selection::default();
        s.toggle(&p("home/u/Documents"), None);
        s.toggle(&p("srv/data"), None);
        s.gather(&p(""), 2, Some((7, 70)));
        assert!(s.is_everything());
        assert_eq!(s.weight(), Some((7, 70)));
    }

    #[test]
    fn an_unknown_weight_makes_the_sum_unknown() {
        let mut s = Selection::default();
        s.toggle(&p("a"), Some((1, 10)));
        s.toggle(&p("b"), None);
        assert_eq!(s.weight(), None);
    }

    #[test]
    fn what_is_not_wanted_alone_is_nothing() {
        let mut s = Selection::default();
        s.toggle(&p("a"), None);
        s.toggle(&p("a"), None);
        assert!(s.is_empty() && s.choice().is_none());
    }
}
