//! Killed at many moments of a backup and of all else: never a broken version visible, the next run succeeds and leaves no litter.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{Random, World, hit, long, wait, walk};
use crate::tree;
use crate::vault::{DEEDS, Vault};

const KILLS: usize = 50;

#[test]
fn killed_at_fifty_moments() {
    let world = World::new();
    let mut random = Random(50);
    tree::plain(&world.source(), 3000, &mut random);
    fs::write(world.source().join("big"), random.bytes(24 << 20)).unwrap();
    world.back_up();

    let mut killed = 0;
    // How long a run of each kind takes, full and incremental: moments beyond that would kill nothing.
    let mut spans = [Duration::from_secs(2); 2];
    for n in 0.. {
        if killed == KILLS {
            break;
        }
        assert!(n < 5 * KILLS, "only {killed} runs were killed in the middle");
        tree::change(&world.source(), &mut random);
        fs::write(world.source().join("big"), random.bytes(24 << 20)).unwrap();
        // Incremental runs are shorter: every second one is full, so that kills fall into all stages of both.
        let kind = if n % 2 == 0 { "full" } else { "auto" };
        let mut command = world.command();
        command.args(["backup", "--type", kind, "--source"]).arg(world.source()).arg("--to").arg(world.dest());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let begun = Instant::now();
        let moment = Duration::from_micros(random.below(spans[n % 2].as_micros() as u64));
        wait(&mut child, moment);
        let _ = child.kill();
        let ended = child.wait().unwrap();
        if ended.signal() == Some(9) {
            killed += 1;
        } else {
            assert!(ended.success(), "{ended}");
            spans[n % 2] = begun.elapsed();
        }

        let before = world.versions().len();
        let depth = if n % 5 == 0 { "full" } else { "checksums" };
        world.run(&format!("verify --from @dest --depth {depth}")).ok();
        if n % 5 == 4 {
            let next = world.back_up();
            assert_eq!(next["result"], "completed", "{next}");
            assert_eq!(world.versions().len(), before + 1);
            no_litter(&world);
        }
    }
    world.back_up();
    no_litter(&world);
    world.run("verify --from @dest --depth full").ok();
    world.restore_and_compare("latest", &world.source());
}

#[test]
fn killed_at_places_of_everything_that_is_done() {
    let wanted = if long() { 100 } else { 24 };
    let mut vault = Vault::new(51, |_| {});
    let mut random = Random(51);
    let mut spans = vault.spans(&DEEDS);
    let mut killed = 0;
    for n in 0.. {
        if killed == wanted {
            break;
        }
        assert!(n < 5 * wanted, "only {killed} were killed in the middle");
        let deed = DEEDS[n % DEEDS.len()];
        let moment = spans[&deed].mul_f64(random.below(1000) as f64 / 1000.0);
        let (ran, _) = hit(&mut vault.begin(deed), moment, |child| _ = child.kill());
        eprintln!("{n}: {deed:?}, killed after {moment:?}");
        match ran.code {
            None => killed += 1,
            // It is shorter than was thought.
            Some(_) => _ = spans.insert(deed, moment),
        }
        vault.judge(&ran);
        // Some are killed again before they could go on.
        if n % 3 != 0 {
            vault.goes_on();
        }
    }
    vault.goes_on();
}

/// Run folders and manifests belong together, but for what is left of deleted versions, and nothing temporary lies about.
pub fn no_litter(world: &World) {
    let folder = world.plan_folder();
    let names = |below: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(folder.join(below)).into_iter().flatten();
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    };
    let manifests: BTreeSet<String> = names("versions").into_iter().map(|n| n.trim_end_matches(".json").to_string()).collect();
    let deleted = names("deleted");
    assert_eq!(names("data").into_iter().filter(|run| !deleted.contains(run)).collect::<BTreeSet<_>>(), manifests);
    let temporary: Vec<_> = walk(&world.dest())
        .into_iter()
        .filter(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.') || n.to_string_lossy().contains("tmp")))
        .collect();
    assert!(temporary.is_empty(), "{temporary:?}");
}
