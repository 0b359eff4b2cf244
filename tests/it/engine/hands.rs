//! FORMAT §4: who may write, and what happens when another hand did; and destinations that are not there.

use strongroom::engine::message::Command;
use strongroom::model::problem::{Cause, Code};
use strongroom::model::run::Outcome;
use strongroom::model::snapshot::{BackupType, WantedType};
use strongroom::model::volume_size::VolumeSize;

use super::*;

fn failed_with(report: &RunReport, code: Code) {
    assert!(matches!(&report.outcome, Outcome::Failed(p) if p.code == code), "{:?}", report.outcome);
}

#[test]
fn another_home_writes_only_after_taking_over() {
    let mut world = World::new();
    write(&world.source().join("a"), "x");
    let plan = world.plan("Documents");
    world.save(&plan).unwrap();
    assert!(world.back_up(&plan, WantedType::Auto).outcome.is_success());

    world.start("second-home", false);
    let once = |take_over: bool| {
        let plan = Box::new(plan.clone());
        let secrets = NewSecrets { password: Some(Secret::new(PASSWORD)), ..NewSecrets::default() };
        world.run(|run| Command::BackUpOnce {
            run,
            plan,
            secrets,
            kind: WantedType::Auto,
            base: None,
            take_over,
            accept_shrunk: false,
        })
    };
    failed_with(&once(false), Code::OtherOwner);
    let taken = once(true);
    assert!(taken.outcome.is_success(), "{taken:?}");
    assert_eq!(version_of(&taken).backup_type(), BackupType::Incremental, "it goes on where the other ended");

    world.start("home", false);
    failed_with(&world.back_up(&plan, WantedType::Auto), Code::OtherOwner);
}

#[test]
fn a_missing_destination_is_never_made_anew() {
    let world = World::new();
    write(&world.source().join("a"), "x");
    let plan = world.plan("Documents");
    world.save(&plan).unwrap();
    assert!(world.back_up(&plan, WantedType::Auto).outcome.is_success());
    let away = world.path("unplugged");
    std::fs::rename(world.destination(), &away).unwrap();
    failed_with(&world.back_up(&plan, WantedType::Auto), Code::DestinationMissing);
    // The empty mount point of the drive.
    std::fs::create_dir(world.destination()).unwrap();
    failed_with(&world.back_up(&plan, WantedType::Auto), Code::MarkerMissing);
    assert!(tree(&world.destination()).is_empty(), "nothing was written under the mount point");
    std::fs::remove_dir(world.destination()).unwrap();
    std::fs::rename(&away, world.destination()).unwrap();
    assert!(world.back_up(&plan, WantedType::Auto).outcome.is_success());
}

#[test]
fn a_drive_that_was_pulled_out_is_gone_on_with_when_it_is_back() {
    let world = World::new();
    for n in 0..30 {
        write(&world.source().join(format!("{n}")), crate::support::Random(n).bytes(1 << 20));
    }
    let plan =
        Plan { format: Format { volume_size: Some(VolumeSize::Bytes(1 << 20)), ..Format::default() }, ..world.plan("Documents") };
    world.save(&plan).unwrap();
    assert!(world.back_up(&plan, WantedType::Auto).outcome.is_success());
    let (mut resumed, mut last) = (Vec::new(), None);
    for mib in [1, 12, 18, 29] {
        world.put_before(pulled::after(mib << 20));
        let report = world.back_up(&plan, WantedType::Full);
        assert!(matches!(report.outcome, Outcome::Failed(_)), "{:?}", report.outcome);
        world.take_away();
        let report = world.back_up(&plan, WantedType::Auto);
        assert!(report.outcome.is_success(), "{report:?}");
        last = Some(version_of(&report));
        let RunDetail::Backup { resumed_bytes, backup_type, .. } = report.detail else { panic!("{report:?}") };
        assert_eq!(backup_type == BackupType::Full, resumed_bytes > 0, "a full one, if there was something to go on with");
        resumed.push(resumed_bytes >> 20);
    }
    // One volume, that which was just being made durable, may be lost.
    assert!(resumed[0] == 0 && resumed[1] >= 4 && resumed[2] >= 8 && resumed[3] >= 20, "{resumed:?}");
    assert!(world.verify(&plan, strongroom::model::restore::Depth::Full).outcome.is_success());
    let to = world.path("out");
    assert!(world.restore(world.place(&plan), VersionChoice::Id(last.unwrap()), &to).outcome.is_success());
    assert_eq!(tree(&to.join("source")), tree(&world.source()));
}

#[test]
fn a_foreign_version_stops_the_run_and_a_vanished_one_is_said() {
    let mut world = World::new();
    write(&world.source().join("a"), "x");
    let plan = world.plan("Documents");
    world.save(&plan).unwrap();
    let first = world.back_up(&plan, WantedType::Full);
    let second = world.back_up(&plan, WantedType::Full);
    let versions = world.destination().join(plan.folder_name()).join("versions");
    let file = |report: &RunReport| versions.join(format!("{}.json", version_of(report)));
    let (aside, place) = (world.path("aside"), file(&first));

    std::fs::rename(&place, &aside).unwrap();
    let third = world.back_up(&plan, WantedType::Auto);
    assert_eq!(third.outcome, Outcome::CompletedWithWarnings);
    assert!(third.warnings.iter().any(|w| w.cause == Cause::Incomplete && w.detail.contains("vanished")), "{third:?}");
    // It comes back: the list of versions was not whole.
    std::fs::rename(&aside, &place).unwrap();
    assert_eq!(world.back_up(&plan, WantedType::Auto).outcome, Outcome::Completed);
    // One that was never made here.
    let foreign = versions.join("20200101T000000Z-full-00000000.json");
    std::fs::copy(file(&second), &foreign).unwrap();
    assert_eq!(world.back_up(&plan, WantedType::Auto).outcome, Outcome::CompletedWithWarnings, "it says that it is another");
    std::fs::remove_file(foreign).unwrap();
    // A copy of this home goes on without this one knowing.
    let home = world.path("home");
    world.stop();
    crate::support::tool("cp", ["-a".as_ref(), home.as_os_str(), world.path("clone").as_os_str()]);
    world.start("clone", false);
    assert!(world.back_up(&plan, WantedType::Auto).outcome.is_success());
    world.start("home", false);
    failed_with(&world.back_up(&plan, WantedType::Auto), Code::ForeignHand);
}

#[test]
fn what_was_found_damaged_is_stored_anew_by_the_next_version() {
    let world = World::new();
    write(&world.source().join("a"), "x".repeat(100_000));
    write(&world.source().join("large"), crate::support::Random(3).bytes(9 << 20));
    let plan = world.plan("Documents");
    world.save(&plan).unwrap();
    let first = world.back_up(&plan, WantedType::Auto);
    let volume = world.destination().join(plan.folder_name()).join(format!("data/{}/v0001.tar.zst.sealed", version_of(&first)));
    let mut bytes = std::fs::read(&volume).unwrap();
    // In the first frame, which holds the small one and a part of the large one.
    bytes[1 << 20] ^= 1;
    std::fs::write(&volume, bytes).unwrap();

    let found = world.verify(&plan, strongroom::model::restore::Depth::Full);
    failed_with(&found, Code::Damaged);
    let RunDetail::Verify { report } = &found.detail else { panic!("{found:?}") };
    assert!(report.damaged.iter().any(|d| d.hits.iter().any(|(_, path)| path.display().ends_with("source/a"))), "{report:?}");
    let restored = world.restore(world.place(&plan), VersionChoice::Latest, &world.path("out"));
    assert_eq!(restored.outcome, Outcome::CompletedWithWarnings);
    assert!(!world.path("out/source/a").exists(), "nothing wrong stands under a final name");

    let second = world.back_up(&plan, WantedType::Auto);
    assert_eq!(version_of(&second).backup_type(), BackupType::Incremental);
    let overview = world.handle().overview();
    assert_eq!(overview.plans[0].status, strongroom::model::status::Status::ProtectedWithWarnings);
    assert!(world.restore(world.place(&plan), VersionChoice::Latest, &world.path("whole")).outcome.is_success());
    assert_eq!(tree(&world.path("whole/source")), tree(&world.source()));
}

#[test]
fn a_damaged_catalog_is_gone_round() {
    for verified in [true, false] {
        let world = World::new();
        for n in 0..40 {
            write(&world.source().join(format!("folder/{n}")), crate::support::Random(n).bytes(5_000));
        }
        let plan = world.plan("Documents");
        world.save(&plan).unwrap();
        let first = world.back_up(&plan, WantedType::Full);
        let name = format!("data/{}/catalog.jsonl.zst.sealed", version_of(&first));
        let path = world.destination().join(plan.folder_name()).join(&name);
        let mut bytes = std::fs::read(&path).unwrap();
        // In the list itself; the index at the end stays readable.
        bytes[300] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        if verified {
            failed_with(&world.verify(&plan, strongroom::model::restore::Depth::Full), Code::Damaged);
        } else {
            // The run that meets it says so.
            failed_with(&world.back_up(&plan, WantedType::Auto), Code::Damaged);
        }
        let second = world.back_up(&plan, WantedType::Auto);
        assert_eq!(second.outcome, Outcome::Completed, "{second:?}");
        let RunDetail::Backup { totals, backup_type, .. } = &second.detail else { panic!("{second:?}") };
        assert_eq!((*backup_type, totals.new_files), (BackupType::Incremental, 40));
        assert!(totals.stored_bytes < 20_000, "the content is whole and found: {totals:?}");
        let newest = world.handle().versions(world.place(&plan)).wait().unwrap().pop().unwrap();
        assert!(newest.needs.iter().all(|need| !need.catalog), "{:?}", newest.needs);
        let restored = world.restore(world.place(&plan), VersionChoice::Latest, &world.path("whole"));
        assert_eq!(restored.outcome, Outcome::Completed);
        assert_eq!(tree(&world.path("whole/source")), tree(&world.source()));
    }
}
