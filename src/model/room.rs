//! How much room of a destination stays free, and when it runs low.

/// One part in so many is never written to,
const SHARE: u64 = 100;
/// but no more bytes than this.
const MOST: u64 = 1 << 30;
/// Less than so many times what stays free is worth a word.
const LOW: u64 = 5;

/// Bytes that stay free of so many: what is never filled to its last byte can still be cleaned, since a deletion writes a little too,
/// and leaves whoever shares the drive something.
pub fn kept(total: u64) -> u64 {
    (total / SHARE).min(MOST)
}

/// Whether it will be full before long.
pub fn is_low(free: u64, total: u64) -> bool {
    free < kept(total).saturating_mul(LOW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_little_stays_free_and_a_little_more_is_low() {
        assert_eq!([kept(0), kept(5000), kept(50 << 30), kept(8 << 40)], [0, 50, (50 << 30) / 100, 1 << 30]);
        assert!(is_low(200, 5000) && !is_low(250, 5000));
        assert!(is_low(4 << 30, 8 << 40) && !is_low(6 << 30, 8 << 40));
    }
}
