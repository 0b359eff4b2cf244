//! Destinations in object stores: the whole job from the command line on each, and what does not open one.

use std::cell::Cell;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::bucket::Person;
use crate::job;
use crate::servers::between;
use crate::servers::fake::{Fake, answer};
use crate::servers::sshd::Sshd;
use crate::servers::stores::{AZURE_ACCOUNT, AZURE_KEY, BUCKET, Kind, S3_KEY, S3_SECRET, Store};
use crate::support::{PASSWORD, Ran, Random, World, assert_same, long};

fn code(ran: &Ran) -> Value {
    ran.problem().into()
}

fn the_whole_job(kind: Kind) {
    let person = Person::new(kind);
    let world = &person.world;
    fs::create_dir(world.source()).unwrap();
    // Longer than one part.
    fs::write(world.source().join("large"), Random(811).bytes(20 << 20)).unwrap();
    job::whole(world, &|line| person.run(line), None);
    assert_no_secret(world, person.store.secret());
}

#[test]
fn a_bucket_beside_a_folder_has_every_version() {
    let person = Person::new(Kind::S3s);
    let world = &person.world;
    fs::create_dir(world.source()).unwrap();
    let both = "backup --source @source --to @dest --to % --json";
    for n in 0..3 {
        fs::write(world.source().join(format!("{n}")), Random(820 + n).bytes(700_000)).unwrap();
        let ran = person.run(both).ok().last();
        assert_eq!(ran["warning_count"], 0, "{ran}");
    }
    person.run("verify --from % --all --depth full").ok();
    fs::rename(world.dest(), world.path("lost")).unwrap();
    person.run("restore --from % --to @out").ok();
    assert_same(&world.source(), &world.path("out/source"));
}

#[test]
fn what_lies_in_a_bucket_is_copied_to_any_other_server() {
    let person = Person::new(Kind::S3s);
    let world = &person.world;
    fs::create_dir(world.source()).unwrap();
    // Longer than one part of an upload.
    fs::write(world.source().join("large"), Random(840).bytes(20 << 20)).unwrap();
    person.run("backup --source @source --to %").ok();
    let azure = Store::start(Kind::Azurite, &world.path("azure"));
    let sshd = Sshd::start(&world.path("sshd"));
    fs::rename(&sshd.keys, world.path("person/.ssh")).unwrap();
    std::os::unix::fs::symlink(world.path("person/.ssh"), &sshd.keys).unwrap();
    let by_tools = |command: &mut Command| {
        command.env("AWS_ACCESS_KEY_ID", S3_KEY).env("AWS_SECRET_ACCESS_KEY", S3_SECRET);
        command.env("AZURE_STORAGE_ACCOUNT", AZURE_ACCOUNT).env("AZURE_STORAGE_KEY", AZURE_KEY).env_remove("SSH_AUTH_SOCK");
    };
    for to in [sshd.address(&world.path("copy")), azure.address("copy")] {
        person.bare(&format!("replicate --from % --to {to}"), by_tools).ok();
        person.bare(&format!("verify --from {to} --all --depth full"), by_tools).ok();
    }
}

/// Neither settings nor logs hold it; where it is kept for runs to come, only its owner reads it.
fn assert_no_secret(world: &World, secret: &str) {
    use std::os::unix::fs::MetadataExt;
    if secret.is_empty() {
        return;
    }
    for path in crate::support::walk(&world.home()) {
        let path = world.home().join(path);
        let Ok(bytes) = fs::read(&path) else { continue };
        let holds = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
        let is_kept = path.parent().is_some_and(|folder| folder.ends_with("secrets"));
        assert!(!holds || is_kept && fs::metadata(&path).unwrap().mode() & 0o077 == 0, "{}", path.display());
    }
}

#[test]
fn the_whole_job_on_a_small_s3() {
    the_whole_job(Kind::S3s);
}

#[test]
fn the_whole_job_on_a_strict_s3() {
    the_whole_job(Kind::Moto);
}

#[test]
fn the_whole_job_on_a_bucket_that_locks_what_it_gets() {
    the_whole_job(Kind::MotoLocked);
}

#[test]
fn the_whole_job_on_azure() {
    the_whole_job(Kind::Azurite);
}

#[test]
fn the_whole_job_on_google() {
    the_whole_job(Kind::Gcs);
}

#[test]
fn the_whole_job_on_garage() {
    if long() {
        the_whole_job(Kind::Garage);
    }
}

#[test]
fn a_bucket_that_may_hold_no_more_can_be_cleaned() {
    if !long() {
        return;
    }
    let person = Person::new(Kind::Garage);
    let source = person.world.source();
    fs::create_dir(&source).unwrap();
    fs::write(source.join("a"), Random(830).bytes(6 << 20)).unwrap();
    let line = "backup --source @source --to % --type full --json";
    let first = person.run(line).ok().last();
    person.run(line).ok();
    Store::limit(&person.world.path("server"), 15 << 20);
    fs::write(source.join("b"), Random(831).bytes(6 << 20)).unwrap();
    assert_eq!(code(&person.run(line)), "no-room");
    person.run("verify --from % --all --depth full").ok();
    person.run(&format!("delete --from % --version {}", first["version"].as_str().unwrap())).ok();
    person.run("backup --source @source --to % --json").ok();
    person.run("restore --from % --to @out").ok();
    assert_same(&source, &person.world.path("out/source"));
}

#[test]
fn a_bucket_that_keeps_what_is_deleted_says_so() {
    const SAID: &str = "The bucket keeps deleted files for 30 days (object lock)";
    for (kind, keeps) in [(Kind::MotoLocked, json!({ "kind": "locked", "days": 30 })), (Kind::Moto, Value::Null)] {
        let person = Person::new(kind);
        let source = person.world.source();
        fs::create_dir(&source).unwrap();
        fs::write(source.join("a"), Random(832).bytes(700_000)).unwrap();
        let line = "backup --source @source --to % --type full --json";
        let first = person.run(line).ok().last();
        person.run(line).ok();
        assert_eq!(person.run("storage test % --json").ok().last()["keeps"], keeps, "{kind:?}");
        let tested = person.run("storage test %").ok().out;
        assert_eq!(tested.contains(SAID), !keeps.is_null(), "{tested}");
        let deleted = person.run(&format!("delete --from % --version {}", first["version"].as_str().unwrap())).ok().out;
        assert_eq!(deleted.contains(SAID), !keeps.is_null(), "{deleted}");
    }
}

#[test]
fn objects_get_the_class_that_the_address_names() {
    let person = Person::new(Kind::Moto);
    fs::create_dir(person.world.source()).unwrap();
    fs::write(person.world.source().join("a"), Random(833).bytes(700_000)).unwrap();
    let to = format!("{}&storage_class=STANDARD_IA", person.store.address("classy"));
    person.run(&format!("backup --source @source --to {to}")).ok();
    let list = person.store.asked(&format!("GET /{BUCKET}?list-type=2&prefix=classy/"), "");
    let keys: Vec<&str> = list.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next()).collect();
    assert!(keys.len() > 3, "{list}");
    for key in keys {
        let told = person.store.told_of(key);
        assert!(told.contains("x-amz-storage-class: standard_ia"), "{key}: {told}");
    }
}

#[test]
fn placeholders_are_filled_when_an_address_is_given() {
    let person = Person::new(Kind::S3s);
    fs::create_dir(person.world.source()).unwrap();
    fs::write(person.world.source().join("a"), "a").unwrap();
    let as_of = |line: &str, whose: &str| person.run_with(line, |command| _ = command.env("WHOSE", whose));
    let to = person.store.address("of/{env:WHOSE}");
    as_of(&format!("plan add Cloud --source @source --to {to}"), "ada").ok();
    // Whoever runs it, and wherever.
    as_of("backup Cloud", "bob").ok();
    let settings = fs::read_to_string(person.world.home().join("config/settings.toml")).unwrap();
    assert!(settings.contains("of/ada") && !settings.contains("{env"), "{settings}");
    as_of(&format!("verify --from {to} --depth full"), "ada").ok();
    assert_ne!(as_of(&format!("verify --from {to} --depth full --json"), "bob").code, Some(0), "nothing lies there");
    for line in ["verify --from", "plan add Other --source @source --to"] {
        let unset = person.run(&format!("{line} {to} --json"));
        assert!(code(&unset) == "usage" && unset.out.contains("none named WHOSE is set"), "{}", unset.out);
        let elsewhere = as_of(&format!("{line} {to} --json"), "../up");
        assert!(code(&elsewhere) == "usage" && elsewhere.out.contains("would lead elsewhere"), "{}", elsewhere.out);
    }
}

#[test]
fn a_plan_that_was_kept_with_a_placeholder_goes_on_where_it_was() {
    let person = Person::new(Kind::S3s);
    fs::create_dir(person.world.source()).unwrap();
    fs::write(person.world.source().join("a"), "a").unwrap();
    person.run(&format!("plan add Cloud --source @source --to {}", person.store.address("of/{machine}"))).ok();
    person.run("backup Cloud").ok();
    let settings = person.world.home().join("config/settings.toml");
    let text = fs::read_to_string(&settings).unwrap();
    let machine = gethostname::gethostname().to_string_lossy().into_owned();
    // As earlier builds kept it.
    let earlier = text.replace(&format!("of/{machine}\""), "of/{machine}\"");
    assert_ne!(earlier, text);
    fs::write(&settings, &earlier).unwrap();
    fs::write(person.world.source().join("b"), "b").unwrap();
    assert_eq!(person.run("backup Cloud --json").ok().last()["type"], "incremental");
    assert_eq!(fs::read_to_string(&settings).unwrap(), text, "once and for all");
}

#[test]
fn a_plan_keeps_what_opens_its_bucket() {
    let person = Person::new(Kind::S3s);
    fs::create_dir(person.world.source()).unwrap();
    fs::write(person.world.source().join("a"), "a").unwrap();
    person.run("plan add Cloud --source @source --to %").ok();
    // Nobody says it again.
    person.bare("backup Cloud", |_| {}).ok();
    person.bare("verify --from % --depth full", |_| {}).ok();
    assert_no_secret(&person.world, S3_SECRET);
}

#[test]
fn keys_are_found_where_the_clouds_own_tools_have_them() {
    let person = Person::new(Kind::S3s);
    fs::create_dir(person.world.source()).unwrap();
    let bare = person.keyless();
    let line = format!("backup --source @source --to {bare} --json");
    assert_eq!(code(&person.bare(&line, |_| {})), "storage-password-needed");
    let with = |id: &'static str, secret: &'static str| {
        move |command: &mut Command| {
            command.env("AWS_ACCESS_KEY_ID", id).env("AWS_SECRET_ACCESS_KEY", secret);
        }
    };
    person.bare(&line, with(S3_KEY, S3_SECRET)).ok();
    assert_eq!(code(&person.bare(&line, with(S3_KEY, "not this one"))), "storage-password");
    assert_eq!(
        code(&person.bare(&line.replace(&bare, &format!("{bare}&access_key=OTHER")), with(S3_KEY, S3_SECRET))),
        "storage-password-needed"
    );
    // By a profile.
    let folder = person.world.path("person/.aws");
    fs::create_dir(&folder).unwrap();
    let profile = format!("[work]\naws_access_key_id = {S3_KEY}\naws_secret_access_key = {S3_SECRET}\n");
    fs::write(folder.join("credentials"), profile).unwrap();
    person.bare(&line.replace(&bare, &format!("{bare}&profile=work")), |_| {}).ok();
    person.bare(&line, |command| _ = command.env("AWS_PROFILE", "work")).ok();
    assert_eq!(code(&person.bare(&line, |_| {})), "storage-password-needed");

    let azure = Person::new(Kind::Azurite);
    fs::create_dir(azure.world.source()).unwrap();
    let line = "backup --source @source --to % --json";
    assert_eq!(code(&azure.bare(line, |_| {})), "storage-password-needed");
    azure.bare(line, |command| _ = command.env("AZURE_STORAGE_ACCOUNT", AZURE_ACCOUNT).env("AZURE_STORAGE_KEY", AZURE_KEY)).ok();
    let other = azure.bare(line, |command| _ = command.env("AZURE_STORAGE_ACCOUNT", "other").env("AZURE_STORAGE_KEY", AZURE_KEY));
    assert_eq!(code(&other), "storage-password-needed");
}

#[test]
fn what_the_clouds_own_tools_name_and_is_none_is_said() {
    let world = World::new();
    fs::create_dir(world.source()).unwrap();
    fs::write(world.path("broken"), "{").unwrap();
    let line = "backup --source @source --to gs://bucket/x?endpoint=http://127.0.0.1:1 --json";
    for file in ["missing", "broken"] {
        let ran = world.run_with(line, |command| _ = command.env("GOOGLE_APPLICATION_CREDENTIALS", world.path(file)));
        let (variable, path) = ("GOOGLE_APPLICATION_CREDENTIALS", world.path(file));
        assert!(ran.out.contains(variable) && ran.out.contains(path.to_str().unwrap()), "{}", ran.out);
        assert_eq!(code(&ran), "storage-password");
    }
    let line = "backup --source @source --to s3://bucket?endpoint=http://127.0.0.1:1&profile=nope --json";
    let ran = world.run_with(line, |command| _ = command.env("HOME", world.path("person")));
    assert!(ran.out.contains("The profile in the address"), "{}", ran.out);
    assert_eq!(code(&ran), "storage-password-needed");
}

#[test]
fn what_is_wrong_with_a_bucket_is_said_without_its_secret() {
    let person = Person::new(Kind::S3s);
    fs::create_dir(person.world.source()).unwrap();
    let line = "backup --source @source --to % --json";
    let refused = person.run_with(line, |command| _ = command.env("STRONGROOM_STORAGE_PASSWORD", "not this one"));
    assert_eq!((code(&refused), refused.code), ("storage-password".into(), Some(12)));
    assert!(!refused.out.contains("not this one") && !refused.err.contains("not this one"));
    let missing = person.run(&line.replace('%', &person.store.address("x").replace(BUCKET, "no-such-bucket")));
    assert_eq!(code(&missing), "destination-missing");
    assert!(missing.out.contains("bucket"), "{}", missing.out);
    let spelled = person.run(&line.replace('%', &format!("s3://{S3_KEY}:{PASSWORD}@bucket/x").replace(' ', "-")));
    assert_eq!(code(&spelled), "usage");
    assert!(!spelled.out.contains("correct-horse") && spelled.out.contains("out of the address"), "{}", spelled.out);
    let nowhere = person.run(&line.replace('%', "s3://bucket/x?endpoint=http://127.0.0.1:1&access_key=AK"));
    assert_eq!(code(&nowhere), "destination-missing");
}

#[test]
fn a_run_whose_s3_dies_is_gone_on_with() {
    let mut person = Person::new(Kind::S3s);
    let bucket = person.world.path("server/data").join(BUCKET);
    job::dies(&person.world, &|line| person.run(line), &|| job::finished(&bucket), &|| person.store.process.end());
    goes_on(&mut person);
}

#[test]
fn a_run_whose_azure_dies_is_gone_on_with() {
    let mut person = Person::new(Kind::Azurite);
    // It writes down what it has every few seconds only: the rest is lost with it, and the run must not be over before.
    person.run("limit --upload 6MB").ok();
    let [blobs, extents] = ["__azurite_db_blob__.json", "__azurite_db_blob_extent__.json"];
    let [blobs, extents] = [blobs, extents].map(|name| person.world.path("server").join(name));
    let seen = Cell::new(None);
    let finished = || {
        let volumes = written_down(&blobs).unwrap_or_default();
        if seen.get().is_none() && volumes >= 2 {
            seen.set(Some(SystemTime::now()));
        }
        // Where their bytes lie, it writes down on its own, perhaps from a moment before.
        let is_after = |since: SystemTime| {
            fs::metadata(&extents).and_then(|file| file.modified()).is_ok_and(|at| at > since + Duration::from_secs(1))
        };
        if seen.get().is_some_and(is_after) { volumes } else { 0 }
    };
    job::dies(&person.world, &|line| person.run(line), &finished, &|| person.store.process.end());
    person.run("limit --upload off").ok();
    goes_on(&mut person);
}

/// Volumes, from the first, that stand in what an azurite wrote down of its blobs.
fn written_down(blobs: &Path) -> Option<usize> {
    let kept: Value = serde_json::from_slice(&fs::read(blobs).ok()?).ok()?;
    let all = kept["collections"].as_array()?.iter().filter_map(|one| one["data"].as_array()).flatten();
    let names: Vec<&str> = all.filter(|blob| blob["isCommitted"] == true).filter_map(|blob| blob["name"].as_str()).collect();
    let is_there = |n: &usize| names.iter().any(|name| name.contains(&format!("/v{n:04}")));
    Some((1..).take_while(is_there).count())
}

fn goes_on(person: &mut Person) {
    assert_eq!(code(&person.run("backup Big --json")), "destination-missing", "nothing answers");
    person.store.process.start_again();
    let none = person.run("versions --from % --json").lines();
    assert!(none.iter().all(|line| line.get("id").is_none()), "no version is seen that is not there: {none:?}");
    job::goes_on(&person.world, &|line| person.run(line));
}

#[test]
fn google_opens_by_the_file_that_its_own_tools_have() {
    let person = Person::new(Kind::Gcs);
    let world = &person.world;
    fs::create_dir(world.source()).unwrap();
    fs::write(world.source().join("a"), Random(840).bytes(300_000)).unwrap();
    // What proves somebody elsewhere is changed for a token at an address that the file names.
    let exchange = Fake::start(|asked, _| {
        let is_right = String::from_utf8_lossy(&asked.body).contains("subject_token=proof-of-elsewhere");
        match asked.target.as_str() {
            "/token" if is_right => {
                let token = r#"{"access_token":"token-for-an-hour","token_type":"Bearer","expires_in":3600}"#;
                answer("200 OK", "Content-Type: application/json\r\n", token.as_bytes())
            }
            _ => answer("400 Bad Request", "", b"{}"),
        }
    });
    fs::write(world.path("proof"), "proof-of-elsewhere").unwrap();
    let account = serde_json::json!({
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/here",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": format!("http://127.0.0.1:{}/token", exchange.port),
        "credential_source": { "file": world.path("proof"), "format": { "type": "text" } },
    });
    fs::write(world.path("account.json"), account.to_string()).unwrap();
    // A proxy notes whether the token goes along.
    let shown = Arc::new(Mutex::new(Vec::new()));
    let at = bearer_noted(person.store.port, &shown);
    let address = format!("gs://{BUCKET}/deep/place?endpoint=http://127.0.0.1:{at}");
    let run = |line: &str| {
        person.bare(&line.replace('%', &address), |command| {
            command.env("GOOGLE_APPLICATION_CREDENTIALS", world.path("account.json"));
        })
    };
    run("backup --source @source --to % --json").ok();
    let headers = std::mem::take(&mut *shown.lock().unwrap());
    assert!(headers.len() > 3 && headers.iter().all(|header| header == "Bearer token-for-an-hour"), "{headers:?}");
    run("verify --from % --depth full").ok();
    run("restore --from % --to @out").ok();
    assert_same(&world.source(), &world.path("out/source"));
    assert_no_secret(world, "token-for-an-hour");
    assert_no_secret(world, "proof-of-elsewhere");

    fs::write(world.path("proof"), "somebody-else").unwrap();
    // A key that opens nothing, and a file that holds none.
    for is in ["storage-password-needed", "storage-password"] {
        let refused = run("versions --from % --json");
        assert_eq!((code(&refused), refused.code), (is.into(), Some(12)), "{}", refused.out);
        let _ = fs::remove_file(world.path("account.json"));
    }
    let none = person.bare(&"versions --from % --json".replace('%', &address), |_| {});
    assert_eq!(code(&none), "storage-password-needed", "{}", none.out);
}

/// A port before the store's that notes what is shown as who asks.
fn bearer_noted(store: u16, shown: &Arc<Mutex<Vec<String>>>) -> u16 {
    let shown = shown.clone();
    between::before(store, move |asked| {
        // Where an upload goes on, its address is enough.
        if !asked.target.contains("upload_id=") {
            shown.lock().unwrap().push(asked.header("authorization").to_owned());
        }
        None
    })
}
