//! What destinations fail with, in words.

use crate::model::drive::Share;
use crate::model::location::Location;
use crate::model::problem::{Code, Problem};
use crate::storage;
use crate::storage::mistrust::Mistrust;

/// What the command line has for a server's password or key.
const PASSWORD: &str = "Here it is taken from STRONGROOM_STORAGE_PASSWORD or the file that STRONGROOM_STORAGE_PASSWORD_FILE names; of a \
                        store also as its own tools take it. `strongroom storage add` with it remembers it for the address that it is given.";
const HOST_KEY: &str = "Here a key is named by --host-key.";

/// An object's error may carry the storage's own.
pub(super) fn carried(source: std::io::Error) -> Result<storage::Error, std::io::Error> {
    if source.get_ref().is_some_and(|inner| inner.is::<storage::Error>()) {
        let kind = source.kind();
        match source.into_inner().map(|inner| inner.downcast::<storage::Error>()) {
            Some(Ok(error)) => Ok(*error),
            _ => Err(kind.into()),
        }
    } else {
        Err(source)
    }
}

/// A problem with a destination that lies on a share of another machine: no drive is to be plugged in.
pub fn on_share(problem: Problem, share: &Share) -> Problem {
    let nothing = match problem.code {
        Code::DestinationMissing => "",
        Code::MarkerMissing => " Nothing was written.",
        _ => return problem,
    };
    let fix = format!("It lies on {}. Mount the share again, and see that its server runs.{nothing}", share.in_words());
    Problem { fix, ..problem }
}

impl From<storage::Error> for Problem {
    fn from(error: storage::Error) -> Self {
        use storage::Kind;
        // Where nothing more is known it ends with what should lead to that.
        let detail = error.to_string().trim_end_matches([':', ' ']).to_owned();
        let at = &error.context;
        match error.kind {
            Kind::NotFound => Problem::new(
                Code::NothingThere,
                format!("{at} is not there."),
                "Check how it is written, and whether somebody has deleted or moved it.",
            ),
            Kind::Unreachable => match folder_at_server(at) {
                Some(folder) => Problem::new(
                    Code::DestinationMissing,
                    format!("There is no folder {folder} on the server."),
                    "Make it there, or check how it is written.",
                ),
                None => Problem::new(
                    Code::DestinationMissing,
                    "The destination is not there.",
                    "Plug the drive in, or check that the folder is mounted, and try again.",
                ),
            },
            Kind::ServerAway => Problem::new(
                Code::DestinationMissing,
                "The server does not answer.",
                "Check the network and that the server runs, and try again. What was backed up before is whole.",
            ),
            Kind::ServerUnknown => Problem::new(
                Code::ServerUnknown,
                format!("Nobody has said yet that this is the right server. Its key is {}.", error.source),
                "Compare that with what whoever runs the server says, then name it as the server's key.",
            )
            .with_command(HOST_KEY),
            Kind::ServerChanged => Problem::new(
                Code::ServerChanged,
                "The server shows another key than before: somebody may be in its place.",
                "Nothing was sent to it. Ask whoever runs the server whether its key was changed before you trust the new one.",
            )
            .with_command(HOST_KEY),
            Kind::ServerNotNamed => Problem::new(
                Code::ServerChanged,
                "The server shows another key than the one that was named.",
                "Nothing was sent to it. Check how the key is written, or ask whoever runs the server which one it has.",
            )
            .with_command(HOST_KEY),
            Kind::ServerBusy => Problem::new(
                Code::DestinationMissing,
                "The server has too much to do, or trouble of its own: it was asked again several times.",
                "Try again later; if it goes on, its disk may be full. What was backed up before is whole.",
            ),
            Kind::Crowded if error.source.to_string() == "0" => Problem::new(
                Code::DestinationMissing,
                "The server is full: it lets nobody else in at the moment.",
                "Try again later. Whoever runs the server can allow more connections from one address. What was backed up before is whole.",
            ),
            Kind::Crowded => Problem::new(
                Code::DestinationMissing,
                format!("The server lets in no more of our connections at once than {}, which are all in use.", error.source),
                "Try again later, or have whoever runs the server allow more from one address. What was backed up before is whole.",
            ),
            Kind::NoBucket => Problem::new(
                Code::DestinationMissing,
                "There is no bucket or container of this name.",
                "Check its name, the endpoint and the account, or make the bucket where you manage the store.",
            ),
            Kind::Unfilled => {
                Problem::new(Code::Usage, "The address has a placeholder that nothing stands for.", error.source.to_string())
            }
            Kind::WrongRegion => Problem::new(
                Code::Usage,
                "The bucket lies in another region than the address says.",
                "Fill in the right one: in the address it stands as ?region=eu-west-1.",
            ),
            Kind::WrongClock => Problem::new(
                Code::Io,
                "This computer's clock and the server's differ too much.",
                "Set the clock of this computer, then try again.",
            ),
            Kind::NoKey => Problem::new(
                Code::StoragePasswordNeeded,
                "No key for this store is known.",
                if at.starts_with("s3:") && at.contains("access_key=") {
                    "Give the secret that belongs to the access key in the address."
                } else if at.starts_with("s3:") && at.contains("profile=") {
                    "The profile in the address gives none: check its name, and what stands under it in ~/.aws/credentials and ~/.aws/config."
                } else if at.starts_with("s3:") {
                    "Give the secret access key, and in the address the id of the access key that it belongs to."
                } else {
                    "Give the key of the account, as the store shows it."
                },
            )
            .with_command(PASSWORD),
            Kind::NoKeyId => Problem::new(
                Code::StoragePasswordNeeded,
                "The secret access key is known, but not the id of the access key that it belongs to.",
                "Fill in that id, as the store shows it beside the secret: in the address it stands as ?access_key=AKIA\u{2026}.",
            )
            .with_command(PASSWORD),
            Kind::NotAKey => Problem::new(
                Code::StoragePassword,
                format!("What was given cannot be used as a key here: {}.", error.source),
                "Copy the whole key, from where the store shows it or from its file, and give it again.",
            )
            .with_command(PASSWORD),
            Kind::Denied => Problem::new(
                Code::NotWritable,
                "The store knows the key, but does not let it do this.",
                "Let it list, read and write below this prefix (and delete, for clean-up), where you manage the store.",
            ),
            Kind::Held => Problem::new(
                Code::NotWritable,
                "The store does not let this be deleted yet: a lock of its own keeps it (object lock, retention or legal hold).",
                "Clean up once the time of the lock is over, or have it lifted where you manage the store. Backups go on.",
            ),
            Kind::NoPassword => Problem::new(
                Code::StoragePasswordNeeded,
                "The server asks for a password, and none is known.",
                if at.starts_with("sftp:") {
                    "Give the password of the account there, or have a key of yours put into its authorized_keys."
                } else {
                    "Give the password of the account there."
                },
            )
            .with_command(PASSWORD),
            Kind::Refused => Problem::new(
                Code::StoragePassword,
                "The server does not take this password or key.",
                "Check the account's name, and its password or key there.",
            )
            .with_command(PASSWORD),
            Kind::Certificate => untrusted(&error),
            Kind::CertificateExpired => Problem::new(
                Code::ServerCertificateExpired,
                "The server's certificate has expired.",
                "Nothing was sent to it. Whoever runs the server must renew it; if it is new, check this computer's clock.",
            ),
            Kind::NoTls => Problem::new(
                Code::ServerAnswer,
                "The server does not protect the line.",
                "Nothing was sent to it. Ask whoever runs it to switch TLS on, or choose SFTP if it has that. Only where nobody else is on \
                 the network, choose \u{201c}FTP, not protected\u{201d} (ftp:// in the address).",
            ),
            Kind::NoHttps => Problem::new(
                Code::ServerAnswer,
                "The server speaks http, not https.",
                "Nothing was sent to it. Check the port, or ask whoever runs it for https. Only where nobody else is on the network, switch \
                 \u{201c}Protected (https)\u{201d} off (webdav+http:// or ipfs+http:// in the address, http:// of an endpoint).",
            ),
            Kind::WantsTls => Problem::new(
                Code::ServerAnswer,
                "The server speaks only over a protected line.",
                if at.starts_with("webdav+http:") {
                    "Switch \u{201c}Protected (https)\u{201d} on (webdav:// in the address instead of webdav+http://)."
                } else {
                    "Choose \u{201c}FTP over TLS\u{201d} (ftps:// in the address instead of ftp://)."
                },
            ),
            Kind::CaFile => Problem::new(
                Code::Usage,
                format!("{at} cannot be used as a file of certificates."),
                "Name a file in PEM form that holds the certificate of whoever vouches for the server.",
            ),
            Kind::Nonsense => Problem::new(
                Code::ServerAnswer,
                format!("The server does not answer as it should: {}.", error.source),
                "Check the address, and whether a login page or another server stands in between.",
            ),
            Kind::DamagedOnItsWay => Problem::new(
                Code::Io,
                format!("{at} was damaged on its way to the server: {}.", error.source),
                "It does not count, and what was backed up before is whole. Try again; if it happens again, check the network and this \
                 computer's memory.",
            ),
            Kind::Elsewhere => Problem::new(
                Code::ServerAnswer,
                format!("The server sends us to another one: {}.", error.source),
                "Nothing was sent there. If that is where the backup belongs, give that address.",
            ),
            Kind::Locked => Problem::new(
                Code::Busy,
                format!("Somebody else holds a lock on {at} at the server."),
                "Wait until that has ended, or have the lock removed, then try again.",
            ),
            Kind::NoRoomHere => Problem::new(
                Code::NoRoom,
                "This computer has no room for what waits for its way to the server.",
                "Make room where temporary files lie, or choose smaller volumes for this backup.",
            ),
            Kind::NotAFolder => {
                Problem::new(Code::Usage, format!("{at} is not a folder."), "Choose a folder as the destination.")
            }
            Kind::AlreadyExists => Problem::new(Code::Io, format!("{at} is there already."), "Try again."),
            Kind::NotWritable => Problem::new(
                Code::NotWritable,
                "The destination cannot be written to.",
                "Check that it is not read-only and that the folder belongs to you, or that the account at the server may write there.",
            ),
            Kind::NoRoom => Problem::new(
                Code::NoRoom,
                "The destination is full.",
                "Make room on it, or choose another destination. What was backed up before is whole.",
            ),
            Kind::NotStored => Problem::new(
                Code::Io,
                "The server could not store what was sent to it, and does not say why.",
                "Its disk, or what the account may use of it, may be full: make room there, or choose another destination. What was backed \
                 up before is whole.",
            ),
            Kind::MaxSize => Problem::new(
                Code::NoRoom,
                "The backup takes as much at the destination as it may.",
                "Delete versions that are not needed any more, or let it take more there. What was backed up before is whole.",
            )
            .with_command("Here `strongroom storage edit` lets it with --max-size."),
            Kind::InvalidName => Problem::new(
                Code::Io,
                format!("{at} is not a name that can be used."),
                "Choose another one for it or for the destination's folder: short, of letters, digits, hyphens and underscores.",
            ),
            Kind::TooLong => Problem::new(
                Code::Damaged,
                format!("{at} is longer than it can be."),
                "Somebody else may have written to it, or the server answers wrongly: look at what lies there, or use another destination.",
            ),
            Kind::ListCut => Problem::new(
                Code::ServerAnswer,
                format!("The server shows only a part of the folder {at}: {}.", error.source),
                "Ask whoever runs it to have it show more (pure-ftpd calls that LimitRecursion), or back up into a new folder, with larger volumes.",
            ),
            Kind::TooShort => Problem::new(
                Code::Damaged,
                format!("{at} is shorter than it should be."),
                "Verify the backup to see which files this hits; other versions may be whole.",
            ),
            Kind::NotReadable => Problem::new(
                Code::Io,
                format!("{at} cannot be read."),
                "Check its permissions, or run Strongroom as a user, or with an account at the server, who may read it.",
            ),
            Kind::FileTooLarge => Problem::new(
                Code::Io,
                "The destination does not take files of this size.",
                "Choose smaller volumes for this backup, or a drive with another file system.",
            ),
            Kind::Cancelled => Problem::new(Code::Cancelled, "Cancelled.", ""),
            Kind::Other => {
                Problem::new(Code::Io, "The destination could not be read or written.", "Check the drive or the server, and try again.")
            }
        }
        .with_detail(detail)
    }
}

/// A certificate that is not taken.
fn untrusted(error: &storage::Error) -> Problem {
    let why = &error.source;
    match Mistrust::within(error) {
        Some(Mistrust::Nobody | Mistrust::NobodyAtAll) => Problem::new(
            Code::ServerCertificate,
            format!("The server's certificate cannot be trusted: {why}."),
            "Nothing was sent to it. If the server is your own, name the certificate that vouches for it; if it is not, ask whoever runs it.",
        )
        .with_command("Here it is named by --ca-file."),
        Some(Mistrust::OtherName(names)) => Problem::new(
            Code::ServerCertificateInvalid,
            match &names[..] {
                [] => "The server's certificate was made for another name than the one in the address.".into(),
                names => format!("The server's certificate was made for {}, not for the name in the address.", names.join(", ")),
            },
            "Nothing was sent to it. Correct the server's name in the address; if it is right, ask whoever runs the server.",
        ),
        Some(Mistrust::Unfit(_)) | None => Problem::new(
            Code::ServerCertificateInvalid,
            format!("The server's certificate cannot be used: {why}."),
            "Nothing was sent to it. Whoever runs the server must give it another one; if it is new, check this computer's clock.",
        ),
    }
}

/// One password was given for several servers that ask for one.
pub fn one_password(places: &[&Location]) -> Problem {
    let places: Vec<String> = places.iter().map(|place| place.display()).collect();
    Problem::new(
        Code::Usage,
        format!("One password was given, and several servers ask for one: {}.", places.join(", ")),
        "None of them was sent it. Have each server's own remembered first, then try again.",
    )
    .with_command(
        "Here `strongroom storage add` remembers the one in STRONGROOM_STORAGE_PASSWORD for the address that it is given, also where the \
         plan goes there already.",
    )
}

/// The folder's path where an error is about one at a server: such errors name its address.
fn folder_at_server(context: &str) -> Option<String> {
    let location = Location::of_server(context)?.ok()?;
    Some(location.folder().filter(|folder| !folder.is_empty())?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive;
    use crate::storage::{Error, Kind};

    #[test]
    fn a_folder_that_is_missing_at_a_server_is_no_drive_to_be_plugged_in() {
        let said = |at: &str| Problem::from(Error::new(Kind::Unreachable, at, "no such folder"));
        let at_server = said("sftp://ada@nas/~/all%20backups");
        assert_eq!(at_server.what, "There is no folder all backups on the server.");
        assert!(!at_server.fix.contains("drive"), "{at_server:?}");
        assert_eq!(said("webdav+http://nas:8080/dav/b").what, "There is no folder /dav/b on the server.");
        assert!(said("/media/ada/Blue disk").fix.contains("Plug the drive in"));
    }

    #[test]
    fn a_failure_that_nobody_knows_is_not_taken_for_a_drives() {
        let said = Problem::from(Error::new(Kind::Other, "data/x", "4: Failure"));
        assert!(said.fix.contains("server") && said.detail.contains("4: Failure"), "{said:?}");
    }

    #[test]
    fn whoever_hears_of_a_name_or_a_length_hears_what_to_do() {
        for kind in [Kind::InvalidName, Kind::TooLong, Kind::TooShort] {
            let said = Problem::from(Error::new(kind, "data/x", "it is as it is"));
            assert!(said.what.starts_with("data/x is ") && !said.fix.is_empty(), "{said:?}");
        }
        for error in [archive::Error::Limit("there are too many".into()), archive::Error::TooMuch("there are too many".into())] {
            let said = Problem::from(error);
            assert!(said.what.ends_with(": there are too many.") && !said.fix.is_empty(), "{said:?}");
        }
    }

    #[test]
    fn what_a_lock_keeps_may_stay() {
        let held = Problem::from(Error::new(Kind::Held, "data/x", "409 ObjectUnderRetention: not yet"));
        assert!(held.what.contains("lock") && !held.fix.contains("Let it"), "{held:?}");
        assert!(matches!(crate::engine::folder::Folder::may_stay(Err(held)), Ok(Some(_))));
    }

    #[test]
    fn what_was_damaged_on_its_way_is_no_damaged_backup() {
        let said = Problem::from(Error::new(Kind::DamagedOnItsWay, "data/x", "it kept other bytes than it was sent"));
        assert_eq!(said.code, Code::Io);
        assert!(said.what.starts_with("data/x was damaged on its way") && said.what.contains("it kept other bytes"), "{said:?}");
        assert!(said.fix.contains("Try again"), "{said:?}");
    }

    #[test]
    fn a_share_that_is_away_is_to_be_mounted() {
        let share = Share { kind: "cifs".into(), source: "//box/backups".into() };
        let on = "It lies on a network share (cifs) at //box/backups. Mount the share again, and see that its server runs.";
        let missing = super::super::marker_missing("/mnt/box");
        let told = on_share(missing.clone(), &share);
        assert_eq!((told.code, &told.what, told.fix), (missing.code, &missing.what, format!("{on} Nothing was written.")));
        let gone = Problem::from(Error::new(Kind::Unreachable, "/mnt/box/b", "no such folder"));
        assert_eq!(on_share(gone, &share).fix, on);
        let other = super::super::other_owner("box");
        assert_eq!(on_share(other.clone(), &share), other, "what is no matter of mounting stays as it is");
    }

    #[test]
    fn a_file_of_certificates_is_spoken_of_only_where_it_helps() {
        let said = |why: Mistrust| Problem::from(why.into_error("ftps://nas/b"));
        let nobodys = said(Mistrust::Nobody);
        assert_eq!(nobodys.code, Code::ServerCertificate);
        assert!(nobodys.fix.contains("name the certificate") && nobodys.command.contains("--ca-file"), "{nobodys:?}");
        let names = vec!["box".into(), "10.0.0.5".into()];
        for (names, named) in [(Vec::new(), "another name"), (names, "made for box, 10.0.0.5, not")] {
            let anothers = said(Mistrust::OtherName(names));
            assert_eq!((anothers.code, &*anothers.command), (Code::ServerCertificateInvalid, ""));
            assert!(anothers.what.contains(named) && anothers.fix.contains("name in the address"), "{anothers:?}");
        }
        let early = said(Mistrust::Unfit("it is not valid yet".into()));
        assert_eq!((early.code, &*early.command), (Code::ServerCertificateInvalid, ""));
        assert!(early.what.contains("not valid yet") && early.fix.contains("clock"), "{early:?}");
    }

    #[test]
    fn what_is_wrong_with_an_address_is_told_by_its_scheme() {
        let fix = |kind: Kind, at: &str| Problem::from(Error::new(kind, at, "why")).fix;
        assert!(fix(Kind::WantsTls, "webdav+http://nas/b").contains("webdav:// in the address"));
        assert!(fix(Kind::WantsTls, "ftp://nas/b").contains("ftps:// in the address"));
        assert!(fix(Kind::NoKey, "s3://bucket?profile=nope").contains("The profile in the address"));
    }

    #[test]
    fn options_of_the_command_line_are_told_only_there() {
        let kinds = [
            (Kind::ServerUnknown, "--host-key"),
            (Kind::ServerChanged, "--host-key"),
            (Kind::ServerNotNamed, "--host-key"),
            (Kind::MaxSize, "--max-size"),
            (Kind::Refused, "STRONGROOM_STORAGE_PASSWORD"),
            (Kind::NoPassword, "STRONGROOM_STORAGE_PASSWORD"),
        ];
        for (kind, option) in kinds {
            let problem = Problem::from(Error::new(kind, "ftps://nas/b", "why"));
            assert!(!problem.to_string().contains(option), "{problem:?}");
            assert!(problem.on_command_line().fix.contains(option), "{kind:?}");
        }
    }
}
