//! A real keyring (gnome-keyring on a bus of its own) keeps the plan's key.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::process::Command;

use crate::support::{PASSWORD, Ran, Random, World, is_callers, walk};
use crate::tree;

#[test]
fn the_key_lives_in_the_systems_keyring() {
    let world = World::new();
    tree::plain(&world.source(), 10, &mut Random(1));
    for folder in ["user", "user/.local", "user/.local/share", "runtime"] {
        fs::DirBuilder::new().mode(0o700).create(world.path(folder)).unwrap();
    }
    let script = r#"
        set -e
        printf 'login' | gnome-keyring-daemon --unlock --components=secrets >/dev/null
        "$BIN" backup --source "$SOURCE" --to "$DEST" --json
        unset STRONGROOM_PASSWORD
        "$BIN" backup --source "$SOURCE" --to "$DEST" --json
        "$BIN" ls --from "$DEST" >/dev/null
        secret-tool search --all --unlock service strongroom 2>&1 | sed -n 's/^label = /LABEL /p; s/^attribute/ATTRIBUTE/p'
    "#;
    let mut command = Command::new("dbus-run-session");
    command.args(["--", "bash", "-c", script]);
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_callers(name)) {
        command.env_remove(name);
    }
    command.env("BIN", env!("CARGO_BIN_EXE_strongroom")).env("SOURCE", world.source()).env("DEST", world.dest());
    command
        .env("HOME", world.path("user"))
        .env("XDG_RUNTIME_DIR", world.path("runtime"))
        .env("XDG_DATA_HOME", world.path("user/.local/share"));
    command.env("STRONGROOM_HOME", world.home()).env("STRONGROOM_PASSWORD", PASSWORD);
    let ran = Ran::of(&mut command, "in the session").ok();
    assert_eq!(ran.out.matches(r#""result":"completed""#).count(), 2, "{}", ran.out);
    assert!(ran.out.contains("LABEL") || ran.out.contains("ATTRIBUTE"), "nothing in the keyring: {}{}", ran.out, ran.err);
    // In no file of ours.
    let files: Vec<_> =
        walk(&world.home()).into_iter().filter(|p| p.starts_with("data/secrets") && world.home().join(p).is_file()).collect();
    assert!(files.is_empty(), "{files:?}");

    // Without the keyring the password is needed again, and is enough.
    let without = world.run_with("ls --from @dest --json", |c| _ = c.env_remove("STRONGROOM_PASSWORD")).code(12);
    assert_eq!(without.problem(), "password-needed");
    world.run("ls --from @dest").ok();
}

#[test]
fn without_a_keyring_the_key_lies_in_a_file_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    tree::plain(&world.source(), 3, &mut Random(2));
    world.back_up();
    world.run_with("backup --source @source --to @dest", |c| _ = c.env_remove("STRONGROOM_PASSWORD")).ok();
    let secrets: Vec<_> = walk(&world.home())
        .into_iter()
        .map(|p| world.home().join(p))
        .filter(|p| p.is_file() && p.parent().unwrap().ends_with("secrets"))
        .collect();
    assert_eq!(secrets.len(), 1, "{secrets:?}");
    assert_eq!(fs::metadata(&secrets[0]).unwrap().permissions().mode() & 0o777, 0o600);
    for path in walk(&world.home()).into_iter().map(|p| world.home().join(p)).filter(|p| p.is_file()) {
        let bytes = fs::read(&path).unwrap();
        assert!(!bytes.windows(PASSWORD.len()).any(|w| w == PASSWORD.as_bytes()), "{}", path.display());
    }
}
