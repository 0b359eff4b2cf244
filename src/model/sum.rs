//! Sums of numbers that others name: a server, or a manifest that nothing proves, may say what it likes.

/// Of all of them together; no more than [`u64::MAX`].
pub fn saturating(numbers: impl IntoIterator<Item = u64>) -> u64 {
    numbers.into_iter().fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_cannot_be_are_no_more_than_all_there_is() {
        assert_eq!([saturating([]), saturating([1, 2, 4]), saturating([u64::MAX - 1, 1])], [0, 7, u64::MAX]);
        assert_eq!(saturating([u64::MAX, 2, u64::MAX]), u64::MAX);
    }
}
