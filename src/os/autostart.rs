//! Starting when this person logs in: a file in `autostart` below the folder of settings, as the Desktop Application Autostart
//! Specification 0.5 has it. macOS and Windows have other ways; none is offered there yet.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Of a file that is read: one that is longer was not made for this.
const LONGEST: u64 = 64 << 10;

/// The entry of one person.
#[derive(Clone, Debug)]
pub struct Autostart {
    file: PathBuf,
    program: PathBuf,
    /// `STRONGROOM_HOME`, where this process was told one: the one that is started keeps to it.
    home: Option<PathBuf>,
}

impl Autostart {
    /// `None` where the system has no such thing.
    #[cfg(all(unix, not(target_os = "macos")))]
    pub fn of_this_person(home: Option<&Path>) -> Option<Self> {
        let settings = directories::BaseDirs::new()?.config_dir().to_path_buf();
        let home = home.map(std::path::absolute).transpose().ok()?;
        Some(Self::new(&settings, super::program::path().ok()?, home))
    }

    #[cfg(not(all(unix, not(target_os = "macos"))))]
    pub fn of_this_person(_home: Option<&Path>) -> Option<Self> {
        None
    }

    /// `settings`: the folder of this person's settings, as `~/.config`. `program`: what is started, by its whole path.
    pub fn new(settings: &Path, program: PathBuf, home: Option<PathBuf>) -> Self {
        Self { file: settings.join("autostart/strongroom.desktop"), program, home }
    }

    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Whether a login will start Strongroom: as the file says, whoever wrote it, and only where what it names is still there.
    pub fn is_on(&self) -> io::Result<bool> {
        let mut text = String::new();
        match fs::File::open(&self.file) {
            Ok(file) => file.take(LONGEST).read_to_string(&mut text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        Ok(is_on(&text))
    }

    /// Switches it.
    pub fn switch(&self, on: bool) -> io::Result<()> {
        if !on {
            return match fs::remove_file(&self.file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        }
        let text = self.text()?;
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        // Whole or not at all: half a file would start something else, or nothing.
        let new = self.file.with_extension("desktop.new");
        fs::write(&new, text)?;
        fs::rename(&new, &self.file).inspect_err(|_| drop(fs::remove_file(&new)))
    }

    fn text(&self) -> io::Result<String> {
        let program = text_of(&self.program)?;
        let home = self.home.as_deref().map(text_of).transpose()?;
        let home = home.map_or_else(String::new, |home| format!("env {} ", argument(&format!("STRONGROOM_HOME={home}"))));
        Ok(format!(
            "[Desktop Entry]\n\
             Type=Application\n\
             Name=Strongroom\n\
             Comment=Keeps to the schedules of your backups\n\
             Exec={}{} --hidden\n\
             TryExec={}\n\
             Icon=strongroom\n\
             Terminal=false\n\
             X-GNOME-Autostart-enabled=true\n",
            escaped(&home),
            escaped(&argument(program)),
            escaped(program),
        ))
    }
}

fn text_of(path: &Path) -> io::Result<&str> {
    let wrong = || io::Error::new(io::ErrorKind::InvalidInput, "a path that is no text cannot be written there");
    path.to_str().ok_or_else(wrong)
}

/// An argument of `Exec`, quoted (Desktop Entry Specification 1.5, "The Exec key").
fn argument(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '`' | '$' | '\\' => quoted.extend(['\\', c]),
            // Else it stands for a file or the like.
            '%' => quoted.push_str("%%"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A value of type string (the same, "Possible value types"): taken back before the quotes of an argument are.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('\t', "\\t").replace('\r', "\\r")
}

fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut letters = text.chars();
    while let Some(c) = letters.next() {
        match (c, c == '\\') {
            (_, true) => match letters.next() {
                Some('s') => plain.push(' '),
                Some('n') => plain.push('\n'),
                Some('t') => plain.push('\t'),
                Some('r') => plain.push('\r'),
                other => plain.extend(other),
            },
            (c, false) => plain.push(c),
        }
    }
    plain
}

fn is_on(text: &str) -> bool {
    let mut in_entry = false;
    let mut starts = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            in_entry = line == "[Desktop Entry]";
            continue;
        }
        let Some((key, value)) = line.split_once('=').filter(|_| in_entry) else { continue };
        match (key.trim(), value.trim()) {
            ("Hidden", "true") | ("X-GNOME-Autostart-enabled", "false") => return false,
            ("TryExec", program) if !is_there(&unescaped(program)) => return false,
            ("Exec", _) => starts = true,
            _ => {}
        }
    }
    starts
}

/// Whether a program is there: by its path, or by its name where programs are looked for.
fn is_there(program: &str) -> bool {
    let program = Path::new(program);
    if program.is_absolute() {
        return program.is_file();
    }
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_on_as_the_file_says() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("strong room\\100 %");
        fs::write(&program, "").unwrap();
        let autostart = Autostart::new(folder.path(), program.clone(), None);
        assert!(!autostart.is_on().unwrap());
        autostart.switch(false).unwrap();
        autostart.switch(true).unwrap();
        autostart.switch(true).unwrap();
        assert!(autostart.is_on().unwrap());
        let text = fs::read_to_string(autostart.file()).unwrap();
        // By the desktop's own settings.
        for off in ["X-GNOME-Autostart-enabled=false", "Hidden=true"] {
            fs::write(autostart.file(), text.replace("X-GNOME-Autostart-enabled=true", off)).unwrap();
            assert!(!autostart.is_on().unwrap(), "{off}");
        }
        fs::write(autostart.file(), text.clone() + "[Desktop Action x]\nHidden=true\n").unwrap();
        assert!(autostart.is_on().unwrap(), "of something else");
        fs::remove_file(&program).unwrap();
        assert!(!autostart.is_on().unwrap(), "what it would start is gone");
        autostart.switch(false).unwrap();
        assert!(!autostart.file().exists());
        let left = fs::read_dir(folder.path().join("autostart")).unwrap().count();
        assert_eq!(left, 0);
    }

    #[test]
    fn arguments_are_quoted_and_then_escaped() {
        assert_eq!(argument("/usr/bin/strongroom"), "\"/usr/bin/strongroom\"");
        assert_eq!(escaped(&argument("a\\b$c`d\"e%f")), r#""a\\\\b\\$c\\`d\\"e%%f""#);
        assert_eq!(unescaped(&escaped("a\\b\nc")), "a\\b\nc");
    }
}
