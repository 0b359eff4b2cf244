//! What was read back of a new version, at each destination that has it, in words.

use super::ReadBack;
use crate::model::location::Location;
use crate::model::replicate::Replicated;

impl ReadBack {
    /// "from the medium itself, all as written". `destination`: as people are shown it.
    pub fn in_words(self, destination: &str) -> &'static str {
        let is_server = || Location::of_server(destination).is_some();
        match self {
            Self::Medium => "from the medium itself, all as written",
            Self::Cache if is_server() => "all as written, as the server gives it",
            Self::Cache => "all as written, perhaps from memory: the file system allows no more",
            Self::Stopped => "cancelled in the middle, when the version was made already: verify it to make up for that",
            Self::NotWanted if is_server() => "no, as was chosen: the server has confirmed what it took; verify it to be certain",
            Self::NotWanted => "no, as was chosen: verify it to be certain",
        }
    }
}

/// A line for each destination, with its name where they differ or are several. `copies`: what the others got.
pub fn told(destination: &str, read_back: ReadBack, copies: &[Replicated]) -> Vec<String> {
    let known: Vec<(&str, ReadBack)> =
        copies.iter().filter_map(|copy| Some((copy.destination.as_str(), copy.read_back?))).collect();
    let is_read = |how: ReadBack| how != ReadBack::NotWanted;
    if !is_read(read_back) && !known.iter().any(|(_, how)| is_read(*how)) {
        return vec![read_back.in_words(destination).into()];
    }
    let line = |at: &str, alone: &str, how: ReadBack| format!("in {at}{alone}: {}", how.in_words(at));
    match (copies, &known[..]) {
        ([], _) => vec![read_back.in_words(destination).into()],
        // Of runs before copies were read back.
        (_, []) => vec![line(destination, " alone", read_back)],
        _ => std::iter::once((destination, read_back)).chain(known).map(|(at, how)| line(at, "", how)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_back_is_told_of_each_destination() {
        let told = |read_back, copies: &[(&str, Option<ReadBack>)]| {
            let copied = |(to, read_back): &(&str, _)| Replicated {
                destination: (*to).to_owned(),
                read_back: *read_back,
                ..Replicated::default()
            };
            told("/mnt/blue", read_back, &copies.iter().map(copied).collect::<Vec<_>>())
        };
        let medium = "from the medium itself, all as written";
        assert_eq!(told(ReadBack::Medium, &[]), [medium]);
        assert_eq!(told(ReadBack::Medium, &[("/mnt/red", None)]), [format!("in /mnt/blue alone: {medium}")]);
        assert_eq!(
            told(ReadBack::Medium, &[("/mnt/red", Some(ReadBack::Cache)), ("ftp://nas/b", Some(ReadBack::NotWanted))]),
            [
                format!("in /mnt/blue: {medium}"),
                "in /mnt/red: all as written, perhaps from memory: the file system allows no more".into(),
                "in ftp://nas/b: no, as was chosen: the server has confirmed what it took; verify it to be certain".into(),
            ]
        );
        let none = [("/mnt/red", Some(ReadBack::NotWanted))];
        assert_eq!(told(ReadBack::NotWanted, &none), ["no, as was chosen: verify it to be certain"]);
    }

    #[test]
    fn a_copy_of_an_older_run_says_nothing_of_it() {
        let older = r#"{"destination":"/mnt/red","versions":[],"objects":1,"bytes":2}"#;
        let read: Replicated = serde_json::from_str(older).unwrap();
        assert_eq!(read.read_back, None);
        assert_eq!(serde_json::to_string(&read).unwrap(), older);
    }
}
