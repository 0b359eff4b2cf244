//! Lines that are cut at any byte cost nothing but time.

use super::Storage;
use super::servers::proxy::Fate;

/// Of what is written and read back twice each time.
const LENGTH: usize = 3 << 20;
/// Carried for it, commands and all ways together.
const CARRIED: u64 = 3 * LENGTH as u64;
/// Within so many bytes at the beginning lie the commands.
const COMMANDS: u64 = 2000;

/// Cuts all lines at random bytes of uploads, of downloads and of the commands around them; an empty storage is empty again. `lies`:
/// what lies under a name by the server's own files, where they can be seen.
pub fn anywhere(storage: &dyn Storage, fate: &Fate, lies: &dyn Fn(&str) -> Option<Vec<u8>>) {
    let times = if std::env::var_os("STRONGROOM_LONG").is_some_and(|v| v == "1") { 200 } else { 12 };
    let mut bytes = vec![0; LENGTH];
    getrandom::fill(&mut bytes).unwrap();
    let before = fate.cut_so_far();
    for n in 0..times {
        let random = getrandom::u64().unwrap();
        let at = if n % 4 == 0 { random % COMMANDS } else { random % CARRIED };
        let name = format!("{n}/file");
        fate.cut_after(at);
        storage.put(&name, &bytes).unwrap_or_else(|e| panic!("{n} cut after {at}: {e}"));
        let mut read = Vec::new();
        let taken = storage.read_through(&name, 0, LENGTH as u64, &mut |piece| {
            read.extend_from_slice(piece);
            Ok(())
        });
        taken.unwrap_or_else(|e| panic!("{n} cut after {at}: {e}"));
        assert!(read == bytes, "{n} cut after {at}");
        assert!(storage.read_all(&name, LENGTH as u64).unwrap() == bytes, "{n} cut after {at}");
        let listed = storage.list(&format!("{n}")).unwrap();
        assert!(matches!(&listed[..], [one] if one.size == LENGTH as u64), "{n} cut after {at}: {listed:?}");
        assert!(lies(&name).is_none_or(|there| there == bytes), "{n} cut after {at}");
        storage.delete_folder(&format!("{n}")).unwrap();
    }
    assert_eq!(storage.list("").unwrap(), []);
    // Some were to be cut when all had been carried already.
    let cuts = fate.cut_so_far() - before;
    assert!(cuts >= times / 2, "{cuts} of {times}");
}
