//! Runs whose connections are cut at any byte, on each kind of server: they end whole by themselves, or say why not and the next one is
//! whole. Nothing half done is ever seen.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::place::Place;
use crate::servers::proxy::Fate;
use crate::servers::stores::Kind;
use crate::support::{Random, assert_same, long, walk};

/// Within so many bytes at both ends of a run lie the greeting, the look around and what makes a version seen.
const EDGE: u64 = 12_000;
/// And of one line the commands before what it carries.
const COMMANDS: u64 = 2000;

/// Versions that are seen; what is seen as the latest is whole.
fn versions(place: &Place) -> BTreeSet<String> {
    let lines = place.run("versions --from % --json").ok().lines();
    let seen: BTreeSet<String> = lines.iter().filter_map(|line| Some(line.get("id")?.as_str()?.to_owned())).collect();
    place.run("verify --from % --depth full").ok();
    seen
}

/// As much that is new each time; some of what was there is gone.
fn change(place: &Place, random: &mut Random) {
    let source = place.world.source();
    fs::create_dir_all(&source).unwrap();
    for n in 0..6 {
        fs::write(source.join(format!("large {n}")), random.bytes(1 << 20)).unwrap();
    }
    for _ in 0..20 {
        let length = random.below(5000) as usize;
        fs::write(source.join(format!("small {}", random.below(40))), random.bytes(length)).unwrap();
    }
    let _ = fs::remove_file(source.join(format!("small {}", random.below(40))));
}

fn holds_nothing_half_done(place: &Place) {
    let Some(on_disk) = &place.on_disk else { return };
    // What was only begun has no bytes yet, and no name that anybody was told.
    let is_left = |path: &PathBuf| {
        path.to_string_lossy().contains(".tmp-") && fs::metadata(on_disk.join(path)).is_ok_and(|file| file.len() > 0)
    };
    let left: Vec<_> = walk(on_disk).into_iter().filter(is_left).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Says what befalls the lines of the run of that number, which carries so many bytes where nothing does.
fn befall(fate: &Fate, n: usize, whole: u64, random: &mut Random) -> String {
    if n.is_multiple_of(2) {
        let place = |random: &mut Random| match random.below(4) {
            0 => random.below(EDGE),
            1 => whole - random.below(EDGE),
            _ => random.below(whole),
        };
        let mut places: Vec<u64> = (0..3).map(|_| place(random)).collect();
        places.sort_unstable();
        fate.cut_at(&places);
        return format!("all lines at {places:?}");
    }
    // Where they carry less than a volume, no run can end: that takes all the tries that there are.
    let most = if long() { whole >> random.below(5) } else { whole };
    let seed = random.next();
    let mut lengths = Random(seed);
    fate.cut_each(move || {
        let most = if lengths.below(4) == 0 { COMMANDS } else { most };
        lengths.below(most)
    });
    format!("each line below {most} by {seed}")
}

/// `slip`: said where a stand-in does what the server that it stands for does not.
fn is_cut_anywhere(place: &Place, seed: u64, slip: Option<&str>) {
    let wanted = if long() { 200 } else { 4 };
    let (fate, mut random) = (&place.fate, Random(seed));
    change(place, &mut random);
    place.run("plan add Docs --source @source --to % --volume-size 1M").ok();
    place.run("retention set Docs --keep-last 3").ok();
    let begun = fate.carried();
    place.run("backup Docs").ok();
    let whole = fate.carried() - begun;
    let mut known = versions(place);
    let before = fate.cut_so_far();
    for n in 0.. {
        let cuts = fate.cut_so_far() - before;
        if cuts >= wanted {
            break;
        }
        assert!(n < 3 * wanted as usize, "{cuts} cuts in {n} runs");
        change(place, &mut random);
        let how = befall(fate, n, whole, &mut random);
        let ran = place.run("backup Docs --json");
        fate.spare();
        eprintln!("{n}: {how}: {:?}, {} cuts", ran.code, fate.cut_so_far() - before - cuts);
        let mut seen = versions(place);
        let new: Vec<&String> = seen.difference(&known).collect();
        if matches!(ran.code, Some(0 | 3)) {
            let report = ran.last();
            assert_eq!(new, [report["version"].as_str().unwrap()], "{how}: {report}");
        } else {
            let is_clear = ran.problem() == "destination-missing" || ran.out.contains("was damaged on its way");
            let is_slip = slip.is_some_and(|slip| ran.out.contains(slip));
            assert!(is_clear || is_slip, "{how}: {}", ran.out);
            // The answer to what makes it seen may be all that was lost.
            assert!(new.len() <= 1, "{how}: {new:?}");
            place.run("backup Docs").ok();
            seen = versions(place);
        }
        known.extend(seen);
        holds_nothing_half_done(place);
    }
    place.run("verify --from % --all --depth full").ok();
    place.run("restore --from % --to @out").ok();
    assert_same(&place.world.source(), &place.world.path("out/source"));
}

#[test]
fn on_an_ssh_server() {
    is_cut_anywhere(&Place::openssh(), 201, None);
}

#[test]
fn on_an_ftp_server() {
    is_cut_anywhere(&Place::pure_ftpd([127, 0, 9, 11]), 202, None);
}

#[test]
fn on_an_ftp_server_over_tls() {
    is_cut_anywhere(&Place::pure_ftpd_over_tls([127, 0, 9, 12]), 203, None);
}

#[test]
fn on_a_strict_webdav_server() {
    is_cut_anywhere(&Place::apache(), 204, None);
}

#[test]
fn on_a_webdav_server_that_takes_the_standard_lightly() {
    is_cut_anywhere(&Place::dufs(), 205, None);
}

#[test]
fn on_a_small_s3() {
    // It shows an object before it has written down what that tells of itself, and a cut may keep it from the latter: then nobody can know
    // whose it is.
    is_cut_anywhere(&Place::store(Kind::S3s), 206, Some("is there already"));
}

#[test]
fn on_a_strict_s3() {
    is_cut_anywhere(&Place::store(Kind::Moto), 207, None);
}

#[test]
fn on_azure() {
    is_cut_anywhere(&Place::store(Kind::Azurite), 208, None);
}

#[test]
fn on_google() {
    // Google passes over what it has already; its stand-in takes what came of a part for all of it.
    is_cut_anywhere(&Place::store(Kind::Gcs), 209, Some("Invalid Content-Range start"));
}
