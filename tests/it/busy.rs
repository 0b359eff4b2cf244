//! Real servers behind what asks for patience now and then, as gateways and clouds do: it is given, and all that was wanted is done.

use std::fs;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::servers::between;
use crate::servers::dufs::{self, Dufs};
use crate::servers::http::{Reply, Request};
use crate::servers::stores::{Kind, Store};
use crate::support::{Ran, Random, World, assert_same};

/// What it asks for, in seconds: longer than we would wait of our own accord.
const PATIENCE: &str = "2";
const WAIT: Duration = Duration::from_secs(2);
/// Of what was under way already, each request asks once.
const FEW: usize = 8;

type Which = fn(&Request) -> bool;

#[derive(Default)]
struct Busy(Mutex<State>);

#[derive(Default)]
struct State {
    /// How it says so, and the first request that it says it to.
    soon: Option<(&'static str, Which)>,
    /// Until when it says so to everything.
    until: Option<(&'static str, Instant)>,
    /// What it was said to, and when.
    refused: Vec<(String, Instant)>,
    /// What came and was passed on since it was first said.
    passed: Vec<(String, Instant)>,
}

impl Busy {
    /// From the first such request on, for as long as it asks for.
    fn will_say(&self, status: &'static str, to: Which) {
        self.0.lock().unwrap().soon = Some((status, to));
    }

    fn answer(&self, asked: &Request) -> Option<Reply> {
        let (mut state, now) = (self.0.lock().unwrap(), Instant::now());
        if let Some((status, _)) = state.soon.take_if(|(_, to)| to(asked)) {
            state.until = Some((status, now + WAIT));
        }
        let what = format!("{} {} {}", asked.method, asked.target, asked.header("range"));
        match state.until {
            Some((status, until)) if now < until => {
                state.refused.push((what, now));
                return Some(Reply::of(status).header("Retry-After", PATIENCE));
            }
            Some(_) => state.passed.push((what, now)),
            None => {}
        }
        None
    }

    /// What was refused came again, not before it was told to, and little else came meanwhile.
    #[track_caller]
    fn was_given_patience(&self) {
        let State { refused, passed, .. } = std::mem::take(&mut *self.0.lock().unwrap());
        assert!((1..=FEW).contains(&refused.len()), "{refused:#?}");
        for (what, at) in refused {
            let again = passed.iter().find(|(passed, when)| *passed == what && *when > at);
            let waited = again.unwrap_or_else(|| panic!("{what} was given up")).1 - at;
            assert!(waited >= WAIT, "{what} came again after {waited:?}");
        }
    }
}

fn is_a_large_upload(asked: &Request) -> bool {
    asked.body.len() > 256 << 10
}

fn reads_a_volume(asked: &Request) -> bool {
    asked.method == "GET" && ["/v0", "%2Fv0"].iter().any(|begins| asked.target.contains(begins))
}

/// `address`: by way of this port.
fn is_waited_for(world: &World, server: u16, secret: &str, address: &dyn Fn(u16) -> String) {
    fs::create_dir(world.source()).unwrap();
    for n in 0..8 {
        fs::write(world.source().join(format!("{n}")), Random(870 + n).bytes(1 << 20)).unwrap();
    }
    let busy = Arc::<Busy>::default();
    let asked = busy.clone();
    let address = address(between::before(server, move |request| asked.answer(request)));
    let run = |line: &str| -> Ran {
        world.run_with(&line.replace('%', &address), |command| _ = command.env("STRONGROOM_STORAGE_PASSWORD", secret))
    };
    busy.will_say("503 Service Unavailable", is_a_large_upload);
    let report = run("backup --source @source --to % --volume-size 2M --json").ok().last();
    assert_eq!(report["warning_count"], 0, "{report}");
    busy.was_given_patience();
    run("verify --from % --depth full").ok();
    busy.will_say("429 Too Many Requests", reads_a_volume);
    run("restore --from % --to @out").ok();
    busy.was_given_patience();
    assert_same(&world.source(), &world.path("out/source"));
}

fn by_way_of(address: &str, server: u16) -> impl Fn(u16) -> String {
    let (address, server) = (address.to_owned(), format!(":{server}"));
    move |port| address.replace(&server, &format!(":{port}"))
}

fn a_store_is_waited_for(kind: Kind) {
    let world = World::new();
    let store = Store::start(kind, &world.path("server"));
    is_waited_for(&world, store.port, store.secret(), &by_way_of(&store.address("b"), store.port));
}

#[test]
fn a_webdav_server_is_waited_for() {
    let world = World::new();
    fs::create_dir(world.path("shown")).unwrap();
    let server = Dufs::start(&world.path("shown"));
    is_waited_for(&world, server.port, dufs::PASSWORD, &by_way_of(&server.address("b"), server.port));
}

#[test]
fn an_s3_is_waited_for() {
    a_store_is_waited_for(Kind::S3s);
}

#[test]
fn an_azure_is_waited_for() {
    a_store_is_waited_for(Kind::Azurite);
}

#[test]
fn a_google_is_waited_for() {
    a_store_is_waited_for(Kind::Gcs);
}

#[test]
fn nobody_waits_for_hours_and_it_is_said_that_the_server_is_busy() {
    let world = World::new();
    fs::create_dir(world.source()).unwrap();
    for status in ["429 Too Many Requests", "503 Service Unavailable"] {
        // Nobody is behind it: all is answered here.
        let port = between::before(0, move |_| Some(Reply::of(status).header("Retry-After", "7200")));
        for address in [
            format!("webdav+http://bk@127.0.0.1:{port}/b"),
            format!("s3://bucket/b?endpoint=http://127.0.0.1:{port}&access_key=AK&region=here"),
            format!("az://account/bucket/b?endpoint=http://127.0.0.1:{port}"),
            format!("gs://bucket/b?endpoint=http://127.0.0.1:{port}&anonymous=yes"),
        ] {
            let line = format!("backup --source @source --to {address} --json");
            let secret = if address.starts_with("gs:") { "" } else { "c2VjcmV0" };
            let ran = world.run_with(&line, |command| _ = command.env("STRONGROOM_STORAGE_PASSWORD", secret));
            assert_eq!(ran.problem(), "destination-missing", "{address}: {}", ran.out);
            assert!(ran.out.contains("The server has too much to do"), "{status} from {address}: {}", ran.out);
        }
    }
}
