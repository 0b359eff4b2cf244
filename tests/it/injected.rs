//! Each call that writes fails, once as a bad sector or from then on as a drive that has died or is full: the program says so, or what
//! it says is true; no version is broken or lost, and the next run goes on.

use std::time::Duration;

use rustix::io::Errno;

use crate::support::long;
use crate::syscalls::{Fault, run};
use crate::vault::{Deed, Vault};

const FAULTS: [(Errno, bool); 3] = [(Errno::IO, false), (Errno::NOSPC, true), (Errno::IO, true)];

/// At so many calls in an ordinary run, each with one kind of fault; at all of them, with all kinds, in a long one.
const PLACES: usize = 8;

fn each_call_fails(seed: u64, deed: Deed) {
    let mut vault = Vault::new(seed, |_| {});
    // Until the newest of its files are settled (FORMAT.md), and a version that knows them so: nothing is new to the next.
    std::thread::sleep(Duration::from_millis(3200));
    vault.spans(&[Deed::BackUpAgain]);
    vault.save();
    let below = ["dest", "home", "target"].map(|name| vault.world.path(name));
    let (ran, calls) = run(&mut vault.begin(deed), &below, None);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    vault.judge(&ran);
    assert!(calls.len() > 2 * PLACES, "{calls:#?}");
    let all = (0..calls.len()).flat_map(|at| FAULTS.map(|(error, lasting)| Fault { at, error, lasting }));
    let some = (0..calls.len()).step_by(calls.len().div_ceil(PLACES)).zip(FAULTS.into_iter().cycle());
    let some = some.map(|(at, (error, lasting))| Fault { at, error, lasting });
    let others: Vec<Fault> = if long() { all.collect() } else { some.collect() };
    // First, while nothing has changed: what comes into being is there by then, but not for certain.
    let last = calls.iter().rposition(|call| call.starts_with("fsync") && call.contains("/dest/"));
    let last = last.map(|at| Fault { at, error: Errno::IO, lasting: false });
    let mut failed = 0;
    for fault in last.into_iter().chain(others) {
        vault.put_back();
        let (ran, calls) = run(&mut vault.begin(deed), &below, Some(fault));
        eprintln!("{fault:?} of {}: {:?}", calls.len(), calls.get(fault.at));
        failed += usize::from(ran.code != Some(0));
        vault.judge(&ran);
        vault.goes_on();
    }
    assert!(failed > 0, "nothing ever failed");
}

#[test]
fn of_a_backup() {
    each_call_fails(71, Deed::BackUp);
}

/// Its manifest lies there and is all that is not certain.
#[test]
fn of_a_backup_of_nothing_new() {
    each_call_fails(76, Deed::BackUpAgain);
}

#[test]
fn of_a_deletion() {
    each_call_fails(72, Deed::Delete);
}

#[test]
fn of_a_change_of_keys() {
    each_call_fails(73, Deed::ChangeKey);
}

#[test]
fn of_a_rotation() {
    each_call_fails(74, Deed::RotateKey);
}

#[test]
fn of_a_restore() {
    each_call_fails(75, Deed::Restore);
}
