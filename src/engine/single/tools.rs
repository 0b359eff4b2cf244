//! Sealing, opening, packing and unpacking a file into a new one, which appears whole or not at all.

use std::fs::{File, Metadata};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use jiff::Timestamp;

use super::{Opening, explain, open, plain, refuse_dictionary, unsealed};
use crate::archive::Error;
use crate::archive::key::{KdfCost, KeyRing, NewSlot, SlotKind};
use crate::archive::loose::output::Output;
use crate::archive::loose::sealed_file::{self, Copying};
use crate::archive::loose::{Bytes, Container, Plain, What, packed, recognise};
use crate::model::format::{Cipher, Codec, Format, KdfKind};
use crate::model::plan::PlanId;
use crate::model::problem::{Code, Problem};
use crate::model::run::{Cancel, Progress};
use crate::model::secret::Secret;
use crate::model::tool::{Named, Tool, ToolDone, ToolSpec, named};

/// Bytes of the file that are read at once.
const READ: usize = 256 << 10;

/// What carrying it out takes from outside.
pub struct Doing<'a> {
    pub now: Timestamp,
    pub random: &'a mut dyn FnMut(&mut [u8]) -> Result<(), Problem>,
    /// What this machine knows of a backup's keys.
    pub known: &'a dyn Fn(&PlanId) -> Option<Arc<KeyRing>>,
    pub progress: &'a Arc<Progress>,
    pub cancel: &'a Cancel,
}

/// Does it.
pub fn carry_out(spec: &ToolSpec, doing: &mut Doing<'_>) -> Result<ToolDone, Problem> {
    let from = &*spec.file.as_path();
    let file = open(from)?;
    let metadata = file.metadata().map_err(|e| explain::not_read(from, &e))?;
    let progress = doing.progress;
    progress.set_current(&spec.file);
    progress.files_total.store(1, Relaxed);
    progress.bytes_total.store(metadata.len(), Relaxed);
    progress.totals_known.store(true, Relaxed);
    let begun = Instant::now();
    let work = Work { from, file, metadata: &metadata, spec };
    let (after, codec, level) = match &spec.tool {
        Tool::Encrypt { password, cipher, kdf } => (work.encrypt(password, *cipher, *kdf, doing)?, None, None),
        Tool::Decrypt { secret, keys } => {
            let keys = keys.as_ref().map(|keys| keys.as_path());
            let opening = Opening { secret: secret.as_ref(), keys: keys.as_deref(), known: doing.known };
            (work.decrypt(&opening, doing)?, None, None)
        }
        Tool::Compress { codec, level } => {
            let format = Format { kind: codec.kind(), level: *level, volume_size: None };
            let wrong = |why| Problem::new(Code::Usage, format!("This cannot be: {why}."), "Give another level or format.");
            format.check().map_err(wrong)?;
            // A file under the name of another format would be taken for a broken one.
            match named(&spec.to) {
                Some(Named::Codec(by_name) | Named::Tar(by_name)) if by_name == *codec => {}
                Some(_) => return Err(explain::other_format(&spec.to.as_path(), *codec)),
                None => {}
            }
            let level = format.level_for(None);
            (work.compress(*codec, level, doing)?, Some(*codec), Some(level))
        }
        // Lies elsewhere.
        Tool::Download { .. } => return Err(explain::no_file(from)),
        Tool::Decompress => {
            let (after, codec) = work.decompress(doing)?;
            (after, Some(codec), None)
        }
    };
    progress.files_done.store(1, Relaxed);
    Ok(ToolDone {
        from: spec.file.clone(),
        to: spec.to.clone(),
        before: metadata.len(),
        after,
        codec,
        level,
        milliseconds: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

/// Of what is damaged some could have been given out.
fn nothing_written(problem: Problem) -> Problem {
    match problem.code {
        Code::Damaged => Problem { fix: format!("Nothing was written. {}", problem.fix), ..problem },
        _ => problem,
    }
}

/// A file that is open, and what is to become of it.
struct Work<'a> {
    from: &'a Path,
    file: File,
    metadata: &'a Metadata,
    spec: &'a ToolSpec,
}

impl Work<'_> {
    fn create(&self) -> Result<Output, Problem> {
        let to = &*self.spec.to.as_path();
        Output::create(to, self.spec.overwrite).map_err(|e| explain::not_written(to, &e))
    }

    /// Gives what was written its name; its size.
    fn finish(&self, output: Output, cancel: &Cancel) -> Result<u64, Problem> {
        if cancel.is_cancelled() {
            return Err(Error::Cancelled.into());
        }
        let written = output.written();
        output.finish().map_err(|e| explain::not_written(&self.spec.to.as_path(), &e))?;
        Ok(written)
    }

    /// What failed: the file that is read, or the new one.
    fn wrong(&self, error: Error) -> Problem {
        match error {
            Error::Object { object, source } if object == sealed_file::NEW => {
                explain::not_written(&self.spec.to.as_path(), &source)
            }
            Error::Object { source, .. } => explain::not_read(self.from, &source),
            error => nothing_written(explain::about(error, self.from)),
        }
    }

    fn encrypt(mut self, password: &Secret, cipher: Cipher, kdf: KdfKind, doing: &mut Doing<'_>) -> Result<u64, Problem> {
        if password.is_empty() {
            return Err(explain::empty_password());
        }
        let mut output = self.create()?;
        let cost = KdfCost::least(kdf);
        let kind = if password.is_key_file() { SlotKind::KeyFile } else { SlotKind::Password };
        let slot = NewSlot { kind, secret: password.expose(), created: doing.now, cost };
        let mut chance = Ok(());
        let mut random = |bytes: &mut [u8]| {
            if let Err(problem) = (doing.random)(bytes) {
                chance = Err(problem);
            }
        };
        let each = &mut each(doing.progress, doing.cancel);
        let copying = Copying { from: &mut self.file, to: &mut output, each, cancel: doing.cancel };
        let sealed = sealed_file::encrypt(copying, cipher, &[slot], &mut random);
        chance?;
        sealed.map_err(|e| self.wrong(e))?;
        self.finish(output, doing.cancel)
    }

    fn decrypt(self, opening: &Opening<'_>, doing: &Doing<'_>) -> Result<u64, Problem> {
        let (what, _) = recognise(Box::new(plain(self.from)?)).map_err(|e| self.wrong(e))?;
        if !matches!(what, What::SealedFile | What::SealedObject) {
            return Err(explain::not_sealed(self.from));
        }
        let mut output = self.create()?;
        let content = unsealed(self.from, what, opening).map_err(nothing_written)?;
        doing.progress.bytes_total.store(content.length(), Relaxed);
        let each = &mut each(doing.progress, doing.cancel);
        let copying = Copying { from: &mut io::empty(), to: &mut output, each, cancel: doing.cancel };
        sealed_file::copy_out(content, copying).map_err(|e| self.wrong(e))?;
        self.finish(output, doing.cancel)
    }

    fn compress(mut self, codec: Codec, level: i32, doing: &Doing<'_>) -> Result<u64, Problem> {
        let mut output = self.create()?;
        let each = &mut each(doing.progress, doing.cancel);
        let copying = Copying { from: &mut self.file, to: &mut output, each, cancel: doing.cancel };
        packed::compress(copying, codec, level).map_err(|e| self.wrong(e))?;
        self.like(&output)?;
        self.finish(output, doing.cancel)
    }

    fn decompress(self, doing: &Doing<'_>) -> Result<(u64, Codec), Problem> {
        refuse_dictionary(self.from)?;
        let (what, _) = recognise(Box::new(plain(self.from)?)).map_err(|e| self.wrong(e))?;
        let codec = match what {
            What::Compressed(codec) | What::Unreadable(codec) | What::Archive(Container::Tar(Some(codec))) => codec,
            What::Catalog => Codec::Zstd,
            What::Foreign(kind) => return Err(explain::foreign(self.from, kind)),
            _ => return Err(explain::not_compressed(self.from)),
        };
        let mut output = self.create()?;
        // How far it is tells the file: nobody knows how much there is in it.
        let watched = Watched { plain: plain(self.from)?, progress: doing.progress.clone() };
        let stand_still = &mut |_| _ = doing.cancel.should_end();
        let copying = Copying { from: &mut io::empty(), to: &mut output, each: stand_still, cancel: doing.cancel };
        let input = BufReader::with_capacity(READ, Box::new(watched) as Box<dyn Bytes>);
        packed::decompress(input, codec, copying).map_err(|e| self.wrong(e))?;
        self.like(&output)?;
        Ok((self.finish(output, doing.cancel)?, codec))
    }

    /// Who may read it, and when it was changed, as of the file it is made of.
    fn like(&self, output: &Output) -> Result<(), Problem> {
        output.like(self.metadata).map_err(|e| explain::not_written(&self.spec.to.as_path(), &e))
    }
}

/// Counts bytes that are done, and stands still where that is wished.
fn each<'a>(progress: &'a Progress, cancel: &'a Cancel) -> impl FnMut(u64) + 'a {
    |bytes| {
        progress.bytes_done.fetch_add(bytes, Relaxed);
        cancel.should_end();
    }
}

/// A file whose reading is followed.
struct Watched {
    plain: Plain,
    progress: Arc<Progress>,
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.plain.read(buffer)?;
        self.progress.bytes_done.fetch_add(count as u64, Relaxed);
        Ok(count)
    }
}

impl Seek for Watched {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = self.plain.seek(to)?;
        self.progress.bytes_done.store(at, Relaxed);
        Ok(at)
    }
}

impl Bytes for Watched {
    fn length(&self) -> u64 {
        self.plain.length()
    }

    fn past_damage(&self, at: u64) -> Option<u64> {
        self.plain.past_damage(at)
    }
}
