//! The same for each of many, a few at a time.

use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

use crate::storage::stop::Stop;

/// Does `work` for every item on at most `most` threads, this one among them. One that fails is enough for all: what has not begun by
/// then is left. What holds for this thread's questions to a storage holds for theirs.
pub fn few_at_once<T: Sync, E: Send>(items: &[T], most: usize, work: impl Fn(&T) -> Result<(), E> + Sync) -> Result<(), E> {
    let next = AtomicUsize::new(0);
    let each = || {
        while let Some(item) = items.get(next.fetch_add(1, Relaxed)) {
            work(item).inspect_err(|_| next.store(items.len(), Relaxed))?;
        }
        Ok(())
    };
    let stop = Stop::current();
    thread::scope(|scope| {
        let others: Vec<_> = (1..most.min(items.len())).map(|_| scope.spawn(|| stop.within(each))).collect();
        let first = each();
        others.into_iter().map(|o| o.join().unwrap_or_else(|panic| panic::resume_unwind(panic))).fold(first, Result::and)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn each_is_done_once_and_the_first_failure_ends_it() {
        let items: Vec<u32> = (0..1000).collect();
        let done = Mutex::new(Vec::new());
        let all: Result<(), ()> = few_at_once(&items, 3, |item| {
            done.lock().unwrap().push(*item);
            Ok(())
        });
        let mut done = done.into_inner().unwrap();
        done.sort_unstable();
        assert_eq!((all, done), (Ok(()), items.clone()));

        let begun = Mutex::new(BTreeSet::new());
        let failed = few_at_once(&items, 1, |item| {
            begun.lock().unwrap().insert(*item);
            if *item == 7 { Err("seven") } else { Ok(()) }
        });
        assert_eq!((failed, begun.into_inner().unwrap().len()), (Err("seven"), 8));
        assert_eq!(few_at_once(&[], 3, |_: &u32| Err("none")), Ok(()));
    }

    #[test]
    fn what_ends_the_one_ends_the_others() {
        let is_over = || few_at_once(&[0; 8], 4, |_| if Stop::current().is_over() { Ok(()) } else { Err(()) });
        assert_eq!(Stop::after(0).within(is_over), Ok(()));
        assert_eq!(is_over(), Err(()));
    }
}
