//! What the commands for single files share: no engine is needed, and they can be cancelled.

use std::io;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::args::NewFile;
use super::exit::Exit;
use super::new_plan::no_chance;
use crate::engine::single::{self, tools, tools::Doing};
use crate::model::format::Codec;
use crate::model::human;
use crate::model::path::PathBytes;
use crate::model::problem::{Code, Problem};
use crate::model::run::{Cancel, Progress};
use crate::model::tool::{Named, Tool, ToolDone, ToolSpec, named, new_name};

/// Cancels by Ctrl-C; a second one no longer waits.
pub fn cancel_on_interrupt() -> Result<Cancel, Problem> {
    let unheard = |e: io::Error| Problem::new(Code::Internal, "Ctrl-C cannot be listened for.", "").with_detail(e.to_string());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(unheard)?;
    let cancel = Cancel::default();
    let theirs = cancel.clone();
    let listen = move || {
        runtime.block_on(async {
            for _ in 0..2 {
                if tokio::signal::ctrl_c().await.is_err() {
                    return;
                }
                if theirs.is_cancelled() {
                    std::process::exit(Exit::Cancelled.code().into());
                }
                theirs.cancel();
            }
        });
    };
    std::thread::Builder::new().name("interrupt".into()).spawn(listen).map_err(unheard)?;
    Ok(cancel)
}

/// What a command asks for; the new file has the name that is given, or stands beside the other one. Fails where that one's name does not
/// end as it should.
pub fn spec(file: &Path, new: &NewFile, tool: Tool) -> Result<ToolSpec, Problem> {
    let file = PathBytes::from(file);
    let codec = match &tool {
        Tool::Compress { codec, .. } => *codec,
        _ => named(&file).and_then(Named::codec).unwrap_or(Codec::Zstd),
    };
    let to = new.to.as_deref().map(PathBytes::from).or_else(|| new_name(tool.kind(), &file, codec));
    let Some(to) = to else {
        // What it is says more than its name.
        if tool == Tool::Decompress {
            single::refuse_foreign(&file.as_path())?;
        }
        let what = format!("The name of \u{201c}{}\u{201d} has no ending to take off.", file.display());
        return Err(Problem::new(Code::Usage, what, "Name the new file by --to."));
    };
    Ok(ToolSpec { file, to, overwrite: new.overwrite, tool })
}

/// Does it here and now. Knows of no keys: what is sealed takes its password.
pub fn carry_out(spec: &ToolSpec, cancel: &Cancel) -> Result<ToolDone, Problem> {
    let mut doing = Doing {
        now: jiff::Timestamp::now(),
        random: &mut |bytes| getrandom::fill(bytes).map_err(no_chance),
        known: &|_| None,
        progress: &Arc::new(Progress::default()),
        cancel,
    };
    tools::carry_out(spec, &mut doing)
}

/// "0.4 s, 3.1 MB/s".
pub fn pace(done: &ToolDone) -> String {
    let speed = done.speed().map(|speed| format!(", {}/s", human::bytes(speed))).unwrap_or_default();
    format!("{:.1} s{speed}", done.milliseconds as f64 / 1000.0)
}

/// For scripts: time, speed, and the sizes in bytes of the content and of what it is packed or sealed in, by its name.
pub fn statistics(done: &ToolDone, content: u64, other: (&str, u64)) -> Value {
    let (name, size) = other;
    let ratio = (content > 0 && size > 0).then(|| (content as f64 / size as f64 * 100.0).round() / 100.0);
    json!({
        "bytes": content,
        name: size,
        "ratio": ratio,
        "seconds": done.milliseconds as f64 / 1000.0,
        "bytes_per_second": done.speed(),
        "to": done.to.display(),
    })
}
