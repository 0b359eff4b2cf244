//! The real window on a real display, used by mouse and keyboard as `tests/window/drive.py` says: first run with a recovery key,
//! verification, history, a change of destination and of the password, cancel, damage, closed and opened again while a run goes
//! on, a second start, a command beside it, the restore on a machine that has never seen the backup, and deleting.

use std::process::Command;

use crate::support::is_callers;

#[test]
fn the_main_job_in_a_real_window() {
    let root = tempfile::Builder::new().prefix("sr").tempdir().unwrap();
    let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/window");
    let mut command = Command::new("dbus-run-session");
    command.arg(format!("--config-file={tests}/bus.conf")).arg("--");
    // The system's Python: it is the one that has the bindings.
    command.arg("/usr/bin/python3").arg(format!("{tests}/drive.py"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_callers(name)) {
        command.env_remove(name);
    }
    command.env("BIN", env!("CARGO_BIN_EXE_strongroom")).env("ROOT", root.path());
    let ran = command.output().expect("dbus-run-session, python3");
    let out = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success() && out.ends_with("ok\n"), "{out}\n{}", String::from_utf8_lossy(&ran.stderr));
}
