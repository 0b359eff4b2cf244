//! What lies in a plan's folder at a destination besides the archive itself: names and shapes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::plan::PlanId;
use super::problem::{Code, Problem};
use super::snapshot::VersionId;

/// The only format there is so far.
pub const FORMAT: u32 = 1;

/// Marks a plan's folder; written once.
pub const MARKER: &str = "strongroom.json";
pub const README: &str = "README.txt";
/// Folder of the manifests.
pub const VERSIONS: &str = "versions";
/// Folder of the marks of versions that were deleted.
pub const DELETED: &str = "deleted";
/// Folder of the marks of versions that stay whatever else is said.
pub const PINS: &str = "pins";
/// Folder of the runs' folders.
pub const DATA: &str = "data";

/// `strongroom.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    pub format: u32,
    /// Always `"marker"`.
    pub kind: String,
    pub plan: PlanId,
    pub name: String,
    pub machine: String,
    pub sealed: bool,
    pub created: Timestamp,
    /// SHA-256 of `README.txt` beside it, hex: its text may change from one Strongroom to the next.
    pub readme_sha256: String,
    /// The same of `recover.py` when the folder was made; later runs put a newer one there. Folders made before there was one
    /// have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recover_sha256: Option<String>,
}

/// `owner-<n>-<home>.json`: who writes here. The highest n counts, then the greater home id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    pub format: u32,
    /// Always `"owner"`.
    pub kind: String,
    pub plan: PlanId,
    pub n: u32,
    /// 32 hex digits.
    pub home: String,
    pub machine: String,
    pub since: Timestamp,
}

/// `deleted/<version>`: this version was deleted, whatever of it may still lie there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deleted {
    pub format: u32,
    /// Always `"deleted"`.
    pub kind: String,
    pub plan: PlanId,
    pub id: VersionId,
    /// Home that deleted it, 32 hex digits.
    pub home: String,
    pub at: Timestamp,
}

impl Deleted {
    pub const KIND: &str = "deleted";
}

/// `pins/<version>`: this version stays until the mark is taken away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    pub format: u32,
    /// Always `"pin"`.
    pub kind: String,
    pub plan: PlanId,
    pub id: VersionId,
    /// Home that pinned it, 32 hex digits.
    pub home: String,
    pub at: Timestamp,
}

impl Pin {
    pub const KIND: &str = "pin";
}

impl Marker {
    pub const KIND: &str = "marker";
}

impl Owner {
    pub const KIND: &str = "owner";
}

pub fn owner_name(n: u32, home: &str) -> String {
    format!("owner-{n}-{home}.json")
}

/// The number of whoever takes over. A folder that anybody may write to can say that its owner has the last there is: a smaller one would
/// not count.
pub fn next_owner(owner: &Owner) -> Result<u32, Problem> {
    owner.n.checked_add(1).ok_or_else(|| {
        Problem::new(
            Code::Damaged,
            "This backup says that it was taken over more often than can be counted.",
            "Somebody else has written to its folder: restore what you need from it, and begin a new backup elsewhere.",
        )
    })
}

/// Number and home id of an owner file's name; `None` for all other names.
pub fn parse_owner_name(name: &str) -> Option<(u32, &str)> {
    let (n, home) = name.strip_prefix("owner-")?.strip_suffix(".json")?.split_once('-')?;
    let hex = home.len() == 32 && home.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    hex.then_some((plain_number(n)?, home))
}

pub fn keys_name(n: u32) -> String {
    format!("keys-{n}.json")
}

/// The same bytes a second time.
pub fn keys_copy_name(n: u32) -> String {
    format!("keys-{n}.copy.json")
}

/// Number of a keys file (or its copy), and whether it is the copy.
pub fn parse_keys_name(name: &str) -> Option<(u32, bool)> {
    let rest = name.strip_prefix("keys-")?.strip_suffix(".json")?;
    match rest.strip_suffix(".copy") {
        Some(n) => Some((plain_number(n)?, true)),
        None => Some((plain_number(rest)?, false)),
    }
}

pub fn manifest_name(id: &VersionId) -> String {
    format!("{VERSIONS}/{id}.json")
}

pub fn deleted_name(id: &VersionId) -> String {
    format!("{DELETED}/{id}")
}

pub fn pin_name(id: &VersionId) -> String {
    format!("{PINS}/{id}")
}

/// The version of a name within `versions/`.
pub fn parse_manifest_name(name: &str) -> Option<VersionId> {
    VersionId::try_from(name.strip_suffix(".json")?.to_string()).ok()
}

/// A number as we write it: no sign, no leading zero, so that no two names mean the same.
fn plain_number(text: &str) -> Option<u32> {
    let n: u32 = text.parse().ok()?;
    (n.to_string() == text).then_some(n)
}

/// `README.txt` of a plan's folder: how to get everything back, with Strongroom and without.
pub fn readme(name: &str, sealed: bool) -> String {
    let head = format!(
        "This folder is a backup made by Strongroom: \"{}\".\n\
         Do not change, rename or remove anything in it by hand: use Strongroom.\n\n\
         With Strongroom, on any machine:\n\n    \
         strongroom versions --from FOLDER\n    \
         strongroom restore --from FOLDER --to SOMEWHERE\n\n\
         FOLDER is the folder in which this one lies.\n\n",
        // One line, whatever the name is.
        name.replace(char::is_control, " ")
    );
    format!("{head}{}{LAYOUT}", if sealed { SEALED } else { UNSEALED })
}

const SEALED: &str = "\
Without Strongroom, Python 3.9 or newer gives back any version, with owners, times and links:

    apt install python3-cryptography python3-zstandard python3-lz4
    cd THIS
    python3 recover.py --list
    python3 recover.py --to SOMEWHERE

THIS is this folder; SOMEWHERE a new one. lz4 is needed only where names below data/ end in .lz4.sealed.
Where there is no apt: pip install cryptography zstandard lz4.
--version and --path choose what; the head of recover.py explains them and how the backup is built.

The backup is encrypted: you need its password, its recovery key or its key file (STRONGROOM_KEY_FILE=FILE
in front of python3), and without one of them nobody can open it. Before you give one, be sure that nobody
has changed recover.py to steal it: compare it with the one that comes with Strongroom's source, if others
can write to this folder.

";

const UNSEALED: &str = r#"The backup is not encrypted. Without Strongroom, Python 3.9 or newer gives back any version, with owners,
times and links:

    apt install python3-zstandard python3-lz4
    cd THIS
    python3 recover.py --list
    python3 recover.py --to SOMEWHERE

THIS is this folder, with its whole path; SOMEWHERE a new one. lz4 is needed only where names below data/
end in .lz4. Where there is no apt: pip install zstandard lz4. Where a .tar is damaged: pip install blake3,
and recover.py finds what is whole in it.
--version and --path choose what; the head of recover.py explains them and how the backup is built.

Without Python too, ordinary programs give back a full version:

    mkdir SOMEWHERE && cd SOMEWHERE
    for v in THIS/data/RUN/v*; do case $v in
      *.zip) unzip -^oq "$v" || bsdtar -xpf "$v" ;;
      *.lz4) lz4 -dc "$v" | tar -xpf - ;;
      *) tar -xpf "$v" ;; esac; done

RUN has "-full-" in its name. That is every file, but for large ones (more than 4 MiB): these lie in numbered
parts below .strongroom-parts/, under their own paths. This joins them, and then .strongroom-parts can go:

    cd .strongroom-parts
    find . -type f -name 00000001 -exec sh -c 'for p; do f=${p%/*}; cat "$f"/* > "../$f"
      for c in chown chmod touch; do $c --reference="$p" "../$f"; done; done' sh {} +

What recover.py gives and these commands do not; the catalog (data/RUN/catalog.jsonl.zst, by zstd -dc) tells:
- Holes of large sparse files, such as disk images: joined, they are missing ("holes": where, how long).
- In zip: parts of a second, extended attributes, pipes, devices. Files with holes lie in parts there.
- Further names of a large file with hard links ("link": the name that has the content).
- Incremental and differential versions. Their runs ("-incr-", "-diff-") hold only content that was new.
  Small files: unpack the full one and then each later one over it; what was deleted in between comes back
  too, and what was moved or copied is found under its old name. Large files: never join parts of
  different runs, since their numbers change. The newest catalog lists the pieces of every file.

A piece is [volume, offset and length of its frame there, offset and length in the frame, hash]; volumes
are counted from 0 in the line "volumes" before it, as [run, number]:

    tail -c +$((FRAME_OFFSET+1)) VOLUME | head -c FRAME_LENGTH | zstd -dc |
      tail -c +$((OFFSET+1)) | head -c LENGTH

Instead of zstd -dc: gzip -dc, bzip2 -dc, lz4 -dc or cat, as the volume's name has it. In zip a frame is a run
of members, each with its header, and what is counted in it is their contents, one after the other.


"#;

const LAYOUT: &str = "\
What lies here:

    strongroom.json     says that this is a backup, and of what
    owner-*.json        which machine writes here
    keys-*.json         the key, wrapped by passwords, recovery keys, key files (encrypted backups only)
    versions/           one small file for each version: its presence is the version
    deleted/            marks of versions that were deleted
    data/               one folder for each run: volumes (v0001...), catalog, list of objects
    recover.py          restores without Strongroom

FORMAT.md, which comes with Strongroom's source, describes every byte.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        let home = "0123456789abcdef".repeat(2);
        assert_eq!(parse_owner_name(&owner_name(12, &home)), Some((12, home.as_str())));
        assert_eq!(parse_keys_name(&keys_name(3)), Some((3, false)));
        assert_eq!(parse_keys_name(&keys_copy_name(3)), Some((3, true)));
        for name in
            ["owner-1-xyz.json", "owner-01-0123.json", "owner-1.json", "owner--1-0.json", &format!("owner-+1-{home}.json")]
        {
            assert_eq!(parse_owner_name(name), None, "{name}");
        }
        for name in ["keys-.json", "keys-03.json", "keys-3.copy.copy.json", "keys-3", "keys-99999999999.json", "keys--3.json"] {
            assert_eq!(parse_keys_name(name), None, "{name}");
        }
        let id = VersionId::try_from("20261121T200000Z-full-5f3a9c2e".to_string()).unwrap();
        assert_eq!(manifest_name(&id), "versions/20261121T200000Z-full-5f3a9c2e.json");
        assert_eq!(parse_manifest_name("20261121T200000Z-full-5f3a9c2e.json"), Some(id));
        assert_eq!(parse_manifest_name("../x.json"), None);
    }

    #[test]
    fn whoever_takes_over_has_the_next_number_or_none() {
        let owner = |n| Owner {
            format: FORMAT,
            kind: Owner::KIND.into(),
            plan: PlanId::from_random([1; 16]),
            n,
            home: String::new(),
            machine: String::new(),
            since: Timestamp::UNIX_EPOCH,
        };
        assert_eq!(next_owner(&owner(1)).unwrap(), 2);
        assert_eq!(next_owner(&owner(u32::MAX)).unwrap_err().code, Code::Damaged, "0 would count less than what is there");
    }

    #[test]
    fn the_readme_says_what_is_true_of_this_backup() {
        let (sealed, unsealed) = (readme("A\nB", true), readme("A\nB", false));
        assert!(sealed.contains("password") && sealed.contains("python3-cryptography") && !sealed.contains("tar -xpf"));
        assert!(unsealed.contains("tar -xpf") && unsealed.contains("cat ") && !unsealed.contains("cryptography"));
        assert!([&sealed, &unsealed].iter().all(|text| text.contains("    python3 recover.py --to ")));
        assert!(sealed.starts_with("This folder is a backup made by Strongroom: \"A B\".\n"));
        assert!(sealed.lines().chain(unsealed.lines()).all(|line| line.len() <= 110));
    }
}
