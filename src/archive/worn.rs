//! Volumes that are mostly dead, or small and many: a run does not refer to them, so that what is live of them is stored afresh and they
//! go with the versions that still need them (FORMAT §5).

use super::catalog_io::VolumeInfo;
use crate::model::catalog::VolumeRef;

/// Bytes that may be stored afresh in any run, however small the plan: as much as the smallest volume by itself.
const LEAST: u64 = 64 << 20;
/// Else at most one in so many of the plan's bytes.
const SHARE: u64 = 20;
/// So many small volumes are put up with.
const SMALL_ONES: usize = 64;

/// The volumes of a version that the next one had better not refer to: the worst first, as far as a run may store afresh.
/// `volume_size`: at which a volume of the plan is closed, in bytes.
pub fn worn(volumes: &[VolumeInfo], volume_size: u64) -> Vec<VolumeRef> {
    let live: u64 = volumes.iter().map(|info| info.live).sum();
    let mut budget = LEAST.max(live / SHARE);
    let (mut dead, rest): (Vec<_>, Vec<_>) =
        volumes.iter().partition(|info| info.stored > 0 && info.live < info.stored.div_ceil(2));
    dead.sort_by(|a, b| (u128::from(a.live) * u128::from(b.stored)).cmp(&(u128::from(b.live) * u128::from(a.stored))));
    let mut small: Vec<_> = rest.into_iter().filter(|info| info.size < volume_size / 4).collect();
    small.sort_by_key(|info| info.live);
    if small.len() <= SMALL_ONES {
        small.clear();
    }
    let within = dead.into_iter().chain(small).take_while(|info| {
        let fits = info.live <= budget;
        budget = budget.saturating_sub(info.live);
        fits
    });
    within.map(|info| info.volume.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::snapshot::VersionId;

    const MIB: u64 = 1 << 20;

    fn volume(number: u32, live: u64, stored: u64) -> VolumeInfo {
        let run = VersionId::try_from("20261121T200000Z-full-5f3a9c2e".to_string()).unwrap();
        VolumeInfo {
            volume: VolumeRef { run, number },
            kind: crate::model::format::Kind::default(),
            size: stored,
            sha256: [0; 32],
            crc64nvme: None,
            header: vec![],
            live,
            stored,
        }
    }

    fn numbers(volumes: &[VolumeInfo]) -> Vec<u32> {
        worn(volumes, 64 * MIB).into_iter().map(|v| v.number).collect()
    }

    #[test]
    fn the_deadest_go_first_and_only_so_much() {
        let live = |n| volume(n, 60 * MIB, 64 * MIB);
        assert!(numbers(&[live(1), live(2)]).is_empty());
        assert!(numbers(&[volume(1, 32 * MIB, 64 * MIB)]).is_empty(), "half is enough");
        let mixed = [volume(1, 31 * MIB, 64 * MIB), live(2), volume(3, 0, 64 * MIB), volume(4, 5 * MIB, 64 * MIB)];
        assert_eq!(numbers(&mixed), [3, 4, 1]);
        let many: Vec<_> = (1..=40).map(|n| volume(n, 30 * MIB, 64 * MIB)).chain((41..=140).map(live)).collect();
        // A twentieth of 7200 MiB.
        assert_eq!(numbers(&many), (1..=12).collect::<Vec<_>>());
        // Nothing lies in a volume of headers alone.
        assert!(numbers(&[volume(1, 0, 0)]).is_empty());
    }

    #[test]
    fn small_ones_go_when_they_are_many() {
        let few: Vec<_> = (1..=64).map(|n| volume(n, 1000, 1000)).collect();
        assert!(numbers(&few).is_empty());
        let many: Vec<_> = (1..=65).map(|n| volume(n, 1000, 1000)).collect();
        assert_eq!(numbers(&many).len(), 65);
    }
}
