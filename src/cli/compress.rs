//! `strongroom compress` and `strongroom decompress`

use std::io::{self, BufReader};
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use super::args;
use super::exit::Exit;
use super::local_file::{cancel_on_interrupt, create, explain, finish, open};
use super::output::{Output, clean};
use crate::archive::Error;
use crate::archive::loose::packed;
use crate::archive::loose::sealed_file::Copying;
use crate::archive::loose::{self, Codec, Container, Plain, What};
use crate::model::format::Format;
use crate::model::human;
use crate::model::problem::{Code, Problem};

/// Bytes of the file that are read at once.
const READ: usize = 256 << 10;

pub fn compress(args: &args::Compress, output: Output) -> Result<Exit, Problem> {
    let codec = args.format.map_or_else(|| by_name(&args.new.to), Codec::from);
    let format = Format { kind: codec.kind(), level: args.level, volume_size: None };
    format
        .check()
        .map_err(|why| Problem::new(Code::Usage, format!("This cannot be: {why}."), "Give another level or format."))?;
    let level = format.level_for(None);
    let mut file = open(&args.file)?;
    let wrong = |e| explain(e, &args.file);
    let metadata = file.metadata().map_err(|e| wrong(Error::file(&args.file, e)))?;
    let mut new = create(&args.new)?;
    let begun = Instant::now();
    let cancel = cancel_on_interrupt()?;
    let copying = Copying { from: &mut file, to: &mut new, each: &mut |_| {}, cancel: &cancel };
    let (bytes, packed) = packed::compress(copying, codec, level).map_err(wrong)?;
    new.like(&metadata).map_err(|e| wrong(Error::file(&args.new.to, e)))?;
    finish(new, &args.new)?;
    let told = Told { verb: "Compressed", from: &args.file, to: &args.new.to, codec, level: Some(level), bytes, packed };
    told.print(begun.elapsed(), output);
    Ok(Exit::Done)
}

pub fn decompress(args: &args::Decompress, output: Output) -> Result<Exit, Problem> {
    let wrong = |e| explain(e, &args.file);
    let file = open(&args.file)?;
    let metadata = file.metadata().map_err(|e| wrong(Error::file(&args.file, e)))?;
    let plain = Plain::new(file).map_err(|e| wrong(Error::file(&args.file, e)))?;
    let (what, _) = loose::recognise(Box::new(plain)).map_err(wrong)?;
    let codec = match what {
        What::Compressed(codec) | What::Unreadable(codec) | What::Archive(Container::Tar(Some(codec))) => codec,
        What::Catalog => Codec::Zstd,
        _ => {
            let what = format!("\"{}\" is not compressed by gzip, bzip2, LZ4 or Zstandard.", args.file.display());
            return Err(Problem::new(Code::Usage, what, "`strongroom inspect` says what it is."));
        }
    };
    let mut new = create(&args.new)?;
    let begun = Instant::now();
    let cancel = cancel_on_interrupt()?;
    let plain = Plain::new(open(&args.file)?).map_err(|e| wrong(Error::file(&args.file, e)))?;
    let copying = Copying { from: &mut io::empty(), to: &mut new, each: &mut |_| {}, cancel: &cancel };
    let bytes = packed::decompress(BufReader::with_capacity(READ, Box::new(plain)), codec, copying).map_err(wrong)?;
    new.like(&metadata).map_err(|e| wrong(Error::file(&args.new.to, e)))?;
    finish(new, &args.new)?;
    let packed = metadata.len();
    let told = Told { verb: "Unpacked", from: &args.file, to: &args.new.to, codec, level: None, bytes, packed };
    told.print(begun.elapsed(), output);
    Ok(Exit::Done)
}

fn by_name(to: &Path) -> Codec {
    let extension = to.extension().unwrap_or_default();
    Codec::ALL.into_iter().find(|codec| extension == codec.extension()).unwrap_or(Codec::Zstd)
}

struct Told<'a> {
    verb: &'a str,
    from: &'a Path,
    to: &'a Path,
    codec: Codec,
    level: Option<i32>,
    /// Unpacked.
    bytes: u64,
    packed: u64,
}

impl Told<'_> {
    fn print(&self, took: Duration, output: Output) {
        let Self { verb, from, to, codec, level, bytes, packed } = *self;
        let ratio = (bytes > 0 && packed > 0).then(|| bytes as f64 / packed as f64);
        let seconds = took.as_secs_f64();
        let (before, after) = if level.is_some() { (bytes, packed) } else { (packed, bytes) };
        let size = |n| human::bytes(n);
        let name = |path: &Path| clean(&path.display().to_string());
        output.line(format!("{verb} {} ({}) into {} ({})", name(from), size(before), name(to), size(after)));
        let by = level.map(|level| format!(", level {level}")).unwrap_or_default();
        let ratio_text = ratio.map(|ratio| format!(": {ratio:.2} to 1")).unwrap_or_default();
        let speed = if seconds > 0.0 { (bytes as f64 / seconds) as u64 } else { 0 };
        output.line(format!("  by {}{by}{ratio_text}; {seconds:.1} s, {}/s", codec.extension(), size(speed)));
        let round = |value: f64| (value * 100.0).round() / 100.0;
        output.result(
            "completed",
            json!({
                "format": codec,
                "level": level,
                "bytes": bytes,
                "packed_bytes": packed,
                "ratio": ratio.map(round),
                "seconds": round(seconds),
                "to": to.display().to_string(),
            }),
        );
    }
}
