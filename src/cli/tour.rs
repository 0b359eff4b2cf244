//! `strongroom tour`: sample files, two sealed backups, a check and a restore, compared byte by byte. Touches nothing but a
//! new folder of its own.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::engine_access::Session;
use super::exit::Exit;
use super::follow::{follow, new_run_id};
use super::new_plan::random_plan_id;
use super::output::{Output, clean};
use super::report::{self, type_name};
use crate::engine::message::{Command, NewSecrets};
use crate::model::format::{Format, SealSpec};
use crate::model::human;
use crate::model::location::Location;
use crate::model::path::PathBytes;
use crate::model::plan::Plan;
use crate::model::problem::{Code, Problem};
use crate::model::restore::{Conflict, Depth, Place, PlanChoice, RestoreSpec, Target, VerifySpec, VersionChoice};
use crate::model::run::{RunDetail, RunReport};
use crate::model::schedule::Schedule;
use crate::model::secret::Secret;
use crate::model::snapshot::{VersionId, WantedType};
use crate::model::source_spec::SourceSpec;

/// Of the tour's own backup only, and printed: it protects sample files.
const PASSWORD: &str = "correct horse battery staple";

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
        make_samples(&documents)
            .and_then(|()| copy_tree(&documents, &first_copy))
            .map_err(|e| failed("The sample files could not be made.", &e))?;
        let plan = self.plan(&documents)?;

        self.step("1. Sample files, and a sealed backup of them");
        let first = self.back_up(&plan)?;
        self.step("2. Some files change, one goes, one comes; then another backup");
        change_samples(&documents).map_err(|e| failed("The sample files could not be changed.", &e))?;
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
        self.output.line(format!("\n{title}"));
    }

    fn destination(&self) -> PathBuf {
        self.root.join("destination")
    }

    fn plan(&self, source: &Path) -> Result<Plan, Problem> {
        fs::create_dir(self.destination()).map_err(|e| failed("The tour's destination could not be made.", &e))?;
        Ok(Plan {
            id: random_plan_id()?,
            name: "Documents".into(),
            created: jiff::Timestamp::now(),
            sources: SourceSpec { paths: vec![PathBytes::from(source)], honour_tags: true, ..SourceSpec::default() },
            destinations: vec![Location::local(self.destination())],
            format: Format::default(),
            seal: Some(SealSpec::default()),
            schedule: Schedule::Off,
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
        let secrets = NewSecrets { password: Some(Secret::new(PASSWORD)), recovery_key: None };
        let plan = Box::new(plan.clone());
        let ended = self.go(|run| Command::BackUpOnce { run, plan, secrets, kind: WantedType::Auto, take_over: false })?;
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
            from: self.place(),
            version: VersionChoice::Id(version.clone()),
            paths: Vec::new(),
            except: Vec::new(),
            target: Target::Folder { path: PathBytes::from(target.clone()), full_paths: false },
            conflict: Conflict::Skip,
            dry_run: false,
            metadata: true,
        };
        self.go(|run| Command::Restore { run, spec: Box::new(spec) })?;
        let mut differing = Vec::new();
        let compared = compare(with, &target.join("Documents"), &mut differing)
            .map_err(|e| failed("The comparison could not be made.", &e))?;
        if differing.is_empty() {
            self.output.line(format!("   {version}: {} compared, all equal", human::counted(compared, "entry", "entries")));
        }
        for path in &differing {
            eprintln!("   differs: {}", clean(&path.display().to_string()));
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
        let path = std::path::absolute(std::env::temp_dir())?.canonicalize()?.join(format!("strongroom-tour-{number:08x}"));
        match fs::DirBuilder::new().mode(0o700).create(&path) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|()| path),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// A few hundred files: text, images that do not compress, a big one that is cut, links, odd names.
fn make_samples(root: &Path) -> io::Result<()> {
    for folder in ["Letters", "Photos/2025", "Photos/2026", "Projects/strongroom/notes", "Empty folder"] {
        fs::create_dir_all(root.join(folder))?;
    }
    for n in 0..200 {
        let text = format!("Letter number {n}\n\nDear reader,\n\n").repeat(1 + n % 37);
        fs::write(root.join(format!("Letters/letter {n:03}.txt")), text)?;
    }
    for n in 0..24u64 {
        let year = 2025 + n % 2;
        fs::write(root.join(format!("Photos/{year}/photo {n:02}.jpg")), noise(n + 1, 150_000 + 9_001 * n as usize))?;
    }
    fs::write(root.join("Projects/film.bin"), noise(99, 20 << 20))?;
    fs::write(root.join("Projects/empty"), b"")?;
    fs::write(root.join("Projects/Ünïcödé name ✓.md"), "Names survive.\n")?;
    fs::write(root.join("Projects/strongroom/run.sh"), "#!/bin/sh\necho hello\n")?;
    fs::set_permissions(root.join("Projects/strongroom/run.sh"), fs::Permissions::from_mode(0o755))?;
    symlink("../Letters", root.join("Projects/letters"))?;
    fs::hard_link(root.join("Projects/film.bin"), root.join("Projects/strongroom/same film.bin"))
}

fn change_samples(root: &Path) -> io::Result<()> {
    for n in [3, 50, 117] {
        fs::write(root.join(format!("Letters/letter {n:03}.txt")), format!("Letter {n}, written anew\n"))?;
    }
    fs::remove_file(root.join("Letters/letter 007.txt"))?;
    fs::write(root.join("Letters/one more.txt"), "Came between the two backups.\n")?;
    // A change in the middle of the big file: only the pieces around it are stored again.
    let mut film = fs::read(root.join("Projects/film.bin"))?;
    if let Some(part) = film.get_mut(10 << 20..(10 << 20) + 100) {
        part.fill(0x5a);
    }
    File::options().write(true).open(root.join("Projects/film.bin"))?.write_all(&film)
}

/// Bytes that do not compress: xorshift64.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut out = Vec::with_capacity(length + 8);
    while out.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        out.extend_from_slice(&state.to_le_bytes());
    }
    out.truncate(length);
    out
}

/// A copy to compare with later: content, modes and links.
fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else if kind.is_symlink() {
            symlink(fs::read_link(entry.path())?, target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Compares two trees byte by byte, modes and links too. Returns how many entries were compared; what differs is listed.
fn compare(a: &Path, b: &Path, differing: &mut Vec<PathBuf>) -> io::Result<u64> {
    let mut compared = 0;
    let mut names: Vec<_> = fs::read_dir(a)?.map(|e| e.map(|e| e.file_name())).collect::<io::Result<_>>()?;
    for entry in fs::read_dir(b)? {
        names.push(entry?.file_name());
    }
    names.sort();
    names.dedup();
    for name in names {
        let (a, b) = (a.join(&name), b.join(&name));
        compared += 1;
        let (Ok(left), Ok(right)) = (a.symlink_metadata(), b.symlink_metadata()) else {
            differing.push(a);
            continue;
        };
        let same_kind = left.file_type() == right.file_type() && (left.is_symlink() || left.mode() == right.mode());
        if !same_kind {
            differing.push(a);
        } else if left.is_dir() {
            compared += compare(&a, &b, differing)?;
        } else if left.is_symlink() {
            if fs::read_link(&a)? != fs::read_link(&b)? {
                differing.push(a);
            }
        } else if left.len() != right.len() || !same_bytes(&a, &b)? {
            differing.push(a);
        }
    }
    Ok(compared)
}

fn same_bytes(a: &Path, b: &Path) -> io::Result<bool> {
    let (mut a, mut b) = (File::open(a)?, File::open(b)?);
    let (mut left, mut right) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        let n = a.read(&mut left)?;
        if n == 0 {
            return Ok(b.read(&mut right)? == 0);
        }
        let (Some(left), Some(right)) = (left.get(..n), right.get_mut(..n)) else { return Ok(false) };
        if b.read_exact(right).is_err() || left != right {
            return Ok(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_comparison_sees_every_kind_of_difference() {
        let base = tempfile::tempdir().unwrap();
        let (a, b) = (base.path().join("a"), base.path().join("b"));
        make_samples(&a).unwrap();
        copy_tree(&a, &b).unwrap();
        let differing = || {
            let mut list = Vec::new();
            compare(&a, &b, &mut list).unwrap();
            list
        };
        assert_eq!(differing(), Vec::<PathBuf>::new());
        fs::remove_file(b.join("Projects/empty")).unwrap();
        fs::write(b.join("extra"), "").unwrap();
        fs::set_permissions(b.join("Projects/strongroom/run.sh"), fs::Permissions::from_mode(0o700)).unwrap();
        fs::remove_file(b.join("Projects/letters")).unwrap();
        symlink("elsewhere", b.join("Projects/letters")).unwrap();
        let mut photo = fs::read(b.join("Photos/2025/photo 00.jpg")).unwrap();
        *photo.last_mut().unwrap() ^= 1;
        fs::write(b.join("Photos/2025/photo 00.jpg"), photo).unwrap();
        assert_eq!(differing().len(), 5);
    }
}
