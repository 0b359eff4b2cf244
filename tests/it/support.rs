//! Runs the binary in a world of its own, and compares trees with an independent tool.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

pub const PASSWORD: &str = "correct horse battery staple";

/// A home, a source and a destination, all temporary.
pub struct World {
    dir: TempDir,
}

impl World {
    pub fn new() -> Self {
        Self { dir: tempfile::Builder::new().prefix("sr").tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn source(&self) -> PathBuf {
        self.path("source")
    }

    pub fn dest(&self) -> PathBuf {
        self.path("dest")
    }

    pub fn home(&self) -> PathBuf {
        self.path("home")
    }

    /// The binary with this world's home and password, and without a keyring.
    pub fn command(&self) -> Command {
        command(&self.home())
    }

    /// Runs it with arguments split at white space, `@x` standing for the world's path `x`.
    pub fn run(&self, line: &str) -> Ran {
        self.run_with(line, |_| {})
    }

    pub fn run_with(&self, line: &str, change: impl FnOnce(&mut Command)) -> Ran {
        let mut command = self.words(line);
        change(&mut command);
        Ran::of(&mut command, line)
    }

    /// The command that is run.
    pub fn words(&self, line: &str) -> Command {
        let mut command = self.command();
        for word in line.split_whitespace() {
            match word.strip_prefix('@') {
                Some(name) => command.arg(self.path(name)),
                None => command.arg(word),
            };
        }
        command
    }

    /// Backs the source up to the destination, sealed; returns the result line.
    pub fn back_up(&self) -> Value {
        self.run("backup --source @source --to @dest --json").ok().last()
    }

    pub fn versions(&self) -> Vec<Value> {
        let ran = self.run("versions --from @dest --json").ok();
        ran.lines().into_iter().filter(|line| line.get("id").is_some()).collect()
    }

    /// Restores a version to a new folder and compares it with a tree: no difference.
    pub fn restore_and_compare(&self, version: &str, with: &Path) {
        let name = format!("restored-{version}");
        self.run(&format!("restore --from @dest --version {version} --to @{name}")).ok();
        assert_same(with, &self.path(&name).join("source"));
        fs::remove_dir_all(self.path(&name)).unwrap();
    }

    /// The only plan folder at the destination.
    pub fn plan_folder(&self) -> PathBuf {
        let found: Vec<_> = fs::read_dir(self.dest()).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].clone()
    }
}

pub fn command(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_strongroom"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_callers(name)) {
        command.env_remove(name);
    }
    command.env("STRONGROOM_HOME", home).env("STRONGROOM_PASSWORD", PASSWORD);
    // No keyring: keys lie in the home's files.
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent").stdin(std::process::Stdio::null());
    command
}

/// Variables by which whoever runs the tests would be in them: their home, password, screen, bus and buckets.
pub fn is_callers(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    ["STRONGROOM_", "XDG_", "DBUS_", "WAYLAND_", "AWS_", "AZURE_", "GOOGLE_", "GCE_"].iter().any(|of| name.starts_with(of))
        || name == "DISPLAY"
}

/// How a command ended.
pub struct Ran {
    pub line: String,
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    pub fn of(command: &mut Command, line: &str) -> Self {
        Self::with(command.output().unwrap(), line)
    }

    pub fn with(output: Output, line: &str) -> Self {
        let Output { status, stdout, stderr } = output;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Self { line: line.into(), code: status.code(), out: text(stdout), err: text(stderr) }
    }

    #[track_caller]
    pub fn code(self, wanted: i32) -> Self {
        assert_eq!(self.code, Some(wanted), "`{}`\n--- stdout\n{}\n--- stderr\n{}", self.line, self.out, self.err);
        self
    }

    #[track_caller]
    pub fn ok(self) -> Self {
        self.code(0)
    }

    /// What `--json` printed.
    #[track_caller]
    pub fn lines(&self) -> Vec<Value> {
        self.out.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}"))).collect()
    }

    /// The result line.
    #[track_caller]
    pub fn last(&self) -> Value {
        let line = self.lines().pop().unwrap_or_else(|| panic!("`{}` printed nothing: {}", self.line, self.err));
        assert!(line.get("result").is_some(), "{line}");
        line
    }

    /// The error's code in the result line.
    #[track_caller]
    pub fn problem(&self) -> String {
        let line = self.last();
        let problem = &line["error"];
        assert!(problem["what"].as_str().is_some_and(|what| !what.is_empty()), "{line}");
        problem["code"].as_str().unwrap_or_default().to_string()
    }
}

/// Runs a tool that must be there and succeed; returns what it printed.
#[track_caller]
pub fn tool<S: AsRef<OsStr>>(program: &str, args: impl IntoIterator<Item = S>) -> String {
    let output = Command::new(program).args(args).output().unwrap_or_else(|e| panic!("{program}: {e}"));
    assert!(
        output.status.success(),
        "{program}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A tool that only root may use; through `sudo` where we are not.
#[track_caller]
pub fn root_tool(program: &str, args: &[&str]) -> String {
    if is_root() { tool(program, args) } else { tool("sudo", [["-n", program].as_slice(), args].concat()) }
}

/// What differs between two trees, by rsync: content, kinds, modes, owners, nanosecond times, links, ACLs, xattrs.
pub fn differences(a: &Path, b: &Path) -> String {
    let slash = |p: &Path| format!("{}/", p.display());
    tool(
        "rsync",
        ["-aHAXSnc", "--modify-window=-1", "--specials", "--devices", "--itemize-changes", "--delete", &slash(a), &slash(b)],
    )
}

#[track_caller]
pub fn assert_same(a: &Path, b: &Path) {
    let found = differences(a, b);
    assert!(found.is_empty(), "{} and {} differ:\n{found}", a.display(), b.display());
}

/// Files and folders below a folder, relative, sorted.
pub fn walk(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let entry = entry.unwrap();
            found.push(entry.path().strip_prefix(root).unwrap().to_path_buf());
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

/// Bytes that a file takes on disk.
pub fn allocated(path: &Path) -> u64 {
    fs::metadata(path).unwrap().blocks() * 512
}

/// Random enough and the same every time: splitmix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }

    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(length + 8);
        while out.len() < length {
            out.extend_from_slice(&self.next().to_le_bytes());
        }
        out.truncate(length);
        out
    }
}

/// Waits until that moment or its end, whichever is first.
pub fn wait(child: &mut Child, moment: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < moment && child.try_wait().unwrap().is_none() {
        thread::sleep(Duration::from_micros(200).min(moment.saturating_sub(begun.elapsed())));
    }
}

/// Waits until its end; how it ended, and the most memory that it held at a time, in bytes.
pub fn peak(child: &mut Child) -> (ExitStatus, u64) {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let high_water = fs::read_to_string(&status).unwrap_or_default();
        let line = high_water.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.split_whitespace().next()).and_then(|kib| kib.parse::<u64>().ok());
        peak = peak.max(kib.unwrap_or(0) << 10);
        if let Some(ended) = child.try_wait().unwrap() {
            assert!(peak > 1 << 20, "its memory could be seen");
            return (ended, peak);
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// Starts it, and does something to it at that moment. How it ended, and whether it was over by then.
pub fn hit(command: &mut Command, moment: Duration, how: impl FnOnce(&mut Child)) -> (Ran, bool) {
    const PATIENCE: Duration = Duration::from_secs(120);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait(&mut child, moment.min(PATIENCE));
    let was_over = child.try_wait().unwrap().is_some();
    how(&mut child);
    wait(&mut child, PATIENCE);
    let ended = child.try_wait().unwrap().is_some();
    let _ = child.kill();
    assert!(ended, "it hangs");
    (Ran::with(child.wait_with_output().unwrap(), ""), was_over)
}

/// The long tests run too: `tests/run --long`.
pub fn long() -> bool {
    std::env::var_os("STRONGROOM_LONG").is_some_and(|v| v == "1")
}

/// Waits for something, a minute at most.
pub fn until(what: &str, mut is: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !is() {
        assert!(Instant::now() < end, "waited for {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
