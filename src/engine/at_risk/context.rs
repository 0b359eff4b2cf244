//! What a measure stands on: a plan's sources, and those of plans that may hold the same files.

use crate::archive::scan::Roots;
use crate::model::location::Location;
use crate::model::path::PathBytes;
use crate::model::plan::{Plan, PlanId};
use crate::model::source_spec::SourceSpec;

/// Where one of these changes, what was measured says nothing any more.
#[derive(Clone, PartialEq)]
pub struct Context {
    sources: SourceSpec,
    destinations: Vec<Location>,
    beside: Vec<(PlanId, SourceSpec)>,
}

impl Context {
    pub fn of(plan: &Plan, plans: &[Plan]) -> Self {
        Self::among(plan, &roots(&plan.sources), plans.iter().map(|other| (other, roots(&other.sources))))
    }

    /// Of each of them, in their order.
    pub fn all(plans: &[Plan]) -> Vec<Self> {
        let all: Vec<Vec<PathBytes>> = plans.iter().map(|plan| roots(&plan.sources)).collect();
        plans.iter().zip(&all).map(|(plan, own)| Self::among(plan, own, plans.iter().zip(&all))).collect()
    }

    /// With their roots.
    fn among<'p, R: AsRef<[PathBytes]>>(plan: &Plan, own: &[PathBytes], plans: impl Iterator<Item = (&'p Plan, R)>) -> Self {
        let others = plans.filter(|(other, roots)| other.id != plan.id && overlap(own, roots.as_ref()));
        Self {
            sources: plan.sources.clone(),
            destinations: plan.destinations.clone(),
            beside: others.map(|(other, _)| (other.id.clone(), other.sources.clone())).collect(),
        }
    }

    /// The other plans, in the order that bits count by.
    pub fn beside(&self) -> impl Iterator<Item = &PlanId> {
        self.beside.iter().map(|(id, _)| id)
    }
}

/// The roots in their one form; none where they have none.
pub fn roots(sources: &SourceSpec) -> Vec<PathBytes> {
    Roots::new(sources).map_or(Vec::new(), |roots| roots.all.into_iter().map(|root| root.path).collect())
}

fn overlap(ones: &[PathBytes], others: &[PathBytes]) -> bool {
    ones.iter().any(|one| others.iter().any(|other| one.is_within(other.as_bytes()) || other.is_within(one.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(paths: &[&str]) -> SourceSpec {
        SourceSpec { paths: paths.iter().map(|path| PathBytes::from(*path)).collect(), ..SourceSpec::default() }
    }

    #[test]
    fn sources_overlap_where_one_lies_in_the_other() {
        let do_they = |one: &[&str], other: &[&str]| overlap(&roots(&sources(one)), &roots(&sources(other)));
        assert!(do_they(&["/home/u"], &["/home/u/Documents", "/srv"]) && do_they(&["/home/u/Documents"], &["/home/u/"]));
        assert!(do_they(&["/"], &["/srv"]) && do_they(&["/srv"], &["/srv"]));
        assert!(!do_they(&["/home/u"], &["/home/u2"]) && !do_they(&["/srv/a"], &["/srv/b", "/home"]) && !do_they(&[], &["/"]));
    }
}
