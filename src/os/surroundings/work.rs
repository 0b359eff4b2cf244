//! What the machine is at: its load, and what programs run.

use std::fs;
use std::thread::available_parallelism;

/// Percent of all processors over the last minute: runnable tasks as proc_loadavg(5) has them, 100 where each has one.
pub fn load() -> Option<u32> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    let tasks: f64 = text.split_whitespace().next()?.parse().ok()?;
    let processors = available_parallelism().map_or(1, std::num::NonZero::get);
    Some((tasks * 100.0 / processors as f64) as u32)
}

/// Those of the programs that run, of whomever. A script goes by its own name and by its interpreter's.
pub fn running(programs: &[String]) -> Vec<String> {
    if programs.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<String> = Vec::new();
    for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
        if !process.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit) {
            continue;
        }
        let names = names(&process.path());
        found.extend(programs.iter().filter(|program| names.contains(program)).cloned());
    }
    found.sort();
    found.dedup();
    found
}

fn names(process: &std::path::Path) -> Vec<String> {
    let mut names = Vec::new();
    let file = fs::read_link(process.join("exe")).ok();
    let base = |path: &std::path::Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    // One whose file was replaced while it runs.
    names.extend(file.as_deref().and_then(base).map(|name| name.trim_end_matches(" (deleted)").to_owned()));
    // The kernel's name of it is cut at 15 bytes: good where nothing else may be read.
    names.extend(fs::read_to_string(process.join("comm")).ok().map(|name| name.trim_end().to_owned()));
    let command = fs::read(process.join("cmdline")).unwrap_or_default();
    let words = command.split(|byte| *byte == 0).take(2).map(|word| String::from_utf8_lossy(word).into_owned());
    names.extend(words.filter_map(|word| base(std::path::Path::new(&word))));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_runs_is_found_and_no_other() {
        let mut sleep = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let found = running(&["sleep".into(), "no such program".into()]);
        sleep.kill().unwrap();
        sleep.wait().unwrap();
        assert_eq!(found, ["sleep"]);
        assert!(load().is_some());
    }
}
