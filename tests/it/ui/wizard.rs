//! The restore wizard's steps, against a pretended engine.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::fake::{Fake, empty_overview, unexpected};
use strongroom::engine::message::{Answer, Command, Event, PlanAt, Question, Rows, Unreadable, VersionList};
use strongroom::model::catalog::{FileTime, Row, RowKind};
use strongroom::model::location::Location;
use strongroom::model::plan::{Plan, PlanId};
use strongroom::model::problem::{Code, Problem};
use strongroom::model::restore::{Conflict, Origin, Place, RestoreCounts, Target, VersionChoice};
use strongroom::model::run::{Outcome, RunDetail, RunKind, RunReport, Trigger};
use strongroom::model::snapshot::{BackupType, CatalogRef, Manifest, Totals, VersionId};
use strongroom::ui::restore::rows::{Content, PageKey};
use strongroom::ui::restore::wizard::{PlaceKind, Step, Wizard};

pub fn manifest(hour: u8, files: u64) -> Manifest {
    let started = format!("2026-11-21T{hour:02}:00:00Z").parse().unwrap();
    Manifest {
        format: 1,
        kind: "version".into(),
        plan: PlanId::from_random([1; 16]),
        id: VersionId::new(started, BackupType::Full, [hour; 4]),
        sequence: u64::from(hour),
        backup_type: BackupType::Full,
        parent: None,
        sealed: true,
        home: "0".repeat(32),
        started,
        finished: started,
        totals: Totals { files, bytes: files * 100, ..Totals::default() },
        objects_sha256: String::new(),
        catalog: CatalogRef { name: String::new(), size: 0, index_offset: 0, index_length: 0 },
        needs: vec![],
    }
}

pub fn row(path: &str, kind: RowKind) -> Row {
    Row {
        path: path.into(),
        kind,
        size: Some(300),
        files: (kind == RowKind::Folder).then_some(3),
        mtime: FileTime::default(),
        mode: 0o644,
        uid: 0,
        gid: 0,
        target: None,
        kept_from: None,
        torn: false,
    }
}

/// As at the only destination of a backup.
pub fn listed(manifests: Vec<Manifest>) -> VersionList {
    VersionList { manifests, ..VersionList::default() }
}

fn plan_at() -> PlanAt {
    PlanAt {
        id: PlanId::from_random([1; 16]),
        name: "Pictures".into(),
        folder: "Pictures-01010101".into(),
        machine: "old-laptop".into(),
        sealed: true,
        versions: 2,
        newest: None,
        ours: false,
        stored: None,
        remembered: false,
    }
}

/// A destination with one sealed backup, opened by "right".
pub fn answer(question: &Question) -> Option<Result<Answer, Problem>> {
    Some(match question {
        Question::PlansAt { .. } => Ok(Answer::Plans(vec![plan_at()])),
        Question::Versions { .. } => Ok(Answer::Versions(listed(vec![manifest(9, 2), manifest(18, 6)]))),
        Question::UnreadableVersions { .. } => Ok(Answer::Unreadable(vec![])),
        Question::Unlock { place } => match &place.secret {
            None => Err(Problem::new(Code::PasswordNeeded, "A password is needed.", "")),
            Some(secret) if secret.expose() == "right" => Ok(Answer::Done),
            Some(_) => Err(Problem::new(Code::WrongPassword, "This is not the password of this backup.", "Try again.")),
        },
        Question::Children { folder, .. } if folder.is_empty() => {
            let rows = vec![row("home/u/Pictures", RowKind::Folder), row("home/u/Notes", RowKind::Folder)];
            Ok(Answer::Rows(Rows { rows, total: 2 }))
        }
        Question::Children { folder, .. } => {
            let rows = vec![row(&format!("{}/a.jpg", folder.display()), RowKind::File)];
            Ok(Answer::Rows(Rows { rows, total: 1 }))
        }
        Question::Find { text, .. } => Ok(Answer::Found(vec![row(&format!("home/u/Pictures/{text}.jpg"), RowKind::File)])),
        Question::PlanRestore { spec } => {
            assert!(spec.dry_run);
            Ok(Answer::RestorePlan(RestoreCounts { created: 3, bytes: 300, free: Some(1000), ..RestoreCounts::default() }))
        }
        other => unexpected(other),
    })
}

/// Draws frames until something is so.
fn until(wizard: &mut Wizard, fake: &Fake, so: impl Fn(&Wizard) -> bool) {
    for _ in 0..2000 {
        wizard.poll(&fake.handle);
        if so(wizard) {
            return;
        }
        thread::sleep(Duration::from_millis(2));
    }
    panic!("still at {:?}: {:?}", wizard.step, wizard.blocked());
}

/// From the folder to the tree, with a wrong password first.
fn opened(fake: &Fake) -> Wizard {
    let mut w = Wizard::from_folder(&fake.handle, "/media/disk", None, "/home/u/Restored".into());
    assert_eq!(w.blocked().as_deref(), Some("Looking…"));
    until(&mut w, fake, |w| w.blocked().is_none());
    w.next(&fake.handle);
    assert_eq!((w.name.as_str(), w.step), ("Pictures", Step::Version));
    until(&mut w, fake, |w| w.blocked().is_none());
    assert_eq!(w.version.as_ref(), Some(&manifest(18, 0).id), "the newest is chosen, without any key");
    w.next(&fake.handle);
    assert_eq!(w.step, Step::Password);
    assert!(w.refused.is_none(), "nothing was typed yet, so nothing was wrong");
    assert!(w.blocked().is_some());
    *w.password = "wrong".into();
    w.next(&fake.handle);
    until(&mut w, fake, |w| !w.unlocking());
    assert_eq!((w.step, w.refused.as_ref().map(|p| p.code)), (Step::Password, Some(Code::WrongPassword)));
    *w.password = "right".into();
    w.next(&fake.handle);
    until(&mut w, fake, |w| w.step == Step::What);
    assert!(w.refused.is_none());
    w
}

fn load_sources(w: &mut Wizard, fake: &Fake) {
    w.want_page(&fake.handle, PageKey { folder: "".into(), page: 0 });
    until(w, fake, |w| w.tree.len() == 2);
}

#[test]
fn from_a_bare_folder_to_a_result() {
    let fake = Fake::new(empty_overview(), answer);
    let mut w = opened(&fake);
    assert!(w.blocked().unwrap().starts_with("Nothing is chosen"));
    load_sources(&mut w, &fake);
    let Some(Content::Row(first)) = w.tree.row(0).map(|shown| shown.content) else { panic!("no row") };
    let path = first.path.clone();
    w.selection.toggle(&path, Some((3, 300)));
    assert_eq!(w.chosen_weight(&fake.handle), Some((3, 300)));
    w.next(&fake.handle);
    w.place_kind = PlaceKind::Folder;
    w.folder = "relative".into();
    assert!(w.blocked().unwrap().contains("whole path"));
    w.folder = "/home/u/Restored".into();
    w.conflict = Conflict::KeepBoth;
    w.next(&fake.handle);
    until(&mut w, &fake, |w| w.blocked().is_none());
    w.next(&fake.handle);
    assert_eq!(w.step, Step::Progress);
    let run = w.run.unwrap();
    for _ in 0..2000 {
        if !fake.told.lock().unwrap().is_empty() {
            break;
        }
        thread::sleep(Duration::from_millis(2));
    }
    let Some(Command::Restore { run: told, spec }) = fake.told.lock().unwrap().first().cloned() else { panic!("no restore") };
    assert_eq!(told, run);
    assert_eq!(spec.paths, ["/home/u/Pictures".into()]);
    assert_eq!(spec.target, Target::Folder { path: "/home/u/Restored".into(), full_paths: false });
    assert!(!spec.dry_run && spec.metadata && spec.conflict == Conflict::KeepBoth);
    let Origin::Version { place, .. } = &spec.from else { panic!("{:?}", spec.from) };
    assert_eq!(place.secret.as_ref().map(|s| s.expose()), Some("right"));
    let at = "2026-11-21T18:00:00Z".parse().unwrap();
    let counts = RestoreCounts { created: 3, ..RestoreCounts::default() };
    let version = Some(manifest(18, 0).id);
    let report = RunReport {
        run,
        kind: RunKind::Restore,
        trigger: Trigger::ByHand,
        schedules: Vec::new(),
        utc_offset: None,
        plan: None,
        plan_name: "Pictures".into(),
        started: at,
        finished: at,
        paused_ms: 0,
        outcome: Outcome::Completed,
        detail: RunDetail::Restore { version, counts, target: "/home/u/Restored".into(), dry_run: false, undo: None },
        warnings: vec![],
        warning_count: 0,
        stages: vec![],
    };
    fake.events.send(Event::RunEnded(Box::new(report))).unwrap();
    until(&mut w, &fake, |w| w.step == Step::Result);
    assert!(w.report.is_some());
}

#[test]
fn a_backup_of_this_computer_is_read_where_it_is_healthiest() {
    let [first, second] = ["/media/blue", "/media/red"].map(Location::local);
    let plan = Plan {
        destinations: vec![first.clone(), second.clone()],
        ..Plan::new(PlanId::from_random([1; 16]), "Pictures", "2026-11-01T00:00:00Z".parse().unwrap())
    };
    let versions_of = |healthiest: Result<Answer, Problem>| {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let noted = asked.clone();
        let fake = Fake::new(empty_overview(), move |question| match question {
            Question::Healthiest { version, .. } => {
                assert_eq!(*version, VersionChoice::Id(manifest(9, 0).id));
                Some(healthiest.clone())
            }
            Question::Versions { place } => {
                noted.lock().unwrap().push(place.location.clone());
                answer(question)
            }
            other => answer(other),
        });
        let mut w = Wizard::for_plan(&fake.handle, &plan, Some(manifest(9, 0).id), "/home/u/Restored".into());
        assert!(w.is_waiting() && w.blocked().is_some());
        until(&mut w, &fake, |w| w.blocked().is_none() && !w.is_waiting());
        assert_eq!(w.version, Some(manifest(9, 0).id), "the one that was chosen stays");
        asked.lock().unwrap().clone()
    };
    assert_eq!(versions_of(Ok(Answer::Healthiest(second.clone()))), [second]);
    assert_eq!(versions_of(Err(Problem::new(Code::Io, "The history cannot be read.", ""))), [first]);
}

#[test]
fn the_steps_that_were_visited_can_be_gone_back_to() {
    let fake = Fake::new(empty_overview(), answer);
    let mut w = opened(&fake);
    assert_eq!(w.steps(), [Step::Backup, Step::Version, Step::Password, Step::What, Step::Where, Step::Review]);
    load_sources(&mut w, &fake);
    w.selection.toggle(&"home/u/Notes".into(), Some((3, 300)));
    w.back();
    assert_eq!(w.step, Step::Version, "an open lock is not shown again on the way back");
    w.next(&fake.handle);
    w.go_to(Step::Review);
    assert_eq!(w.step, Step::What, "but not forward");
    w.back();
    w.next(&fake.handle);
    assert_eq!(w.step, Step::What);
    assert!(!w.selection.is_empty(), "the same version keeps what was ticked");
    w.back();
    w.version = Some(manifest(9, 0).id);
    w.next(&fake.handle);
    assert!(w.selection.is_empty(), "another version is another tree");
}

#[test]
fn search_is_asked_again_while_it_is_typed() {
    let fake = Fake::new(empty_overview(), answer);
    let mut w = opened(&fake);
    w.search.text = "IMG".into();
    assert!(w.search.is_waiting());
    until(&mut w, &fake, |w| !w.search.is_waiting());
    w.search.text = "IMG_0412".into();
    until(&mut w, &fake, |w| !w.search.is_waiting());
    let found = w.search.results.as_ref().unwrap().as_ref().unwrap();
    assert_eq!(found[0].path.display(), "home/u/Pictures/IMG_0412.jpg");
}

#[test]
fn a_restore_that_cannot_be_is_stopped_at_the_review() {
    let counts = [
        (RestoreCounts { skipped: 3, free: Some(10), ..RestoreCounts::default() }, "there already"),
        (RestoreCounts { created: 3, bytes: 300, free: Some(100), ..RestoreCounts::default() }, "Not enough room"),
    ];
    for (counts, word) in counts {
        let fake = Fake::new(empty_overview(), move |question| match question {
            Question::PlanRestore { .. } => Some(Ok(Answer::RestorePlan(counts))),
            other => answer(other),
        });
        let mut w = opened(&fake);
        w.selection.toggle(&"home/u/Notes".into(), Some((3, 300)));
        w.next(&fake.handle);
        w.next(&fake.handle);
        assert_eq!(w.step, Step::Review);
        until(&mut w, &fake, |w| w.review.ready().is_some());
        assert!(w.blocked().unwrap().contains(word), "{:?}", w.blocked());
        w.next(&fake.handle);
        assert_eq!(w.step, Step::Review);
    }
}

/// A version list that a key makes shorter: the newest manifest was put there by somebody who does not know the key.
fn forged(question: &Question) -> Option<Result<Answer, Problem>> {
    let keyed = |place: &Place| place.secret.is_some();
    match question {
        Question::Versions { place } if keyed(place) => Some(Ok(Answer::Versions(listed(vec![manifest(9, 2)])))),
        Question::UnreadableVersions { place } if keyed(place) => Some(Ok(Answer::Unreadable(vec![unreadable(18)]))),
        other => answer(other),
    }
}

pub fn unreadable(hour: u8) -> Unreadable {
    let problem = Problem::new(Code::Damaged, "A file of the backup is damaged: versions/x.json.", "Verify the backup.");
    Unreadable { id: manifest(hour, 0).id, problem }
}

#[test]
fn a_version_that_the_key_does_not_vouch_for_is_not_gone_on_with() {
    let fake = Fake::new(empty_overview(), forged);
    let mut w = Wizard::from_folder(&fake.handle, "/media/disk", None, "/home/u/Restored".into());
    until(&mut w, &fake, |w| w.blocked().is_none());
    w.next(&fake.handle);
    until(&mut w, &fake, |w| w.blocked().is_none());
    assert_eq!(w.version.as_ref(), Some(&manifest(18, 0).id));
    w.next(&fake.handle);
    *w.password = "right".into();
    w.next(&fake.handle);
    until(&mut w, &fake, |w| w.is_open() && !w.is_waiting());
    assert_eq!((w.step, w.version.as_ref()), (Step::Version, None));
    assert!(w.blocked().unwrap().contains("cannot be read after all"));
    w.version = Some(manifest(9, 0).id);
    w.next(&fake.handle);
    assert_eq!(w.step, Step::What, "the password is not asked for again");
}

#[test]
fn an_older_version_is_not_chosen_in_place_of_a_newer_one_that_cannot_be_read() {
    for (hour, chosen) in [(20, None), (8, Some(manifest(18, 0).id))] {
        let fake = Fake::new(empty_overview(), move |question| match question {
            Question::UnreadableVersions { .. } => Some(Ok(Answer::Unreadable(vec![unreadable(hour)]))),
            other => answer(other),
        });
        let mut w = Wizard::from_folder(&fake.handle, "/media/disk", None, "/home/u/Restored".into());
        until(&mut w, &fake, |w| w.blocked().is_none());
        w.next(&fake.handle);
        until(&mut w, &fake, |w| !w.is_waiting());
        assert_eq!(w.version, chosen);
    }
}
