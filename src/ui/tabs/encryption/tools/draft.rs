//! What is to be done with a single file: what was typed so far, and what is still missing.

use std::path::is_separator;

use zeroize::Zeroizing;

use crate::model::format::{Cipher, Codec, KdfKind, Level};
use crate::model::inspection::{FileFacts, Inspection};
use crate::model::names;
use crate::model::path::PathBytes;
use crate::model::run::RunKind;
use crate::model::secret::Secret;
use crate::model::tool::{Tool, ToolSpec, new_name};
use crate::ui::key_file::KeyFileChoice;
use crate::ui::key_slots::KeySlots;
use crate::ui::widgets::PasswordField;

pub struct Draft {
    pub kind: RunKind,
    file: PathBytes,
    pub to: String,
    /// The name as it was suggested; it follows the choices until another is typed.
    suggested: String,
    pub overwrite: bool,
    pub password: Zeroizing<String>,
    pub again: Zeroizing<String>,
    pub key_file: KeyFileChoice,
    pub keys: KeySlots,
    pub cipher: Cipher,
    pub codec: Codec,
    pub level: Level,
    /// Of a backup: this computer may know what opens it.
    pub of_backup: bool,
}

impl Draft {
    pub fn new(kind: RunKind, facts: &FileFacts) -> Self {
        let mut draft = Self {
            kind,
            file: facts.file.clone(),
            to: String::new(),
            suggested: String::new(),
            overwrite: false,
            password: PasswordField::buffer(),
            again: PasswordField::buffer(),
            key_file: KeyFileChoice::default(),
            keys: KeySlots::default(),
            cipher: Cipher::default(),
            codec: facts.found.codec().filter(|_| kind == RunKind::Decompress).unwrap_or(Codec::Zstd),
            level: Level::Auto,
            of_backup: matches!(facts.found, Inspection::SealedObject { .. }),
        };
        draft.suggest();
        draft
    }

    /// A name for the new file beside the old one, unless another was typed.
    pub fn suggest(&mut self) {
        if self.to != self.suggested {
            return;
        }
        let other = if self.kind == RunKind::Decrypt { "opened" } else { "unpacked" };
        let new = new_name(self.kind, &self.file, self.codec);
        self.to = new.map_or_else(|| format!("{}.{other}", self.file.display()), |new| new.display().into_owned());
        self.suggested.clone_from(&self.to);
    }

    /// Puts the new file into another folder, under the same name.
    pub fn move_to(&mut self, folder: &PathBytes) {
        let name = PathBytes::from(self.to.trim()).file_name().to_vec();
        self.to = folder.join(&name).display().into_owned();
    }

    /// What is still to be done before it can begin.
    pub fn missing(&self) -> Option<String> {
        let to = self.to.trim();
        match self.kind {
            _ if !names::is_absolute(to) => {
                Some(format!("Give the whole path of the new file, beginning with {}.", names::BEGINS))
            }
            _ if to.ends_with(is_separator) => Some("Give the new file a name.".into()),
            RunKind::Encrypt if self.password.is_empty() => Some("Type a password.".into()),
            RunKind::Encrypt if *self.password != *self.again => Some("Type the password twice.".into()),
            RunKind::Decrypt if self.password.is_empty() && !self.of_backup => Some("Type the password.".into()),
            _ => None,
        }
    }

    pub fn spec(&self) -> ToolSpec {
        let secret = || Secret::new(self.password.as_str());
        let tool = match self.kind {
            RunKind::Encrypt => Tool::Encrypt { password: secret(), cipher: self.cipher, kdf: KdfKind::Scrypt },
            RunKind::Decrypt => Tool::Decrypt { secret: (!self.password.is_empty()).then(secret), keys: self.keys.path() },
            RunKind::Decompress => Tool::Decompress,
            _ => Tool::Compress { codec: self.codec, level: self.level },
        };
        ToolSpec { file: self.file.clone(), to: PathBytes::from(self.to.trim()), overwrite: self.overwrite, tool }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::inspection::{Seal, SealedKind};

    fn facts(file: &str, found: Inspection) -> FileFacts {
        FileFacts { file: file.into(), size: 1, found }
    }

    #[test]
    fn the_new_file_stands_beside_the_old_one() {
        let to = |kind, file: &str| Draft::new(kind, &facts(file, Inspection::Other)).to;
        assert_eq!(to(RunKind::Encrypt, "/a/b.pdf"), "/a/b.pdf.sealed");
        assert_eq!(to(RunKind::Decrypt, "/a/b.pdf.sealed"), "/a/b.pdf");
        assert_eq!(to(RunKind::Decrypt, "/a/photo.jpg"), "/a/photo.jpg.opened");
        assert_eq!(to(RunKind::Compress, "/a/b"), "/a/b.zst");
        for (codec, file, name) in [
            (Codec::Gzip, "/a/b.tar.gz", "/a/b.tar"),
            (Codec::Gzip, "/a/b.tgz", "/a/b.tar"),
            (Codec::Gzip, "/a.gz/b", "/a.gz/b.unpacked"),
            (Codec::Zstd, "/a/.zst", "/a/.zst.unpacked"),
            (Codec::Zstd, "/a/b.gz", "/a/b.gz.unpacked"),
        ] {
            let found = Inspection::Compressed { codec, bytes: 1, ratio: None, damage: None };
            assert_eq!(Draft::new(RunKind::Decompress, &facts(file, found)).to, name);
        }
    }

    #[test]
    fn a_name_that_was_typed_stays() {
        let mut draft = Draft::new(RunKind::Compress, &facts("/a/b", Inspection::Other));
        draft.codec = Codec::Gzip;
        draft.suggest();
        assert_eq!(draft.to, "/a/b.gz");
        draft.move_to(&"/media/disk".into());
        draft.codec = Codec::Lz4;
        draft.suggest();
        assert_eq!(draft.to, "/media/disk/b.gz");
    }

    #[test]
    fn a_password_is_typed_twice_and_one_of_this_computer_is_not_asked_for() {
        let mut draft = Draft::new(RunKind::Encrypt, &facts("/a", Inspection::Other));
        assert_eq!(draft.missing().as_deref(), Some("Type a password."));
        draft.password.push_str("pw");
        assert_eq!(draft.missing().as_deref(), Some("Type the password twice."));
        draft.again.push_str("pw");
        assert_eq!(draft.missing(), None);
        draft.to = "b".into();
        assert!(draft.missing().is_some());
        let seal = Seal { cipher: String::new(), key_id: String::new(), records: 1, bytes: 1, whole: true };
        let (plan, version, object) = (String::new(), String::new(), String::new());
        let found = Inspection::SealedObject { seal, plan, version, object, object_kind: SealedKind::Volume };
        let draft = Draft::new(RunKind::Decrypt, &facts("/a.sealed", found));
        assert_eq!(draft.missing(), None);
        assert!(matches!(draft.spec().tool, Tool::Decrypt { secret: None, keys: None }));
    }
}
