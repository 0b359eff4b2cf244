//! Runs that are cut off and gone on with: what they had finished is neither read nor stored again, and all is as if nothing had been.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use super::*;
use crate::archive::object::{ObjectWriter, Take, run_folder};
use crate::archive::run_journal::Of;
use crate::archive::writer::assemble::interfere;
use crate::model::format::Kind;
use crate::model::volume_size::VolumeSize;

const MIB: usize = 1 << 20;

/// A destination that is full when this object is begun.
struct FullAt {
    inner: MemoryObjects,
    at: String,
}

impl Objects for FullAt {
    fn size(&self, name: &str) -> io::Result<u64> {
        self.inner.size(name)
    }

    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.inner.read_at(name, offset, buffer)
    }

    fn read_through(&self, name: &str, offset: u64, end: u64, take: &mut Take<'_>) -> io::Result<()> {
        self.inner.read_through(name, offset, end, take)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn ObjectWriter>> {
        if name.contains(&self.at) { Err(io::ErrorKind::StorageFull.into()) } else { self.inner.create(name) }
    }
}

impl Bench {
    fn of(&self, run: VersionId) -> Of {
        Of { plan: PlanId::from_random([7; 16]), run, seal: self.sealed.then(|| (key(), Cipher::Aes256Gcm)) }
    }

    /// A run that finds no room for this volume. Returns how many are left.
    fn cut_off(&mut self, at: u32) -> usize {
        let objects = FullAt { inner: self.objects.clone(), at: format!("/v{at:04}.") };
        let number = match &self.left {
            Some(left) => left.run.clone(),
            None => {
                let kind = if self.parent.is_some() { BackupType::Incremental } else { BackupType::Full };
                VersionId::new(Timestamp::UNIX_EPOCH, kind, [0, 0, 0, self.runs.load(Relaxed)])
            }
        };
        assert!(self.run_into(Arc::new(objects)).is_err());
        self.find_left(number).unwrap()
    }

    /// As the engine does it: what is not noted is cleared away.
    fn find_left(&mut self, run: VersionId) -> Option<usize> {
        let left = LeftRun::open(&self.journal(), &self.of(run.clone()))?;
        let kept: Vec<String> = left.volumes().iter().map(|info| info.name(self.sealed)).collect();
        for name in self.objects.names().iter().filter(|name| name.starts_with(&run_folder(&run)) && !kept.contains(name)) {
            self.objects.remove(name);
        }
        let volumes = left.volumes().len();
        self.left = Some(left);
        Some(volumes)
    }

    /// Runs to the end; also returns which files were read.
    fn go_on(&mut self) -> (Done, Vec<String>) {
        let read = Rc::new(RefCell::new(Vec::new()));
        let noted = read.clone();
        interfere::set(Some(Box::new(move |path| {
            noted.borrow_mut().push(String::from_utf8_lossy(path.file_name()).into_owned());
        })));
        let done = self.run();
        interfere::set(None);
        self.left = None;
        self.check_contents(&done);
        (done, read.take())
    }
}

fn bench(kind: Kind, sealed: bool) -> Bench {
    let mut bench = Bench::new();
    bench.format = Format { kind, volume_size: Some(VolumeSize::Bytes(3 << 20)), ..Format::default() };
    bench.sealed = sealed;
    bench
}

/// Of volumes of this run, bytes of content.
fn stored(done: &Done) -> usize {
    done.written.packed.content as usize
}

const WAYS: [(Kind, bool); 4] = [(Kind::TarZst, true), (Kind::TarZst, false), (Kind::Zip, true), (Kind::Zip, false)];

#[test]
fn what_was_finished_is_neither_read_nor_stored_again() {
    for (kind, sealed) in WAYS {
        let mut bench = bench(kind, sealed);
        for n in 0..30 {
            bench.write(&format!("f{n:02}"), noise(MIB, n));
        }
        bench.write("empty", "");
        fs::hard_link(bench.path("f03"), bench.path("f03 again")).unwrap();
        let left = bench.cut_off(5);
        assert!((3..=4).contains(&left), "{left}");
        let before: Vec<_> = bench.objects.names().iter().map(|name| (name.clone(), bench.objects.get(name))).collect();
        let (done, read) = bench.go_on();
        for (name, bytes) in before {
            assert!(bench.objects.get(&name) == bytes, "{name} was written again");
        }
        assert!(!read.contains(&"f00".into()) && !read.contains(&"empty".into()) && read.contains(&"f29".into()), "{read:?}");
        assert!(read.len() <= 31 - 3 * left, "{} read with {left} volumes", read.len());
        assert_eq!(stored(&done), 30 * MIB, "{kind:?} {sealed}");
        let totals = done.written.totals;
        assert_eq!((totals.files, totals.new_files, totals.dedup_bytes), (32, 31, 0));
        assert_eq!((totals.bytes, totals.new_bytes), (31 * MIB as u64, 30 * MIB as u64));
        assert_eq!(done.entry("f03 again").link, Some(done.entry("f03").path.clone()));
        let infos = &done.written.index.volumes;
        assert!(infos.iter().all(|info| info.live == info.stored && info.volume.run == done.run), "a full needs nothing older");
        assert!(done.written.needs.is_empty());
        // Later runs find what was stored before the run was cut off.
        fs::rename(bench.path("f01"), bench.path("z")).unwrap();
        let next = bench.run();
        assert_eq!((next.written.totals.dedup_bytes, stored(&next)), (MIB as u64, 0), "{kind:?} {sealed}");
    }
}

#[test]
fn a_large_file_is_gone_on_with_in_the_middle() {
    for (kind, sealed) in WAYS {
        let mut bench = bench(kind, sealed);
        bench.write("a", noise(100, 1));
        bench.write("large", noise(40 * MIB, 2));
        assert!(bench.cut_off(6) >= 4);
        assert!(bench.cut_off(9) >= 7, "twice in the same file");
        let (done, read) = bench.go_on();
        assert_eq!(read, ["large"]);
        assert_eq!(stored(&done), 40 * MIB + 100, "{kind:?} {sealed}");
        assert_eq!(done.written.totals.dedup_bytes, 0);
        let mut names: Vec<u64> = done.entry("large").pieces.iter().map(|p| u64::from(p.volume.number)).collect();
        names.dedup();
        assert!(names.is_sorted() && names[0] == 1, "{names:?}");
    }
}

#[test]
fn what_changed_meanwhile_is_read_and_what_is_gone_is_not_there() {
    for (kind, sealed) in WAYS {
        let mut bench = bench(kind, sealed);
        for n in 0..30 {
            bench.write(&format!("f{n:02}"), noise(MIB, n));
        }
        bench.write("cut", noise(9 * MIB, 100));
        bench.cut_off(8);
        fs::remove_file(bench.path("f02")).unwrap();
        bench.write("f04", noise(MIB + 1, 200));
        bench.write("a new one", "x");
        let mut content = noise(9 * MIB, 100);
        content[5 * MIB] ^= 1;
        bench.write("cut", content);
        // The second time it comes only a little further than the start: the rest of what was finished first is not forgotten.
        let left = bench.left.as_ref().unwrap().volumes().len();
        assert!(bench.cut_off(left as u32 + 2) > left);
        let (done, read) = bench.go_on();
        assert!(!read.contains(&"f00".into()) && !read.contains(&"f03".into()) && !read.contains(&"cut".into()), "{read:?}");
        assert!(!done.entries.contains_key("f02"));
        let all = 30 * MIB + 9 * MIB;
        assert!(stored(&done) > all && stored(&done) <= all + 6 * MIB, "{}", stored(&done));
        let live: u64 = done.written.index.volumes.iter().map(|info| info.live).sum();
        assert_eq!(live, done.written.totals.bytes, "what is of no use any more is not live");
        assert_eq!(done.written.totals.new_files, 31);
    }
}

#[test]
fn an_incremental_goes_on_beside_its_parent() {
    let mut bench = bench(Kind::TarZst, true);
    for n in 0..10 {
        bench.write(&format!("old{n}"), noise(MIB, n));
    }
    let full = bench.run();
    for n in 10..30 {
        bench.write(&format!("new{n}"), noise(MIB, n));
    }
    bench.write("new10 copy", noise(MIB, 3));
    assert!(bench.cut_off(4) >= 2);
    // A file that was read and cannot be any more is as the parent has it, or not there.
    let (done, read) = bench.go_on();
    assert!(!read.iter().any(|name| name.starts_with("old") || name.starts_with("new10")), "{read:?}");
    assert_eq!(done.entry("old1"), full.entry("old1"));
    assert_eq!((stored(&done), done.written.totals.dedup_bytes), (20 * MIB, MIB as u64));
    assert_eq!((done.written.totals.new_files, done.written.needs.len()), (21, 1));
}

#[test]
fn any_damage_to_the_journal_costs_time_only() {
    const MOMENTS: usize = 16;
    for sealed in [true, false] {
        let mut bench = bench(Kind::TarZst, sealed);
        for n in 0..12 {
            bench.write(&format!("f{n:02}"), noise(MIB, n));
        }
        bench.cut_off(3);
        let run = bench.left.take().unwrap().run;
        let whole = fs::read(bench.journal()).unwrap();
        let objects: Vec<_> = bench.objects.names().iter().map(|name| (name.clone(), bench.objects.get(name))).collect();
        let mut found = [0; 3];
        for n in 0..MOMENTS {
            let at = n * whole.len() / MOMENTS;
            let mut bytes = whole.clone();
            if n % 2 == 0 {
                bytes[at] ^= 0x40
            } else {
                bytes.truncate(at)
            }
            fs::write(bench.journal(), bytes).unwrap();
            bench.objects = MemoryObjects::new();
            objects.iter().for_each(|(name, bytes)| bench.objects.put(name, bytes.clone()));
            match bench.find_left(run.clone()) {
                Some(volumes) => found[volumes] += 1,
                None => {
                    // Nothing to go on with: the engine begins anew.
                    bench.left = None;
                    bench.objects = MemoryObjects::new();
                }
            }
            bench.parent = None;
            let (done, _) = bench.go_on();
            assert!(stored(&done) <= 13 * MIB, "{n}: {}", stored(&done));
        }
        assert!(found.iter().sum::<usize>() > MOMENTS / 3 && found[0] > 0, "{found:?}");
        // Another run's, or another key's.
        fs::write(bench.journal(), &whole).unwrap();
        let other = VersionId::new(Timestamp::UNIX_EPOCH, BackupType::Full, [9; 4]);
        assert!(LeftRun::open(&bench.journal(), &bench.of(other)).is_none());
        let of = Of {
            seal: Some((
                PlanKey { id: [3; 16], ..PlanKey { id: [0; 16], bytes: zeroize::Zeroizing::new([1; 32]) } },
                Cipher::Aes256Gcm,
            )),
            ..bench.of(run)
        };
        assert!(LeftRun::open(&bench.journal(), &of).is_none());
    }
}

#[test]
fn volumes_that_are_gone_are_not_gone_on_from() {
    for sealed in [true, false] {
        let mut bench = bench(Kind::TarZst, sealed);
        for n in 0..20 {
            bench.write(&format!("f{n:02}"), noise(MIB, n));
        }
        assert!(bench.cut_off(5) >= 3);
        let mut left = bench.left.take().unwrap();
        for info in &left.volumes()[1..] {
            bench.objects.remove(&info.name(sealed));
        }
        left.keep_first(1);
        bench.left = Some(left);
        let (done, read) = bench.go_on();
        assert!(!read.contains(&"f00".into()) && read.contains(&"f08".into()), "{read:?}");
        assert_eq!(stored(&done), 20 * MIB);
    }
}
