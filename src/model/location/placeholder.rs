//! Placeholders in the prefix of an address. What they stand for is put in their place once, when the address is given: the same
//! address would else lead elsewhere once the machine is renamed, or from another one.

use std::sync::Arc;

use super::{Location, NotALocation, bucket};

const MACHINE: &str = "{machine}";
const VARIABLE: &str = "{env:";
/// Of a variable's name, in characters.
const LONGEST_NAME: usize = 100;
/// What names of variables hold whose value is no part of an address.
const SECRETS: [&str; 5] = ["SECRET", "PASSWORD", "PASSWD", "TOKEN", "CREDENTIAL"];

/// A part of a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    Text(&'a str),
    Machine,
    /// A variable of the environment, by its name.
    Variable(&'a str),
}

/// Gives what a variable of the environment holds.
pub type Variable = dyn Fn(&str) -> Option<String> + Send + Sync;

/// What this machine has for them.
#[derive(Clone)]
pub struct Placeholders {
    /// Its name.
    pub machine: String,
    /// A variable of the environment by its name; `None` where it is not set, or is no text.
    pub variable: Arc<Variable>,
}

/// Why there is nothing to put in the place of a placeholder. What a variable holds is never told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfilled {
    /// This machine has no name that can stand in an address.
    Machine,
    /// No variable has this name, or it is empty.
    Unset(String),
    /// What the variable of this name holds would lead elsewhere.
    Unfit(String),
    /// All together are no prefix.
    Whole,
}

impl Unfilled {
    /// What is wrong, and what to do.
    pub fn in_words(&self) -> String {
        match self {
            Self::Machine => "This computer has no name that could stand for {machine}: write one in its place.".into(),
            Self::Unset(name) => {
                format!("{{env:{name}}} stands for a variable of the environment, but none named {name} is set: set it, or write its value.")
            }
            Self::Unfit(name) => {
                format!(
                    "What the variable {name} holds cannot stand in a folder's name: slashes, two dots in a row, braces and control \
                     characters would lead elsewhere. Write what is meant in the place of {{env:{name}}}."
                )
            }
            Self::Whole => {
                "With what its placeholders stand for, this is no folder's name: it is too long, or a part of it begins or ends with a \
                 space or is only a dot. Write what is meant in their place."
                    .into()
            }
        }
    }
}

/// Takes a prefix apart.
pub fn pieces(text: &str) -> Result<Vec<Piece<'_>>, NotALocation> {
    let (mut found, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(at);
        if !before.is_empty() {
            found.push(Piece::Text(before));
        }
        rest = match from.strip_prefix(MACHINE) {
            Some(after) => {
                found.push(Piece::Machine);
                after
            }
            None => {
                let named = from.strip_prefix(VARIABLE).and_then(|from| from.split_once('}'));
                let (name, after) = named.filter(|(name, _)| is_name(name)).ok_or(NotALocation::Placeholder)?;
                if is_secret(name) {
                    return Err(NotALocation::Password);
                }
                found.push(Piece::Variable(name));
                after
            }
        };
    }
    if !rest.is_empty() {
        found.push(Piece::Text(rest));
    }
    Ok(found)
}

fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !text.is_empty() && text.len() <= LONGEST_NAME && text.chars().all(fits) && !text.starts_with(|c: char| c.is_ascii_digit())
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    SECRETS.iter().any(|word| name.contains(word)) || name == "KEY" || name.ends_with("_KEY")
}

/// Whether it can stand in a folder's name without leading elsewhere, and without being taken for a placeholder in its turn.
fn fits(value: &str) -> bool {
    !value.is_empty() && !value.contains("..") && !value.contains(|c: char| c.is_control() || "/\\{}".contains(c))
}

impl Piece<'_> {
    /// As it stands in a prefix.
    pub fn written(self) -> String {
        match self {
            Self::Text(text) => text.into(),
            Self::Machine => MACHINE.into(),
            Self::Variable(name) => format!("{VARIABLE}{name}}}"),
        }
    }
}

impl Placeholders {
    /// An address with what its placeholders stand for; without any, it stays what it is.
    pub fn fill(&self, location: Location) -> Result<Location, Unfilled> {
        let mut filled = location;
        if let Some(prefix) = prefix_of(&mut filled) {
            *prefix = self.filled(prefix)?;
        }
        Ok(filled)
    }

    /// What a person typed, as [`Location::typed`] reads it, filled; `None` while that is no place.
    pub fn typed(&self, text: &str) -> Option<Location> {
        self.fill(Location::typed(text)?).ok()
    }

    /// Why an address that was typed is no place, in words; `None` where it is one, or no address at all.
    pub fn refused(&self, text: &str) -> Option<String> {
        match Location::of_server(text.trim())? {
            Err(why) => Some(why.in_words().into()),
            Ok(location) => self.fill(location).err().map(|why| why.in_words()),
        }
    }

    fn filled(&self, prefix: &str) -> Result<String, Unfilled> {
        let pieces = pieces(prefix).map_err(|_| Unfilled::Whole)?;
        if pieces.iter().all(|piece| matches!(piece, Piece::Text(_))) {
            return Ok(prefix.to_owned());
        }
        let mut filled = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Machine => {
                    let name = self.machine.replace(['/', '\\'], "-");
                    let name = Some(name.trim_matches('.')).filter(|name| fits(name));
                    filled.push_str(name.ok_or(Unfilled::Machine)?);
                }
                Piece::Variable(name) => {
                    let value = (self.variable)(name).filter(|value| !value.is_empty());
                    let value = value.ok_or_else(|| Unfilled::Unset(name.to_owned()))?;
                    if !fits(&value) {
                        return Err(Unfilled::Unfit(name.to_owned()));
                    }
                    filled.push_str(&value);
                }
            }
        }
        bucket::prefix(&filled).map_err(|_| Unfilled::Whole)
    }
}

/// What all keys begin with, where it is a bucket.
fn prefix_of(location: &mut Location) -> Option<&mut String> {
    match location {
        Location::S3(folder) => Some(&mut folder.prefix),
        Location::Gcs(folder) => Some(&mut folder.prefix),
        Location::Azure(folder) => Some(&mut folder.prefix),
        Location::Local { .. } | Location::Sftp(_) | Location::Webdav(_) | Location::Ftp(_) | Location::Ipfs(_) => None,
    }
}

/// Of a machine without a name and without variables.
impl Default for Placeholders {
    fn default() -> Self {
        Self { machine: String::new(), variable: Arc::new(|_| None) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(machine: &str) -> Placeholders {
        let variable = |name: &str| {
            let value = match name {
                "USER" => "ada",
                "EMPTY" => "",
                "SLASH" => "a/b",
                "BACK" => "a\\b",
                "UP" => "..",
                "DOT" => ".",
                "LINES" => "a\nb",
                "AGAIN" => "{machine}",
                "LONG" => return Some("x".repeat(900)),
                _ => return None,
            };
            Some(value.to_owned())
        };
        Placeholders { machine: machine.into(), variable: Arc::new(variable) }
    }

    #[test]
    fn placeholders_are_filled_where_an_address_has_them() {
        for (given, filled) in [
            ("s3://bucket/x/{machine}/{env:USER}?region=r", "s3://bucket/x/laptop/ada?region=r"),
            ("gs://bucket/{env:USER}-of-{machine}", "gs://bucket/ada-of-laptop"),
            ("az://account/container/{machine}", "az://account/container/laptop"),
            ("s3://bucket/plain", "s3://bucket/plain"),
            ("sftp://nas/{machine}", "sftp://nas/%7Bmachine%7D"),
        ] {
            let location = Location::of_server(given).unwrap().unwrap();
            let is_shown_as_given = location.display() == given;
            assert!(is_shown_as_given || given.starts_with("sftp"), "{given}");
            let location = on("laptop").fill(location).unwrap();
            assert_eq!(location.display(), filled);
            assert_eq!(on("renamed").fill(location.clone()), Ok(location), "once is enough");
        }
        let odd = Location::of_server("s3://bucket/{machine}").unwrap().unwrap();
        assert_eq!(on("my/box.").fill(odd.clone()).unwrap().display(), "s3://bucket/my-box");
        assert_eq!(on("..").fill(odd), Err(Unfilled::Machine));
    }

    #[test]
    fn what_would_lead_elsewhere_is_not_put_in() {
        let refused = |text: &str| on("laptop").fill(Location::of_server(text).unwrap().unwrap()).unwrap_err();
        for name in ["NOT_SET", "EMPTY"] {
            assert_eq!(refused(&format!("s3://bucket/{{env:{name}}}")), Unfilled::Unset(name.into()));
        }
        for name in ["SLASH", "BACK", "UP", "LINES", "AGAIN"] {
            let why = refused(&format!("s3://bucket/x/{{env:{name}}}/y"));
            assert_eq!(why, Unfilled::Unfit(name.into()));
            assert!(why.in_words().contains(name) && !why.in_words().contains("a/b"), "{}", why.in_words());
        }
        for whole in ["{env:DOT}", "{env:DOT}{env:DOT}", "{env:LONG}"] {
            assert_eq!(refused(&format!("s3://bucket/x/{whole}")), Unfilled::Whole, "{whole}");
        }
    }

    #[test]
    fn what_stands_in_braces_is_a_placeholder_or_nothing() {
        let read = |prefix: &str| Location::of_server(&format!("s3://bucket/{prefix}")).unwrap().map(drop);
        for good in ["{machine}{machine}", "a{env:_x1}b"] {
            assert_eq!(read(good), Ok(()), "{good}");
        }
        for bad in
            ["{user}", "{env}", "{env:}", "{env:a b}", "{env:1}", "{env:x", "x}", "{machine", "{env:{machine}}", "{env:a/b}"]
        {
            assert_eq!(read(bad), Err(NotALocation::Placeholder), "{bad}");
        }
        for secret in ["{env:AWS_SECRET_ACCESS_KEY}", "{env:storage_key}", "{env:STRONGROOM_PASSWORD}", "{env:CI_TOKEN}"] {
            assert_eq!(read(secret), Err(NotALocation::Password), "{secret}");
        }
    }

    #[test]
    fn what_is_typed_is_a_place_once_all_is_filled() {
        let here = on("laptop");
        assert_eq!(here.typed(" s3://bucket/{env:USER} ").map(|place| place.display()), Some("s3://bucket/ada".into()));
        assert_eq!(here.typed("/srv/{env:USER}"), Some(Location::local("/srv/{env:USER}")), "a folder's own name");
        assert_eq!(
            (here.typed("s3://bucket/{env:NOT_SET}"), here.refused("/srv"), here.refused("s3://bucket/x")),
            (None, None, None)
        );
        assert!(here.refused("s3://bucket/{env:NOT_SET}").is_some_and(|why| why.contains("NOT_SET")));
        assert_eq!(here.refused("s3://bucket/{env}").as_deref(), Some(NotALocation::Placeholder.in_words()));
    }
}
