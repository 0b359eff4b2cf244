//! `strongroom tour`: sample files, two sealed backups, a check and a restore, compared byte by byte. Touches nothing but a
//! new folder of its own.

mod compare;
mod samples;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use super::engine_access::Session;
use super::exit::Exit;
use super::follow::{follow, new_run_id};
use super::new_plan::random_plan_id;
use super::output::{Output, complain};
use super::report::{self, type_name};
use crate::engine::message::{Command, NewSecrets};
use crate::model::format::SealSpec;
use crate::model::human;
use crate::model::location::Location;
use crate::model::path::PathBytes;
use crate::model::plan::Plan;
use crate::model::problem::{Code, Problem};
use crate::model::restore::{Conflict, Depth, Origin, Place, PlanChoice, RestoreSpec, Target, VerifySpec, VersionChoice};
use crate::model::run::{RunDetail, RunReport};
use crate::model::secret::Secret;
use crate::model::snapshot::{VersionId, WantedType};
use crate::model::source_spec::SourceSpec;
use crate::os::private;

/// Of the tour's own backup only, and printed: it protects sample files.
const PASSWORD: &str = "correct horse battery staple";

/// Files that were changed less than three seconds before they are read are read again next time (FORMAT §3).
const SETTLES: Duration = Duration::from_millis(3200);

pub fn run(output: Output) -> Result<Exit, Problem> {
    let root = new_folder().map_err(|e| failed("The tour could not make its folder.", &e))?;
    output.line(format!("A short tour of Strongroom. Everything happens in {}", root.display()));
    let session = Session::of_home_below(&root.join("home"))?;
    let tour = Tour { session, output, root };
    let ended = tour.walk();
    if ended.is_err() {
        output.note(format!("What the tour made so far lies in {}", tour.root.display()));
    }
    ended
}

struct Tour {
    session: Session,
    output: Output,
    root: PathBuf,
}

impl Tour {
    fn walk(&self) -> Result<Exit, Problem> {
        let output = self.output;
        let documents = self.root.join("Documents");
        let first_copy = self.root.join("as-it-was-first");
        samples::make(&documents)
            .and_then(|()| samples::copy(&documents, &first_copy))
            .map_err(|e| failed("The sample files could not be made.", &e))?;
        let plan = self.plan(&documents)?;

        self.step("1. Sample files, and a sealed backup of them");
        output.line(
            "   (After three seconds: a file that has changed so shortly before it is read could change once more without its",
        );
        output.line("   time telling, and would be read again by the next backup to be sure.)");
        std::thread::sleep(SETTLES);
        let first = self.back_up(&plan)?;
        self.step("2. Some files change, one goes, one comes; then another backup");
        samples::change(&documents).map_err(|e| failed("The sample files could not be changed.", &e))?;
        let second = self.back_up(&plan)?;
        self.step("3. Every object is read, opened, unpacked and hashed");
        self.verify()?;
        self.step("4. Both versions are restored and compared byte by byte");
        let same_first = self.restore_and_compare(&first, "restored-first", &first_copy)?;
        let same_second = self.restore_and_compare(&second, "restored-second", &documents)?;

        output.line(String::new());
        output.line(format!("All of it lies in {} and can be looked at, then deleted:", self.root.display()));
        for (name, what) in [
            ("Documents", "the sample files as they are now"),
            ("destination", "the sealed backup: volumes, a manifest per version, README.txt"),
            ("restored-first", "the first version, restored"),
            ("restored-second", "the second version, restored"),
        ] {
            output.line(format!("  {name:<16} {what}"));
        }
        output.line(format!("The tour's password is \"{PASSWORD}\". Try:"));
        output.line(format!("  STRONGROOM_PASSWORD='{PASSWORD}' strongroom ls -R --from {}", self.destination().display()));
        let equal = same_first && same_second;
        let rest = json!({ "folder": self.root, "versions": [first, second], "equal": equal });
        output.result(if equal { "completed" } else { "failed" }, rest);
        Ok(if equal { Exit::Done } else { Exit::Failed })
    }

    fn step(&self, title: &str) {
        self.output.line("");
        self.output.line(title);
    }

    fn destination(&self) -> PathBuf {
        self.root.join("destination")
    }

    fn plan(&self, source: &Path) -> Result<Plan, Problem> {
        fs::create_dir(self.destination()).map_err(|e| failed("The tour's destination could not be made.", &e))?;
        Ok(Plan {
            sources: SourceSpec { paths: vec![PathBytes::from(source)], honour_tags: true, ..SourceSpec::default() },
            destinations: vec![Location::local(self.destination())],
            seal: Some(SealSpec::default()),
            ..Plan::new(random_plan_id()?, "Documents", jiff::Timestamp::now())
        })
    }

    fn place(&self) -> Place {
        Place { location: Location::local(self.destination()), plan: PlanChoice::Only, secret: Some(Secret::new(PASSWORD)) }
    }

    /// Follows a run to its success.
    fn go(&self, make: impl FnOnce(crate::model::run::RunId) -> Command) -> Result<RunReport, Problem> {
        let run = new_run_id()?;
        let ended = follow(self.session.handle(), run, make(run), self.output)?;
        match Exit::from(&ended) {
            Exit::Done => Ok(ended),
            _ => {
                report::print(&ended, self.output);
                Err(Problem::new(Code::Internal, "A step of the tour did not end as it should.", "Please report this."))
            }
        }
    }

    fn back_up(&self, plan: &Plan) -> Result<VersionId, Problem> {
        let secrets = NewSecrets { password: Some(Secret::new(PASSWORD)), ..NewSecrets::default() };
        let plan = Box::new(plan.clone());
        let ended = self.go(|run| Command::BackUpOnce {
            run,
            plan,
            secrets,
            kind: WantedType::Auto,
            base: None,
            take_over: false,
            accept_shrunk: false,
        })?;
        let RunDetail::Backup { version, backup_type, totals, .. } = ended.detail else {
            return Err(Problem::new(Code::Internal, "A backup ended without a version.", "Please report this."));
        };
        self.output.line(format!(
            "   {} version: {}, {}; {} stored",
            type_name(backup_type),
            human::counted(totals.files, "file", "files"),
            human::bytes(totals.bytes),
            human::bytes(totals.stored_bytes),
        ));
        Ok(version)
    }

    fn verify(&self) -> Result<(), Problem> {
        let spec = VerifySpec { from: self.place(), version: None, depth: Depth::Full };
        let ended = self.go(|run| Command::Verify { run, spec })?;
        if let RunDetail::Verify { report } = ended.detail {
            self.output.line(format!(
                "   {}, {}, {}: all well",
                human::counted(report.versions, "version", "versions"),
                human::counted(report.objects, "object", "objects"),
                human::counted(report.pieces, "piece", "pieces"),
            ));
        }
        Ok(())
    }

    fn restore_and_compare(&self, version: &VersionId, name: &str, with: &Path) -> Result<bool, Problem> {
        let target = self.root.join(name);
        let spec = RestoreSpec {
            from: Origin::Version { place: self.place(), version: VersionChoice::Id(version.clone()) },
            paths: Vec::new(),
            except: Vec::new(),
            target: Target::Folder { path: PathBytes::from(target.clone()), full_paths: false },
            conflict: Conflict::Skip,
            dry_run: false,
            metadata: true,
            any_size: false,
        };
        self.go(|run| Command::Restore { run, spec: Box::new(spec) })?;
        let mut differing = Vec::new();
        let compared = compare::compare(with, &target.join("Documents"), &mut differing)
            .map_err(|e| failed("The comparison could not be made.", &e))?;
        if differing.is_empty() {
            self.output.line(format!("   {version}: {} compared, all equal", human::counted(compared, "entry", "entries")));
        }
        for path in &differing {
            complain(format!("   differs: {}", path.display()));
        }
        Ok(differing.is_empty())
    }
}

fn failed(what: &str, error: &io::Error) -> Problem {
    Problem::new(Code::Io, what, "Set TMPDIR to a folder with some room.").with_detail(error.to_string())
}

/// A new folder that only this person can read, among the temporary ones.
fn new_folder() -> io::Result<PathBuf> {
    for _ in 0..100 {
        let number = getrandom::u32().map_err(io::Error::other)?;
        let path = dunce::canonicalize(std::path::absolute(std::env::temp_dir())?)?.join(format!("strongroom-tour-{number:08x}"));
        match private::make_folder(&path) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|()| path),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}
