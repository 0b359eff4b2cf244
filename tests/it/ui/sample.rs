//! A home as it might look after a month: for the window's tests and for looking at the window without an engine.

use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use strongroom::engine::env::Clock;
use strongroom::engine::message::*;
use strongroom::model::at_risk::AtRisk;
use strongroom::model::clean_up::{PlaceJudged, RetentionPreview};
use strongroom::model::event::What;
use strongroom::model::format::{Kind, Packing, SealSpec};
use strongroom::model::health::{Failure, Sample};
use strongroom::model::history::HistoryPage;
use strongroom::model::key::{KeySlot, SlotKind};
use strongroom::model::location::Location;
use strongroom::model::location::placeholder::Placeholders;
use strongroom::model::plan::{Plan, PlanId};
use strongroom::model::problem::{Cause, Code, Problem, Warning};
use strongroom::model::recent::Recent;
use strongroom::model::retention::{self, Rules, Version, VersionState};
use strongroom::model::run::*;
use strongroom::model::schedule::{self, Past, Schedule, ScheduleId, Schedules, Signals, Stamp};
use strongroom::model::secret::Secret;
use strongroom::model::snapshot::{BackupType, Totals, VersionId};
use strongroom::model::source_spec::SourceSpec;
use strongroom::model::status::{self, Status, Why};
use strongroom::ui::{Joined, SystemAppearance, TrayPresence, Window, WindowWaker};

use super::fake::{Fake, empty_overview};
use super::sample_files;

pub const NOW: &str = "2026-11-21T20:14:00Z";

/// A clock that stands still.
pub struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        at(NOW)
    }

    fn zone(&self) -> TimeZone {
        TimeZone::UTC
    }
}

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// One schedule, as the command line has it.
pub fn every(text: &str, times: Option<&str>) -> Schedules {
    let when = schedule::parse(text, times, None, jiff::civil::date(2026, 10, 28)).expect("a schedule");
    Schedule::new(ScheduleId::first(), when, at("2026-10-28T09:00:00Z")).into()
}

fn plan(n: u8, name: &str, sealed: bool, schedules: Schedules) -> Plan {
    Plan {
        sources: SourceSpec { paths: vec![format!("/home/ada/{name}").as_str().into()], ..SourceSpec::default() },
        destinations: vec![Location::local("/media/ada/Blue disk")],
        seal: sealed.then(SealSpec::default),
        schedules,
        ..Plan::new(PlanId::from_random([n; 16]), name, at("2026-10-28T09:00:00Z"))
    }
}

/// Runs of a plan: one each evening, newest first, the outcomes in turns.
pub fn runs(plan: &Plan) -> Vec<RunReport> {
    let full_disk = Problem::new(Code::NoRoom, "Blue disk is full.", "Free some space there, or choose another destination.");
    (0..20)
        .map(|back: i64| {
            let started = at("2026-11-21T18:02:00Z") - SignedDuration::from_hours(24 * back);
            let outcome = match back {
                3 => Outcome::CompletedWithWarnings,
                7 => Outcome::Failed(full_disk.clone()),
                12 => Outcome::Cancelled,
                _ => Outcome::Completed,
            };
            let warnings = if back == 3 { warnings() } else { Vec::new() };
            let kind = if back == 19 { BackupType::Full } else { BackupType::Incremental };
            let detail = if outcome.is_success() {
                RunDetail::Backup {
                    version: VersionId::new(started, kind, [back as u8; 4]),
                    backup_type: kind,
                    totals: Totals {
                        files: 61_220,
                        bytes: 12_400_000_000,
                        new_files: 214,
                        new_bytes: 1_300_000_000,
                        stored_bytes: 620_000_000,
                        ..Totals::default()
                    },
                    destination: "/media/ada/Blue disk".into(),
                    versions: 20 - back as u64,
                    plan_bytes: 9_800_000_000,
                    read_back: ReadBack::Medium,
                    packed: Some(Packing { format: Kind::TarZst, level: 3, content: 1_300_000_000, volumes: 618_000_000 }),
                    resumed_bytes: 0,
                    copies: Vec::new(),
                }
            } else {
                RunDetail::None
            };
            RunReport {
                run: RunId(1000 + back as u64 + 100 * u64::from(plan.id.bytes()[0])),
                kind: RunKind::Backup,
                trigger: Trigger::Schedule,
                schedules: Vec::new(),
                utc_offset: None,
                plan: Some(plan.id.clone()),
                plan_name: plan.name.clone(),
                started,
                finished: started + SignedDuration::from_secs(94),
                paused_ms: 0,
                outcome,
                detail,
                warning_count: warnings.len() as u64,
                warnings,
                stages: vec![(Stage::Preparing, 420), (Stage::Copying, 81_000), (Stage::ReadingBack, 12_580)],
            }
        })
        .collect()
}

/// What was changed, newest first.
fn events() -> Vec<RunReport> {
    let events = [
        (What::Paused, "2026-11-20T09:30:00Z", &["Until Fri 20 Nov 2026 10:30"][..]),
        (
            What::Changed,
            "2026-11-19T20:11:00Z",
            &[
                "Source added: /home/ada/Music",
                "Schedule switched off: every day at 18:00",
                "Versions are kept all of a year (it was for ever)",
                "Left out: *.iso",
            ],
        ),
        (What::KeysChanged, "2026-11-18T12:00:00Z", &["A recovery key was made"]),
    ];
    let about = &plans()[0];
    let event = |(n, (what, time, lines)): (usize, (What, &str, &[&str]))| {
        let detail =
            RunDetail::Event(strongroom::model::event::Event::new(what, lines.iter().map(|line| (*line).to_owned()).collect()));
        let of_plan = what != What::Paused;
        RunReport {
            run: RunId(5000 + n as u64),
            kind: RunKind::Event,
            trigger: Trigger::ByHand,
            schedules: Vec::new(),
            utc_offset: None,
            plan: of_plan.then(|| about.id.clone()),
            plan_name: if of_plan { about.name.clone() } else { String::new() },
            started: at(time),
            finished: at(time),
            paused_ms: 0,
            outcome: Outcome::Completed,
            detail,
            warning_count: 0,
            warnings: Vec::new(),
            stages: Vec::new(),
        }
    };
    events.into_iter().enumerate().map(event).collect()
}

fn warnings() -> Vec<Warning> {
    let file = |n: u32| format!("/home/ada/Documents/Letters/to Grandmother Wilhelmina/draft {n}.odt");
    let mut all: Vec<Warning> = (1..12)
        .map(|n| Warning {
            cause: Cause::Unreadable,
            path: file(n).as_str().into(),
            detail: "Permission denied (os error 13)".into(),
        })
        .collect();
    all.push(Warning { cause: Cause::Vanished, path: "/home/ada/Documents/.~lock.odt#".into(), detail: "gone".into() });
    all
}

pub fn plans() -> Vec<Plan> {
    vec![plan(1, "Documents", true, every("daily", Some("18:00"))), plan(2, "Pictures", false, every("6h", None))]
}

fn overview_of(plan: Plan, last_failed: bool) -> PlanOverview {
    let mut history = runs(&plan);
    let (now, zone) = (at(NOW), TimeZone::UTC);
    if last_failed {
        let gone = Problem::new(Code::DestinationMissing, "Blue disk is not plugged in.", "Plug it in, then choose Back up now.");
        history[0].outcome = Outcome::Failed(gone);
        history[0].detail = RunDetail::None;
    }
    let recent = Recent::of(&history);
    let (status, why) = status::judge(&plan.schedules, plan.created, &recent, now, &zone);
    let last = history.first().map(|run| Stamp { at: run.started, offset: run.utc_offset });
    let past = Past { last, failures: u32::from(last_failed), ..Past::default() };
    let pasts: Vec<(&Schedule, Past)> = plan.schedules.iter().map(|schedule| (schedule, past)).collect();
    PlanOverview {
        status,
        why,
        last_success: history.iter().find(|run| run.outcome.is_success()).map(|run| run.started),
        last_run: history.first().cloned(),
        next: schedule::dues(&pasts, &Signals::default(), plan.created, now, &zone).first().map(|(_, due)| *due),
        pasts: pasts.iter().map(|(schedule, past)| (schedule.id.clone(), *past)).collect(),
        waits: vec![],
        strip: status::strip(&plan.schedules, plan.created, &recent, now, &zone),
        versions: Some(18),
        stored_bytes: Some(9_800_000_000),
        behind: Vec::new(),
        append_only: Vec::new(),
        source_bytes: Some(12_400_000_000),
        at_risk: Some(at_risk(214, 1_300_000_000)),
        plan,
    }
}

/// What was found a few minutes ago.
pub fn at_risk(files: u64, bytes: u64) -> AtRisk {
    AtRisk { files, bytes, as_of: at(NOW) - SignedDuration::from_mins(6), at_least: false }
}

/// Two backups, one of them in trouble.
pub fn overview() -> Overview {
    let mut plans = plans().into_iter();
    let mut shown: Vec<PlanOverview> = plans.next().map(|plan| overview_of(plan, false)).into_iter().collect();
    shown.extend(plans.next().map(|plan| overview_of(plan, true)));
    let at_risk = Some(at_risk(428, 2_600_000_000));
    Overview {
        plans: shown,
        at_risk,
        unseen: 2,
        home_folder: "/home/ada".into(),
        machine: "workbench".into(),
        ..empty_overview()
    }
}

/// The same with nothing amiss.
pub fn healthy() -> Overview {
    Overview { plans: plans().into_iter().map(|plan| overview_of(plan, false)).collect(), unseen: 0, ..overview() }
}

/// A home whose names are as long as people make them.
pub fn long() -> Overview {
    let mut overview = overview();
    let names =
        ["Familienfotos, Urlaubsvideos und gescannte Unterlagen seit 1998", "Buchhaltung_und_Steuererklärungen_aller_Jahre"];
    for (plan, name) in overview.plans.iter_mut().zip(names) {
        plan.plan.name = name.into();
        let folder = "/media/ada/Externe Sicherungsfestplatte im Arbeitszimmer (blau)/Backups/Computer von Ada";
        plan.plan.destinations = vec![Location::local(folder)];
        if let Some(run) = &mut plan.last_run {
            run.plan_name = name.into();
        }
    }
    overview
}

/// One backup that was just made.
pub fn waiting() -> Overview {
    let mut fresh = overview_of(plan(1, "Documents", true, every("daily", Some("18:00"))), false);
    (fresh.status, fresh.why) = (Status::WaitingForFirst, Why::Nothing);
    (fresh.last_run, fresh.last_success, fresh.versions, fresh.stored_bytes) = (None, None, None, None);
    fresh.at_risk = None;
    Overview { plans: vec![fresh], at_risk: None, ..overview() }
}

/// A backup of the first plan that goes on.
pub fn running() -> (Overview, Progress) {
    let mut overview = overview();
    overview.runs.push(RunOverview {
        run: RunId(7),
        kind: RunKind::Backup,
        trigger: Trigger::ByHand,
        plan: Some(overview.plans[0].plan.id.clone()),
        name: "Documents".into(),
        started: at(NOW),
        cancelling: false,
        paused: false,
        turn: None,
    });
    let progress = Progress::default();
    progress.set_stage(Stage::Copying);
    for (counter, value) in [
        (&progress.files_done, 12_204),
        (&progress.files_total, 19_880),
        (&progress.bytes_done, 4_100_000_000),
        (&progress.bytes_total, 6_600_000_000),
    ] {
        counter.store(value, std::sync::atomic::Ordering::Relaxed);
    }
    progress.totals_known.store(true, std::sync::atomic::Ordering::Relaxed);
    progress.set_current(&"home/ada/Documents/2026/Summer/IMG_0412.raw".into());
    (overview, progress)
}

/// What the pretended engine answers about this home.
pub fn answer(question: &Question) -> Option<Result<Answer, Problem>> {
    let all = || {
        let mut all: Vec<RunReport> = plans().iter().flat_map(runs).chain(events()).collect();
        all.sort_by_key(|run| std::cmp::Reverse(run.started));
        all
    };
    Some(Ok(match question {
        Question::History { filter } => {
            let runs: Vec<RunReport> = all()
                .into_iter()
                .filter(|run| filter.plan.as_ref().is_none_or(|plan| run.plan.as_ref() == Some(plan)))
                .filter(|run| filter.kind.is_none_or(|kind| run.kind == kind))
                .filter(|run| filter.ending.is_none_or(|ending| run.ending() == Some(ending)))
                .filter(|run| filter.since.is_none_or(|since| run.started >= since))
                .filter(|run| !filter.troubled || !matches!(run.outcome, Outcome::Completed | Outcome::Cancelled))
                .filter(|run| run.plan_name.to_lowercase().contains(&filter.text.to_lowercase()))
                .collect();
            let total = runs.len();
            let at = filter.past.and_then(|past| runs.iter().position(|run| run.run == past)).map_or(0, |at| at + 1);
            let page: Vec<RunReport> = runs.into_iter().skip(at).take(filter.limit).collect();
            Answer::History(HistoryPage { left: total - at - page.len(), total, runs: page })
        }
        Question::ExportHistory { .. } => Answer::Exported(40),
        Question::Report { run } => Answer::Report(all().into_iter().find(|report| report.run == *run).map(Box::new)),
        Question::KeyStatus { .. } => Answer::KeyStatus(KeyStatus {
            sealed: true,
            cipher: "AES-256-GCM".into(),
            slots: slots(),
            older_keys: 0,
            kept_in: "System keyring".into(),
            keys_number: 1,
        }),
        Question::KeysOwed { .. } => Answer::KeysOwed(Vec::new()),
        Question::DestinationStatus { location } => Answer::DestinationStatus(Box::new(DestinationStatus {
            location: location.clone(),
            problem: None,
            cid: None,
            found_at: None,
            share: None,
            deletable: true,
            free: Some(588_000_000_000),
            total: Some(1_000_000_000_000),
            used: 120_000_000_000,
            plans: plans()
                .into_iter()
                .map(|plan| PlanAt {
                    folder: plan.folder_name(),
                    id: plan.id,
                    name: plan.name,
                    machine: "workbench".into(),
                    sealed: plan.seal.is_some(),
                    versions: 18,
                    newest: Some(at("2026-11-21T18:02:00Z")),
                    ours: true,
                    stored: Some(60_000_000_000),
                    remembered: false,
                })
                .collect(),
            latency_ms: Some(8),
        })),
        Question::Health { .. } => Answer::Health(health()),
        Question::TestDestination { .. } => Answer::Tested(TestResult {
            deletable: Some(true),
            writable: Some(true),
            free: Some(588_000_000_000),
            total: Some(1_000_000_000_000),
            latency_ms: Some(8),
            write_speed: Some(140e6),
            read_speed: Some(155e6),
            on_system_disk: false,
            plans: 2,
            to_be_made: false,
            keeps: None,
        }),
        Question::PreviewRetention { plan } => Answer::Retention(Box::new(preview(plan))),
        Question::NewRecoveryKey => Answer::RecoveryKey(Secret::new("K7QF-3M2X-9PLA-VN4T-0CWE-R8HD-62YB-JS5Z-UG1K-4TQM")),
        Question::ChangePassword { old, .. } if old.expose() != "old password" => {
            return Some(Err(Problem::new(Code::WrongPassword, "This is not the password.", "Try again.")));
        }
        Question::ReadKeyFile { path } if path.file_name() != b"strongroom.key" => {
            return Some(Err(Problem::new(Code::Usage, "This cannot be used as a key file.", "Choose another.")));
        }
        Question::ReadKeyFile { .. } | Question::MakeKeyFile { .. } => {
            Answer::KeyFile(Secret::of_key_file(&std::array::from_fn::<u8, 32, _>(|i| i as u8)).unwrap())
        }
        Question::ChangeKeys { place, change: KeyChange::Rotate(_), .. }
            if !place.secret.as_ref().is_some_and(|it| it.expose() == "old password" || it.is_key_file()) =>
        {
            return Some(Err(Problem::new(Code::WrongPassword, "This is not the password.", "Try again.")));
        }
        Question::SavePlan { .. }
        | Question::RemovePlan { .. }
        | Question::ChangePassword { .. }
        | Question::ChangeKeys { .. } => Answer::Done,
        other => return sample_files::answer(other),
    }))
}

/// What a rule does to eighteen versions, one a day.
fn preview(plan: &Plan) -> RetentionPreview {
    let (now, zone) = (at(NOW), TimeZone::UTC);
    let version = |back: i64| {
        let time = now - SignedDuration::from_hours(24 * back + 3);
        Version {
            id: VersionId::new(time, BackupType::Incremental, [back as u8; 4]),
            sequence: 100 - back as u64,
            time,
            state: VersionState::Good,
            pinned: back == 17,
            schedules: Vec::new(),
            own_bytes: 210_000_000,
        }
    };
    let versions: Vec<Version> = (0..18).map(version).collect();
    let rules = Rules { plan: &plan.retention, schedules: &[] };
    let judged = retention::judge(rules, &versions, &retention::own_bytes, now, &zone);
    let pasts: Vec<(&Schedule, Past)> = plan.schedules.iter().map(|schedule| (schedule, Past::default())).collect();
    let upcoming = schedule::Upcoming::new(&pasts, plan.created, now, &zone);
    let simulation = retention::simulate(rules, upcoming, &versions, 210_000_000, now, &zone);
    let places = plan.destinations.iter().map(|location| PlaceJudged { location: location.clone(), judged: Ok(judged.clone()) });
    RetentionPreview { places: places.collect(), simulation }
}

/// A drive that gets 5 GB a day, and was unplugged for two days.
pub fn health() -> Vec<Sample> {
    let failure = Failure { code: Code::DestinationMissing, what: "The destination is not there.".into() };
    let day = |back: i64| {
        let is_away = matches!(back, 12 | 13);
        let known = |bytes: u64| (!is_away).then_some(bytes);
        Sample {
            looks: 24,
            free: known(588_000_000_000 + 5_000_000_000 * back as u64),
            total: known(1_000_000_000_000),
            ..Sample::new(at(NOW) - SignedDuration::from_hours(24 * back), is_away.then(|| failure.clone()))
        }
    };
    (0..60).rev().map(day).collect()
}

/// What opens the backups here.
pub fn slots() -> Vec<KeySlot> {
    let slot = |id: &str, kind, function: &str| KeySlot {
        id: id.into(),
        kind,
        function: function.into(),
        created: Some(at("2026-10-28T09:00:00Z")),
    };
    vec![slot("5a5a0001", SlotKind::Password, "scrypt 2^15/8/3"), slot("5a5a0002", SlotKind::RecoveryKey, "HKDF-SHA256")]
}

/// Of a machine called laptop, whose USER is ada.
pub fn placeholders() -> Placeholders {
    Placeholders { machine: "laptop".into(), variable: Arc::new(|name| (name == "USER").then(|| "ada".into())) }
}

/// A window on a pretended engine.
pub fn window(fake: &Fake) -> Window {
    let engine = Joined { handle: fake.handle.clone(), own: true };
    Window {
        engine: engine.clone(),
        reopen: Arc::new(move || Ok(engine.clone())),
        clock: Arc::new(Still),
        waker: WindowWaker::default(),
        appearance: SystemAppearance::default(),
        pick_paths: None,
        drops: true,
        open_folder: Arc::new(|_| {}),
        tray: TrayPresence::default(),
        placeholders: placeholders(),
        autostart: None,
    }
}
