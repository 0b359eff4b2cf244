//! Plans that are being removed: nothing of them begins meanwhile, which would bring back at a destination what goes there.

use std::collections::HashSet;
use std::sync::Mutex;

use crate::model::plan::PlanId;

use super::core::lock;

#[derive(Default)]
pub struct Removals(Mutex<HashSet<PlanId>>);

/// A plan is being removed for as long as this is held.
pub struct Removal<'a> {
    removals: &'a Removals,
    plan: &'a PlanId,
}

impl Removals {
    /// `None` where somebody else removes it already.
    pub fn begin<'a>(&'a self, plan: &'a PlanId) -> Option<Removal<'a>> {
        let is_first = lock(&self.0).insert(plan.clone());
        // Only then: one that is dropped ends the removal.
        is_first.then(|| Removal { removals: self, plan })
    }

    pub fn has(&self, plan: &PlanId) -> bool {
        lock(&self.0).contains(plan)
    }

    /// Begins something of a plan; `None` where that is being removed. No removal begins in between.
    pub fn unless_removed<T>(&self, plan: Option<&PlanId>, begin: impl FnOnce() -> T) -> Option<T> {
        let removed = lock(&self.0);
        let may_begin = plan.is_none_or(|plan| !removed.contains(plan));
        may_begin.then(begin)
    }
}

impl Drop for Removal<'_> {
    fn drop(&mut self) {
        lock(&self.removals.0).remove(self.plan);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_plan_that_is_being_removed_nothing_begins() {
        let removals = Removals::default();
        let [one, other] = [[1; 16], [2; 16]].map(PlanId::from_random);
        {
            let _removal = removals.begin(&one).unwrap();
            assert!(removals.has(&one) && removals.begin(&one).is_none() && removals.has(&one));
            assert_eq!(removals.unless_removed(Some(&one), || ()), None);
            assert_eq!(removals.unless_removed(Some(&other), || ()), Some(()));
            assert_eq!(removals.unless_removed(None, || ()), Some(()));
        }
        assert_eq!(removals.unless_removed(Some(&one), || ()), Some(()), "it is over, however it ended");
    }
}
