//! Finds records by a few bits of what they are known by: eight bytes for each, in order of probing. Nothing is ever removed.

const FIRST_SLOTS: usize = 1 << 10;

/// Fingerprints and numbers of records. Whether a record is the one that is meant only it itself tells.
pub struct Table {
    /// The record's number and one; 0 is free. A power of two.
    slots: Vec<(u32, u32)>,
    used: usize,
    most: usize,
}

impl Table {
    /// Grows up to `most` slots, a power of two, of which an eighth stays free.
    pub fn new(most: usize) -> Self {
        Self { slots: vec![(0, 0); FIRST_SLOTS.min(most)], used: 0, most }
    }

    /// An empty one with twice as many slots, in place of this one: to be filled anew from the records, so that there are never two.
    pub fn larger(self) -> Self {
        let (slots, most) = (self.slots.len() * 2, self.most);
        drop(self);
        Self { slots: vec![(0, 0); slots], used: 0, most }
    }

    /// An eighth stays free, so that probing ends soon.
    fn is_full(&self) -> bool {
        self.used * 8 >= self.slots.len() * 7
    }

    /// Whether it is to be made larger before anything is inserted.
    pub fn wants_more(&self) -> bool {
        self.is_full() && self.slots.len() < self.most
    }

    /// `false` where there is no room any more.
    pub fn insert(&mut self, fingerprint: u32, number: u32) -> bool {
        if self.is_full() || number == u32::MAX {
            return false;
        }
        let mask = self.slots.len() - 1;
        let mut at = fingerprint as usize & mask;
        while self.slots[at].1 != 0 {
            at = (at + 1) & mask;
        }
        self.slots[at] = (fingerprint, number + 1);
        self.used += 1;
        true
    }

    /// Numbers of records that it may be.
    pub fn all(&self, fingerprint: u32) -> impl Iterator<Item = u32> {
        let mask = self.slots.len().wrapping_sub(1);
        let from = fingerprint as usize & mask;
        let probes = (0..self.slots.len()).map_while(move |step| self.slots.get((from + step) & mask));
        let probes = probes.take_while(|(_, number)| *number != 0);
        probes.filter(move |(found, _)| *found == fingerprint).map(|(_, number)| number - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_inserted_is_found_and_no_more_than_fits() {
        let mut table = Table::new(4096);
        let fingerprint = |n: u32| n.wrapping_mul(0x9e37_79b9) >> 18;
        let mut inserted = 0;
        for n in 0..5000 {
            if table.wants_more() {
                table = table.larger();
                assert!((0..n).all(|n| table.insert(fingerprint(n), n)));
            }
            inserted += u32::from(table.insert(fingerprint(n), n));
        }
        assert_eq!(inserted, 4096 / 8 * 7);
        for n in 0..5000 {
            assert_eq!(table.all(fingerprint(n)).any(|found| found == n), n < inserted, "{n}");
        }
    }
}
