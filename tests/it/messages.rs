//! Messages by the real binary to real counterparts: a webhook's receiver, a mail server, a desktop on a bus of its own.

use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use strongroom::model::alert::{Alert, Topic, words};
use strongroom::model::plan::PlanId;
use strongroom::model::run::RunId;
use strongroom::notify::{self, Button, Kind, signature};

use crate::faults::Small;
use crate::servers::ca::Ca;
use crate::servers::fake::{Fake, Request, answer};
use crate::servers::notifications::{Bus, Desktop};
use crate::servers::smtp::{self, Manners, Smtp};
use crate::support::{Ran, World, walk};

/// A path that nobody may see.
const HUSH: &str = "/hook/4f1c-hush";

fn hook_address(port: u16) -> String {
    format!("http://127.0.0.1:{port}{HUSH}")
}

/// Adds a channel, and gives its name. `secrets`: variables.
fn add(world: &World, line: &str, secrets: &[(&str, &str)]) -> String {
    let ran = world.run_with(&format!("notify add {line} --json"), |command| with(command, secrets)).ok();
    ran.last()["channel"].as_str().unwrap().to_owned()
}

fn with(command: &mut Command, secrets: &[(&str, &str)]) {
    for (name, value) in secrets {
        command.env(name, value);
    }
}

fn add_hook(world: &World, port: u16, more: &str) -> String {
    let secrets = [("HOOK", hook_address(port)), ("SECRET", "a shared secret".into())];
    let secrets = secrets.each_ref().map(|(name, value)| (*name, value.as_str()));
    add(world, &format!("webhook --url-from-env HOOK --secret-from-env SECRET {more}"), &secrets)
}

fn plan(world: &World) {
    fs::create_dir_all(world.source()).unwrap();
    fs::write(world.source().join("a"), "x").unwrap();
    world.run("plan add Documents --source @source --to @dest").ok();
}

fn json(asked: &Request) -> Value {
    serde_json::from_slice(&asked.body).unwrap()
}

#[test]
fn a_webhook_is_told_signed_how_backups_went() {
    let world = World::new();
    let server = Fake::start(|_, _| answer("200 OK", "", b""));
    plan(&world);
    let channel = add_hook(&world, server.port, "--on success,failure");
    world.run(&format!("notify test {channel}")).ok();
    world.run("backup Documents").ok();
    fs::rename(world.dest(), world.path("away")).unwrap();
    world.run("backup Documents").code(10);
    world.run("backup Documents").code(10);
    fs::rename(world.path("away"), world.dest()).unwrap();
    world.run("backup Documents").ok();
    let asked = server.asked();
    let told: Vec<_> = asked.iter().map(|asked| json(asked)["event"].as_str().unwrap().to_owned()).collect();
    assert_eq!(told, ["test", "success", "failure", "success"], "no storms");
    assert_eq!(json(&asked[3])["ends"][0], "failure", "and the end is told");
    for one in &asked {
        assert_eq!((one.method.as_str(), one.target.as_str()), ("POST", HUSH));
        let at: i64 = one.header("x-strongroom-timestamp").parse().unwrap();
        let wanted = signature("a shared secret", at, std::str::from_utf8(&one.body).unwrap());
        assert_eq!(one.header("x-strongroom-signature"), format!("sha256={wanted}"));
        assert_eq!(one.header("content-type"), "application/json");
    }
    assert_eq!(json(&asked[2])["plan"], "Documents");
}

#[test]
fn damage_that_a_command_finds_is_told_and_stands_in_the_history() {
    let world = World::new();
    let server = Fake::start(|_, _| answer("200 OK", "", b""));
    plan(&world);
    add_hook(&world, server.port, "--on damage");
    world.run("backup Documents").ok();
    world.run("verify --from @dest --depth full").ok();
    let is_volume = |path: &std::path::PathBuf| path.to_string_lossy().contains(".tar");
    let volume = world.dest().join(walk(&world.dest()).into_iter().find(is_volume).unwrap());
    let mut bytes = fs::read(&volume).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&volume, bytes).unwrap();
    assert_ne!(world.run("verify --from @dest --depth full").code, Some(0));
    let told: Vec<_> = server.asked().iter().map(|asked| json(asked)["event"].as_str().unwrap().to_owned()).collect();
    assert_eq!(told, ["damage"]);
    assert_eq!(world.run("status --json").lines()[0]["why"], "damage was found");
}

#[test]
fn what_is_secret_of_a_channel_lies_among_the_secrets_alone() {
    let world = World::new();
    let server = Fake::start(|_, _| answer("200 OK", "", b""));
    let channel = add_hook(&world, server.port, "--preset ntfy");
    let listed = world.run("notify list --json").ok();
    assert_eq!(listed.last()["count"], 2, "beside the desktop's");
    let mut told = listed.out + &world.run("notify list").ok().out;
    for path in walk(&world.home()).into_iter().filter(|path| !path.starts_with("data/secrets")) {
        let path = world.home().join(path);
        if path.is_file() {
            told.push_str(&String::from_utf8_lossy(&fs::read(path).unwrap()));
        }
    }
    assert!(told.contains("ntfy at http://127.0.0.1"), "{told}");
    assert!(!told.contains("hush") && !told.contains("a shared secret"), "{told}");
    world.run(&format!("notify remove {channel}")).ok();
    let left: Vec<_> = walk(&world.home()).into_iter().filter(|path| path.to_string_lossy().contains("message-")).collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(world.run(&format!("notify test {channel} --json")).code(10).problem(), "nothing-there");
}

#[test]
fn a_receiver_in_trouble_is_asked_again_and_one_that_sends_elsewhere_is_not_followed() {
    let world = World::new();
    let server =
        Fake::start(|_, before| if before < 2 { answer("500 Oops", "", b"") } else { answer("204 No Content", "", b"") });
    let channel = add_hook(&world, server.port, "");
    world.run(&format!("notify test {channel}")).ok();
    assert_eq!(server.asked().len(), 3);

    let target = Fake::start(|_, _| answer("200 OK", "", b""));
    let to = format!("Location: http://127.0.0.1:{}/got?token=1\r\n", target.port);
    let mover = Fake::start(move |_, _| answer("307 Moved", &to, b""));
    let channel = add_hook(&world, mover.port, "");
    let refused = world.run(&format!("notify test {channel} --json")).code(1);
    assert_eq!(refused.problem(), "not-sent");
    assert!(refused.out.contains("sends us to http://127.0.0.1") && !refused.out.contains("token"), "{}", refused.out);
    assert!(target.asked().is_empty(), "nothing of it went elsewhere");

    let busy = Fake::start(|_, _| answer("429 Slow down", "Retry-After: 3600\r\n", b""));
    let channel = add_hook(&world, busy.port, "");
    world.run(&format!("notify test {channel} --json")).code(1);
    assert_eq!(busy.asked().len(), 1, "it asked for patience");
}

#[test]
fn who_does_not_answer_is_not_waited_for_for_ever() {
    let world = World::new();
    plan(&world);
    // Takes calls, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let held = thread::spawn(move || {
        let mut stream = silent.accept().unwrap().0;
        let _ = stream.read(&mut [0; 1]);
        thread::sleep(Duration::from_secs(60));
    });
    add_hook(&world, port, "--on success");
    world.run("backup Documents").ok();
    assert!(!held.is_finished(), "it gave up, and we had gone on before");
    let activity = world.run("history --kind message --json").ok();
    let noted = activity.lines();
    assert!(noted[0].to_string().contains("does not answer"), "{}", activity.out);
    assert!(!activity.out.contains("hush"), "{}", activity.out);
}

#[test]
fn a_refusal_is_said_in_activity() {
    let world = World::new();
    plan(&world);
    let server = Fake::start(|_, _| answer("404 Not Found", "", b""));
    add_hook(&world, server.port, "--preset healthchecks");
    world.run("backup Documents").ok();
    assert_eq!(server.asked().iter().map(|asked| asked.target.as_str()).collect::<Vec<_>>(), [HUSH], "once");
    let noted = world.run("history --kind message --json").ok();
    assert!(noted.out.contains("It is not tried again."), "{}", noted.out);
}

#[test]
fn little_room_is_told_once_and_that_there_is_some_again() {
    let world = World::new();
    let drive = Small::mount(world.dest(), "20m");
    let server = Fake::start(|_, _| answer("200 OK", "", b""));
    plan(&world);
    add_hook(&world, server.port, "--on low-room");
    world.run("backup Documents").ok();
    assert!(server.asked().is_empty(), "there is enough");
    // Of 20 MiB less than a twentieth is little.
    fs::write(world.dest().join("film"), vec![1; 19 << 20]).unwrap();
    world.run("backup Documents").ok();
    world.run("backup Documents").ok();
    fs::remove_file(world.dest().join("film")).unwrap();
    world.run("backup Documents").ok();
    let told: Vec<_> = server.asked().iter().map(|asked| json(asked)["event"].as_str().unwrap().to_owned()).collect();
    assert_eq!(told, ["low-room", "recovery"]);
    drop(drive);
}

#[test]
fn it_is_set_after_how_many_days_a_destination_is_missed() {
    let world = World::new();
    let days = |line: &str| {
        let told = world.run(&format!("notify away {line} --json")).ok().last();
        (told["servers"].as_u64(), told["drives"].as_u64())
    };
    assert_eq!(days(""), (Some(3), Some(7)), "as it always was");
    assert_eq!(days("--servers 1"), (Some(1), Some(7)));
    assert_eq!(days("--drives 30"), (Some(1), Some(30)));
    assert_eq!(days(""), (Some(1), Some(30)));
    let said = world.run("notify away").ok().out;
    assert_eq!(said, "A server that is away is missed after 1 day, a drive or folder after 30 days\n");
    for bad in ["--servers 0", "--drives 91", "--drives soon"] {
        assert_eq!(world.run(&format!("notify away {bad}")).code, Some(2), "{bad}");
    }
}

fn add_mail(world: &World, port: u16, more: &str) -> String {
    let line = format!(
        "email --to ada@example.org --from backup@example.org --server localhost:{port} --user ada --password-from-env MAILPW {more}"
    );
    add(world, &line, &[("MAILPW", "mail password")])
}

const LOGIN: Option<(&str, &str)> = Some(("ada", "mail password"));

#[test]
fn mail_goes_over_a_protected_line_to_whom_the_own_ca_vouches_for() {
    let world = World::new();
    let ca = Ca::new(&world.path("ca"));
    let tls = Some(smtp::tls(&ca.identity()));
    let server = Smtp::start(Manners { tls: tls.clone(), login: LOGIN, ..Manners::default() });
    plan(&world);
    let file = ca.file();
    let channel = add_mail(&world, server.port, &format!("--security starttls --on success --ca-file {}", file.display()));
    world.run(&format!("notify test {channel}")).ok();
    world.run("backup Documents").ok();
    let mails = server.mails();
    assert_eq!(mails.len(), 2, "{mails:?}");
    assert!(mails.iter().all(|mail| mail.protected && mail.user.as_deref() == Some("ada")));
    assert_eq!((mails[1].from.as_str(), &mails[1].to[..]), ("backup@example.org", &["ada@example.org".to_owned()][..]));
    assert!(mails[1].data.contains("Documents is backed up"), "{}", mails[1].data);
    let open = server.open_lines();
    assert!(open.iter().all(|line| line.starts_with("EHLO") || line == "STARTTLS"), "{open:?}");

    let wrapped = Smtp::start(Manners { tls, at_once: true, login: LOGIN, ..Manners::default() });
    let channel = add_mail(&world, wrapped.port, &format!("--security tls --ca-file {}", file.display()));
    world.run(&format!("notify test {channel}")).ok();
    assert_eq!(wrapped.mails().len(), 1);
}

/// The test of a mail channel that must fail; what was said, and whether the server got anything.
fn refused(manners: Manners, more: &str) -> (Ran, Smtp) {
    let world = World::new();
    let server = Smtp::start(manners);
    let channel = add_mail(&world, server.port, more);
    let ran = world.run(&format!("notify test {channel} --json"));
    assert_eq!(ran.code, Some(1), "{}{}", ran.out, ran.err);
    assert!(!ran.out.contains("mail password"), "{}", ran.out);
    (ran, server)
}

#[test]
fn a_mail_server_that_cannot_be_trusted_is_told_nothing() {
    let world = World::new();
    let ca = Ca::new(&world.path("ca"));
    let tls = Some(smtp::tls(&ca.identity()));
    // Nobody here knows its authority.
    let (ran, server) = refused(Manners { tls, login: LOGIN, ..Manners::default() }, "--security starttls");
    assert!(ran.out.contains("cannot be trusted"), "{}", ran.out);
    assert!(server.mails().is_empty());
    // It does not offer STARTTLS, or somebody between us took the offer away.
    let (ran, server) = refused(Manners { login: LOGIN, ..Manners::default() }, "--security starttls");
    assert!(server.mails().is_empty() && !server.open_lines().iter().any(|line| line.starts_with("AUTH")), "{}", ran.out);
    let world = World::new();
    let line = "notify add email --to a@example.org --server mail.example.org:25 --security none --json";
    assert_eq!(world.run(line).code(2).problem(), "usage");
}

#[test]
fn what_a_mail_server_says_is_told() {
    let none = "--security none";
    let (ran, _) = refused(Manners { login: Some(("ada", "other")), ..Manners::default() }, none);
    assert!(ran.out.contains("does not take the password (535)"), "{}", ran.out);
    let (ran, _) = refused(Manners { login: LOGIN, to_recipient: Some("451 4.3.0 try later"), ..Manners::default() }, none);
    assert!(ran.out.contains("does not take it now (451"), "{}", ran.out);
    let (ran, _) = refused(Manners { login: LOGIN, to_recipient: Some("550 5.1.1 no such box"), ..Manners::default() }, none);
    assert!(ran.out.contains("refuses it (550") && ran.out.contains("no such box"), "{}", ran.out);
    let (ran, _) = refused(Manners { hangs: true, ..Manners::default() }, none);
    assert!(ran.out.contains("does not answer"), "{}", ran.out);
}

#[test]
fn the_desktop_shows_what_failed_and_a_newer_message_takes_its_place() {
    let world = World::new();
    let bus = Bus::start();
    let desktop = Desktop::start(&bus, &["body", "actions", "body-markup"]);
    plan(&world);
    let run = |line: &str| world.run_with(line, |command| _ = command.env("DBUS_SESSION_BUS_ADDRESS", &bus.address));
    run("notify test desktop").ok();
    run("backup Documents").ok();
    fs::rename(world.dest(), world.path("away")).unwrap();
    run("backup Documents").code(10);
    let failed = desktop.wait_for_one("Backup of Documents failed");
    assert_eq!(desktop.shown()[0].summary, "A test of Strongroom");
    assert_eq!(failed.urgency, Some(2));
    assert!(failed.actions.contains(&"back-up".to_owned()), "{failed:?}");
    let plain = world.run("notify test desktop --json").code(1);
    assert_eq!(plain.problem(), "not-sent", "without a bus it is said that nobody sees it");
}

#[test]
fn a_desktop_without_buttons_gets_none() {
    let world = World::new();
    let bus = Bus::start();
    let desktop = Desktop::start(&bus, &["body"]);
    world.run_with("notify test desktop", |command| _ = command.env("DBUS_SESSION_BUS_ADDRESS", &bus.address)).ok();
    let shown = desktop.wait_for(1);
    assert!(shown[0].actions.is_empty() && shown[0].body.contains("reach you"), "{shown:?}");
}

#[test]
fn secrets_are_never_arguments_and_nonsense_is_refused() {
    let world = World::new();
    let refused = |line: &str, code: &str| {
        let ran = world.run(&format!("notify {line} --json"));
        assert_eq!((ran.code, ran.problem().as_str()), (Some(if code == "usage" { 2 } else { 12 }), code), "{line}: {}", ran.out);
    };
    refused("add webhook", "password-needed");
    refused("add email --to a@example.org --server mail:587 --user ada", "password-needed");
    refused("add email --to nobody --server mail:587", "usage");
    refused("add email --to a@example.org --server mail:x", "usage");
    refused("add webhook --url-from-env NOT_SET", "usage");
    refused("add desktop --on failures", "usage");
    fs::write(world.path("url"), "http://example.org/x").unwrap();
    let open = world.words("notify add webhook --url-file @url --json").stdin(Stdio::null()).output().unwrap();
    let open = Ran::with(open, "").code(2);
    assert_eq!(open.problem(), "usage", "nothing goes over an open line");
    assert_eq!(world.run("notify list --json").ok().last()["count"], 1, "only what there is by itself");
}

#[test]
fn buttons_are_heard_and_a_newer_message_takes_the_place_of_the_older() {
    let bus = Bus::start();
    let desktop = Desktop::start(&bus, &["body", "actions"]);
    let ours = notify::Desktop::on(&bus.address);
    let (sender, pressed) = mpsc::channel();
    ours.on_press(Arc::new(move |press| sender.send(press).unwrap()));
    let plan = PlanId::from_random([7; 16]);
    let alert = |topic, run| Alert {
        topics: vec![topic],
        plan: Some(plan.clone()),
        run: Some(RunId(run)),
        ..words::test(jiff::Timestamp::UNIX_EPOCH, "")
    };
    ours.show(&alert(Topic::Failure, 1)).unwrap();
    let id = desktop.shown()[0].id;
    desktop.press(id + 1, "back-up");
    desktop.press(id, "nonsense");
    desktop.press(id, "back-up");
    let heard = pressed.recv_timeout(Duration::from_secs(60)).unwrap();
    assert_eq!((heard.button, heard.plan.as_ref(), heard.run), (Button::BackUp, Some(&plan), Some(RunId(1))), "only of ours");
    ours.show(&alert(Topic::Success, 2)).unwrap();
    let shown = desktop.shown();
    assert_eq!((shown[1].replaces, shown[1].id), (id, id));
    desktop.press(id, "default");
    let heard = pressed.recv_timeout(Duration::from_secs(60)).unwrap();
    assert_eq!((heard.button, heard.run), (Button::Open, Some(RunId(2))));
    desktop.close(id);
    desktop.press(id, "default");
    // What comes after it on the same line has been heard then.
    ours.show(&alert(Topic::LowRoom, 3)).unwrap();
    let low = desktop.shown()[2].id;
    desktop.press(low, "open");
    assert_eq!(pressed.recv_timeout(Duration::from_secs(60)).unwrap().run, Some(RunId(3)), "the closed one is forgotten");
    ours.show(&alert(Topic::Failure, 4)).unwrap();
    assert_eq!(desktop.shown()[3].replaces, 0);
    // The desktop goes and comes again.
    drop(desktop);
    assert_eq!(ours.show(&alert(Topic::Failure, 5)).unwrap_err().kind, Kind::Nobody);
    let desktop = Desktop::start(&bus, &["body"]);
    ours.show(&alert(Topic::Failure, 6)).unwrap();
    assert_eq!(desktop.shown().len(), 1);
}

#[test]
fn a_bus_that_says_nothing_holds_nobody() {
    let world = World::new();
    fs::create_dir(world.path("bus")).unwrap();
    let path = world.path("bus/silent");
    let silent = UnixListener::bind(&path).unwrap();
    let ours = notify::Desktop::on(&format!("unix:path={}", path.display()));
    let alert = words::test(jiff::Timestamp::UNIX_EPOCH, "");
    assert_eq!(ours.show(&alert).unwrap_err().kind, Kind::Nobody);
    // The call still hangs; the next message is not another one.
    assert_eq!(ours.show(&alert).unwrap_err().kind, Kind::Nobody);
    silent.set_nonblocking(true).unwrap();
    let calls = std::iter::from_fn(|| silent.accept().ok()).count();
    assert!(calls <= 1, "{calls}");
}
