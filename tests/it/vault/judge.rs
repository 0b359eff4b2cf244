//! Whether what is there is what was said.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{Attempt, Deed, Vault, restore_line};
use crate::support::{Ran, differences, walk};

impl Vault {
    /// Checks how what was begun has ended, and that everything is as that says.
    pub fn judge(&mut self, ran: &Ran) {
        let Attempt { deed, version, file } = self.attempt.take().unwrap();
        let told = format!("{deed:?} ended with {:?}: {}{}", ran.code, ran.out, ran.err);
        eprintln!("{told}");
        assert!(!ran.err.contains("panicked"), "{told}");
        let done = matches!((ran.code, deed), (Some(0), _) | (Some(3), Deed::BackUp | Deed::BackUpAgain));
        if !done && ran.code.is_some_and(|code| code != 3) {
            assert_ne!(ran.problem(), "internal", "{told}");
        }

        let listed = self.listed();
        match deed {
            Deed::BackUp | Deed::BackUpAgain => {
                let new: Vec<&String> = listed.iter().filter(|id| !self.known.versions.contains_key(*id)).collect();
                assert!(new.len() <= 1 && (!new.is_empty() || !done), "{told}: new are {new:?}");
                if let Some(id) = new.first() {
                    self.known.versions.insert((*id).clone(), file.clone());
                }
            }
            Deed::Delete if !listed.contains(&version) => _ = self.known.versions.remove(&version),
            Deed::Delete => assert!(!done, "{told}: it is there"),
            Deed::ChangeKey | Deed::RotateKey => self.judge_keys(deed, done, &file),
            Deed::Restore => self.judge_restore(ran.code, &version),
        }
        let known: BTreeSet<String> = self.known.versions.keys().cloned().collect();
        assert_eq!(listed, known, "{told}");
        self.judge_objects(!done && matches!(deed, Deed::ChangeKey | Deed::RotateKey));
        self.stranger(|command| _ = command.env("STRONGROOM_KEY_FILE", self.world.path("stick"))).ok();
    }

    /// Everything is whole; but of a change of keys that was cut short only one of two copies may be there until the next run.
    fn judge_objects(&self, keys_are_cut_short: bool) {
        let report = self.run("verify --from @dest --depth full --json").last();
        let hit = |object: &Value| {
            let name = object["object"].as_str().unwrap();
            !(keys_are_cut_short && name.starts_with("keys-") && object["hit_count"] == 0)
        };
        let damaged = report["report"]["damaged"].as_array().unwrap_or_else(|| panic!("{report}"));
        assert!(!damaged.iter().any(hit), "{report}");
    }

    fn judge_keys(&mut self, deed: Deed, done: bool, new: &Path) {
        let old = self.known.paper.take();
        let old_opens = old.as_ref().is_some_and(|old| self.opens(old));
        assert!(!done || !old_opens, "the old recovery key opens it still");
        let new_opens = deed == Deed::ChangeKey && new.exists() && self.opens(new);
        match deed {
            Deed::ChangeKey => {
                assert!(!done || new_opens, "the new recovery key does not open it");
                assert!(old.is_none() || old_opens || new_opens, "no recovery key opens it any more");
            }
            _ => assert!(done || old.is_none() || old_opens || self.older_keys() > 0),
        }
        self.known.paper = if new_opens { Some(new.into()) } else { old.filter(|_| old_opens) };
    }

    fn older_keys(&self) -> u64 {
        self.run("key list --from @dest --json").ok().last()["older_keys"].as_u64().unwrap()
    }

    fn judge_restore(&self, code: Option<i32>, version: &str) {
        let out = self.world.path("target/out");
        if code != Some(0) {
            self.run(&restore_line(version)).ok();
        }
        let wanted = &self.known.versions[version];
        let found = differences(wanted, &out.join("source"));
        // One that ended, but for files that it named, is over: into its folders the next puts these as into anybody's.
        let at_most = if code == Some(3) { ".d..t" } else { "nothing" };
        assert!(found.lines().all(|line| line.starts_with(at_most)), "{found}");
        let left_over = || walk(&out).len() - walk(wanted).len() - 1;
        if left_over() > 0 {
            // A journal that could not be taken away: the next does it.
            assert!(code == Some(0));
            self.run(&restore_line(version)).ok();
            assert_eq!(left_over(), 0);
        }
    }

    pub(super) fn listed(&self) -> BTreeSet<String> {
        let lines = self.run("versions --from @dest --json").ok().lines();
        lines.iter().filter_map(|line| Some(line.get("id")?.as_str()?.to_string())).collect()
    }

    /// Somebody whose home knows nothing.
    fn stranger(&self, with: impl FnOnce(&mut Command)) -> Ran {
        let home = self.world.path("stranger");
        let _ = fs::remove_dir_all(&home);
        self.world.run_with("ls --from @dest --json", |command| {
            command.env("STRONGROOM_HOME", home).env_remove("STRONGROOM_PASSWORD");
            with(command);
        })
    }

    fn opens(&self, paper: &Path) -> bool {
        let key = fs::read_to_string(paper).unwrap();
        let ran = self.stranger(|command| _ = command.env("STRONGROOM_PASSWORD", key.trim()));
        assert!(matches!(ran.code, Some(0 | 12)), "{:?} {}", ran.code, ran.out);
        ran.code == Some(0)
    }
}
