//! How much was written to each disk since the machine started: where that stays the same, nothing on it has changed. Reading it wakes none.

use std::collections::{BTreeMap, BTreeSet};

/// Sectors written to devices, by the numbers that files name them by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written(BTreeMap<u64, u64>);

impl Written {
    /// Of all devices; `None` where the system does not tell.
    pub fn now() -> Option<Self> {
        system::written().map(Self)
    }

    /// Of these alone; `None` where one of them is no disk, such as a network's share, or a file system over several.
    pub fn to(&self, devices: &BTreeSet<u64>) -> Option<Self> {
        devices.iter().map(|device| Some((*device, *self.0.get(device)?))).collect::<Option<_>>().map(Self)
    }

    /// Whether nothing was written to any of these disks until `later`.
    pub fn stays_in(&self, later: &Self) -> bool {
        !self.0.is_empty() && self.0.iter().all(|(device, sectors)| later.0.get(device) == Some(sectors))
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::collections::BTreeMap;
    use std::fs;

    /// As the kernel's `Documentation/admin-guide/iostats.rst` has it.
    pub fn written() -> Option<BTreeMap<u64, u64>> {
        parse(&fs::read_to_string("/proc/diskstats").ok()?)
    }

    pub fn parse(text: &str) -> Option<BTreeMap<u64, u64>> {
        let line = |line: &str| {
            let mut words = line.split_whitespace();
            let (major, minor) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
            // Behind the name: reads, merged, sectors read, milliseconds, writes, merged, sectors written.
            Some((rustix::fs::makedev(major, minor), words.nth(7)?.parse().ok()?))
        };
        text.lines().map(line).collect()
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    pub fn written() -> Option<std::collections::BTreeMap<u64, u64>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(all: &[(u64, u64)]) -> Written {
        Written(all.iter().copied().collect())
    }

    #[test]
    fn a_disk_stays_while_nothing_is_written_to_it() {
        let before = written(&[(1, 100), (2, 200), (3, 300)]);
        let two = before.to(&BTreeSet::from([1, 2])).unwrap();
        assert!(two.stays_in(&before) && two.stays_in(&written(&[(1, 100), (2, 200), (3, 999)])));
        assert!(!two.stays_in(&written(&[(1, 101), (2, 200)])), "something was written");
        assert!(!two.stays_in(&written(&[(1, 100)])), "it was pulled out");
        assert_eq!(before.to(&BTreeSet::from([1, 4])), None, "a share is no disk");
        assert!(!before.to(&BTreeSet::new()).unwrap().stays_in(&before), "of nothing nothing is known");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn it_is_read_as_the_kernel_writes_it() {
        let text = " 254       0 vda 1 2 3 4 5 6 77 8 9 10 11 12 13 14 15 16 17\n   8      17 sdb1 10 0 80 5 1 0 8 0 0 5 5\n";
        let of = |major, minor| rustix::fs::makedev(major, minor);
        assert_eq!(system::parse(text).map(Written), Some(written(&[(of(254, 0), 77), (of(8, 17), 8)])));
        for bad in ["8 0 sda", "8 x sda 1 2 3 4 5 6 7", "8 0 sda 1 2 3 4 5 6 x"] {
            assert_eq!(system::parse(bad), None, "{bad}");
        }
        assert!(Written::now().is_some(), "this system tells");
    }
}
