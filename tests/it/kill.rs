//! Killed at fifty moments of a backup: never a broken version visible, the next run succeeds and leaves no litter.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Random, World, walk};
use crate::tree;

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
        while begun.elapsed() < moment && child.try_wait().unwrap().is_none() {
            thread::sleep(Duration::from_micros(200).min(moment.saturating_sub(begun.elapsed())));
        }
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

/// Run folders and manifests belong together, and nothing temporary lies about.
fn no_litter(world: &World) {
    let folder = world.plan_folder();
    let names = |below: &str| -> BTreeSet<String> {
        fs::read_dir(folder.join(below)).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    };
    let manifests: BTreeSet<String> = names("versions").into_iter().map(|n| n.trim_end_matches(".json").to_string()).collect();
    assert_eq!(names("data"), manifests);
    let temporary: Vec<_> = walk(&world.dest())
        .into_iter()
        .filter(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.') || n.to_string_lossy().contains("tmp")))
        .collect();
    assert!(temporary.is_empty(), "{temporary:?}");
}
