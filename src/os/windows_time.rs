//! Times as Windows counts them: 100 ns since 1601, here those of files.

use crate::model::catalog::FileTime;

/// Seconds from 1601 to 1970.
const BEFORE_1970: i64 = 11_644_473_600;
const A_SECOND: i64 = 10_000_000;

pub(super) fn from_windows(time: i64) -> FileTime {
    FileTime { seconds: time.div_euclid(A_SECOND) - BEFORE_1970, nanos: time.rem_euclid(A_SECOND) as u32 * 100 }
}

/// `None` for times that Windows cannot give to a file: 0 and less have meanings of their own.
pub(super) fn to_windows(time: FileTime) -> Option<i64> {
    let seconds = time.seconds.checked_add(BEFORE_1970)?.checked_mul(A_SECOND)?;
    seconds.checked_add(i64::from(time.nanos.min(999_999_999) / 100)).filter(|time| *time > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back_to_the_hundred_nanoseconds() {
        for (seconds, nanos) in [(0, 0), (-1, 999_999_900), (1_790_000_000, 123_456_700), (-BEFORE_1970, 100)] {
            let time = FileTime { seconds, nanos };
            assert_eq!(to_windows(time).map(from_windows), Some(time), "{time:?}");
        }
        assert_eq!(to_windows(FileTime { seconds: 0, nanos: 0 }), Some(116_444_736_000_000_000));
        assert_eq!(to_windows(FileTime { seconds: 0, nanos: 199 }), to_windows(FileTime { seconds: 0, nanos: 100 }));
        for seconds in [-BEFORE_1970, -BEFORE_1970 - 1, i64::MIN, i64::MAX] {
            assert_eq!(to_windows(FileTime { seconds, nanos: 0 }), None);
        }
    }
}
