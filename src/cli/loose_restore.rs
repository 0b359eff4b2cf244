//! `strongroom restore` from one archive.

use jiff::Zoned;
use serde_json::json;

use super::exit::Exit;
use super::local_file::cancel_on_interrupt;
use super::output::{Output, clean};
use super::{args, loose, parse, report};
use crate::archive::loose::extract::Job;
use crate::model::path::PathBytes;
use crate::model::problem::{Code, Problem};
use crate::model::run::Progress;

/// `file`: the archive that `from` names.
pub fn run(args: &args::Restore, file: &str, from: &args::Reading, output: Output) -> Result<Exit, Problem> {
    let Some(to) = &args.to else {
        let what = "A single archive does not say where its files were.";
        return Err(Problem::new(Code::Usage, what, "Give a folder to restore to, by --to."));
    };
    let opened = loose::open_archive(file, from, &args.version, args.keys.as_deref())?;
    let target = parse::real(to)?;
    let paths: Vec<PathBytes> = args.path.iter().map(|path| loose::inner_path(path)).collect();
    let mut tag = [0; 4];
    getrandom::fill(&mut tag).map_err(super::new_plan::no_chance)?;
    let (tag, date) = (data_encoding::HEXLOWER.encode(&tag), Zoned::now().date().to_string());
    let cancel = cancel_on_interrupt()?;
    let words = loose::in_words(&opened);
    let job = Job {
        container: opened.container,
        target: &target,
        paths: &paths,
        except: &[],
        conflict: args.conflict.into(),
        dry_run: args.dry_run,
        any_size: args.any_size,
        tag: &tag,
        date: &date,
        progress: &Progress::default(),
        cancel: &cancel,
    };
    let path = opened.path.clone();
    let restored = opened.restore(&job).map_err(|e| loose::not_restored(e, &path, args.dry_run))?;
    let verb = if args.dry_run { "Would restore" } else { "Restored" };
    output.line(format!("{verb} from {words} to {}", clean(&target.display().to_string())));
    report::restored(output, &restored.counts, args.dry_run);
    if let Some(undo) = &restored.undo {
        output.line(format!("What was replaced lies in {}", clean(&undo.display())));
    }
    if !output.json {
        report::warnings(&restored.warnings, restored.warning_count, loose::shown);
    }
    let sound = restored.warning_count == 0;
    output.result(
        if sound { "completed" } else { "completed-with-warnings" },
        json!({
            "dry_run": args.dry_run,
            "counts": restored.counts,
            "target": PathBytes::from(target.as_path()),
            "undo": restored.undo,
            "warnings": restored.warnings,
            "warning_count": restored.warning_count,
        }),
    );
    Ok(if sound { Exit::Done } else { Exit::Warnings })
}
