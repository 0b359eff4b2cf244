//! A plan beside the one that is looked at: which files its last version holds too.

use jiff::Timestamp;

use super::context::roots;
use super::holding::Holding;
use crate::archive::scan::{Reach, Rules, absolute};
use crate::engine::core::Core;
use crate::model::location::Location;
use crate::model::names::catalog_path;
use crate::model::path::PathBytes;
use crate::model::plan::Plan;
use crate::model::source_spec::SourceSpec;
use crate::os::folder::{Folder, For};

pub struct Beside {
    reach: Reach,
    /// As they were for its last version.
    sources: SourceSpec,
    /// Folders that are never part of its sources.
    destinations: Vec<Vec<u8>>,
    /// Sources of the plan that is looked at which lie below a tag that this one heeds.
    hidden: Vec<PathBytes>,
}

impl Beside {
    /// `looked`: the sources of the plan that is looked at. `None` where it has no version by which something could be said for certain.
    pub fn of(core: &Core, plan: &Plan, looked: &SourceSpec, now: Timestamp) -> Option<Self> {
        let holding = Holding::find(core, plan, now).filter(|holding| !holding.has_gaps)?;
        let sources = holding.sources?;
        let (reach, rules) = (Reach::new(&sources).ok()?, Rules::new(&sources).ok()?);
        let own = roots(&sources);
        let mut hidden = roots(looked);
        hidden.retain(|root| own.iter().filter(|own| root.is_within(own.as_bytes())).any(|own| has_tag(&rules, own, root)));
        let destinations = plan.destinations.iter().filter_map(Location::path);
        let destinations = destinations.filter_map(|path| catalog_path(path.as_bytes())).collect();
        Some(Self { reach, sources, destinations, hidden })
    }

    /// Whether its last version has what was at this path then. `source`: by which this walk, by the rules of `looked`, has come to it.
    pub fn holds(&mut self, file: &PathBytes, source: &PathBytes, looked: &SourceSpec) -> bool {
        let Some(from) = self.reach.source_of(file.as_bytes()) else { return false };
        // Whoever comes from further up and heeds the same has met with what there is on the way.
        let is_further_down = from.is_within(source.as_bytes());
        let tags = !self.sources.honour_tags || (looked.honour_tags && (is_further_down || !self.hidden.contains(source)));
        let mounts = !self.sources.one_file_system || (looked.one_file_system && is_further_down);
        tags && mounts && !self.destinations.iter().any(|folder| file.is_within(folder))
    }
}

/// Whether a folder from `from` on, above `to`, has a tag.
fn has_tag(rules: &Rules, from: &PathBytes, to: &PathBytes) -> bool {
    let mut folder = PathBytes::new(to.parent());
    // The root of all is its own parent.
    while !to.is_empty() && folder.is_within(from.as_bytes()) {
        let opened = Folder::open(&absolute(folder.as_bytes()).as_path(), For::Reading);
        // What cannot be looked at is not said to be held.
        if opened.map_or(true, |folder| rules.is_tagged(&folder)) {
            return true;
        }
        if folder.is_empty() {
            break;
        }
        folder = PathBytes::new(folder.parent());
    }
    false
}
