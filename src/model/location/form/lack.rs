//! What a form still lacks before it makes an address, in words.

use super::{Field, Kind, Part, Parts};
use crate::model::location::NotALocation;

/// Why a form makes no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// Nothing stands in a field that is needed.
    Missing(Field),
    /// What stands in a field cannot be.
    Wrong(Field, NotALocation),
}

impl Lack {
    /// The first one; what is wrong before what is missing.
    pub fn of(kind: Kind, parts: &Parts) -> Option<Self> {
        let fields = kind.fields();
        let wrong = kind.every_field().find_map(|field| Some(Self::Wrong(*field, alone(kind, *field, parts)?)));
        let missing = || fields.iter().find(|field| field.needed && parts.get(field.part).is_empty());
        // Each may be right alone, and all together not.
        let together = || Some(Self::Wrong(*fields.first()?, parts.address(kind)?.err()?));
        wrong.or_else(|| missing().map(|field| Self::Missing(*field))).or_else(together)
    }

    pub const fn field(self) -> Field {
        match self {
            Self::Missing(field) | Self::Wrong(field, _) => field,
        }
    }

    /// What is wrong, for below the field; `None` where nothing stands there yet.
    pub const fn at_field(self) -> Option<&'static str> {
        match self {
            Self::Missing(_) => None,
            Self::Wrong(_, why @ (NotALocation::Password | NotALocation::Placeholder)) => Some(why.in_words()),
            Self::Wrong(field, _) => Some(in_words(field.part)),
        }
    }

    /// Why it cannot be gone on with.
    pub fn in_words(self) -> String {
        let label = self.field().label;
        match self.at_field() {
            Some(words) => format!("{label}: {words}"),
            None => format!("Fill in: {label}."),
        }
    }
}

/// What is wrong with one field where all others are as they should be.
fn alone(kind: Kind, field: Field, parts: &Parts) -> Option<NotALocation> {
    let text = parts.get(field.part);
    if text.is_empty() {
        return None;
    }
    let mut only = Parts::default();
    for other in kind.fields().iter().filter(|other| other.needed) {
        other.example.clone_into(only.get_mut(other.part));
    }
    text.clone_into(only.get_mut(field.part));
    only.address(kind)?.err()
}

/// What is to stand in a field.
const fn in_words(part: Part) -> &'static str {
    match part {
        Part::Host => "Give a server's name or address alone: nas.example or 192.168.1.5.",
        Part::Port => "Give a number from 1 to 65535.",
        Part::User => "Such a name cannot be.",
        Part::Path => "Such a folder cannot be: no part of it may be empty, or begin or end with a space.",
        Part::Bucket | Part::Account => "Three letters or more: letters without accents, digits, dots and hyphens, no spaces.",
        Part::Region => "Give one word, such as eu-west-1.",
        Part::AccessKey => "Give it as the store shows it: one word.",
        Part::Endpoint => "Give an address such as https://store.example:9000.",
        Part::Gateway => "Give an address such as http://127.0.0.1:8080.",
        Part::StorageClass => "Give one word, as the store calls it.",
        Part::Profile => "Give a profile's name as it stands in the file.",
        // Nobody types these.
        Part::Protected | Part::Tls | Part::PathStyle | Part::Anonymous => NotALocation::Option.in_words(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Input;
    use super::*;

    fn parts(of: &[(Part, &str)]) -> Parts {
        let mut parts = Parts::default();
        for (part, text) in of {
            (*text).clone_into(parts.get_mut(*part));
        }
        parts
    }

    #[test]
    fn what_is_wrong_is_told_at_its_field() {
        for (kind, filled, at) in [
            (Kind::S3, &[(Part::Bucket, "My Bucket")][..], Part::Bucket),
            (Kind::S3, &[(Part::Region, "two words")], Part::Region),
            (Kind::S3, &[(Part::Bucket, "my-bucket"), (Part::Endpoint, "ftp://x")], Part::Endpoint),
            (Kind::S3, &[(Part::Bucket, "my-bucket"), (Part::Path, "a//b")], Part::Path),
            (Kind::S3, &[(Part::StorageClass, "two words")], Part::StorageClass),
            (Kind::S3, &[(Part::Profile, "a\nb")], Part::Profile),
            (Kind::Gcs, &[(Part::Bucket, "my-bucket"), (Part::StorageClass, "ÄLTER")], Part::StorageClass),
            (Kind::Azure, &[(Part::Account, "a b")], Part::Account),
            (Kind::Sftp, &[(Part::Host, "nas"), (Part::Port, "many")], Part::Port),
            (Kind::Webdav, &[(Part::Host, "https://nas")], Part::Host),
            (Kind::Ipfs, &[(Part::Host, "nas"), (Part::Gateway, "nas:8080")], Part::Gateway),
            (Kind::Ipfs, &[(Part::Host, "nas"), (Part::Path, "/ipfs/x")], Part::Path),
        ] {
            let lack = Lack::of(kind, &parts(filled)).expect("something lacks");
            assert_eq!((lack.field().part, lack.at_field().is_some()), (at, true), "{filled:?}");
        }
        let secret = Lack::of(Kind::S3, &parts(&[(Part::Endpoint, "https://u:p@nas")])).unwrap();
        assert_eq!(secret.at_field(), Some(NotALocation::Password.in_words()));
        let braces = Lack::of(Kind::S3, &parts(&[(Part::Bucket, "my-bucket"), (Part::Path, "backups/{user}")])).unwrap();
        assert_eq!(braces.at_field(), Some(NotALocation::Placeholder.in_words()));
    }

    #[test]
    fn what_is_missing_is_named_once_nothing_is_wrong() {
        let lack = Lack::of(Kind::Azure, &parts(&[(Part::Account, "mystore")])).unwrap();
        assert_eq!((lack.at_field(), lack.in_words().as_str()), (None, "Fill in: Container."));
        assert_eq!(Lack::of(Kind::Sftp, &parts(&[(Part::Host, "nas"), (Part::Port, "2222")])), None);
        for kind in Kind::ALL {
            for field in kind.every_field().filter(|field| field.part != Part::AccessKey) {
                let values = match field.input {
                    Input::Text => vec![field.example],
                    Input::Tick => vec!["yes", "no"],
                    Input::Choice(of) => of.iter().map(|(value, _)| *value).collect(),
                };
                for value in values {
                    assert_eq!(alone(kind, *field, &parts(&[(field.part, value)])), None, "{kind:?} {field:?} {value}");
                }
            }
        }
    }
}
