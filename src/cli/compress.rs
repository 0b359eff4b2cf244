//! `strongroom compress` and `strongroom decompress`

use std::path::Path;

use serde_json::json;

use super::args;
use super::exit::Exit;
use super::local_file::{cancel_on_interrupt, carry_out, pace, spec, statistics};
use super::output::{Output, clean};
use crate::model::format::Codec;
use crate::model::human;
use crate::model::path::PathBytes;
use crate::model::problem::Problem;
use crate::model::tool::{Tool, ToolDone, named};

pub fn compress(args: &args::Compress, output: Output) -> Result<Exit, Problem> {
    let codec = args.format.map_or_else(|| by_name(args.new.to.as_deref()), Codec::from);
    let tool = Tool::Compress { codec, level: args.level };
    let done = carry_out(&spec(&args.file, &args.new, tool)?, &cancel_on_interrupt()?)?;
    tell("Compressed", &done, output);
    Ok(Exit::Done)
}

pub fn decompress(args: &args::Decompress, output: Output) -> Result<Exit, Problem> {
    let done = carry_out(&spec(&args.file, &args.new, Tool::Decompress)?, &cancel_on_interrupt()?)?;
    tell("Unpacked", &done, output);
    Ok(Exit::Done)
}

fn by_name(to: Option<&Path>) -> Codec {
    to.and_then(|to| named(&PathBytes::from(to))?.codec()).unwrap_or(Codec::Zstd)
}

fn tell(verb: &str, done: &ToolDone, output: Output) {
    let name = |path: &PathBytes| clean(&path.display());
    let size = |n| human::bytes(n);
    let (from, to) = (name(&done.from), name(&done.to));
    output.line(format!("{verb} {from} ({}) into {to} ({})", size(done.before), size(done.after)));
    let codec = done.codec.map_or("", Codec::extension);
    let by = done.level.map(|level| format!(", level {level}")).unwrap_or_default();
    let ratio = done.ratio().map(|ratio| format!(": {ratio:.2} to 1")).unwrap_or_default();
    output.line(format!("  by {codec}{by}{ratio}; {}", pace(done)));
    let (bytes, packed) = done.content_and_packed();
    let mut told = statistics(done, bytes, ("packed_bytes", packed));
    if let Some(told) = told.as_object_mut() {
        told.extend([("format".into(), json!(done.codec)), ("level".into(), json!(done.level))]);
    }
    output.result("completed", told);
}
