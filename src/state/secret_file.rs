//! Files with a secret in them: passwords, recovery keys, key files. New ones are for their owner alone.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use zeroize::Zeroizing;

use crate::model::plan::SecretFile;
use crate::model::secret::Secret;
use crate::os::private;

use super::files::sync_parent;

/// Longer passwords are taken for a mistake in the path.
const LONGEST: u64 = 4096;
/// Larger key files are not taken, in bytes.
const LARGEST_KEY_FILE: u64 = 1 << 20;

/// The secret of a plan's secret file.
pub fn read(file: &SecretFile) -> io::Result<Secret> {
    match file {
        SecretFile::Password(path) => read_password(&path.as_path()),
        SecretFile::Key(path) => read_key_file(&path.as_path()),
    }
}

/// A password: all of the file, without one newline at its end.
pub fn read_password(path: &Path) -> io::Result<Secret> {
    password_in(File::open(path)?)
}

/// A password: all that can be read, without one newline at its end.
pub fn password_in(from: impl Read) -> io::Result<Secret> {
    let mut bytes = read_at_most(from, LONGEST)?;
    if bytes.ends_with(b"\n") {
        bytes.pop();
        if bytes.ends_with(b"\r") {
            bytes.pop();
        }
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| io::Error::other("it is not UTF-8"))?;
    if text.is_empty() {
        return Err(io::Error::other("it is empty"));
    }
    Ok(Secret::new(text))
}

/// What a key file opens with.
pub fn read_key_file(path: &Path) -> io::Result<Secret> {
    let bytes = read_at_most(File::open(path)?, LARGEST_KEY_FILE)?;
    Secret::of_key_file(&bytes).ok_or_else(|| io::Error::other("it is no key file: that is at least 32 random bytes"))
}

/// Makes a password that nobody guesses of so many random bits and writes it to a new file of its own.
pub fn make_password(path: &Path, random: &[u8; 20]) -> io::Result<Secret> {
    let mut text = Zeroizing::new(String::with_capacity(40));
    for part in random.chunks(5) {
        if !text.is_empty() {
            text.push('-');
        }
        data_encoding::BASE32_NOPAD.encode_append(part, &mut text);
    }
    text.make_ascii_lowercase();
    let secret = Secret::new(text.as_str());
    write_line(path, &secret)?;
    Ok(secret)
}

/// Writes a secret that a person may read to a new file, as a line.
pub fn write_line(path: &Path, secret: &Secret) -> io::Result<()> {
    let mut line = Zeroizing::new(String::with_capacity(secret.expose().len() + 1));
    line.push_str(secret.expose());
    line.push('\n');
    write_new(path, line.as_bytes())
}

/// Writes a new file (0600) that is there after a power cut too; refuses where there is one already.
pub fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = private::create_file(path)?;
    file.write_all(content)?;
    file.sync_all()?;
    sync_parent(&std::path::absolute(path)?).map_err(io::Error::other)
}

fn read_at_most(from: impl Read, most: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    // As large as it can become: what grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(most as usize + 1));
    from.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::other(format!("it holds more than {most} bytes")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn one_trailing_newline_is_stripped() {
        let read = |bytes: &[u8]| password_in(bytes).map(|s| s.expose().to_string());
        assert_eq!(read(b"hunter2\n").unwrap(), "hunter2");
        assert_eq!(read(b"hunter2\r\n").unwrap(), "hunter2");
        assert_eq!(read(b" two words \n\n").unwrap(), " two words \n");
        assert!(read(b"\n").is_err());
        assert!(read(b"\xff").is_err());
        assert!(read(&[b'a'; LONGEST as usize + 1]).is_err());
    }

    #[test]
    fn a_made_password_is_what_its_file_opens_with() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("made");
        let made = make_password(&path, &[7; 20]).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
        assert_eq!(read(&SecretFile::Password(path.as_path().into())).unwrap(), made);
        assert_eq!(made.expose().len(), 35, "160 bits, five to a character, in four groups");
        assert_ne!(made, make_password(&dir.path().join("other"), &[8; 20]).unwrap());
        assert_eq!(make_password(&path, &[8; 20]).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(read_password(&path).unwrap(), made, "what is there stays");
    }

    #[test]
    fn new_files_are_private_and_replace_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let content: Vec<u8> = (0..32).collect();
        write_new(&path, &content).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
        assert_eq!(write_new(&path, b"other").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        let secret = read(&SecretFile::Key(path.as_path().into())).unwrap();
        assert_eq!(secret, Secret::of_key_file(&content).unwrap());
        assert!(read_key_file(dir.path()).is_err() && read_key_file(&dir.path().join("none")).is_err());
        std::fs::write(&path, vec![0; LARGEST_KEY_FILE as usize + 1]).unwrap();
        assert!(read_key_file(&path).is_err());
    }
}
