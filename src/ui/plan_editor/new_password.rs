//! The password of a new backup: typed twice, or made and kept in a file.

use zeroize::Zeroizing;

use crate::model::path::PathBytes;
use crate::model::plan::SecretFile;
use crate::model::secret::Secret;
use crate::ui::widgets::PasswordField;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordFrom {
    Person,
    /// Made by the program.
    File,
}

#[derive(Clone)]
pub struct NewPassword {
    pub from: PasswordFrom,
    pub typed: Zeroizing<String>,
    pub repeat: Zeroizing<String>,
    home_folder: PathBytes,
    /// The file's path as typed.
    path: Option<String>,
    /// What was made already, should saving fail after it.
    made: Option<(PathBytes, Secret)>,
}

impl NewPassword {
    pub fn new(home_folder: PathBytes) -> Self {
        Self {
            from: PasswordFrom::Person,
            typed: PasswordField::buffer(),
            repeat: PasswordField::buffer(),
            home_folder,
            path: None,
            made: None,
        }
    }

    /// The file of a made password: as typed, else named after the backup and in the home folder.
    pub fn path(&self, backup: &str) -> String {
        self.path.clone().unwrap_or_else(|| {
            let name: String = backup.trim().chars().map(|c| if c == '/' || c.is_control() { '-' } else { c }).collect();
            self.home_folder.join(format!("strongroom {name}.password").as_bytes()).display().into_owned()
        })
    }

    pub fn set_path(&mut self, path: String) {
        self.path = Some(path);
    }

    /// Whether the two that were typed are not the same.
    pub fn differ(&self) -> bool {
        !self.repeat.is_empty() && self.typed != self.repeat
    }

    /// Why there is no password yet.
    pub fn blocked(&self, backup: &str, destination: &str) -> Option<&'static str> {
        match self.from {
            PasswordFrom::Person if self.typed.is_empty() => Some("Choose a password, or switch encryption off."),
            PasswordFrom::Person if self.repeat.is_empty() => Some("Type the password a second time."),
            PasswordFrom::Person => self.differ().then_some("The two passwords differ."),
            PasswordFrom::File => self.path_blocked(backup, destination),
        }
    }

    /// What is wrong with the file's path.
    pub fn path_blocked(&self, backup: &str, destination: &str) -> Option<&'static str> {
        let path = self.path(backup);
        let path = path.trim();
        if !path.starts_with('/') || path.ends_with('/') {
            return Some("Give the password file's whole path, beginning with /.");
        }
        let beside = PathBytes::from(path).is_within(PathBytes::from(destination).as_bytes());
        (!destination.is_empty() && beside).then_some("The password would lie with the backup: whoever finds one has both.")
    }

    /// The file that is to be made; `None` where none is, or where it was.
    pub fn to_make(&self, backup: &str) -> Option<PathBytes> {
        let path = PathBytes::from(self.path(backup).trim());
        let is_made = self.made.as_ref().is_some_and(|(made, _)| *made == path);
        (self.from == PasswordFrom::File && !is_made).then_some(path)
    }

    /// That of the file that was made.
    pub fn keep(&mut self, path: PathBytes, password: Secret) {
        self.made = Some((path, password));
    }

    /// The password, and the file it is read from by runs that nobody attends.
    pub fn chosen(&self, backup: &str) -> Option<(Secret, Option<SecretFile>)> {
        match self.from {
            PasswordFrom::Person => Some((Secret::new(self.typed.as_str()), None)),
            PasswordFrom::File if self.to_make(backup).is_some() => None,
            PasswordFrom::File => self.made.clone().map(|(path, password)| (password, Some(SecretFile::Password(path)))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made_by_us() -> NewPassword {
        NewPassword { from: PasswordFrom::File, ..NewPassword::new("/home/u".into()) }
    }

    #[test]
    fn the_file_is_named_after_the_backup_until_its_path_is_typed() {
        let mut new = made_by_us();
        assert_eq!(new.path("Music / loud"), "/home/u/strongroom Music - loud.password");
        new.set_path("/elsewhere/secret".into());
        assert_eq!(new.path("Music"), "/elsewhere/secret");
    }

    #[test]
    fn a_path_has_to_be_whole_and_elsewhere_than_the_backup() {
        let mut new = made_by_us();
        assert_eq!(new.blocked("Music", "/media/u/blue"), None);
        for (path, word) in
            [("secret", "whole path"), ("/a/", "whole path"), ("", "whole path"), ("/media/u/blue/pw", "with the backup")]
        {
            new.set_path(path.into());
            assert!(new.blocked("Music", "/media/u/blue").unwrap().contains(word), "{path}");
        }
        new.from = PasswordFrom::Person;
        assert!(
            new.blocked("Music", "/media/u/blue").unwrap().contains("Choose a password"),
            "what was typed there is out of sight"
        );
    }

    #[test]
    fn it_is_made_once_for_each_path() {
        let mut new = made_by_us();
        assert_eq!((new.to_make("Music"), new.chosen("Music")), (Some("/home/u/strongroom Music.password".into()), None));
        let path = new.to_make("Music").unwrap();
        new.keep(path.clone(), Secret::new("made"));
        assert_eq!(new.to_make("Music"), None);
        assert_eq!(new.chosen("Music"), Some((Secret::new("made"), Some(SecretFile::Password(path)))));
        assert_eq!(new.chosen("Films"), None, "that of another file is not taken for it");
        new.from = PasswordFrom::Person;
        new.typed.push_str("own");
        assert_eq!((new.to_make("Music"), new.chosen("Music")), (None, Some((Secret::new("own"), None))));
    }
}
