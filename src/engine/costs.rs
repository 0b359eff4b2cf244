//! What a new password slot is to cost: as much as a person does not mind, on this machine.
//!
//! Never less than the defaults, however slow the machine is, and never what a destination asks for.

use std::time::Instant;

use crate::archive::key::KdfCost;
use crate::model::format::KdfKind;

/// How long opening a slot may take, in seconds.
const SECONDS: f64 = 0.6;
/// scrypt takes at most 64 MiB: 128 · 2^16 · 8 bytes.
const HIGHEST_LOG_N: u8 = 16;

/// Costs for this machine.
pub fn measured(kind: KdfKind) -> KdfCost {
    // The shorter of two: something else may have been running.
    let seconds = |cost: KdfCost| {
        let once = || {
            let begun = Instant::now();
            cost.try_out().then(|| begun.elapsed().as_secs_f64())
        };
        Some(once()?.min(once()?))
    };
    match kind {
        KdfKind::Scrypt => scrypt(seconds(KdfCost::Scrypt { log_n: 14, r: 8, p: 1 }).map(|it| it * 2.0)),
        KdfKind::Pbkdf2 => pbkdf2(seconds(KdfCost::Pbkdf2 { iterations: 60_000 }).map(|it| it / 60_000.0)),
    }
}

/// `unit`: seconds that scrypt takes with 2^15/8/1.
fn scrypt(unit: Option<f64>) -> KdfCost {
    let KdfCost::Scrypt { log_n, r, p: least } = KdfCost::least(KdfKind::Scrypt) else {
        return KdfCost::least(KdfKind::Scrypt);
    };
    let units = unit.filter(|unit| *unit > 0.0).map_or(0.0, |unit| SECONDS / unit).clamp(f64::from(least), 32.0) as u32;
    // Memory before passes: it is what a guesser has least of.
    if units >= 2 * least {
        KdfCost::Scrypt { log_n: HIGHEST_LOG_N, r, p: units / 2 }
    } else {
        KdfCost::Scrypt { log_n, r, p: units }
    }
}

/// `each`: seconds of one iteration.
fn pbkdf2(each: Option<f64>) -> KdfCost {
    let KdfCost::Pbkdf2 { iterations: least } = KdfCost::least(KdfKind::Pbkdf2) else {
        return KdfCost::least(KdfKind::Pbkdf2);
    };
    let iterations = each.filter(|each| *each > 0.0).map_or(0.0, |each| SECONDS / each);
    let iterations = iterations.clamp(f64::from(least), 10_000_000.0) as u32;
    KdfCost::Pbkdf2 { iterations: iterations / 10_000 * 10_000 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quick_machine_pays_more_and_a_slow_one_never_less_than_the_least() {
        assert_eq!(scrypt(Some(0.099)), KdfCost::Scrypt { log_n: 16, r: 8, p: 3 });
        assert_eq!(scrypt(Some(0.109)), KdfCost::Scrypt { log_n: 15, r: 8, p: 5 });
        assert_eq!(scrypt(Some(0.0001)), KdfCost::Scrypt { log_n: 16, r: 8, p: 16 });
        for slow in [Some(10.0), Some(0.0), None] {
            assert_eq!(scrypt(slow), KdfCost::least(KdfKind::Scrypt));
            assert_eq!(pbkdf2(slow), KdfCost::least(KdfKind::Pbkdf2));
        }
        assert_eq!(pbkdf2(Some(0.6 / 2_345_678.0)), KdfCost::Pbkdf2 { iterations: 2_340_000 });
        assert_eq!(pbkdf2(Some(1e-12)), KdfCost::Pbkdf2 { iterations: 10_000_000 });
    }

    #[test]
    fn what_is_measured_can_be_paid() {
        assert!(matches!(measured(KdfKind::Scrypt), KdfCost::Scrypt { log_n: 15 | 16, r: 8, p: 3..=16 }));
        assert!(matches!(measured(KdfKind::Pbkdf2), KdfCost::Pbkdf2 { iterations: 600_000..=10_000_000 }));
    }
}
