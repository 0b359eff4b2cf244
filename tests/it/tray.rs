//! The icon in the tray by the real binary on a real bus, and life without a window: `strongroom --hidden`, starting at login, the service.
//! What needs a display is in `tests/window/tray.py`.

use std::fs;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use strongroom::os::autostart::Autostart;

use crate::servers::notifications::Bus;
use crate::servers::tray::Tray;
use crate::support::{Random, World, is_callers, tool, until};

/// The program without a window and without a display, ended with this.
struct Hidden(Child);

impl Hidden {
    fn start(world: &World, bus: &str) -> Self {
        let mut command = world.words("--hidden");
        command.env("DBUS_SESSION_BUS_ADDRESS", bus).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }

    fn is_alive(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }

    fn end(&mut self) {
        kill_process(Pid::from_child(&self.0), Signal::TERM).unwrap();
        assert_eq!(self.code(), Some(0));
    }

    /// Waits for its end.
    fn code(&mut self) -> Option<i32> {
        until("its end", || self.0.try_wait().unwrap().is_some());
        self.0.wait().unwrap().code()
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Two plans; of one an underscore is part of the name. `large`: bytes that take a while.
fn world(large: usize) -> World {
    let world = World::new();
    fs::create_dir_all(world.source()).unwrap();
    fs::write(world.source().join("letter"), "Dear Ada").unwrap();
    fs::write(world.source().join("large"), Random(5).bytes(large)).unwrap();
    world.run("plan add Documents --source @source --to @dest --level 19 --volume-size 4M").ok();
    world.run("plan add My_pictures --source @source --to @other").ok();
    world
}

#[test]
fn the_menu_backs_up_pauses_and_quits() {
    let world = world(100);
    world.run("plan edit My_pictures --schedule daily@20:00").ok();
    let bus = Bus::start();
    let tray = Tray::start(&bus);
    let mut hidden = Hidden::start(&world, &bus.address);
    let item = tray.item();
    assert_eq!(item.wait_for("Waiting for first backup"), "Waiting for first backup · 0 of 2");
    assert_eq!(item.status(), "Active");
    let labels = item.labels();
    assert_eq!(labels[0], "Waiting for first backup · 0 of 2");
    assert!(!item.menu()[0].enabled, "it only says so");
    for wanted in
        ["Back up now", "Everything", "Documents", "My__pictures", "Pause", "Until tomorrow", "Restore", "Open Strongroom"]
    {
        assert!(labels.iter().any(|label| label == wanted), "{wanted}: {labels:?}");
    }

    item.click(&["Back up now", "Documents"]);
    item.wait_for("Waiting for first backup · 1 of 2");
    assert_eq!(world.versions().len(), 1);
    item.click(&["Back up now", "Everything"]);
    item.wait_for("Protected · 2 of 2");
    until("the second version", || world.versions().len() == 2);
    assert!(item.tooltip().1.contains("Next: My_pictures, "), "{:?}", item.tooltip());

    let idle = item.icons();
    item.click(&["Pause", "For an hour"]);
    item.wait_for("Paused until ");
    assert_ne!(item.icons(), idle);
    assert!(!item.labels().contains(&"Pause".to_owned()));
    let said = world.run("status --json").code(3);
    assert!(said.out.contains("paused"), "{}", said.out);
    item.click(&["Resume"]);
    item.wait_for("Protected · 2 of 2");
    assert_eq!(item.icons(), idle);
    world.run("status").ok();

    item.click(&["Quit: schedules stop"]);
    assert_eq!(hidden.code(), Some(0));
    // The home is free again.
    world.run("backup Documents").ok();
}

#[test]
fn the_icon_follows_a_run_and_what_goes_wrong() {
    let world = world(64 << 20);
    let bus = Bus::start();
    let tray = Tray::start(&bus);
    let mut hidden = Hidden::start(&world, &bus.address);
    let item = tray.item();
    item.wait_for("Waiting for first backup");
    let idle = item.icons();
    let sizes: Vec<(i32, i32)> = idle.iter().map(|(width, height, _)| (*width, *height)).collect();
    assert!(sizes.contains(&(22, 22)) && sizes.contains(&(48, 48)), "{sizes:?}");
    assert!(idle.iter().all(|(width, height, data)| data.len() == (width * height * 4) as usize));

    item.click(&["Back up now", "Documents"]);
    item.wait_for("Backing up Documents");
    let running = item.icons();
    assert_ne!(running, idle);
    until("the pause", || world.run("pause Documents").code == Some(0));
    let line = item.wait_for("Backing up Documents, paused");
    assert_ne!(item.icons(), running);
    assert_ne!(item.icons(), idle);
    assert_eq!(item.labels()[0], line);
    assert!(
        item.menu().iter().flat_map(|line| &line.lines).any(|line| line.label == "Documents" && !line.enabled),
        "it runs already"
    );
    world.run("resume Documents").ok();
    // Percent come by themselves, nothing else having happened.
    until("percent", || {
        let line = item.tooltip().0;
        line.ends_with(" %") || line.starts_with("Waiting for first backup · 1")
    });
    item.wait_for("Waiting for first backup · 1 of 2");
    assert_eq!(item.icons(), idle);

    fs::remove_dir_all(world.dest()).unwrap();
    item.click(&["Back up now", "Documents"]);
    item.wait_for("Needs attention");
    until("the attention", || item.status() == "NeedsAttention");
    assert_ne!(item.icons(), idle);
    assert!(item.tooltip().1.starts_with("Documents: "), "{:?}", item.tooltip());
    hidden.end();
}

#[test]
fn a_tray_that_comes_late_or_anew_gets_the_icon() {
    let world = world(100);
    let bus = Bus::start();
    // As a session's is: by its place alone, whichever bus is there.
    let address = bus.address.split(',').next().unwrap().to_owned();
    let mut hidden = Hidden::start(&world, &address);
    // It runs before there is any tray, as it may at login.
    world.run("backup Documents").ok();
    for _ in 0..2 {
        let tray = Tray::start(&bus);
        tray.item().wait_for("Waiting for first backup · 1 of 2");
        assert_eq!(tray.count(), 1);
    }
    assert!(hidden.is_alive());
    // The bus itself goes, as at the end of a session; schedules are kept all the same.
    drop(bus);
    world.run("backup Documents").ok();
    assert!(hidden.is_alive());
    // Another comes in its place.
    let bus = Bus::start_at(&address);
    let tray = Tray::start(&bus);
    tray.item().wait_for("Waiting for first backup · 1 of 2");
    assert_eq!(tray.count(), 1);
    hidden.end();
}

/// Started while a command has the engine: it shows that one, and has its own when the command ends.
#[test]
fn the_icon_outlives_a_command_whose_engine_it_showed() {
    let world = world(16 << 20);
    let bus = Bus::start();
    let tray = Tray::start(&bus);
    let mut command = world.words("backup Documents").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("its engine", || world.home().join("run/engine.sock").exists());
    let mut hidden = Hidden::start(&world, &bus.address);
    let item = tray.item();
    item.wait_for("Backing up Documents");
    assert!(command.wait().unwrap().success());
    item.wait_for("Waiting for first backup · 1 of 2");
    item.click(&["Back up now", "Everything"]);
    item.wait_for("Protected · 2 of 2");
    assert_eq!(tray.count(), 1);
    hidden.end();
}

#[test]
fn without_bus_and_display_it_keeps_to_the_schedules() {
    let world = world(100);
    let mut hidden = Hidden::start(&world, "unix:path=/nonexistent");
    until("the engine", || world.home().join("run/engine.sock").exists());
    // Theirs: the home is held.
    world.run("backup Documents").ok();
    world.run("daemon").code(1);
    let said = world.run("--hidden").ok().out;
    assert!(said.contains("running already"), "{said}");
    assert!(hidden.is_alive(), "nothing is left to do, and still it was started to be there");
    hidden.end();
    assert_eq!(world.versions().len(), 1);
    world.run("--hidden backup Documents").code(2);
}

#[test]
fn two_that_start_at_once_are_one() {
    let world = world(100);
    let mut all: Vec<Hidden> = (0..4).map(|_| Hidden::start(&world, "unix:path=/nonexistent")).collect();
    until("all but one to end", || all.iter_mut().filter_map(|one| one.is_alive().then_some(())).count() == 1);
    world.run("backup Documents").ok();
    let alive: Vec<&mut Hidden> = all.iter_mut().filter_map(|one| one.is_alive().then_some(one)).collect();
    assert_eq!(alive.len(), 1);
    alive.into_iter().for_each(Hidden::end);
}

/// Whatever stands in a path: by the validator of freedesktop.org, and started by GLib as a desktop does it.
#[test]
fn what_starts_at_login_is_a_valid_entry_that_starts_the_program() {
    for name in ["plain", "with space", "odd $HOME `x` \"q\" \\ 100 % 'a' ;&|<>"] {
        let world = World::new();
        let folder = world.path(name);
        fs::create_dir_all(&folder).unwrap();
        let program = folder.join("strongroom");
        let told = world.path("told");
        fs::write(
            &program,
            format!("#!/bin/sh\nprintf '%s\\n' \"$STRONGROOM_HOME\" \"$@\" >'{}.new'\nmv '{0}.new' '{0}'\n", told.display()),
        )
        .unwrap();
        tool("chmod", ["+x".as_ref(), program.as_os_str()]);
        let settings = world.path("settings");
        let home = folder.join("home");
        let autostart = Autostart::new(&settings, program.clone(), Some(home.clone()));
        assert!(!autostart.is_on().unwrap());
        autostart.switch(true).unwrap();
        assert!(autostart.is_on().unwrap());
        let file = settings.join("autostart/strongroom.desktop");
        let said = tool("desktop-file-validate", [&file]);
        assert!(said.is_empty(), "{name}: {said}");
        tool("gio", ["launch".as_ref(), file.as_os_str()]);
        until(&format!("the start from {name:?}: {}", fs::read_to_string(&file).unwrap()), || told.exists());
        assert_eq!(fs::read_to_string(&told).unwrap(), format!("{}\n--hidden\n", home.display()), "{name}");
        autostart.switch(false).unwrap();
        assert!(!autostart.is_on().unwrap() && !file.exists());
    }
}

#[test]
fn the_entry_of_the_program_is_valid() {
    let entry = concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/strongroom.desktop");
    assert_eq!(tool("desktop-file-validate", [entry]), "");
}

#[test]
fn the_service_is_one_that_systemd_takes() {
    let world = World::new();
    let unit = world.run("daemon --print-service").ok().out;
    assert!(unit.contains(env!("CARGO_BIN_EXE_strongroom")), "{unit}");
    assert!(unit.contains(&format!("STRONGROOM_HOME={}", world.home().display())), "{unit}");
    let file = world.path("strongroom.service");
    fs::write(&file, &unit).unwrap();
    let verify = |file: &std::path::Path| {
        let mut command = Command::new("systemd-analyze");
        command.args(["--user", "--man=no", "verify"]).arg(file).env("XDG_RUNTIME_DIR", world.path(""));
        let ran = command.output().expect("systemd-analyze: tests/run installs it");
        (ran.status.success(), String::from_utf8_lossy(&ran.stderr).into_owned())
    };
    let (is_valid, said) = verify(&file);
    assert!(is_valid && !said.contains("strongroom"), "{said}");
    // The check itself sees what is wrong.
    fs::write(&file, unit.replace("RestartSec=60", "RestartSec=soon")).unwrap();
    let (_, said) = verify(&file);
    assert!(said.contains("strongroom.service"), "{said}");
}

#[test]
fn windows_close_into_the_tray_and_come_back() {
    let root = tempfile::Builder::new().prefix("sr").tempdir().unwrap();
    let (bus, that_goes) = (Bus::start(), Bus::start());
    let (tray, of_that) = (Tray::start(&bus), Tray::start(&that_goes));
    let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/window");
    // The system's Python: it is the one that has the bindings.
    let mut command = Command::new("/usr/bin/python3");
    command.arg(format!("{tests}/tray.py"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_callers(name)) {
        command.env_remove(name);
    }
    command.env("DBUS_SESSION_BUS_ADDRESS", &bus.address);
    command.env("BIN", env!("CARGO_BIN_EXE_strongroom")).env("ROOT", root.path());
    command.env("BUS_THAT_GOES", &that_goes.address).env("ITS_PID", that_goes.pid().to_string());
    let ran = command.output().expect("python3");
    let out = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success() && out.ends_with("ok\n"), "{out}\n{}", String::from_utf8_lossy(&ran.stderr));
    assert!(tray.count() >= 2 && of_that.count() == 1);
}
